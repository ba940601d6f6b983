"""Claims across layers as a drawing: a column a layer, from loci by molecules to traits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genesis.inputs.layer_order import TRAIT
from genesis.io.ids import counted
from genesis.report.layer_places import places_in_columns, ports_of_arrows
from genesis.report.network import strongest_claims
from genesis.report.network_views import arrow_rows

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["LOCI", "MOST_CLAIMS", "MOST_NODES", "LayerDrawing", "draw_layers", "layer_names"]

#: Heading of the column of variants.
LOCI = "loci"
#: Most claims, and most nodes of a column.
MOST_CLAIMS, MOST_NODES = 60, 25
#: Posterior from which on a variant counts as an anchor.
_ANCHOR = 0.5


@dataclass(frozen=True, eq=False)
class LayerDrawing:
    """Nodes in columns, and arrows.

    Attributes
    ----------
    columns : list of str
        Headings, from left to right: `LOCI` where there are variants, then layers.
    gene : (n,) int64
        Positions in the gene table; -1 for variants.
    names : list of str
        In full.
    labels : list of str
        Names without the layer that their column has in its heading.
    column : (n,) int64
    y : (n,) float64
        How far down; those of one column are 1 apart or more.
    role : list of str
        "upstream" (arrows of claims leave it only), "between", "downstream", or "locus".
    arrows : (k, 2) int64
        Nodes: from, to. Claims first, then anchors.
    ways : list of (m,) float64
        Places in the columns that each arrow passes.
    ports : (k, 2) float64
        How far below the middle of its nodes each arrow begins and ends.
    looks : list of dict
        Of each arrow, as of `arrow_rows`.
    only_direct : bool
        Whether indirect claims were left out.
    said : list of str
        What is drawn, and what is not.
    """

    columns: list[str]
    gene: np.ndarray
    names: list[str]
    labels: list[str]
    column: np.ndarray
    y: np.ndarray
    role: list[str]
    arrows: np.ndarray
    ways: list[np.ndarray]
    ports: np.ndarray
    looks: list[dict[str, Any]]
    only_direct: bool
    said: list[str]


def layer_names(result: Findings) -> list[str]:
    """Layers from the first to the last, as far as the record of the run has their order.

    Empty where there is only one.
    """
    if "layer" not in result.genes:
        return []
    present = result.genes["layer"].unique().tolist()
    groups = result.run.get("layers", {}).get("order", [])
    known = [name for group in groups for name in group if name in present]
    others = [name for name in present if name not in known]
    return [*known, *sorted(others, key=lambda name: name == TRAIT)]


def draw_layers(result: Findings) -> LayerDrawing:
    """Lay out what leads to traits; all claims, where there is room for them.

    Without traits it is what leads from a layer to another. Traits that nothing leads to have
    their place, too. Of every node the likeliest anchor is drawn, and what else the variants of
    traits act on.

    Parameters
    ----------
    result : Findings
        Of several layers.
    """
    layers = layer_names(result)
    column_of = np.array([layers.index(name) for name in result.genes["layer"]], dtype=np.int64)
    is_trait = (result.genes["layer"] == TRAIT).to_numpy()
    every, only_direct = strongest_claims(result, len(result.pairs))
    ends = np.stack([result.pairs.gene_a[every], result.pairs.gene_b[every]], axis=1)
    distance = _distances(ends.astype(np.int64), column_of, is_trait)
    chosen = _chosen(ends, distance, column_of)
    genes = np.unique(ends[chosen]).astype(np.int64)
    alone = np.setdiff1d(np.flatnonzero(is_trait), genes)
    n_room = MOST_NODES - np.count_nonzero(is_trait[genes])
    genes = np.concatenate([genes, alone[: max(n_room, 0)]])
    anchors, genes = _anchors(result, genes, column_of, is_trait)
    variants = anchors["variant_id"].unique().tolist()

    at = {int(gene): number for number, gene in enumerate(genes)}
    claims = [[at[a], at[b]] for a, b in ends[chosen].tolist()]
    role = _roles(len(genes), claims)
    first = {name: len(genes) + number for number, name in enumerate(variants)}
    arrows = np.array(
        [*claims, *([first[row.variant_id], at[row.gene]] for row in anchors.itertuples())],
        dtype=np.int64,
    ).reshape(-1, 2)
    shift = int(bool(variants))
    column = np.concatenate([column_of[genes] + shift, np.zeros(len(variants), dtype=np.int64)])
    y, ways = places_in_columns(column, arrows)
    names = [str(name) for name in result.gene_ids[genes]]
    layer = [layers[k] for k in column_of[genes]]
    return LayerDrawing(
        columns=[*[LOCI] * shift, *layers],
        gene=np.concatenate([genes, np.full(len(variants), -1)]),
        names=[*names, *variants],
        labels=[
            *(a.removesuffix(f"@{b}") for a, b in zip(names, layer, strict=True)),
            *variants,
        ],
        column=column,
        y=y,
        role=[*role, *["locus"] * len(variants)],
        arrows=arrows,
        ways=ways,
        ports=ports_of_arrows(column, y, arrows, ways),
        looks=[*arrow_rows(result, every[chosen], only_direct), *_anchor_looks(anchors)],
        only_direct=only_direct,
        said=_said(ends, distance, chosen, genes, is_trait, only_direct),
    )  # fmt: skip


def _distances(ends: np.ndarray, column: np.ndarray, is_trait: np.ndarray) -> np.ndarray:
    """How many claims lie between each claim and the trait, or the other layer, it leads to.

    Zero for what leads from a trait, too; infinite for claims that lead to none.
    """
    a, b = ends.T
    is_last = is_trait[a] | is_trait[b] if is_trait.any() else column[a] != column[b]
    behind = np.full(len(column), np.inf)
    behind[a[is_last]] = 1.0
    step = 1.0
    while (new := a[(behind[b] == step) & np.isinf(behind[a])]).size:
        step += 1.0
        behind[new] = step
    return np.where(is_last, 0.0, behind[b])


def _chosen(ends: np.ndarray, distance: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Which claims are drawn, of those given, which are from the strongest on."""
    per_column = np.bincount(column[np.unique(ends)]) if len(ends) else np.zeros(1)
    if len(ends) <= MOST_CLAIMS and per_column.max() <= MOST_NODES:
        return np.arange(len(ends))
    order = np.lexsort((np.arange(len(ends)), distance))
    order = order[np.isfinite(distance[order])]
    held: set[int] = set()
    free = np.full(int(column.max()) + 1, MOST_NODES)
    chosen: list[int] = []
    # Where a column is full, most of what comes has no room.
    for claim in order[: 50 * MOST_CLAIMS].tolist():
        new = {int(end) for end in ends[claim]} - held
        need = np.bincount(column[list(new)], minlength=len(free)) if new else 0 * free
        if (need <= free).all():
            chosen.append(claim)
            free -= need
            held |= new
        if len(chosen) == MOST_CLAIMS:
            break
    return np.array(sorted(chosen), dtype=np.int64)


