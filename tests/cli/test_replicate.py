"""`genesis replicate`: of the samples themselves, of a run, of another program's claims."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pandas as pd
import pytest

N = 160


def write_cohort(folder, seed: int, n: int = N):
    """Four genes A that act on four genes B, all on contigs of their own."""
    folder.mkdir()
    rng = np.random.default_rng(seed)
    dosages = rng.binomial(2, 0.4, size=(n, 8))
    samples = [f"P{seed}_{k:03d}" for k in range(n)]
    head = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples]
    lines = ["##fileformat=VCFv4.2", *(f"##contig=<ID=chr{k}>" for k in range(1, 9))]
    lines += ['##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">', "\t".join(head)]
    calls = np.array(["0/0", "0/1", "1/1"])
    for k in range(8):
        fixed = [f"chr{k + 1}", "500", f"rs{k}", "A", "C", ".", "PASS", ".", "GT"]
        lines.append("\t".join([*fixed, *calls[dosages[:, k]]]))
    (folder / "g.vcf").write_text("\n".join(lines) + "\n")
    a = 1.2 * dosages[:, :4] + rng.normal(size=(n, 4))
    b = a + 0.8 * dosages[:, 4:] + 0.7 * rng.normal(size=(n, 4))
    genes = [*(f"A{k}" for k in range(4)), *(f"B{k}" for k in range(4))]
    table = pd.DataFrame(np.column_stack([a, b]).T, pd.Index(genes, name="gene_id"), samples)
    table.to_csv(folder / "e.tsv", sep="\t")
    bed = [f"chr{k + 1}\t400\t600\t{gene}" for k, gene in enumerate(genes)]
    (folder / "genes.bed").write_text("\n".join(bed) + "\n")
    return folder


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    return write_cohort(tmp_path_factory.mktemp("first") / "in", 1)


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    return write_cohort(tmp_path_factory.mktemp("second") / "in", 2)


def words(folder):
    return ["--vcf", folder / "g.vcf", "--expression", folder / "e.tsv",
            "--genes", folder / "genes.bed", "--threads", 1]  # fmt: skip


SETTINGS = ["--hidden-factors", "none", "--cis-window", 1000]


def test_the_own_samples_are_split(cohort, tmp_path, genesis_command):
    out = tmp_path / "new" / "r"
    code, stdout, stderr = genesis_command(
        "replicate", *words(cohort), *SETTINGS, "--splits", 2, "--out", out
    )
    assert code == 0, stderr
    assert "Predicted effects that are seen in other samples" in stdout
    assert "of the effects they predict was seen in the other samples" in stdout
    assert "Halves of 80 and 80 samples" in stderr
    record = json.loads(out.with_name("r.replication.json").read_text())
    assert record["verdict"] in stdout
    assert record["counts"]["samples"] == [80, 80]
    assert record["inputs"]["vcf"]["sha256"]
    assert record["command"].startswith("genesis replicate --vcf")
    top = next(row for row in record["bins"] if row["lower"] == 0.9)
    assert abs(top["share"] - 1) < 3.5 * top["se"]
    with gzip.open(out.with_name("r.replication.tsv.gz")) as file:
        assert len(pd.read_csv(file, sep="\t")) == record["counts"]["tested"]
    code, _, stderr = genesis_command("replicate", *words(cohort), *SETTINGS, "--out", out)
    assert code == 5
    assert "exists" in stderr


def test_a_run_in_a_second_cohort(cohort, others, tmp_path, genesis_command):
    run = tmp_path / "run"
    code, _, stderr = genesis_command("run", *words(cohort), *SETTINGS, "--normalise", "zscore",
                                      "--genotype-pcs", 1, "--out", run)  # fmt: skip
    assert code == 0, stderr
    code, stdout, stderr = genesis_command("replicate", "--run", run, *words(others), "--json")
    assert code == 0, stderr
    record = json.loads(stdout)
    assert record["counts"]["samples"] == [N]
    # As the run was prepared, where nothing else is asked for.
    assert record["preparation"]["normalise"] == "zscore"
    assert record["preparation"]["genotype_pcs"] == 1
    top = next(row for row in record["bins"] if row["lower"] == 0.9)
    assert top["n_claims"] >= 3
    assert abs(top["share"] - 1) < 3.5 * top["se"]
    shares = {}
    for steps in ("zscore", "int"):
        code, stdout, _ = genesis_command(
            "replicate", "--run", run, *words(others), "--json", "--normalise", steps
        )
        shares[steps] = json.loads(stdout)["bins"][2]["share"]
    assert shares["zscore"] == top["share"] != shares["int"]
    code, stdout, _ = genesis_command(
        "replicate", "--run", run, *words(others), "--json", "--genotype-pcs", 0
    )
    assert json.loads(stdout)["preparation"]["genotype_pcs"] == 0


def test_claims_of_another_program(cohort, tmp_path, genesis_command):
    claims = tmp_path / "claims.csv"
    claims.write_text("gene_a,gene_b,effect\nA0,B0,0.7\nA1,B1,0.7\nA2,B2,0.7\nA3,NEW,0.7\n")
    code, stdout, stderr = genesis_command("replicate", "--claims", claims, *words(cohort))
    assert code == 0, stderr
    assert "Of 4 claims at a posterior of 0.9 or more, 3 could be tested at 3 loci" in stdout
    assert "a gene is missing or constant in the other samples" in stdout
    assert "without expression: NEW" in stderr


def test_quiet_is_quiet(cohort, tmp_path, genesis_command):
    claims = tmp_path / "claims.csv"
    claims.write_text("gene_a,gene_b,effect\nA0,B0,0.7\n")
    code, stdout, stderr = genesis_command(
        "replicate", "--claims", claims, *words(cohort), "-q", "--json"
    )
    assert (code, stderr) == (0, "")
    assert json.loads(stdout)["kind"] == "claims"


@pytest.mark.parametrize(
    ("extra", "code", "message"),
    [
        (["--run", "x", "--claims", "y"], 8, "exclude each other"),
        (["--run", "x", "--splits", "2"], 8, "leave out --splits"),
        (["--run", "x", "--anchors", "y"], 8, "leave out --anchors"),
        (["--run", "nowhere"], 3, "no finished run under 'nowhere'"),
        (["--claims", "nowhere.tsv"], 3, "nowhere.tsv"),
        (["--splits", "0"], 8, "splits"),
        (["--method", "rules"], 8, "No such option"),
    ],
)
def test_what_cannot_be_done_is_said(cohort, genesis_command, extra, code, message):
    found, stdout, stderr = genesis_command("replicate", *extra, *words(cohort))
    assert (found, stdout) == (code, "")
    assert message in stderr


def test_broken_claims_are_said_by_their_line(cohort, tmp_path, genesis_command):
    claims = tmp_path / "claims.tsv"
    claims.write_text("gene_a\tgene_b\teffect\nA0\tB0\tmuch\n")
    code, _, stderr = genesis_command("replicate", "--claims", claims, *words(cohort))
    assert code == 6
    assert "claims.tsv, line 2: effect is no number" in stderr


def test_a_run_of_the_rules_predicts_nothing(cohort, others, tmp_path, genesis_command):
    run = tmp_path / "run"
    genesis_command("run", *words(cohort), "--method", "rules", "--out", run)
    code, _, stderr = genesis_command("replicate", "--run", run, *words(others))
    assert code == 7
    assert "neither effects nor posteriors" in stderr
