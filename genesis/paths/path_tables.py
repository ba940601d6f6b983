"""What sampled graphs say of the ways from loci to a target, as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from genesis.findings.sampled_graphs import GraphTables
from genesis.paths.likeliest import GraphPath
from genesis.paths.quantiles import interval
from genesis.paths.upstream import Upstream

__all__ = ["BESIDE", "LISTED", "THROUGH", "UNKNOWN", "Names", "locus_tables", "other_effects",
           "path_table", "total_effects"]  # fmt: skip

#: What is said of a locus, by the posteriors that it acts through molecules and beside them.
THROUGH, BESIDE, UNKNOWN = "through", "beside", "cannot be told"
#: Posterior from which on it is said, and up to which the other is ruled out.
SURE, RULED_OUT = 0.9, 0.1
#: Probability that a credible set reaches.
CREDIBLE = 0.95
#: Loci, and other effects of them, are listed from this posterior on.
LISTED = 0.05
_ROUNDING = 1e-9
_PLACE = {
    "locus": "str",
    "chrom": "string",
    "start": "Int64",
    "end": "Int64",
    "n_variants": "int64",
}
_EFFECT = dict.fromkeys(("effect", "effect_low", "effect_high"), "float64")
_LOCI = {
    **_PLACE, "posterior": "float64", "through": "float64", "beside": "float64", **_EFFECT,
    "verdict": "str", "credible_set": "str",
}  # fmt: skip
_MOLECULES = {
    "locus": "str", "gene_id": "string", "product": "bool", "posterior": "float64",
    "first": "float64", **_EFFECT,
    **dict.fromkeys(("share", "share_low", "share_high"), "float64"),
    "main": "float64", "in_credible_set": "bool",
}  # fmt: skip
_PATHS = {"locus": "str", "path": "str", "n_molecules": "int64", "posterior": "float64", **_EFFECT}
_OTHERS = {
    "locus": "str",
    "gene_id": "str",
    "posterior": "float64",
    "upstream": "float64",
    **_EFFECT,
}


@dataclass(frozen=True, eq=False)
class Names:
    """Names of genes and of loci.

    Attributes
    ----------
    genes : (n_genes,) object
    variants : pandas.DataFrame
        As of `GraphTables`.
    """

    genes: np.ndarray
    variants: pd.DataFrame

    def locus(self, number: int) -> str:
        """The variant that leads a locus."""
        return str(self.variants["variant_id"].iloc[number])

    def node(self, node: int) -> str:
        """A molecule; where an anchor stands for it, its product rather than its expression."""
        n = len(self.genes)
        return f"{self.genes[node % n]}{' (product)' if node >= n else ''}"


def locus_tables(
    found: Upstream, loci: np.ndarray, names: Names
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What each locus does to the target, and through which molecules.

    Parameters
    ----------
    found : Upstream
    loci : (k,) int64
    names : Names

    Returns
    -------
    loci, molecules : pandas.DataFrame
        As of `Paths`.
    """
    by_locus, members_of = {}, {}
    of_locus = {
        name: (table, table.groupby("locus").indices)
        for name, table in (("total", found.totals), ("entries", found.entries))
    }
    for number, reached in found.reached(np.sort(loci)):
        total, entries = (
            table.iloc[rows.get(number, np.empty(0, dtype=np.int64))]
            for table, rows in of_locus.values()
        )
        row, molecules = _locus(found, total, reached, entries, names)
        inside = names.variants[names.variants["locus"] == number]
        place = {"chrom": inside["chrom"].iloc[0], "start": inside["pos"].min(),
                 "end": inside["pos"].max(), "n_variants": len(inside)}  # fmt: skip
        by_locus[number] = {"locus": names.locus(number), **place, **row}
        members_of[number] = [{"locus": names.locus(number), **one} for one in molecules]
    order = loci.tolist()
    members = [one for number in order for one in members_of[number]]
    return _typed([by_locus[number] for number in order], _LOCI), _typed(members, _MOLECULES)


