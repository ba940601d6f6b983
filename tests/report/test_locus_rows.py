"""Loci in the report: the surest first, each with its credible set."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from genesis.findings.loci_table import empty_loci, weighed_by_locus
from genesis.report.html import render_report
from genesis.report.locus_rows import NONE_MEASURED, locus_rows


def table(*rows):
    """Rows of (locus, target, posterior, members)."""
    found = []
    for locus, target, posterior, members in rows:
        for gene, share in members:
            found.append(
                {
                    "locus": locus, "chrom": "chr<1>", "start": 1000, "end": 20_000, "n_genes": 7,
                    "target": target, "posterior": posterior, "n_members": len(members),
                    "gene_id": gene, "share": share,
                }
            )  # fmt: skip
    frame = pd.DataFrame(found).reindex(columns=empty_loci().columns)
    return frame.astype(empty_loci().dtypes.to_dict())


LOCI = table(
    ("v1", "t1", 0.7, [("a", 0.96)]),
    ("v1", "t2", 0.9, [("a", 0.6), (None, 0.3), ("b", 0.06)]),
    ("v2", "t2", 0.9001, [("b", 0.97)]),
)


@pytest.fixture
def with_loci(calibrated):
    return replace(calibrated, loci=LOCI)


def test_the_surest_come_first_and_then_the_smallest_sets(with_loci):
    rows, n_pairs = locus_rows(with_loci, 2)
    assert n_pairs == 3
    assert [(row["locus"], row["target"]) for row in rows] == [("v2", "t2"), ("v1", "t2")]
    assert rows[1]["members"] == [("a", 0.6), (NONE_MEASURED, 0.3), ("b", 0.06)]
    assert rows[1]["place"] == "chr<1>:1,000–20,000"


def test_the_page_shows_loci_with_their_sets(with_loci):
    page = render_report(with_loci)
    section = page.split('<section id="loci">')[1].split("</section>")[0]
    assert section.count("<tr><td") == 3
    assert "chr&lt;1&gt;:1,000–20,000" in section
    assert f"<span>a</span> 0.60, <span>{NONE_MEASURED}</span> 0.30, <span>b</span> 0.06" in section


def test_the_page_says_that_there_are_none(calibrated):
    page = render_report(replace(calibrated, loci=empty_loci()))
    assert "None: no locus is seen to act on a gene elsewhere" in page
    assert locus_rows(replace(calibrated, loci=empty_loci()), 10) == ([], 0)


def test_shares_weigh_the_posterior_of_the_locus():
    found = weighed_by_locus(LOCI, pd.Index(["a", "b", "t1", "t2"]))
    assert found.loc["a", "t1"] == pytest.approx(0.7 * 0.96)
    assert found.loc["b", "t2"] == pytest.approx(0.9001 * 0.97)  # the larger of two loci
    assert found.notna().sum().sum() == 3
