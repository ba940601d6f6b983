"""The layered network: what is drawn, and where."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest

from genesis.report.layer_drawing import (
    MOST_CLAIMS,
    MOST_NODES,
    draw_layers,
    layer_names,
)
from genesis.report.layer_places import places_in_columns, ports_of_arrows
from genesis.report.layer_views import layer_views
from tests.handmade import result_of


def of_layers(pairs, layers, *, order=(), names=None, direct=1, **columns):
    """Claims, the strongest first, on genes of these layers."""
    rows = [
        {"gene_a": a, "gene_b": b, "relation": 0, "direct": direct, "log_p": k - 1e4, **columns}
        for k, (a, b) in enumerate(pairs)
    ]
    names = [f"N{k}" for k in range(len(layers))] if names is None else names
    result = result_of(rows, names)
    run = {**result.run, "layers": {"order": [list(group) for group in order]}}
    return replace(result, genes=result.genes.assign(layer=layers), run=run)


def claims_of(drawing):
    return [(drawing.names[a], drawing.names[b]) for a, b in drawing.arrows.tolist()]


def test_columns_are_in_the_order_of_the_run():
    layers = ["expression", "protein", "methylation", "trait"]
    order = [["methylation"], ["expression", "protein"], ["trait"]]
    result = of_layers([(0, 3)], layers, order=order)
    assert layer_names(result) == ["methylation", "expression", "protein", "trait"]
    assert draw_layers(result).columns == ["methylation", "expression", "protein", "trait"]
    # A record that does not say it: as they are, traits last.
    unknown = of_layers([(0, 1)], ["trait", "expression", "protein"])
    assert layer_names(unknown) == ["expression", "protein", "trait"]
    one = result_of([], ["A"])
    assert layer_names(one) == []
    assert layer_views(one) is None


def test_a_small_graph_is_drawn_whole():
    layers = ["expression"] * 4 + ["protein", "trait", "trait"]
    drawing = draw_layers(of_layers([(0, 4), (4, 5), (1, 2), (0, 1)], layers))
    assert sorted(claims_of(drawing)) == [("N0", "N1"), ("N0", "N4"), ("N1", "N2"), ("N4", "N5")]
    # The trait that nothing acts on has its place.
    assert sorted(drawing.names) == ["N0", "N1", "N2", "N4", "N5", "N6"]
    role = dict(zip(drawing.names, drawing.role, strict=True))
    assert role == {
        "N0": "upstream", "N1": "between", "N2": "downstream", "N4": "between",
        "N5": "downstream", "N6": "downstream",
    }  # fmt: skip
    column = dict(zip(drawing.names, drawing.column.tolist(), strict=True))
    assert [column[name] for name in ("N0", "N4", "N5")] == [0, 1, 2]
    assert drawing.said == ["Drawn: all 4 direct claims.", "1 molecule with no claim is not drawn."]


def test_of_many_claims_those_that_lead_to_traits_are_drawn():
    # N0 → N1 → N2 (a protein) → trait; a hundred others among themselves.
    others = [(k, k + 1) for k in range(10, 110)]
    layers = ["expression"] * 120
    layers[2], layers[119], layers[118] = "protein", "trait", "trait"
    drawing = draw_layers(of_layers([*others, (1, 2), (0, 1), (2, 119)], layers))
    assert sorted(claims_of(drawing)) == [("N0", "N1"), ("N1", "N2"), ("N2", "N119")]
    assert sorted(drawing.names) == ["N0", "N1", "N118", "N119", "N2"]
    assert drawing.said == [
        "Drawn: the 3 of 103 direct claims that lead to a trait.",
        "101 molecules with other claims and 14 molecules with no claim are not drawn.",
    ]


def test_what_traits_act_on_is_drawn():
    layers = ["expression"] * 120
    layers[0] = "trait"
    pairs = [*((k, k + 1) for k in range(10, 110)), (0, 5)]
    drawing = draw_layers(of_layers(pairs, layers))
    assert claims_of(drawing) == [("N0", "N5")]
    assert drawing.said[0] == "Drawn: the 1 of 101 direct claims that lead to a trait, or from one."
    # The trait stands last, and its arrow goes back.
    assert drawing.column.tolist() == [1, 0]


def test_without_traits_it_is_what_leads_to_another_layer():
    layers = ["expression"] * 119 + ["protein"]
    pairs = [*((k, k + 1) for k in range(10, 110)), (0, 1), (1, 119)]
    drawing = draw_layers(of_layers(pairs, layers))
    assert sorted(claims_of(drawing)) == [("N0", "N1"), ("N1", "N119")]
    assert "that lead to another layer." in drawing.said[0]


@pytest.mark.parametrize("n_traits", [5, 50])
def test_large_graphs_are_bounded(rng, n_traits):
    result = many(rng, 300, n_traits)
    drawing = draw_layers(result)
    assert 40 <= len(drawing.arrows) <= MOST_CLAIMS
    assert np.bincount(drawing.column).max() <= MOST_NODES
    strongest = set(zip(result.pairs.gene_a.tolist(), result.pairs.gene_b.tolist(), strict=True))
    assert {tuple(drawing.gene[pair].tolist()) for pair in drawing.arrows} <= strongest
    said = " ".join(drawing.said)
    total = sum(int(n) for n in re.findall(r"(\d+) molecules?", said))
    n_molecules = sum(gene < 300 for gene in drawing.gene)
    assert total + n_molecules == 300
    views = layer_views(result)
    assert views["views"]["wide"]["height"] < 2_500
    assert len(str(views)) < 60_000


def many(rng, n_molecules, n_traits):
    """Molecules of two layers that act on each other and on traits."""
    n = n_molecules + n_traits
    a = rng.integers(0, n_molecules, 600)
    b = np.where(rng.random(600) < 0.5, rng.integers(n_molecules, n, 600), rng.integers(0, n, 600))
    pairs = list(dict.fromkeys((int(x), int(y)) for x, y in zip(a, b, strict=True) if x < y))
    layers = ["expression"] * (n_molecules // 2) + ["protein"] * (n_molecules - n_molecules // 2)
    return of_layers(pairs, layers + ["trait"] * n_traits)


def test_anchors_stand_first_and_what_a_variant_does_beside_is_drawn(layered):
    drawing = draw_layers(layered)
    assert drawing.columns == ["loci", "expression", "protein", "trait"]
    assert set(claims_of(drawing)) == {
        ("GENE0", "GENE0@protein"), ("GENE1", "GENE1@protein"), ("GENE2", "GENE2@protein"),
        ("GENE1@protein", "LDL"),
        ("rs0", "GENE0"), ("rs2", "GENE1"), ("rs1", "GENE0@protein"), ("rs3", "GENE1@protein"),
        ("rs5", "GENE2@protein"), ("rs4", "yield"), ("rs4", "GENE2"),
    }  # fmt: skip
    variants = [
        name for name, role in zip(drawing.names, drawing.role, strict=True) if role == "locus"
    ]
    assert sorted(variants) == ["rs0", "rs1", "rs2", "rs3", "rs4", "rs5"]
    assert (drawing.gene[-len(variants) :] == -1).all()
    # The layer is in the heading, and not in every name.
    label = dict(zip(drawing.names, drawing.labels, strict=True))
    assert label["GENE1@protein"] == "GENE1"
    anchor = drawing.looks[claims_of(drawing).index(("rs4", "yield"))]
    assert anchor == {"sign": "unsigned", "width": 1.0, "posterior": "1.000", "effect": None}


def crossings(column, y, arrows):
    total = 0
    for (a, b), (c, d) in itertools.combinations(arrows.tolist(), 2):
        if column[a] == column[c] and column[b] == column[d] and column[a] != column[b]:
            total += (y[a] - y[c]) * (y[b] - y[d]) < 0
    return total


def test_what_can_be_drawn_without_crossings_is():
    # A ladder whose rungs are mixed up.
    n = 12
    column = np.repeat([0, 1, 2], n)
    mixed = np.random.default_rng(3).permutation(n)
    arrows = np.array(
        [(k, n + mixed[k]) for k in range(n)] + [(n + mixed[k], 2 * n + k) for k in range(n)]
    )
    y, ways = places_in_columns(column, arrows)
    assert crossings(column, y, arrows) == 0
    assert all(len(way) == 0 for way in ways)
    # And every rung is level.
    np.testing.assert_allclose(y[arrows[:, 0]], y[arrows[:, 1]], atol=1e-6)


@pytest.mark.parametrize("n", [4, 30, 80])
def test_nodes_and_passing_arrows_are_apart(rng, n):
    column = np.sort(rng.integers(0, 4, n))
    arrows = rng.integers(0, n, (n, 2))
    arrows = np.unique(arrows[arrows[:, 0] != arrows[:, 1]], axis=0)
    y, ways = places_in_columns(column, arrows)
    assert y.min() == 0 or min([way.min() for way in ways if len(way)], default=1) == 0
    taken = {k: [(place, 1.0) for place in y[column == k]] for k in range(4)}
    for (a, b), way in zip(arrows.tolist(), ways, strict=True):
        step = 1 if column[b] > column[a] else -1
        between = range(column[a] + step, column[b], step) if column[a] != column[b] else ()
        assert len(way) == len(between)
        for k, place in zip(between, way, strict=True):
            taken[k].append((place, 0.4))
    for places in taken.values():
        for (one, room), (other, more) in itertools.pairwise(sorted(places)):
            assert other - one >= (room + more) / 2 - 1e-9
    ports = ports_of_arrows(column, y, arrows, ways)
    assert np.abs(ports).max() <= 0.27
    # No two arrows end at one point of a side.
    right = [(column[b] >= column[a], column[b] <= column[a]) for a, b in arrows.tolist()]
    ends = [
        (node, side, round(port, 9))
        for pair, sides, both in zip(arrows.tolist(), right, ports.tolist(), strict=True)
        for node, side, port in zip(pair, sides, both, strict=True)
    ]
    assert len(set(ends)) == len(ends)


def test_nothing_has_no_places():
    y, ways = places_in_columns(np.zeros(0, dtype=int), np.zeros((0, 2), dtype=int))
    assert (len(y), ways) == (0, [])
    assert layer_views(of_layers([], ["expression", "trait"])) is None


@pytest.mark.parametrize("length", [3, 9, 40])
def test_boxes_are_apart_and_long_names_are_cut(rng, length):
    result = many(rng, 60, 9)
    result.genes["gene_id"] = [f"{k:03d}".rjust(length, "G") for k in range(69)]
    views = layer_views(result)
    column = draw_layers(result).column
    for view in views["views"].values():
        x, y = np.array(view["places"]).T
        half = np.array([node["half"] for node in views["nodes"]])
        for k, head in enumerate(view["columns"]):
            here = column == k
            assert (x[here] == head["x"]).all()
            assert (np.diff(np.sort(y[here])) > 26).all()
            # Heading and boxes are within the column, and columns do not touch.
            assert (half[here] < head["half"]).all()
            assert 8.7 * len(head["label"]) <= 2 * head["half"]
            assert y[here].min() > 40
        ends = [(h["x"] - h["half"], h["x"] + h["half"]) for h in view["columns"]]
        assert all(right < left for (_, right), (left, _) in itertools.pairwise(ends))
        assert ends[0][0] >= 0
        assert ends[-1][1] <= view["width"]
        assert y.max() + 12 <= view["height"]
        assert len(view["paths"]) == len(views["arrows"])
        numbers = [float(n) for path in view["paths"] for n in re.findall(r"-?[\d.]+", path)]
        assert min(numbers) >= 0
        assert max(numbers) <= max(view["width"], view["height"])
    assert views["views"]["narrow"]["width"] < views["views"]["wide"]["width"]
    for node in views["nodes"]:
        assert len(node["label"]) <= 20
        assert node["label"] == node["name"] or node["label"].endswith("…")


def test_arrows_within_a_column_swing_out_of_the_last_one_within_the_picture():
    views = layer_views(of_layers([(1, 2), (0, 1)], ["expression", "trait", "trait"]))
    for view in views["views"].values():
        right = view["columns"][-1]["x"] + views["nodes"][-1]["half"]
        path = view["paths"][0]
        xs = [float(pair.split(" ")[0]) for pair in re.findall(r"[\d.]+ [\d.]+", path)]
        assert max(xs) > right
        assert (max(xs) - right) * 0.75 + right <= view["width"]
