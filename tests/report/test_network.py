"""The layout of the network."""

from __future__ import annotations

import numpy as np
import pytest

from genesis.report.network import draw_claims
from tests.handmade import random_result, result_of


def claims(*pairs, direct=1):
    return [
        {"gene_a": a, "gene_b": b, "relation": 0, "direct": direct, "log_p": -float(k + 1)}
        for k, (a, b) in enumerate(pairs)
    ]


def named(n):
    return [f"G{k}" for k in range(n)]


@pytest.mark.parametrize("n", [5, 40, 400])
def test_arrows_point_down_and_no_two_genes_share_a_place(rng, n):
    drawing = draw_claims(random_result(rng, 40, 3), n)
    assert 0 < len(drawing.arrows) <= n
    start, end = (drawing.xy[drawing.arrows[:, k]] for k in (0, 1))
    assert (end[:, 1] - start[:, 1] >= 1).all()
    distance = np.linalg.norm(drawing.xy[:, None] - drawing.xy[None], axis=2)
    np.fill_diagonal(distance, 9)
    assert distance.min() > 0.99
    assert (drawing.xy >= 0).all()


def test_strongest_direct_claims_are_drawn():
    rows = claims((0, 1), (1, 2), (3, 4)) + claims((0, 2), direct=0)
    drawing = draw_claims(result_of(rows, named(6)), 2)
    assert drawing.only_direct
    ends = drawing.gene[drawing.arrows].tolist()
    assert ends == [[3, 4], [1, 2]]  # by p-value
    assert drawing.role == ["upstream", "downstream", "upstream", "downstream"]


def test_all_claims_are_drawn_where_none_is_called_direct():
    drawing = draw_claims(result_of(claims((0, 1), (1, 2), direct=-1), named(3)), 9)
    assert not drawing.only_direct
    assert drawing.role == ["upstream", "between", "downstream"]
    assert drawing.xy.tolist() == [[0, 0], [0, 1], [0, 2]]


def test_a_star_is_broken_into_rows():
    drawing = draw_claims(result_of(claims(*((0, k) for k in range(1, 61))), named(61)), 100)
    width, height = np.ptp(drawing.xy, axis=0) + 1
    assert width <= 12
    assert height <= 8


def test_a_circle_made_by_hand_has_places():
    drawing = draw_claims(result_of(claims((0, 1), (1, 2), (2, 0)), named(3)), 9)
    assert len(np.unique(drawing.xy, axis=0)) == 3


def test_nothing_is_drawn_of_nothing():
    drawing = draw_claims(result_of([], named(3)), 9)
    assert (len(drawing.gene), len(drawing.arrows)) == (0, 0)
