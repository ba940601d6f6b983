"""Anchors as BED: places, scores, and who is left out."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from genesis.errors import CommandLineError
from genesis.findings.anchors_bed import anchors_bed
from tests.handmade import asymmetric_result

ANCHORS = pd.DataFrame(
    {
        "gene_id": ["B", "A", "A", "C", "D"],
        "variant_id": ["rs1", "rs2", "rs3", "rs4", "rs1"],
        "chrom": pd.array(["chr10", "chr2", "chr10", pd.NA, "chr10"], dtype="string"),
        "pos": pd.array([900, 11, 5, pd.NA, 900], dtype="Int64"),
        "effect_allele": pd.array(["A", "C", "G", "T", "A"], dtype="string"),
        "other_allele": pd.array(["CTG", "A", pd.NA, "A", "CTG"], dtype="string"),
        "posterior": [0.75, 1.0, 0.0514, 0.9, 0.5],
    }
)


def lines(result, **chosen):
    text, note = anchors_bed(result, **chosen)
    return text.decode().splitlines(), note


def test_anchors_are_sorted_intervals_of_the_reference_allele():
    found, note = lines(replace(asymmetric_result(), anchors=ANCHORS))
    assert found == [
        "chr10\t4\t5\tA|rs3\t51\t.",
        "chr10\t899\t902\tB|rs1\t750\t.",
        "chr10\t899\t902\tD|rs1\t500\t.",
        "chr2\t10\t11\tA|rs2\t1000\t.",
    ]
    assert note == "4 anchors; left out: 1 without a position"


def test_anchors_are_chosen_by_gene_and_posterior():
    result = replace(asymmetric_result(), anchors=ANCHORS)
    assert lines(result, genes=["A"], min_posterior=0.9) == (
        ["chr2\t10\t11\tA|rs2\t1000\t."],
        "1 anchor",
    )
    assert lines(result, genes=["B", "D"])[1] == "2 anchors"
    with pytest.raises(CommandLineError, match="gene 'E' is not among"):
        anchors_bed(result, genes=["E"])


def test_anchors_of_the_rules_and_of_older_results():
    # Neither posteriors nor alleles.
    assert lines(asymmetric_result())[0] == [
        "chr1\t9\t10\tA|rs1\t0\t.",
        "chr1\t10\t11\tB|rs2\t0\t.",
    ]
    with pytest.raises(CommandLineError, match="no posterior to choose by"):
        anchors_bed(asymmetric_result(), min_posterior=0.9)
    assert lines(replace(asymmetric_result(), anchors=ANCHORS[:0])) == ([], "0 anchors")
