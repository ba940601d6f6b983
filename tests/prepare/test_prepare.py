"""All steps together, in Python and by the command: what leaves, what is said, what a run gets."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.errors import CommandLineError, DegenerateDataError
from genesis.prepare import prepare
from genesis.simulate import cis_eqtl


@pytest.fixture(scope="module")
def simulated():
    return cis_eqtl(n=80, n_genes=40, h2=(0.1, 0.4), seed=8)


def counts_of(simulation, rng):
    """Counts with the expression as their logarithm, some genes hardly expressed."""
    level = rng.uniform(3, 7, simulation.expression.shape[1])
    level[:5] = -3
    mean = np.exp(level + 0.3 * simulation.expression.to_numpy())
    counts = rng.poisson(mean * rng.uniform(0.5, 2, (len(mean), 1))).astype(float)
    return pd.DataFrame(
        counts, index=simulation.expression.index, columns=simulation.expression.columns
    )


def test_every_step_is_counted_and_named(simulated, rng):
    z = simulated.genotypes.copy()
    z["bad"] = np.repeat([0.0, 2.0], 40)
    z["copy"] = z.iloc[:, 0]
    extra = pd.DataFrame({"variant_id": ["bad", "copy"], "chrom": "1", "pos": [1, 2]})
    extra["chrom"] = simulated.variants["chrom"].iloc[0]
    places = pd.concat([simulated.variants, extra], ignore_index=True)
    covariates = pd.DataFrame(
        {"age": rng.integers(20, 70, 80), "sex": np.arange(80) % 2}, index=z.index
    ).astype(float)
    covariates["months"] = 12 * covariates["age"]
    prepared = prepare(
        z, counts_of(simulated, rng), genes=simulated.genes, variants=places,
        covariates=covariates, min_expression=6, normalise="tmm,log2,int", hwe=1e-6,
        ld_prune=0.9, genotype_pcs=2, expression_pcs=3,
    )  # fmt: skip
    lost = prepared.excluded
    assert lost[lost["reason"] == "low_expression"]["id"].tolist() == [
        *simulated.expression.columns[:5]
    ]
    assert "bad" in lost[lost["reason"] == "hardy_weinberg"]["id"].tolist()
    linked = set(lost[lost["reason"] == "linkage"]["id"])
    assert {"copy", z.columns[0]} & linked
    assert lost[lost["kind"] == "covariate"]["id"].tolist() == ["months"]
    assert prepared.covariates.columns.tolist() == [
        "age", "sex", "genotype_pc1", "genotype_pc2",
        "expression_pc1", "expression_pc2", "expression_pc3",
    ]  # fmt: skip
    record = prepared.record
    variants = record["variants"]
    assert (
        variants["read"] - variants["hardy_weinberg_failed"] - variants["pruned"]
        == (variants["kept"])
    )
    assert variants["kept"] == len(prepared.genotypes.variants)
    assert record["genes"] == {"read": 40, "kept": 35}
    assert record["covariates"]["rank"] == 7
    assert record["covariates"]["residual_degrees_of_freedom"] == 72
    assert record["expression_pcs"]["number"] == 3
    assert set(record["expression_pcs"]["by_rule"]) == {"elbow", "permutation"}
    assert len(record["kinship"]["samples"]) == 80
    json.dumps(record, allow_nan=False)
    said = " ".join(prepared.notes)
    for words in ("months", "72 residual degrees", "Hardy–Weinberg", "Linkage", "5 of 40 genes"):
        assert words in said


def test_nothing_asked_for_changes_nothing(simulated):
    prepared = prepare(
        simulated.genotypes, simulated.expression, check_samples=False, normalise="none"
    )
    np.testing.assert_array_equal(prepared.expression.values, simulated.expression.to_numpy())
    np.testing.assert_array_equal(prepared.genotypes.dosages, simulated.genotypes.to_numpy())
    assert prepared.covariates is None
    assert not len(prepared.excluded)
    assert prepared.kinship is None


def test_order_of_samples_genes_and_variants_changes_nothing(simulated, rng):
    def prepared(z, x):
        return prepare(
            z, x, genes=simulated.genes, variants=simulated.variants, normalise="int",
            expression_pcs="permutation", genotype_pcs=2, ld_prune=0.5,
        )  # fmt: skip

    z, x = simulated.genotypes, simulated.expression
    one = prepared(z, x)
    mixed = prepared(
        z.iloc[rng.permutation(80), rng.permutation(z.shape[1])],
        x.iloc[rng.permutation(80), rng.permutation(x.shape[1])],
    )
    pd.testing.assert_frame_equal(one.covariates, mixed.covariates, check_exact=True)
    assert set(one.genotypes.variants["variant_id"]) == set(mixed.genotypes.variants["variant_id"])
    pd.testing.assert_frame_equal(one.swaps.samples, mixed.swaps.samples, check_exact=True)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"hwe": 2.0}, CommandLineError),
        ({"ld_prune": -0.1}, CommandLineError),
        ({"expression_pcs": "many"}, CommandLineError),
        ({"normalise": "int,loess"}, CommandLineError),
        ({"min_expression": 1e9}, DegenerateDataError),
        ({"hwe": 1.0, "ld_prune": 0.5}, None),
        ({"genotype_pcs": 79}, DegenerateDataError),
    ],
)
def test_what_cannot_be_done_is_refused(simulated, change, error):
    call = dict(genes=simulated.genes, variants=simulated.variants, **change)
    if error is None:
        assert len(prepare(simulated.genotypes, simulated.expression, **call).genotypes.variants)
        return
    with pytest.raises(error):
        prepare(simulated.genotypes, simulated.expression, **call)


def test_one_sample_and_one_gene():
    z = pd.DataFrame({"v": [0.0, 1, 2, 1, 0, 1]})
    x = pd.DataFrame({"g": [1.0, 2, 4, 3, 0, np.nan]})
    prepared = prepare(z, x, normalise="int", expression_pcs="permutation")
    assert np.isfinite(prepared.expression.values).all()
    assert prepared.covariates is None or len(prepared.covariates.columns) <= 1
    with pytest.raises(DegenerateDataError):
        prepare(z.iloc[:1], x.iloc[:1])


OPTIONS = [
    "--min-expression", "6", "--normalise", "tmm,int", "--genotype-pcs", "2",
    "--expression-pcs", "permutation", "--seed", "3",
]  # fmt: skip


@pytest.fixture
def files(simulated, rng, tmp_path):
    simulated.write(tmp_path / "in")
    counts_of(simulated, rng).T.to_csv(tmp_path / "in/counts.tsv", sep="\t", index_label="gene_id")
    table = pd.DataFrame({"batch": ["a", "b", "c", "d"] * 20}, index=simulated.expression.index)
    table.to_csv(tmp_path / "in/covariates.tsv", sep="\t", index_label="sample")
    return tmp_path / "in"


def given_files(files, expression, covariates):
    return [
        "--vcf", files / "genotypes.vcf.gz", "--expression", expression,
        "--genes", files / "genes.bed", "--covariates", covariates, "--no-progress",
    ]  # fmt: skip


def command(capsys, *words):
    from genesis.cli.main import run_command

    code = run_command([str(word) for word in words])
    return code, capsys.readouterr().err


@pytest.mark.parametrize("method", ["rules", "calibrated"])
def test_prepare_then_run_is_run_with_the_same_options(files, tmp_path, capsys, method):
    # The calibrated method takes its time: so few genes that it makes no self-test.
    last = 10 if method == "calibrated" else None
    genes = pd.read_csv(files / "counts.tsv", sep="\t")["gene_id"].iloc[3:last]
    (tmp_path / "genes.txt").write_text("\n".join(genes) + "\n")
    raw = given_files(files, files / "counts.tsv", files / "covariates.tsv")
    raw += ["--include-genes", tmp_path / "genes.txt"]
    options = [*OPTIONS, "--ld-prune", "0.5"]
    code, said = command(capsys, "prepare", *raw, *options, "--out", tmp_path / "p")
    assert code == 0, said
    run = ["--method", method]
    code, said = command(capsys, "run", *raw, *options, *run, "--out", tmp_path / "one")
    assert code == 0, said
    ready = given_files(files, tmp_path / "p.expression.tsv.gz", tmp_path / "p.covariates.tsv")
    ready += ["--include-variants", tmp_path / "p.variants.txt"]
    after = ["--normalise", "none", "--seed", "3", *run, "--out", tmp_path / "two"]
    code, said = command(capsys, "run", *ready, *after)
    assert code == 0, said
    for suffix in (".ancestrality.tsv.gz", ".relations.tsv.gz", ".anchors.tsv.gz"):
        assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()
    record = json.loads((tmp_path / "one.run.json").read_text())
    assert record["options"]["normalise"] == "tmm,int"
    assert record["options"]["expression_pcs"] == "permutation"
    written = json.loads((tmp_path / "p.prepare.json").read_text())
    assert written["preparation"] == record["preparation"]


def test_files_of_prepare(files, tmp_path, capsys):
    raw = given_files(files, files / "counts.tsv", files / "covariates.tsv")
    code, said = command(
        capsys, "prepare", *raw, *OPTIONS, "--ld-prune", "0.5", "--out", tmp_path / "p"
    )
    assert code == 0, said
    kept = (tmp_path / "p.variants.txt").read_text().split()
    excluded = pd.read_csv(tmp_path / "p.excluded.tsv", sep="\t", keep_default_na=False)
    read = genesis.read_vcf(files / "genotypes.vcf.gz").variants["variant_id"]
    assert set(kept) == set(read) - set(excluded.loc[excluded["kind"] == "variant", "id"])
    assert (excluded["reason"] == "low_expression").sum() == 5
    swaps = pd.read_csv(tmp_path / "p.swaps.tsv", sep="\t")
    assert len(swaps) == 80
    assert (tmp_path / "p.kinship.tsv").read_text().startswith("sample_a\tsample_b\tdegree")
    log = (tmp_path / "p.log").read_text()
    assert "residual degrees of freedom" in log
    assert "Sample swaps" in log
    code, said = command(capsys, "prepare", *raw, "--out", tmp_path / "p")
    assert code == 5
    assert "--force" in said


def test_swapped_labels_are_told_by_run(simulated, files, tmp_path, capsys):
    simulation = cis_eqtl(n=120, n_genes=120, h2=(0.2, 0.5), seed=9)
    simulation.write(tmp_path / "big")
    x = simulation.expression.copy()
    x.loc[["S004", "S044"]] = x.loc[["S044", "S004"]].to_numpy()
    x.T.to_csv(tmp_path / "x.tsv", sep="\t", index_label="gene_id")
    words = [
        "run", "--vcf", tmp_path / "big/genotypes.vcf.gz", "--expression", tmp_path / "x.tsv",
        "--genes", tmp_path / "big/genes.bed", "--method", "rules", "--no-progress",
    ]  # fmt: skip
    code, said = command(capsys, *words, "--out", tmp_path / "r")
    assert code == 0, said
    assert "exchanged in 1 pair: S004 and S044" in said
    record = json.loads((tmp_path / "r.run.json").read_text())["preparation"]
    assert {row["sample"] for row in record["swaps"]["candidates"]} == {"S004", "S044"}
    code, said = command(capsys, *words, "--no-check-samples", "--out", tmp_path / "s")
    assert code == 0, said
    assert "swaps" not in said


def test_head_start_prepares_as_the_run_did(files, tmp_path, capsys):
    from genesis.cli.head_start import _read_again

    raw = given_files(files, files / "counts.tsv", files / "covariates.tsv")
    for words in (
        ["prepare", "--out", tmp_path / "p"],
        ["run", "--method", "rules", "--out", tmp_path / "r"],
    ):
        code, said = command(capsys, *words, *raw, *OPTIONS)
        assert code == 0, said
    result = genesis.load(tmp_path / "r")
    data, covariates = _read_again(result.run, str(tmp_path / "r"), result.constraints())
    exact = {"sep": "\t", "index_col": 0}
    if pd.__version__ < "3":  # later ones read numbers to the last bit by themselves
        exact["float_precision"] = "round_trip"
    table = pd.read_csv(tmp_path / "p.expression.tsv.gz", **exact).T
    pd.testing.assert_frame_equal(data[table.columns], table, check_exact=True, check_names=False)
    written = pd.read_csv(tmp_path / "p.covariates.tsv", **exact)
    pd.testing.assert_frame_equal(
        covariates, written, check_exact=True, check_names=False, check_dtype=False
    )


def test_components_beside_hidden_factors_are_spoken_of(files, tmp_path, capsys):
    raw = given_files(files, files / "counts.tsv", files / "covariates.tsv")
    ids = pd.read_csv(files / "counts.tsv", sep="\t")["gene_id"].iloc[10:14]
    (tmp_path / "genes.txt").write_text("\n".join(ids) + "\n")
    raw += ["--include-genes", tmp_path / "genes.txt", "--expression-pcs", "1"]
    code, said = command(capsys, "run", *raw, "--out", tmp_path / "r")
    assert code == 0, said
    assert "--hidden-factors none" in said
    code, said = command(capsys, "run", *raw, "--hidden-factors", "none", "--out", tmp_path / "s")
    assert code == 0, said
    assert "--hidden-factors none" not in said
