"""What loci do to a target, against every path of every graph."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from genesis.paths import likeliest, quantiles, upstream
from genesis.paths.likeliest import likeliest_paths
from genesis.paths.path_tables import Names, locus_tables, path_table, total_effects
from genesis.paths.quantiles import interval
from genesis.paths.upstream import upstream_of
from tests.paths.small_graphs import GENES, every_path, random_graphs, tables_of

A, B, C, D, T = range(5)


def tables_to(graphs, target, **given):
    tables = tables_of(graphs, **given)
    found = upstream_of(tables, target, 10)
    names = Names(np.array(GENES, dtype=object), tables.variants)
    loci = np.unique(tables.variants["locus"])
    by_locus, molecules = locus_tables(found, loci, names)
    return found, by_locus.set_index("locus"), molecules


def share(molecules, locus, gene):
    rows = molecules[(molecules["locus"] == locus) & (molecules["gene_id"].fillna("") == gene)]
    return rows["share"].item()


def test_two_ways_and_what_is_beside_them():
    # rs0 acts on E by A alone, by A and B, and directly; rs1 on B; C and rs2 lead nowhere.
    graph = [
        (0, -1, A, 0.5), (1, -1, B, 1.0), (2, -1, C, 1.0), (-1, A, B, 0.4), (-1, A, C, 1.0),
        (-1, A, T, 0.6), (-1, B, T, 0.5), (0, -1, T, 0.1),
    ]  # fmt: skip
    found, loci, molecules = tables_to([(255, graph)], T)
    # 0.5 * 0.6 + 0.5 * 0.4 * 0.5 + 0.1
    assert loci.loc["rs0", ["effect", "effect_low", "effect_high"]].tolist() == pytest.approx(
        [0.5] * 3
    )
    assert loci.loc["rs0", ["posterior", "through", "beside"]].tolist() == [1.0, 1.0, 1.0]
    assert loci["verdict"].to_dict() == {
        "rs0": "through", "rs1": "through", "rs2": "cannot be told",
    }  # fmt: skip
    assert share(molecules, "rs0", "A") == pytest.approx(0.8)
    assert share(molecules, "rs0", "B") == pytest.approx(0.2)
    assert share(molecules, "rs0", "") == pytest.approx(0.2)
    assert share(molecules, "rs1", "B") == pytest.approx(1.0)
    assert loci.loc["rs0", "credible_set"] == "A"
    assert loci.loc["rs2", "posterior"] == 0.0
    assert np.isnan(loci.loc["rs2", "effect"])
    assert "C" not in molecules["gene_id"].dropna().tolist()
    paths, n_others, is_all = likeliest_paths(found, np.array([0]), 10)
    assert {(one.nodes, one.posterior) for one in paths} == {
        ((T,), 1.0), ((A, T), 1.0), ((A, B, T), 1.0),
    }  # fmt: skip
    assert (n_others, is_all) == (0, True)


def test_graphs_count_by_their_weight():
    # In three quarters of the weight through A, in the others directly.
    graphs = [
        (150, [(0, -1, A, 0.5), (-1, A, T, 1.0)]),
        (50, [(0, -1, T, 0.3)]),
    ]
    _, loci, molecules = tables_to(graphs, T)
    row = loci.loc["rs0"]
    assert row[["posterior", "through", "beside"]].tolist() == [1.0, 0.75, 0.25]
    assert row["effect"] == pytest.approx(0.75 * 0.5 + 0.25 * 0.3)
    assert (row["effect_low"], row["effect_high"]) == pytest.approx((0.3, 0.5))
    assert row["verdict"] == "cannot be told"
    assert row["credible_set"] == "A, none"
    # By the totals: a share of 1 in graphs with 0.375 of 0.45.
    assert share(molecules, "rs0", "A") == pytest.approx(0.375 / 0.45)
    assert share(molecules, "rs0", "") == pytest.approx(0.075 / 0.45)
    main = molecules[molecules["posterior"] > 0].set_index(molecules["gene_id"].fillna(""))["main"]
    assert main.to_dict() == {"A": 0.75, "": 0.25}


@pytest.mark.parametrize(
    ("n_through", "n_beside", "verdict"),
    [
        (9, 0, "through"), (8, 0, "cannot be told"), (10, 10, "through"),
        (0, 9, "beside"), (1, 9, "cannot be told"), (0, 8, "cannot be told"),
        (0, 0, "cannot be told"),
    ],
)  # fmt: skip
def test_verdicts(n_through, n_beside, verdict):
    graphs = [
        (
            255,
            [(0, -1, A, 1.0)]
            + [(-1, A, T, 1.0)] * (k < n_through)
            + [(0, -1, T, 1.0)] * (10 - k <= n_beside),
        )
        for k in range(10)
    ]
    _, loci, _ = tables_to(graphs, T)
    assert loci.loc["rs0", ["through", "beside"]].tolist() == pytest.approx(
        [n_through / 10, n_beside / 10]
    )
    assert loci.loc["rs0", "verdict"] == verdict


def test_shares_of_nothing_are_missing():
    # The two ways cancel but for what is drawn.
    graphs = [
        (255, [(0, -1, A, 1.0), (-1, A, T, 0.5, 0.5 + e), (0, -1, T, -0.5, -0.5)])
        for e in (-0.1, 0.1)
    ]
    _, loci, molecules = tables_to(graphs, T)
    assert loci.loc["rs0", "effect"] == pytest.approx(0.0)
    assert molecules["share"].isna().all()
    assert molecules["effect"].tolist() == pytest.approx([0.5, -0.5])


def test_linked_variants_act_as_one_locus():
    # rs1, with r = 0.8 to the lead rs0, is what acts directly; with r = -0.5 rs2 acts on A.
    graphs = [(255, [(0, -1, A, 0.5), (2, -1, A, 0.2), (-1, A, T, 1.0), (1, -1, T, 0.25)])]
    _, loci, molecules = tables_to(graphs, T, loci=[(0, 1.0), (0, 0.8), (0, -0.5)])
    assert loci.index.tolist() == ["rs0"]
    assert loci.loc["rs0", "effect"] == pytest.approx(0.5 - 0.1 + 0.2)
    assert loci.loc["rs0", ["start", "end", "n_variants"]].tolist() == [1000, 3000, 3]
    assert share(molecules, "rs0", "A") == pytest.approx(0.4 / 0.6)


def test_positional_anchors_act_by_the_product_of_their_gene():
    # rs0 acts on the expression of A, which acts on T; and stands for A where that acts on B.
    graphs = [
        (255, [(0, -1, A, 0.5), (-1, A, T, 1.0), (0, A, B, 0.3), (0, A, T, 0.1), (-1, B, T, 0.5)])
    ]
    found, loci, molecules = tables_to(graphs, T)
    assert loci.loc["rs0", ["through", "beside"]].tolist() == [1.0, 0.0]
    assert loci.loc["rs0", "effect"] == pytest.approx(0.5 + 0.15 + 0.1)
    rows = molecules.set_index(["gene_id", "product"])["effect"]
    assert rows.loc[("A", False)] == pytest.approx(0.5)
    assert rows.loc[("A", True)] == pytest.approx(0.25)
    assert rows.loc[("B", False)] == pytest.approx(0.15)
    names = Names(np.array(GENES, dtype=object), tables_of(graphs).variants)
    paths = path_table(found, likeliest_paths(found, np.array([0]), 9)[0], names)
    assert set(paths["path"]) == {
        "rs0 → A → E", "rs0 → A (product) → E", "rs0 → A (product) → B → E",
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_tables_say_what_all_paths_say(seed):
    rng = np.random.default_rng(seed)
    graphs = random_graphs(rng)
    leads = [0, 0, 2, 3, 3]
    loci = [(lead, 1.0 if lead == k else rng.uniform(-1, 1)) for k, lead in enumerate(leads)]
    graphs.append((10, [(k, -1, 9, 1.0) for k in range(5)]))  # all variants are in the tables
    target = int(rng.integers(6))
    _, by_locus, molecules = tables_to(graphs, target, loci=loci)
    weight = np.array([w for w, _ in graphs]) / sum(w for w, _ in graphs)
    paths = [every_path(rows_of(edges), target, loci, 10) for _, edges in graphs]
    for lead in (0, 2, 3):
        mine = [{nodes: p for (locus, nodes), p in one.items() if locus == lead} for one in paths]
        row = by_locus.loc[f"rs{lead}"]
        acts = np.array([bool(one) for one in mine])
        assert row["posterior"] == pytest.approx(weight[acts].sum())
        through = [any(len(nodes) > 1 for nodes in one) for one in mine]
        beside = [(target,) in one for one in mine]
        assert row["through"] == pytest.approx(weight[through].sum())
        assert row["beside"] == pytest.approx(weight[beside].sum())
        if not acts.any():
            continue
        total = np.array([sum(one.values(), np.zeros(2)) for one in mine])
        check_effects(row, total, acts, weight)
        is_known = not row["effect_low"] <= 0 <= row["effect_high"]
        listed = molecules[molecules["locus"] == f"rs{lead}"]
        nodes = {node for one in mine for way in one for node in way[:-1]}
        has_direct = any(beside)
        assert len(listed) == len(nodes) + has_direct
        for member in listed.itertuples():
            if isinstance(member.gene_id, str):
                node = GENES.index(member.gene_id) + 10 * member.product
                part = [{way: p for way, p in one.items() if node in way[:-1]} for one in mine]
            else:
                part = [{way: p for way, p in one.items() if way == (target,)} for one in mine]
            there = np.array([bool(one) for one in part])
            effect = np.array([sum(one.values(), np.zeros(2)) for one in part])
            assert member.posterior == pytest.approx(weight[there].sum())
            check_effects(pd.Series(member._asdict()), effect, there, weight)
            if is_known:
                mean = weight[acts] @ effect[acts, 0] / (weight[acts] @ total[acts, 0])
                assert member.share == pytest.approx(mean)
                low, high = naive_interval(effect[acts, 1] / total[acts, 1], weight[acts])
                assert (member.share_low, member.share_high) == pytest.approx((low, high))
            else:
                assert np.isnan(member.share)
        check_main(listed, mine, acts, weight, target)
        assert listed["main"].sum() == pytest.approx(1.0)
        inside = listed[listed["in_credible_set"]]
        assert inside["main"].sum() >= 0.95 - 1e-9
        assert inside["main"].sum() - inside["main"].min() < 0.95


def rows_of(edges):
    return [edge if len(edge) == 5 else (*edge, edge[3]) for edge in edges]


def check_effects(row, effects, there, weight):
    assert row["effect"] == pytest.approx(np.average(effects[there, 0], weights=weight[there]))
    expected = naive_interval(effects[there, 1], weight[there])
    assert (row["effect_low"], row["effect_high"]) == pytest.approx(expected)


def naive_interval(values, weight):
    many = np.repeat(values, np.round(weight * 1e5).astype(int))
    return tuple(np.quantile(many, [0.05, 0.95], method="inverted_cdf"))


def check_main(listed, mine, acts, weight, target):
    """The probability of being where most begins, by adding up paths by their first node."""
    found = {}
    for one, share in zip(mine, np.where(acts, weight, 0), strict=True):
        by_first = {}
        for way, (effect, _) in one.items():
            by_first[way[0]] = by_first.get(way[0], 0.0) + effect
        if by_first:
            first = max(by_first, key=lambda node: abs(by_first[node]))
            found[first] = found.get(first, 0.0) + share / weight[acts].sum()
    for member in listed.itertuples():
        node = target
        if isinstance(member.gene_id, str):
            node = GENES.index(member.gene_id) + 10 * member.product
        assert member.main == pytest.approx(found.get(node, 0.0))


@pytest.mark.parametrize("seed", range(8))
def test_the_likeliest_paths_are_those_of_most_graphs(seed):
    rng = np.random.default_rng(100 + seed)
    graphs = random_graphs(rng, n_graphs=8)
    # Some graphs are like others, so that paths are in several.
    graphs += [(int(rng.integers(1, 256)), graphs[k][1]) for k in rng.integers(8, size=6)]
    n = max(edge[0] for _, edges in graphs for edge in edges) + 1
    loci = [(k, 1.0) for k in range(n)]
    found, _, _ = tables_to(graphs, 5)
    weight = np.array([w for w, _ in graphs]) / sum(w for w, _ in graphs)
    shares, products = {}, {}
    for number, (_, edges) in enumerate(graphs):
        for way, product in every_path(rows_of(edges), 5, loci, 10).items():
            if way[0] in (0, 2, 3):
                shares[way] = shares.get(way, 0.0) + weight[number]
                products.setdefault(way, []).append(product)
    paths, n_others, is_all = likeliest_paths(found, np.array([0, 2, 3]), 10)
    assert is_all
    assert len(paths) + n_others == len(shares)
    ranked = sorted(shares.values(), reverse=True)[:10]
    assert [one.posterior for one in paths] == pytest.approx(ranked)
    for one in paths:
        way = one.locus, one.nodes
        assert one.posterior == pytest.approx(shares[way])
        np.testing.assert_allclose(one.effects, products[way])


def test_a_ladder_of_paths_is_not_walked_to_its_end(monkeypatch):
    # Two ways at each of 40 rungs: 2 ** 40 paths, whose sum is known.
    rungs = 40
    edges = [(0, -1, 0, 1.0)]
    for k in range(rungs):
        first, other, end = 3 * k, 3 * k + 1, 3 * k + 3
        edges += [(-1, first, other, 0.5), (-1, first, other + 1, 0.5)]
        edges += [(-1, other, end, 1.0), (-1, other + 1, end, 1.0)]
    tables = tables_of([(255, edges)])
    found = upstream_of(tables, 3 * rungs, 3 * rungs + 1)
    assert found.totals["effect"].tolist() == [1.0]
    ((_, reached),) = found.reached(np.array([0]))
    assert reached.set_index("node")["effect"].loc[[0, 1, 3, 4]].tolist() == [1.0, 0.5, 1.0, 0.5]
    monkeypatch.setattr(likeliest, "MOST_STEPS", 500)
    paths, n_others, is_all = likeliest_paths(found, np.array([0]), 5)
    assert not is_all
    assert len({one.nodes for one in paths}) == 5
    assert [one.effects.tolist() for one in paths] == [[[0.5**rungs] * 2]] * 5
    assert n_others > 20


def test_loci_in_pieces_say_the_same(rng, monkeypatch):
    graphs = random_graphs(rng)
    expected = tables_to(graphs, 5)
    monkeypatch.setattr(upstream, "_MOST_ROWS", 1)
    found = tables_to(graphs, 5)
    for k in (1, 2):
        pd.testing.assert_frame_equal(found[k], expected[k])


def test_of_equal_paths_the_strongest_are_listed():
    edges = [(0, -1, A, 1.0), (-1, A, B, 1.0), (-1, B, T, 0.5), (-1, A, T, -0.9), (0, -1, T, 0.01)]
    found, _, _ = tables_to([(255, edges)], T)
    for most in (1, 2, 3):
        paths, n_others, _ = likeliest_paths(found, np.array([0]), most)
        assert [one.nodes for one in paths] == [(A, T), (A, B, T), (T,)][:most]
        assert n_others == 3 - most


def test_intervals_and_shares_of_few_graphs_are_missing(monkeypatch):
    monkeypatch.setattr(quantiles, "FEWEST", 10)
    for n, is_missing in ((9, True), (10, False)):
        _, loci, molecules = tables_to([(255, [(0, -1, A, 1.0), (-1, A, T, 0.5)])] * n, T)
        assert loci.loc["rs0", "effect"] == 0.5
        assert np.isnan(loci.loc["rs0", "effect_low"]) == is_missing
        assert molecules["share"].isna().tolist() == [is_missing]


def test_an_interval_holds_nine_tenths_of_the_weight():
    values, weight = np.arange(100.0), np.ones(100)
    assert interval(values[::-1], weight) == (4.0, 94.0)
    weight[:50] = 0.0
    assert interval(values, weight)[0] == 52.0
    assert np.isnan(interval(values[:0], weight[:0])).all()


def test_what_genes_do_to_the_target_is_the_sum_over_their_paths(rng):
    graphs = random_graphs(rng, n_graphs=14, by_product=False)
    found = upstream_of(tables_of(graphs), 5, 10)

    def walked(edges, node):
        """Whether a path leads from a gene to the target, and the product along all of them."""
        if node == 5:
            return True, np.ones(2)
        leads, total = False, np.zeros(2)
        for variant, gene, end, slope, draw in edges:
            if variant < 0 and gene == node:
                onward, effect = walked(edges, end)
                leads, total = leads or onward, total + effect * np.float32([slope, draw])
        return leads, total

    genes = np.array([3, 0, 9])
    table = total_effects(found, genes)
    assert table.index.tolist() == [3, 0, 9]
    for gene in (3, 0):
        of = [walked(edges, gene) for _, edges in graphs]
        leads = np.array([one for one, _ in of])
        effect, draw = np.array([each for _, each in of]).T
        weight = found.weight[leads]
        assert table.loc[gene, "posterior"] == pytest.approx(weight.sum())
        assert table.loc[gene, "effect"] == pytest.approx(
            np.average(effect[leads], weights=weight), rel=1e-5
        )
        ends = interval(draw[leads], weight)
        assert table.loc[gene, ["effect_low", "effect_high"]].tolist() == pytest.approx(
            ends, rel=1e-5, nan_ok=True
        )
    assert table.loc[9].isna().all()