def _said(
    ends: np.ndarray,
    distance: np.ndarray,
    chosen: np.ndarray,
    genes: np.ndarray,
    is_trait: np.ndarray,
    only_direct: bool,
) -> list[str]:
    """What is drawn and what is not, in words."""
    kind = "direct claim" if only_direct else "claim"
    goal = "a trait" if is_trait.any() else "another layer"
    if is_trait[ends[:, 0]].any():
        goal = "a trait, or from one"
    leading = int(np.isfinite(distance).sum())
    if len(chosen) == len(ends):
        lines = [f"Drawn: all {counted(len(ends), kind, ',')}."]
    elif len(chosen) == leading:
        lines = [f"Drawn: the {leading:,} of {counted(len(ends), kind, ',')} that lead to {goal}."]
    else:
        lines = [
            f"Drawn: {len(chosen):,} of the {leading:,} {kind}s that lead to {goal}, the next and "
            f"the surest first; there are {len(ends):,} in all."
        ]
    is_drawn = np.zeros(len(is_trait), dtype=np.bool_)
    is_drawn[genes] = True
    leads, claimed = np.zeros((2, len(is_trait)), dtype=np.bool_)
    leads[ends[np.isfinite(distance)]] = True
    claimed[ends] = True
    rest = ~is_drawn & ~is_trait
    parts = [
        f"{counted(int(n), 'molecule', ',')} {what}"
        for n, what in (
            ((rest & leads).sum(), "with such claims"),
            ((rest & ~leads & claimed).sum(), "with other claims"),
            ((rest & ~claimed).sum(), "with no claim"),
        )
        if n
    ]
    n_traits = int((~is_drawn & is_trait).sum())
    parts += [counted(n_traits, "trait", ",")] * bool(n_traits)
    if parts:
        several = len(parts) > 1 or not parts[0].startswith("1 ")
        lines.append(f"{_listed(parts)} {'are' if several else 'is'} not drawn.")
    return lines


def _listed(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _roles(n: int, claims: list[list[int]]) -> list[str]:
    leaves, reached = ({claim[side] for claim in claims} for side in (0, 1))
    return [
        "upstream" if k in leaves - reached else "between" if k in leaves else "downstream"
        for k in range(n)
    ]


def _anchors(
    result: Findings, genes: np.ndarray, column: np.ndarray, is_trait: np.ndarray
) -> tuple[pd.DataFrame, np.ndarray]:
    """The likeliest anchor of each node, and all that the variants of traits act on.

    Returns
    -------
    anchors : pandas.DataFrame
        variant_id, gene (position), posterior.
    genes : (k,) int64
        The nodes, and molecules that go along with traits.
    """
    table = result.anchors
    is_sure = table["posterior"] >= _ANCHOR
    by_rules = table["posterior"].isna() & table["nearest"].astype(bool)
    table = table[is_sure | by_rules]
    table = table.assign(gene=result.gene_ids.get_indexer(table["gene_id"]))
    table = table.sort_values(
        ["posterior", "pval_nominal"], ascending=[False, True], kind="stable", na_position="first"
    )
    own = table[table["gene"].isin(genes)].drop_duplicates("gene")
    of_traits = own[is_trait[own["gene"]]]["variant_id"]
    beside = table[table["variant_id"].isin(of_traits) & ~table["gene"].isin(genes)]
    free = MOST_NODES - np.bincount(column[genes], minlength=int(column.max()) + 1)
    place = beside.groupby(column[beside["gene"]]).cumcount().to_numpy()
    beside = beside[place < free[column[beside["gene"]]]]
    genes = np.concatenate([genes, beside["gene"].unique()])
    # Traits first, then what the column of variants has room for.
    own = own.iloc[np.argsort(~is_trait[own["gene"]], kind="stable")]
    kept = own["variant_id"].unique()[:MOST_NODES]
    both = pd.concat([own, beside])
    both = both[both["variant_id"].isin(kept) & both["gene"].isin(genes)]
    return both[["variant_id", "gene", "posterior"]], genes


def _anchor_looks(anchors: pd.DataFrame) -> list[dict[str, Any]]:
    """Arrows of anchors: what a variant does depends on which allele is counted."""
    return [
        {
            "sign": "unsigned",
            "width": 1.0,
            "posterior": None if np.isnan(p) else f"{p:.3f}",
            "effect": None,
        }
        for p in anchors["posterior"].tolist()
    ]
