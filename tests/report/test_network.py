"""The layout of the network."""

from __future__ import annotations

import numpy as np
import pytest

from genesis.report.network import draw_claims, strongest_claims
from genesis.report.network_views import NETWORK_CLAIMS, network_views
from tests.handmade import random_result, result_of, signed_result


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


def test_of_a_gene_its_neighbours_and_what_is_among_them_are_drawn():
    rows = claims((0, 1), (1, 2), (2, 3), (0, 2), (4, 5))
    result = result_of(rows, named(6))
    found, only_direct = strongest_claims(result, 9, gene=2)
    ends = list(zip(result.pairs.gene_a[found], result.pairs.gene_b[found], strict=True))
    # By p-value, those about the gene before the one among its neighbours.
    assert only_direct
    assert ends == [(0, 2), (2, 3), (1, 2), (0, 1)]
    assert len(strongest_claims(result, 2, gene=2)[0]) == 2
    assert len(strongest_claims(result, 9, gene=5)[0]) == 1


def roles(view, arrows):
    """Of each gene that is drawn, what the arrows drawn say of it."""
    from_, to = ({arrow[end] for arrow in arrows[: view["number"]]} for end in ("from", "to"))
    return {
        at: "between" if at in from_ and at in to else "upstream" if at in from_ else "downstream"
        for at in from_ | to
    }


def test_roles_are_those_among_the_claims_shown(rng):
    network = network_views(random_result(rng, 40, 3))
    for views in network["views"].values():
        assert [view["number"] for view in views] == sorted({view["number"] for view in views})
        assert views[-1]["number"] == len(network["arrows"])
        for view in views:
            said = {at: role for at, _, _, role in view["nodes"]}
            assert said == roles(view, network["arrows"])
            assert len(view["paths"]) == view["number"]
    all_of, first = (network["views"]["wide"][at]["nodes"] for at in (-1, 0))
    changed = {at: role for at, *_, role in all_of}
    assert any(changed[at] != role for at, *_, role in first)


@pytest.mark.parametrize("length", [3, 9, 40])
def test_boxes_of_names_do_not_overlap(rng, length):
    result = random_result(rng, 40, 3)
    result.genes["gene_id"] = [f"{k:03d}".rjust(length, "G") for k in range(40)]
    network = network_views(result)
    half = np.array([node["half"] for node in network["nodes"]])
    for views in network["views"].values():
        for view in views:
            at = np.array([node[0] for node in view["nodes"]])
            x, y = np.array([node[1:3] for node in view["nodes"]]).T
            near = np.abs(y[:, None] - y) < 26
            np.fill_diagonal(near, False)
            apart = np.abs(x[:, None] - x) - half[at][:, None] - half[at]
            assert (apart[near] > 4).all()
            assert (x - half[at]).min() >= 0
            assert (x + half[at]).max() <= view["width"]
    for node in network["nodes"]:
        assert node["label"] == node["name"] or node["label"].endswith("…")


def test_narrow_views_are_narrow(rng):
    network = network_views(random_result(rng, 40, 3))
    assert len(network["arrows"]) <= NETWORK_CLAIMS
    for wide, narrow in zip(*network["views"].values(), strict=True):
        if wide["number"] > 10:
            assert narrow["width"] < wide["width"]
            assert narrow["height"] > wide["height"]


def test_arrows_say_sign_and_posterior():
    network = network_views(signed_result())
    of = {
        (network["nodes"][arrow["from"]]["name"], network["nodes"][arrow["to"]]["name"]): arrow
        for arrow in network["arrows"]
    }
    assert {pair: arrow["sign"] for pair, arrow in of.items()} == {
        ("A", "B"): "minus", ("B", "C"): "plus", ("C", "D"): "plus",
    }  # fmt: skip
    assert of["A", "B"]["effect"] == "−0.50"
    # The posterior of the edge, not of the ancestor.
    assert of["C", "D"]["posterior"] == "0.600"
    assert of["A", "B"]["width"] > of["B", "C"]["width"] > of["C", "D"]["width"] > 1
    by_rules = network_views(result_of(claims((0, 1)), named(2)))["arrows"]
    assert by_rules == [
        {"from": 0, "to": 1, "sign": "unsigned", "width": 1.0, "posterior": None, "effect": None}
    ]


def test_a_circle_has_arrows_that_end_at_its_boxes():
    view = network_views(result_of(claims((0, 1), (1, 2), (2, 0)), named(3)))["views"]["wide"][-1]
    assert all(path.startswith("M") and "C" in path for path in view["paths"])
