"""The commands on contigs that every file names in its own way, and on builds that differ."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.errors import InconsistentInputsError
from tests.io import genotype_files as files

N_SAMPLES, N_GENES = 300, 12
#: Contigs of the genes, four each.
CONTIGS = ("1", "9", "10")


@pytest.fixture
def cohort(rng):
    """Two variants near each gene, the first of which acts on it."""
    n = 2 * N_GENES
    return files.Cohort(
        counts=rng.binomial(2, 0.4, size=(n, N_SAMPLES)),
        chrom=[CONTIGS[k // 8] for k in range(n)],
        pos=[10_000_000 * (k % 8 // 2 + 1) + 500 * (k % 2) for k in range(n)],
        names=[f"rs{k}" for k in range(n)],
        ref=["A"] * n,
        alt=["C"] * n,
        samples=[f"S{k:03d}" for k in range(N_SAMPLES)],
        sex=[1 + k % 2 for k in range(N_SAMPLES)],
    )


def write_others(folder, cohort, rng, contigs=CONTIGS, ending="bed"):
    """Expression, in which each gene follows the one before on its contig, and gene positions."""
    x = 1.5 * cohort.counts[::2].T + rng.normal(size=(N_SAMPLES, N_GENES))
    for gene in range(N_GENES):
        if gene % 4:
            x[:, gene] += x[:, gene - 1]
    ids = [f"G{k:02d}" for k in range(N_GENES)]
    table = pd.DataFrame(x.T, index=pd.Index(ids, name="gene_id"), columns=cohort.samples)
    table.to_csv(folder / "x.tsv", sep="\t")
    lines = []
    for k, gene in enumerate(ids):
        chrom, start = contigs[k // 4], 10_000_000 * (k % 4 + 1) - 2_000
        if ending == "bed":
            lines.append(f"{chrom}\t{start}\t{start + 1_000}\t{gene}")
        else:
            lines.append(
                f'{chrom}\ts\tgene\t{start + 1}\t{start + 1_000}\t.\t+\t.\tgene_id "{gene}"'
            )
    path = folder / f"genes.{ending}"
    path.write_text("\n".join(lines) + "\n")
    return ["--expression", folder / "x.tsv", "--genes", path]


def renamed(cohort, names):
    mapping = dict(zip(CONTIGS, names, strict=True))
    cohort.chrom = [mapping[name] for name in cohort.chrom]
    return cohort


def found_by(prefix):
    """Ancestors, and anchors but for the names of the contigs."""
    result = genesis.load(prefix)
    relations = result.relations.drop(columns=["chrom"], errors="ignore")
    return relations, result.anchors.drop(columns="chrom"), result.genes


RULES = ["run", "--method", "rules", "--threads", "1"]


@pytest.mark.parametrize(
    ("there", "of_genes"),
    [
        (("01", "09", "10"), CONTIGS),
        (CONTIGS, ("01", "09", "10")),
        (("NC_000001.11", "NC_000009.12", "NC_000010.11"), ("chr1", "chr9", "chr10")),
        (("CHR1", "Chr09", "10"), CONTIGS),
    ],
    ids=["UK Biobank", "padded genes", "RefSeq", "mixed"],
)
def test_ancestors_and_anchors_are_those_of_contigs_named_alike(
    tmp_path, cohort, rng, genesis_command, there, of_genes
):
    others = write_others(tmp_path, cohort, rng)
    files.write_vcf(tmp_path / "a.vcf", cohort)
    renamed(cohort, there)
    files.write_vcf(tmp_path / "b.vcf", cohort)
    words = [*RULES, *others, "--vcf"]
    assert genesis_command(*words, tmp_path / "a.vcf", "--out", tmp_path / "a")[0] == 0
    text = (tmp_path / "genes.bed").read_text().splitlines()
    mapping = dict(zip(CONTIGS, of_genes, strict=True))
    cells = [line.split("\t") for line in text]
    (tmp_path / "genes.bed").write_text(
        "".join("\t".join([mapping[row[0]], *row[1:]]) + "\n" for row in cells)
    )
    code, _, said = genesis_command(*words, tmp_path / "b.vcf", "--out", tmp_path / "b")
    assert code == 0, said
    expected, found = found_by(tmp_path / "a"), found_by(tmp_path / "b")
    pd.testing.assert_frame_equal(found[0], expected[0], check_exact=True)
    pd.testing.assert_frame_equal(found[1], expected[1], check_exact=True)
    assert len(expected[0]) >= 9
    assert set(expected[1]["gene_id"]) == {f"G{k:02d}" for k in range(N_GENES)}
    assert set(found[2]["chrom"]) == set(there)
    assert "contigs named differently (genes = variants)" in said


def test_x_is_23_in_a_vcf_as_in_a_bed_where_the_genes_have_x(
    tmp_path, cohort, rng, genesis_command
):
    """Genes on X get their anchors, and males one allele, as where it is called X."""
    male = np.array(cohort.sex) == 1
    of_males = cohort.counts[16:, male]
    cohort.counts[16:, male] = np.where(
        of_males == 1, 2 * (rng.random(of_males.shape) < 0.5), of_males
    )
    cohort.counts[16:, np.flatnonzero(male)[:3]] = 1  # what no male can be
    others = write_others(tmp_path, cohort, rng, contigs=("1", "9", "X"))
    sexes = zip(cohort.samples, cohort.sex, strict=True)
    (tmp_path / "sex.tsv").write_text("".join(f"{name}\t{sex}\n" for name, sex in sexes))
    sex = ["--sex", tmp_path / "sex.tsv"]
    runs = {}
    for name, last in (("x", "X"), ("n", "23")):
        renamed(cohort, ("1", "9", last))
        files.write_vcf(tmp_path / f"{name}.vcf", cohort)
        files.write_bed(tmp_path / name, cohort)
        runs[f"{name}_vcf"] = ["--vcf", tmp_path / f"{name}.vcf", *sex]
        runs[f"{name}_bed"] = ["--bed", tmp_path / name]
        renamed_back = dict(zip(("1", "9", last), CONTIGS, strict=True))
        cohort.chrom = [renamed_back[one] for one in cohort.chrom]
    for name, words in runs.items():
        code, _, said = genesis_command(*RULES, *words, *others, "--out", tmp_path / name)
        assert code == 0, said
        reading = genesis.load(tmp_path / name).run["reading"]
        assert reading["male_heterozygous_calls"] == 3 * 8
        assert ("23 = X" in said) == name.startswith("n")
    expected = genesis.load(tmp_path / "x_vcf")
    assert set(expected.anchors["gene_id"]) == {f"G{k:02d}" for k in range(N_GENES)}
    for name in runs:
        found = genesis.load(tmp_path / name)
        pd.testing.assert_frame_equal(found.anchors, expected.anchors, check_exact=True)
        pd.testing.assert_frame_equal(found.relations, expected.relations, check_exact=True)
    edges = set()
    for name in ("x_vcf", "n_vcf"):  # reads its inputs again
        learn = ["head-start", "--run", tmp_path / name, "--learner", "pc", "--out", tmp_path / "l"]
        code, _, said = genesis_command(*learn, "--force")
        assert code == 0, said
        edges.add((tmp_path / "l.edges.tsv").read_bytes())
    assert len(edges) == 1
    # Without genes nothing says so, and that is said.
    code, _, said = genesis_command(
        "scan", *runs["n_vcf"], *others[:2], "--out", tmp_path / "s", "--pval", "1"
    )
    assert code == 0
    assert "Warning: " in said
    assert "nothing says whether 23 is a contig of a human" in " ".join(said.split())


@pytest.mark.parametrize("chrom", ["1", "01", "chr1", "NC_000001.11"])
def test_one_contig_may_be_asked_for_beside_genes_on_all(
    tmp_path, cohort, rng, genesis_command, chrom
):
    others = write_others(tmp_path, cohort, rng)
    files.write_vcf(tmp_path / "g.vcf", renamed(cohort, ("01", "09", "10")))
    words = [*RULES, "--vcf", tmp_path / "g.vcf", *others, "--out", tmp_path / "o"]
    code, _, said = genesis_command(*words, "--chrom", chrom)
    assert code == 0, said
    assert set(genesis.load(tmp_path / "o").anchors["gene_id"]) == {f"G{k:02d}" for k in range(4)}
    genotypes = genesis.read_vcf(tmp_path / "g.vcf", region=chrom)
    expression, genes = genesis.read_expression(tmp_path / "x.tsv"), genesis.read_genes(others[3])
    result = genesis.discover(genotypes, expression, genes=genes, method="rules")
    assert set(result.anchors["gene_id"]) == {f"G{k:02d}" for k in range(4)}


def test_most_genes_on_contigs_without_a_variant_are_refused_unless_forced(
    tmp_path, cohort, rng, genesis_command
):
    others = write_others(tmp_path, cohort, rng, contigs=("1", "chr_nine", "ten"))
    files.write_vcf(tmp_path / "g.vcf", cohort)
    words = ["--vcf", tmp_path / "g.vcf", *others, "--out", tmp_path / "o"]
    said_of_it = (
        "8 of 12 genes with a position lie on contigs without a variant: genes on chr_nine (4 "
        "genes), ten (4 genes), variants on 1, 9, 10"
    )
    for command in (RULES, ["prepare"]):
        code, _, said = genesis_command(*command, *words)
        assert code == 7
        assert said_of_it in " ".join(said.split())
        assert "--force" in said
        assert not list(tmp_path.glob("o.*"))
    code, _, said = genesis_command(*RULES, *words, "--force")
    assert code == 0
    lines = [line for line in said.splitlines() if line.startswith("Warning: ")]
    assert lines == [f"Warning: {said_of_it}."]
    result = genesis.load(tmp_path / "o")
    assert f"Warning: {said_of_it}" in result.run["notes"]
    assert set(result.anchors["gene_id"]) == {f"G{k:02d}" for k in range(4)}
    genotypes, expression = genesis.read_vcf(words[1]), genesis.read_expression(others[1])
    genes = genesis.read_genes(others[3])
    with pytest.raises(InconsistentInputsError, match="8 of 12 genes"):
        genesis.discover(genotypes, expression, genes=genes, method="rules")
    found = genesis.discover(genotypes, expression, genes=genes, method="rules", force=True)
    assert found.anchors["variant_id"].tolist() == result.anchors["variant_id"].tolist()
    # Half of them is no reason yet; genes that are not in the expression do not count.
    some = expression.take_genes([f"G{k:02d}" for k in range(8)])
    found = genesis.discover(genotypes, some, genes=genes, method="rules")
    assert set(found.anchors["gene_id"]) == {f"G{k:02d}" for k in range(4)}


def with_header(path, cohort, lines):
    files.write_vcf(path, cohort)
    start, _, rest = path.read_text().partition("\n")
    rest = "\n".join(line for line in rest.split("\n") if not line.startswith("##contig"))
    path.write_text("\n".join([start, *lines, rest]))


DECLARED = [f"##contig=<ID={name}>" for name in CONTIGS]
GRCH38 = ["##contig=<ID=1,length=248956422>", *DECLARED[1:]]


@pytest.mark.parametrize(
    ("header", "of_genes", "words"),
    [
        (GRCH38, "#!genome-build GRCh37.p13", "positions of GRCh38 and genes of GRCh37"),
        (["##contig=<ID=1,assembly=b37>", *DECLARED[1:]],
         "##description: evidence-based annotation of the human genome (GRCh38), version 44",
         "positions of GRCh37 and genes of GRCh38"),
        (["##contig=<ID=chr9,length=31000000>", "##contig=<ID=1>", "##contig=<ID=10>"], "",
         "1 gene ends beyond the contig, such as G07 at chr9:39,999,000 of 31,000,000 bases"),
        (GRCH38, "#!genome-build GRCh38.p14", None),
        (GRCH38, "", None),
        (DECLARED, "#!genome-build GRCh37.p13", None),
        (["##source=PLINKv1.90", "##contig=<ID=1,length=31000001>", *DECLARED[1:]], "", None),
    ],
    ids=["lengths", "assembly", "beyond", "same", "not said", "not declared", "plink"],
)  # fmt: skip
def test_builds_that_contradict_each_other_are_said_loudly(
    tmp_path, cohort, rng, genesis_command, header, of_genes, words
):
    others = write_others(tmp_path, cohort, rng, ending="gtf")
    path = tmp_path / "genes.gtf"
    path.write_text(f"{of_genes}\n{path.read_text()}".lstrip())
    if "chr9" in header[0]:
        renamed(cohort, ("1", "chr9", "10"))
    with_header(tmp_path / "g.vcf", cohort, header)
    for command in (["prepare"], RULES):
        out = ["--out", tmp_path / command[0]]
        code, _, said = genesis_command(*command, "--vcf", tmp_path / "g.vcf", *others, *out)
        assert code == 0, said
        lines = [line for line in said.splitlines() if line.startswith("Warning: ")]
        assert len(lines) == (words is not None)
        assert words is None or words in lines[0]
    notes = json.loads((tmp_path / "run.run.json").read_text())["notes"]
    assert [note for note in notes if note.startswith("Warning: ")] == (
        [lines[0].removesuffix(".")] if words else []
    )
