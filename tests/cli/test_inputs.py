"""The commands on genotypes of every format, with lists, contigs and sexes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import genesis
from tests.cli import small_inputs as good
from tests.io import genotype_files as files

ENDINGS = (".ancestrality.tsv.gz", ".relations.parquet", ".anchors.tsv.gz", ".excluded.tsv")


@pytest.fixture
def sources(tmp_path):
    """The small inputs in every format: the words that name each."""
    records = good.vcf_records()
    columns = list(zip(*records, strict=True))
    cohort = files.Cohort(
        counts=good.dosages(),
        chrom=list(columns[0]),
        pos=[int(pos) for pos in columns[1]],
        names=list(columns[2]),
        ref=list(columns[3]),
        alt=list(columns[4]),
        samples=good.samples(),
        sex=[1 + k % 2 for k in range(good.N_SAMPLES)],
    )
    good.write_all(tmp_path)
    files.write_bed(tmp_path / "g", cohort)
    files.write_pfile(tmp_path / "g", cohort)
    files.write_bgen(tmp_path / "g.bgen", cohort)
    return {
        "vcf": ["--vcf", tmp_path / "g.vcf"],
        "vcf_ds": ["--vcf", tmp_path / "g.vcf", "--field", "DS"],
        "bed": ["--bed", tmp_path / "g"],
        "pfile": ["--pfile", tmp_path / "g.pgen"],
        "pfile_ds": ["--pfile", tmp_path / "g", "--field", "DS"],
        "bgen": ["--bgen", tmp_path / "g.bgen", "--field", "GP"],
    }


@pytest.fixture
def others(tmp_path):
    words = []
    for option, name in (("--expression", "x.tsv"), ("--covariates", "c.tsv")):
        words += [option, tmp_path / name]
    return words


def test_a_run_has_the_same_result_on_every_format(sources, others, tmp_path, genesis_command):
    for name, words in sources.items():
        code, _, said = genesis_command(
            "run", "-q", "--threads", "1", *words, *others, "--genes", tmp_path / "genes.bed",
            "--out", tmp_path / "out" / name,
        )  # fmt: skip
        assert code == 0, said
    for name in sources:
        for ending in ENDINGS:
            found, expected = (tmp_path / "out" / f"{one}{ending}" for one in (name, "vcf"))
            assert found.read_bytes() == expected.read_bytes(), (name, ending)
    described = genesis.load(tmp_path / "out" / "bed").run["inputs"]["bed"]
    assert [file["path"].rsplit(".")[-1] for file in described["files"]] == ["bed", "bim", "fam"]
    assert all(len(file["sha256"]) == 64 for file in described["files"])


def test_scans_and_head_starts_on_plink_files(sources, others, tmp_path, genesis_command):
    for name in ("vcf", "bed", "pfile"):
        out = tmp_path / "out" / name
        scan = ["scan", "-q", *sources[name], *others, "--pval", "1", "--out", out]
        assert genesis_command(*scan)[0] == 0
        run = ["run", "-q", "--method", "rules", *sources[name], *others, "--out", out]
        assert genesis_command(*run)[0] == 0
        learn = ["head-start", "--run", out, "--learner", "pc", "--out", f"{out}_pc"]
        assert genesis_command(*learn)[0] == 0
    for ending in (".scan.parquet", "_pc.edges.tsv"):
        contents = {
            (tmp_path / "out" / f"{name}{ending}").read_bytes() for name in ("vcf", "bed", "pfile")
        }
        assert len(contents) == 1
    with (tmp_path / "g.bim").open("a") as file:
        file.write("\n")
    learn = [
        "head-start",
        "--run",
        tmp_path / "out" / "bed",
        "--learner",
        "pc",
        "--out",
        tmp_path / "x",
    ]
    code, _, said = genesis_command(*learn)
    assert code == 7
    assert "g.bim has changed" in said


def test_lists_and_contigs(sources, others, tmp_path, genesis_command):
    lists = {
        "include-samples": [*good.samples()[:35], "Q1"],
        "exclude-samples": ["S03", "Q2"],
        "include-variants": [f"rs{k}" for k in range(20)] + ["rs99"],
        "exclude-variants": ["rs4", "1:6000:A:G", "rs98"],
        "include-genes": ["G0", "G1", "G2", "G9"],
        "exclude-genes": ["G2", "G8"],
    }
    words = []
    for name, ids in lists.items():
        (tmp_path / f"{name}.txt").write_text("# ids\n" + "\n".join(ids) + "\n")
        words += [f"--{name}", tmp_path / f"{name}.txt"]
    code, _, said = genesis_command(
        "run", *sources["bed"], *others, *words, "--chrom", "chr1", "--region", "2:1000-3000",
        "--region", "2:2000-5000", "--method", "rules", "--out", tmp_path / "o",
    )  # fmt: skip
    assert code == 0, said
    run = genesis.load(tmp_path / "o").run
    assert (run["counts"]["samples"], run["counts"]["genes"]) == (34, 2)
    excluded = pd.read_csv(tmp_path / "o.excluded.tsv", sep="\t", keep_default_na=False)
    reasons = excluded.groupby(["kind", "reason"])["id"].apply(set).to_dict()
    assert reasons["sample", "excluded_by_list"] == {"S03"}
    assert reasons["sample", "not_included"] == {f"S{k}" for k in range(35, 40)}
    assert reasons["gene", "not_included"] == {"G3", "G4", "G5"}
    assert reasons["gene", "excluded_by_list"] == {"G2"}
    assert reasons["variant", "excluded_by_list"] == {"rs4", "rs5"}
    assert run["counts"]["variants"] == 12 - 2 + 5
    for sentence in (
        "1 sample to include in none of the inputs: Q1.",
        "1 sample to exclude in none of the inputs: Q2.",
        "1 variant to exclude not among those read: rs98.",
        "1 gene asked for but not in the table: G9.",
        "1 gene to exclude but not in the table: G8.",
    ):
        assert sentence in " ".join(said.split())
    assert run["options"]["chrom"] == ["chr1"]
    assert run["options"]["region"] == ["2:1000-3000", "2:2000-5000"]


def test_sexes_are_read_again_where_the_genotypes_are(sources, others, tmp_path, genesis_command):
    """Calls on X: by a list of sexes beside the VCF, and by those of the .fam."""
    for name in ("g.vcf", "g.bim"):
        text = (tmp_path / name).read_text()
        lines = [f"X{line[1:]}" if line.startswith("2\t") else line for line in text.split("\n")]
        (tmp_path / name).write_text("\n".join(lines))
    sexes = [f"{name}\t{'MF'[k % 2]}" for k, name in enumerate(good.samples())]
    (tmp_path / "sex.tsv").write_text("\n".join(sexes) + "\n")
    text = (tmp_path / "g.bim").read_text().replace("\t1000\t", "\t5000000\t")
    (tmp_path / "g.bim").write_text(text)
    text = (tmp_path / "g.vcf").read_text().replace("\t1000\t", "\t5000000\t")
    (tmp_path / "g.vcf").write_text(text)
    for name, words in (("vcf", ["--sex", tmp_path / "sex.tsv"]), ("bed", [])):
        run = ["run", "--method", "rules", *sources[name], *words, *others]
        code, _, said = genesis_command(*run, "--out", tmp_path / "out" / name)
        assert code == 0, said
        assert "heterozygous calls of males on X" in " ".join(said.split())
    for ending in ENDINGS:
        found, expected = (tmp_path / "out" / f"{one}{ending}" for one in ("bed", "vcf"))
        assert found.read_bytes() == expected.read_bytes(), ending
    learn = ["head-start", "--run", tmp_path / "out" / "vcf", "--learner", "pc"]
    assert genesis_command(*learn, "--out", tmp_path / "pc")[0] == 0
    (tmp_path / "sex.tsv").write_text("S00\tM\n")
    code, _, said = genesis_command(*learn, "--out", tmp_path / "pc2")
    assert code == 7
    assert "sex.tsv has changed" in said


def test_expression_and_genes_of_other_programs(sources, tmp_path, genesis_command):
    """GCT with versions of the ids, places from a GTF without: the result of the plain files."""
    rows = good.expression_cells()
    ids = [f"ENSG0000000000{k}" for k in range(good.N_GENES)]
    plain = [rows[0], *([one, *row[1:]] for one, row in zip(ids, rows[1:], strict=True))]
    (tmp_path / "plain.tsv").write_text(good.table_text(plain))
    head = f"#1.2\n{good.N_GENES}\t{good.N_SAMPLES}\n"
    gct = [["Name", "Description", *rows[0][1:]]]
    gct += [[f"{one}.3", "about", *row[1:]] for one, row in zip(ids, rows[1:], strict=True)]
    (tmp_path / "x.gct").write_text(head + good.table_text(gct))
    bed, gtf = "", ""
    for k, one in enumerate(ids):
        chrom, start = 1 + k % 2, 1000 * (k + 1)
        bed += f"{chrom}\t{start}\t{start + 500}\t{one}\n"
        gtf += f'chr{chrom}\tx\tgene\t{start + 1}\t{start + 500}\t.\t+\t.\tgene_id "{one}.7";\n'
    (tmp_path / "p.bed").write_text(bed)
    (tmp_path / "p.gtf").write_text(gtf)
    results = {}
    for name, expression, genes in (("a", "plain.tsv", "p.bed"), ("b", "x.gct", "p.gtf")):
        code, _, said = genesis_command(
            "run", *sources["vcf"], "--expression", tmp_path / expression, "--genes",
            tmp_path / genes, "--cis-window", "2000", "--out", tmp_path / name,
        )  # fmt: skip
        assert code == 0, said
        results[name] = genesis.load(tmp_path / name)
    assert "matched by the id without its version" in " ".join(said.split())
    assert "read from a GCT" in " ".join(said.split())
    anchors = [result.anchors.drop(columns="gene_id") for result in results.values()]
    pd.testing.assert_frame_equal(*anchors)
    np.testing.assert_array_equal(*(result.ancestrality for result in results.values()))


@pytest.mark.parametrize(
    ("option", "address"),
    [
        ("--bed", "https://example.org/a/b.bed"),
        ("--pfile", "https://example.org/a/b.pgen"),
        ("--vcf", "ftp://example.org/a/b.vcf.gz"),
        ("--expression", "ftp://example.org/a/b.tsv"),
        ("--covariates", "sftp://example.org/a/b.tsv"),
    ],
)
def test_an_address_that_cannot_be_read_is_said_to_be_one(
    option, address, inputs, tmp_path, genesis_command
):
    given = {"--vcf": inputs / "g.vcf", "--expression": inputs / "e.tsv"}
    if option in ("--bed", "--pfile"):
        del given["--vcf"]
    given[option] = address
    words = [word for pair in given.items() for word in pair]
    code, _, stderr = genesis_command("scan", *words, "--out", tmp_path / "out")
    assert code == 3
    assert f"{address} is an address: tables, VCF and BCF are read from those of https" in stderr
    assert "no such file" not in stderr
