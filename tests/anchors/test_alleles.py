"""Every slope of a variant says of which allele it is: the one that dosages count, ALT."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.report.gene_story import anchor_lines

N = 200


def genotypes(dosages, ref, alt) -> genesis.Genotypes:
    n_variants = dosages.shape[1]
    variants = pd.DataFrame(
        {
            "variant_id": [f"rs{k}" for k in range(n_variants)],
            "chrom": "chr1",
            "pos": np.arange(n_variants) * 1000 + 10,
            "ref": ref,
            "alt": alt,
            "af": dosages.mean(axis=0) / 2,
            "n_missing": 0,
            "ploidy": 2,
        }
    )
    samples = [f"S{k:03d}" for k in range(len(dosages))]
    return genesis.Genotypes(np.asfortranarray(dosages, dtype=np.float32), samples, variants)


@pytest.fixture
def data(rng):
    """Two variants: ALT of the first raises gene 1, that of the second lowers gene 2."""
    dosages = rng.binomial(2, 0.4, size=(N, 2)).astype(float)
    values = dosages * [1.5, -1.5] + rng.normal(size=(N, 2))
    table = pd.DataFrame(values, index=[f"S{k:03d}" for k in range(N)], columns=["gene1", "gene2"])
    return dosages, table


def rows(table, gene, slope="slope") -> list[tuple]:
    """Gene, variant, alleles and the sign of the slope, of what is no chance."""
    sure = table[np.abs(table[slope] / table[f"{slope}_se"]) > 6]
    signs = np.sign(sure[slope]).astype(int).tolist()
    columns = [gene, "variant_id", "effect_allele", "other_allele"]
    found = sure[columns].itertuples(index=False)
    return [(*row, sign) for row, sign in zip(found, signs, strict=True)]


@pytest.mark.parametrize("turned", [False, True])
def test_anchors_and_scan_name_the_allele_that_the_slope_is_of(turned, data):
    dosages, table = data
    ref, alt, sign = ["A", "CTG"], ["G", "C"], 1
    if turned:
        dosages, ref, alt, sign = 2 - dosages, alt, ref, -1
    given = genotypes(dosages, ref, alt)
    expected = [("gene1", "rs0", alt[0], ref[0], sign), ("gene2", "rs1", alt[1], ref[1], -sign)]
    for method in ("rules", "calibrated"):
        anchors = genesis.discover(given, table, method=method).anchors
        assert rows(anchors, "gene_id") == expected
        position = anchors.columns.get_loc
        assert position("effect_allele") + 3 == position("slope")
    found = genesis.scan(given, table, pval=1e-10)
    assert rows(found, "phenotype_id", "b") == expected
    # The frequency is that of the same allele.
    np.testing.assert_allclose(found["af"], dosages.mean(axis=0) / 2, rtol=1e-6)
    (line,) = anchor_lines(anchors[:1])
    assert f" for each {alt[0]} in place of {ref[0]}, p = " in line


def test_alleles_that_are_not_known_are_missing_in_results_and_files(data, tmp_path):
    dosages, table = data
    result = genesis.discover(dosages, table.to_numpy(), method="rules")
    found = genesis.scan(dosages, table.to_numpy())
    for known in (result.anchors, found):
        assert len(known) >= 2
        assert known[["effect_allele", "other_allele"]].isna().all(axis=None)
    result.save(tmp_path / "run")
    text = pd.read_csv(tmp_path / "run.anchors.tsv.gz", sep="\t", keep_default_na=False)
    assert set(text["effect_allele"]) == set(text["other_allele"]) == {"NA"}
    assert " for each " not in anchor_lines(result.anchors)[0]


def test_places_of_a_table_may_bring_alleles(data):
    dosages, table = data
    given = pd.DataFrame(dosages, index=table.index, columns=["rs0", "rs1"])
    places = pd.DataFrame(
        {"variant_id": ["rs1", "rs0"], "chrom": "1", "pos": [10, 20], "ref": ["A", "C"],
         "alt": ["G", "T"]}
    )  # fmt: skip
    anchors = genesis.discover(given, table, variants=places, method="rules").anchors
    assert rows(anchors, "gene_id") == [
        ("gene1", "rs0", "T", "C", 1),
        ("gene2", "rs1", "G", "A", -1),
    ]


def test_alleles_of_a_file_reach_the_files_of_a_run_and_come_back(data, tmp_path):
    dosages, table = data
    result = genesis.discover(genotypes(dosages, ["A", "CTG"], ["G", "C"]), table, method="rules")
    result.save(tmp_path / "run")
    text = pd.read_csv(tmp_path / "run.anchors.tsv.gz", sep="\t")
    assert rows(text, "gene_id") == [
        ("gene1", "rs0", "G", "A", 1),
        ("gene2", "rs1", "C", "CTG", -1),
    ]
    pd.testing.assert_frame_equal(genesis.load(tmp_path / "run").anchors, result.anchors)
