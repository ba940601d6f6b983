"""The commands on genotypes in one file a chromosome."""

from __future__ import annotations

import json

import pytest

import genesis
from tests.cli import small_inputs as good
from tests.cli.test_inputs import ENDINGS
from tests.io import genotype_files as files


@pytest.fixture
def by_chromosome(tmp_path):
    """The small inputs again, a file a chromosome; the second has its samples the other way."""
    good.write_all(tmp_path)
    records = good.vcf_records()
    header = [line for line in good.HEADER if "contig" not in line]
    for name in ("1", "2"):
        rows = [cells for cells in records if cells[0] == name]
        names = good.samples()
        if name == "2":
            rows, names = [[*cells[:9], *cells[:8:-1]] for cells in rows], names[::-1]
        text = good.vcf_text(rows, header=header, names=names)
        (tmp_path / f"chr{name}.vcf").write_text(text)
        columns = list(zip(*rows, strict=True))
        counts = good.dosages()[[cells[0] == name for cells in records]]
        cohort = files.Cohort(
            counts=counts if name == "1" else counts[:, ::-1],
            chrom=list(columns[0]),
            pos=[int(pos) for pos in columns[1]],
            names=list(columns[2]),
            ref=list(columns[3]),
            alt=list(columns[4]),
            samples=names,
            sex=[0] * len(names),
        )
        files.write_bed(tmp_path / f"chr{name}", cohort)
        files.write_pfile(tmp_path / f"chr{name}", cohort)
        files.write_bgen(tmp_path / f"chr{name}.bgen", cohort)
    return {
        "vcf": ["--vcf", tmp_path / "chr1.vcf", f"--vcf={tmp_path / 'chr2.vcf'}"],
        "pattern": ["--vcf", tmp_path / "chr{chrom}.vcf"],
        "bed": ["--bed", tmp_path / "chr@"],
        "pfile": ["--pfile", tmp_path / "chr1", "--pfile", tmp_path / "chr2.pgen"],
        "bgen": ["--bgen", tmp_path / "chr@.bgen", "--field", "GP"],
    }


@pytest.fixture
def others(tmp_path):
    return ["--expression", tmp_path / "x.tsv", "--covariates", tmp_path / "c.tsv"]


def test_a_run_on_several_files_has_the_result_of_one(
    by_chromosome,
    others,
    tmp_path,
    genesis_command,
):
    run = ["run", "--method", "rules", "--threads", "1", *others,
           "--genes", tmp_path / "genes.bed"]  # fmt: skip
    whole = ["--vcf", tmp_path / "g.vcf"]
    said = {}
    for name, words in {"one": whole, **by_chromosome}.items():
        code, _, said[name] = genesis_command(*run, *words, "--out", tmp_path / "out" / name)
        assert code == 0, said[name]
    for name in by_chromosome:
        for ending in ENDINGS:
            found, expected = (tmp_path / "out" / f"{one}{ending}" for one in (name, "one"))
            assert found.read_bytes() == expected.read_bytes(), (name, ending)
    found = "chr{chrom}.vcf: 2 files found, of the chromosomes 1, 2."
    assert found in said["pattern"].replace("\n", " ")
    log = (tmp_path / "out" / "vcf.log").read_text()
    assert f"  --vcf {tmp_path / 'chr1.vcf'}, {tmp_path / 'chr2.vcf'}\n" in log


def test_every_file_is_recorded_and_read_again(
    by_chromosome,
    others,
    tmp_path,
    genesis_command,
):
    learn = ("head-start", "--learner", "pc")
    for name in ("pattern", "bed"):
        out = tmp_path / name
        run = ["run", "-q", "--method", "rules", *others, *by_chromosome[name], "--out", out]
        assert genesis_command(*run)[0] == 0
        code, _, said = genesis_command(*learn, "--run", out, "--out", f"{out}_pc")
        assert code == 0, said
    inputs = genesis.load(tmp_path / "pattern").run["inputs"]["vcf"]
    assert [entry["path"] for entry in inputs] == [str(tmp_path / f"chr{k}.vcf") for k in (1, 2)]
    assert all(len(entry["sha256"]) == 64 and entry["bytes"] > 1000 for entry in inputs)
    sets = genesis.load(tmp_path / "bed").run["inputs"]["bed"]
    assert [entry["path"] for entry in sets] == [str(tmp_path / f"chr{k}") for k in (1, 2)]
    assert [len(entry["files"]) for entry in sets] == [3, 3]
    edges = {(tmp_path / f"{name}_pc.edges.tsv").read_bytes() for name in ("pattern", "bed")}
    assert len(edges) == 1
    code, _, said = genesis_command("report", tmp_path / "bed")
    assert code == 0, said
    page = (tmp_path / "bed.report.html").read_text()
    assert all(f"chr{k}.{ending}" in page for k in (1, 2) for ending in ("bed", "bim", "fam"))
    with (tmp_path / "chr2.vcf").open("a") as file:
        file.write("\n")
    code, _, said = genesis_command(*learn, "--run", tmp_path / "pattern", "--out", tmp_path / "x")
    assert code == 7
    assert "chr2.vcf has changed" in said


def test_prepare_records_every_file_too(
    by_chromosome,
    others,
    tmp_path,
    genesis_command,
):
    words = [*by_chromosome["pfile"], *others, "--out", tmp_path / "o"]
    code, _, said = genesis_command("prepare", "-q", *words)
    assert code == 0, said
    inputs = json.loads((tmp_path / "o.prepare.json").read_text())["inputs"]["pfile"]
    assert [len(entry["files"]) for entry in inputs] == [3, 3]


def test_files_of_two_kinds_or_none(by_chromosome, others, tmp_path, genesis_command):
    run = ["scan", *others, "--out", tmp_path / "o"]
    code, _, said = genesis_command(*run, *by_chromosome["vcf"], *by_chromosome["bed"])
    assert code == 8
    assert "one of --vcf, --bed, --pfile, --bgen: --vcf and --bed" in said
    code, _, said = genesis_command(*run, "--vcf", tmp_path / "none@.vcf")
    assert code == 3
    assert "none@.vcf: there is no such file, with a chromosome such as 1 or X" in said