def _typed(rows: list[dict[str, Any]], types: dict[str, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(types))
    return pd.DataFrame({name: table[name].astype(kind) for name, kind in types.items()})


def _locus(
    found: Upstream,
    total: pd.DataFrame,
    reached: pd.DataFrame,
    entries: pd.DataFrame,
    names: Names,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A row on a locus, and its molecules."""
    graphs = total["graph"].to_numpy()
    weight = found.weight[graphs]
    is_direct = entries["node"].to_numpy() == found.target
    through = _share(found, entries["graph"].to_numpy()[~is_direct])
    beside = _share(found, entries["graph"].to_numpy()[is_direct])
    effects = _effects(total, weight)
    row: dict[str, Any] = {
        "posterior": _share(found, graphs), "through": through, "beside": beside, **effects,
        "verdict": _verdict(through, beside), "credible_set": "",
    }  # fmt: skip
    if not len(graphs):
        return row, []
    # Whether the shares of an effect are worth anything that may as well be zero.
    is_known = effects["effect_low"] > 0 or effects["effect_high"] < 0
    main = _main(found, entries)
    members = _credible(main, names)
    row["credible_set"] = ", ".join("none" if n == found.target else names.node(n) for n in members)
    molecules = []
    direct = [(found.target, entries[is_direct])] if is_direct.any() else []
    for node, mine in [*reached.groupby("node"), *direct]:
        first = entries["graph"].to_numpy()[entries["node"] == node]
        molecules.append(
            {
                "gene_id": None if node == found.target else names.genes[node % found.n_genes],
                "product": node >= found.n_genes,
                "posterior": _share(found, mine["graph"].to_numpy()),
                "first": _share(found, first),
                **_effects(mine, found.weight[mine["graph"].to_numpy()]),
                **(_shares(mine, total, weight) if is_known else {}),
                "main": main.get(node, 0.0),
                "in_credible_set": node in members,
            }
        )
    molecules.sort(key=_by_posterior)
    return row, molecules


def _by_posterior(one: dict[str, Any]) -> tuple[float, float, str]:
    return -round(one["posterior"], 9), -abs(round(one["effect"], 9)), str(one["gene_id"])


def _verdict(through: float, beside: float) -> str:
    if through >= SURE - _ROUNDING:
        return THROUGH
    if beside >= SURE - _ROUNDING and through < RULED_OUT:
        return BESIDE
    return UNKNOWN


def _share(found: Upstream, graphs: np.ndarray) -> float:
    """The share of graphs, by weight, that are among these."""
    return float(found.weight[np.unique(graphs)].sum())


def _effects(table: pd.DataFrame, weight: np.ndarray) -> dict[str, float]:
    """Mean and interval of an effect over the graphs that have it."""
    if not len(table):
        return dict.fromkeys(_EFFECT, np.nan)
    low, high = interval(table["draw"].to_numpy(), weight)
    mean = float(np.average(table["effect"], weights=weight))
    return {"effect": mean, "effect_low": low, "effect_high": high}


def _shares(part: pd.DataFrame, total: pd.DataFrame, weight: np.ndarray) -> dict[str, float]:
    """The share of the total effect that a part is, over all graphs with an effect.

    The mean gives each graph the weight of its total effect: the sum of the parts over that of the
    totals. So a graph in which the total is next to nothing says next to nothing.
    """
    at = np.searchsorted(total["graph"].to_numpy(), part["graph"].to_numpy())
    effect, draw = np.zeros((2, len(total)))
    effect[at], draw[at] = part["effect"], part["draw"]
    share = float(np.average(effect, weights=weight) / np.average(total["effect"], weights=weight))
    drawn = total["draw"].to_numpy()
    low, high = interval(np.divide(draw, drawn, out=draw, where=drawn != 0), weight)
    return {"share": share, "share_low": low, "share_high": high}


def _main(found: Upstream, entries: pd.DataFrame) -> dict[int, float]:
    """Probability, given that the locus acts, that most of its effect begins at each node.

    What begins at a node is the direct effect of the locus on it times what the node does to the
    target: all that goes through the node but for what comes to it from other nodes.
    """
    size = np.abs(entries["effect"].to_numpy())
    order = np.lexsort((entries["node"].to_numpy(), -size, entries["graph"].to_numpy()))
    graph = entries["graph"].to_numpy()[order]
    is_largest = np.ones(len(order), dtype=np.bool_)
    is_largest[1:] = graph[1:] != graph[:-1]
    node, weight = entries["node"].to_numpy()[order][is_largest], found.weight[graph[is_largest]]
    total = weight.sum()
    return {int(n): float(weight[node == n].sum() / total) for n in np.unique(node)}


def _credible(main: dict[int, float], names: Names) -> list[int]:
    """The fewest nodes that hold the main one with the probability of a credible set."""
    order = sorted(main, key=lambda node: (-round(main[node], 9), names.node(node)))
    shares = np.array([main[node] for node in order])
    # A member is needed while those before it do not reach the probability.
    needed = np.cumsum(shares) - shares < CREDIBLE - _ROUNDING
    return [node for node, is_needed in zip(order, needed, strict=True) if is_needed]


def total_effects(found: Upstream, genes: np.ndarray) -> pd.DataFrame:
    """What the expression of genes does to the target, along all paths.

    Parameters
    ----------
    found : Upstream
    genes : (k,) int64

    Returns
    -------
    pandas.DataFrame
        Index the genes: posterior (that there is a path), effect, effect_low, effect_high; missing
        where there is none in any graph.
    """
    columns = ["posterior", *_EFFECT]
    table = found.nodes[found.nodes["node"].isin(genes)]
    rows = {}
    for gene, mine in table.groupby("node"):
        graphs = mine["graph"].to_numpy()
        effects = _effects(mine, found.weight[graphs])
        rows[gene] = {"posterior": _share(found, graphs), **effects}
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype=float).reindex(genes)


def path_table(found: Upstream, paths: list[GraphPath], names: Names) -> pd.DataFrame:
    """Paths as rows, the likeliest first; see `Paths`."""
    rows: list[dict[str, Any]] = []
    for one in paths:
        effects = pd.DataFrame({"effect": one.effects[:, 0], "draw": one.effects[:, 1]})
        steps = [names.locus(one.locus), *map(names.node, one.nodes)]
        rows.append(
            {
                "locus": steps[0],
                "path": " → ".join(steps),
                "n_molecules": len(one.nodes) - 1,
                "posterior": one.posterior,
                **_effects(effects, found.weight[one.graphs]),
            }
        )
    return _typed(rows, _PATHS)


def other_effects(
    tables: GraphTables, found: Upstream, loci: np.ndarray, names: Names
) -> pd.DataFrame:
    """What the variants of each locus do directly, other than to the target; see `Paths`."""
    edges = tables.edges
    own = edges[(edges["variant"] >= 0) & (edges["gene"] < 0) & (edges["target"] != found.target)]
    place = tables.variants.iloc[own["variant"]]
    r = place["r"].to_numpy()
    direct = pd.DataFrame(
        {
            "graph": own["graph"].to_numpy(),
            "locus": place["locus"].to_numpy(dtype=np.int64),
            "gene": own["target"].to_numpy(),
            "effect": r * own["slope"],
            "draw": r * own["draw"],
        }
    )
    direct = direct[direct["locus"].isin(loci)]
    summed = direct.groupby(["locus", "gene", "graph"], as_index=False).sum()
    onward = found.entries.groupby(["locus", "node"])["graph"]
    upstream = {pair: _share(found, graph.to_numpy()) for pair, graph in onward}
    rows: list[dict[str, Any]] = []
    for (locus, gene), table in summed.groupby(["locus", "gene"]):
        graph = table["graph"].to_numpy()
        rows.append(
            {
                "locus": names.locus(locus),
                "gene_id": str(names.genes[gene]),
                "posterior": _share(found, graph),
                "upstream": upstream.get((locus, gene), 0.0),
                **_effects(table, found.weight[graph]),
                "rank": int(np.flatnonzero(loci == locus)[0]),
            }
        )
    rows = [row for row in rows if float(row["posterior"]) >= LISTED]
    rows.sort(key=lambda row: (row["rank"], -float(row["posterior"]), row["gene_id"]))
    return _typed(rows, _OTHERS)
