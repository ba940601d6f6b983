"""Predicted against seen: the figure, and its place in the report."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from genesis.errors import DegenerateDataError
from genesis.report.html import render_report
from genesis.report.replication_plot import draw_replication

ROWS = [
    {
        "rests_on": kind, "lower": lower, "upper": upper, "n_claims": n, "n_anchors": 12,
        "n_loci": 9, "mean_posterior": p, "share": share, "se": 0.1, "se_between": error,
        "low": share - 0.2, "high": share + 0.2,
    }
    for kind in ("all", "expression alone")
    for lower, upper, n, p, share, error in (
        (0.1, 0.5, 1200, 0.3, 0.2, 0.1),
        (0.5, 0.9, 40, 0.7, 3.0, None),
        (0.9, 1.0, 100, 0.97, 0.9, 0.1),
    )
]  # fmt: skip


def with_self_test(result, **self_test):
    return dataclasses.replace(result, run={**result.run, "self_test": self_test})


def points(ax, label: str) -> np.ndarray:
    line = next(one for one in ax.get_lines() if one.get_label() == label)
    return np.column_stack(line.get_data())


def test_points_are_where_the_table_has_them(calibrated):
    ax = with_self_test(calibrated, bins=ROWS).plot.replication()
    # What is beyond the figure is drawn at its edge.
    assert points(ax, "all claims").tolist() == [[0.3, 0.2], [0.7, 1.5], [0.97, 0.9]]
    assert points(ax, "expression alone")[:, 1].tolist() == [0.2, 1.5, 0.9]
    assert [text.get_text() for text in ax.texts] == ["1,200", "40", "100"]
    bars = np.concatenate([one.get_segments() for one in ax.collections])
    assert bars[0][:, 1].tolist() == pytest.approx(
        [0.2 - 0.2306, 0.2 + 0.2306], abs=1e-4
    )  # t of 8 degrees
    assert bars[1][:, 1].tolist() == [-0.5, 1.5]  # no error is known


def test_what_says_nothing_is_hollow(calibrated):
    ax = with_self_test(calibrated, bins=ROWS[:3]).plot.replication()
    hollow = [line.get_xdata().tolist() for line in ax.get_lines() if line.get_color() == "white"]
    assert hollow == [[0.7]]


def test_one_kind_of_evidence_stands_on_its_posterior():
    table = pd.DataFrame(ROWS[:3]).drop(index=1)
    assert points(draw_replication(table), "all claims")[:, 0].tolist() == [0.3, 0.97]


def test_what_was_not_tested_has_no_figure(calibrated):
    for run in (calibrated, with_self_test(calibrated, bins=[])):
        with pytest.raises(DegenerateDataError, match="not tested in other samples"):
            run.plot.replication()
    nothing = [{**row, "share": None, "mean_posterior": None} for row in ROWS]
    with pytest.raises(DegenerateDataError, match="no claim could be tested"):
        with_self_test(calibrated, bins=nothing).plot.replication()


def test_the_report_has_it_where_there_was_a_test(calibrated):
    assert "Seen again in other samples" not in render_report(calibrated)
    page = render_report(with_self_test(calibrated, bins=ROWS, verdict="Of 3 < 4 claims"))
    assert "Seen again in other samples" in page
    assert "Of 3 &lt; 4 claims" in page
    assert "The share of the effects predicted by claims" in page
