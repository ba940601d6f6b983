"""What was found for one gene, as sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genesis.ancestrality.relations import RELATION_NAMES
from genesis.constraints.gene_names import gene_position
from genesis.constraints.graph import ConstraintGraph

if TYPE_CHECKING:
    from genesis.result import Result

__all__ = ["gene_story", "probability"]

_SET_SHOWN = 12
_SMALLEST_LOG = float(np.log(1e-300))


def probability(log_p: float) -> str:
    """A p-value for people, from its natural logarithm.

    Examples
    --------
    >>> probability(float("nan")), probability(-2.0), probability(-2000.0)
    ('not tested', '0.135', '2.58e-869')
    """
    if np.isnan(log_p):
        return "not tested"
    if log_p > _SMALLEST_LOG:
        return f"{np.exp(log_p):.3g}"
    if np.isinf(log_p):
        return "0"
    exponent = int(np.floor(log_p / np.log(10.0)))
    return f"{10 ** (log_p / np.log(10.0) - exponent):.2f}e{exponent}"


def gene_story(result: Result, gene: str, limit: int) -> Iterator[str]:
    """Lines about a gene: where it is, its anchors, every relation and why.

    Parameters
    ----------
    result : Result
        A finished run.
    gene : str
        Gene id.
    limit : int
        Most relations of each kind.

    Yields
    ------
    str
        A line.

    Raises
    ------
    CommandLineError
        There is no such gene; similar ones are named.
    """
    position = gene_position(result.gene_ids, gene)
    yield gene + _place(result.genes.iloc[position])
    yield from _anchor_lines(result, gene)
    pairs = result.pairs
    of_gene = pairs.rows((pairs.gene_a == position) | (pairs.gene_b == position))
    frame = of_gene.frame(result.gene_ids, result.variables)
    for name in ("log_p", "log_p_without", "log_p_with", "log_p_direct"):
        frame[name] = getattr(of_gene, name)
    is_a = of_gene.gene_a == position
    ancestor, nondescendant, unrelated, unresolved = (
        frame["relation"] == name for name in RELATION_NAMES
    )
    yield from _section("Ancestors", frame[ancestor & ~is_a], limit, _claim)
    yield from _section("Descendants", frame[ancestor & is_a], limit, _claim)
    yield from _section("Not descendants of it", frame[nondescendant & ~is_a], limit, _claim)
    yield from _section("It is not a descendant of", frame[nondescendant & is_a], limit, _claim)
    sentence = _absence_sentence(result, gene)
    yield from _section("Unrelated", frame[unrelated], limit, sentence)
    if unresolved.any():
        yield from _section("Possible", frame[unresolved], limit, _possible)
    n_open = len(result.genes) - 1 - int((~unresolved).sum())
    yield ""
    yield f"Unresolved: {n_open:,} of {len(result.genes) - 1:,} other genes."


def _place(gene: Any) -> str:
    if pd.isna(gene["chrom"]) or pd.isna(gene["start"]):
        return " (position unknown)"
    return f" at {gene['chrom']}:{int(gene['start']):,}-{int(gene['end']):,}"


def _anchor_lines(result: Result, gene: str) -> Iterator[str]:
    anchors = result.anchors[result.anchors["gene_id"] == gene]
    if anchors.empty:
        yield "Anchors: none"
        return
    yield "Anchors:"
    for row in anchors.to_dict("records"):
        where = "" if pd.isna(row.get("pos")) else f" at {row['chrom']}:{int(row['pos']):,}"
        by_rules = pd.isna(row["posterior"])
        screened = (
            ""
            if row.get("nearest", True) or not by_rules
            else "; screened off by a gene found later"
        )
        certain = "" if pd.isna(row["posterior"]) else f", posterior {row['posterior']:.2f}"
        yield (
            f"  {row['variant_id']}{where}: slope {row['slope']:.3g}, "
            f"p = {row['pval_nominal']:.3g}{certain}{screened}"
        )


def _absence_sentence(result: Result, gene: str) -> Callable[[dict[str, Any]], str]:
    if result.run.get("options", {}).get("method", "rules") != "rules":
        return lambda row: _neither(row, gene)
    graph = result.constraints()
    alpha = result.run.get("options", {}).get("alpha", 0.0)
    return lambda row: _absence(row, gene, graph, alpha)


def _neither(row: dict[str, Any], gene: str) -> str:
    other = row["gene_b"] if row["gene_a"] == gene else row["gene_a"]
    posterior = max(1.0 - row["posterior"] - row["posterior_reverse"], 0.0)
    return f"{other}. Neither is an ancestor of the other (posterior {posterior:.3f})."


def _possible(row: dict[str, Any]) -> str:
    return f"{row['gene_a']} before {row['gene_b']}: posterior {row['posterior']:.3f}."


def _section(title: str, rows: pd.DataFrame, limit: int, sentence: Any) -> Iterator[str]:
    yield ""
    yield f"{title}: {len(rows):,}" + ("" if len(rows) <= limit else f" (the first {limit} shown)")
    order = rows.sort_values(["posterior", "log_p"], ascending=[False, True], kind="stable")
    for row in order.head(limit).to_dict("records"):
        yield f"  {sentence(row)}"


def _claim(row: dict[str, Any]) -> str:
    """A claim and its reason in words."""
    a, b = row["gene_a"], row["gene_b"]
    if row["relation"] == "ancestor":
        direct = {True: "direct ", False: "indirect "}.get(row["direct"], "")
        article = "an" if direct in ("", "indirect ") else "a"
        claim = f"{a} is {article} {direct}ancestor of {b}"
    else:
        claim = f"{b} is not an ancestor of {a}"
    return f"{claim}. {_why(row)}"


def _why(row: dict[str, Any]) -> str:
    a, b = row["gene_a"], row["gene_b"]
    if not np.isnan(row["posterior"]):
        return _posterior_story(row)
    if row["rule"] == "closure":
        return f"Closure, sweep {row['sweep']}: it follows from other ancestor claims."
    n = row["n_witnesses"]
    witness = f"{n} witness{'es' if n != 1 else ''}"
    without, with_ = probability(row["log_p_without"]), probability(row["log_p_with"])
    if row["rule"] == "R1":
        story = f"{row['witness']} acts on {b} (p = {without}), no longer given {a} (p = {with_})"
    else:
        story = (
            f"{row['witness']} is independent of {a} (p = {without}), "
            f"no longer given {b} (p = {with_})"
        )
    text = f"{row['rule']}, sweep {row['sweep']}, {witness}; the strongest: {story}."
    text += f" {a} and {b} depend on each other (p = {probability(row['log_p'])})."
    if not np.isnan(row["log_p_direct"]):
        text += f" Given the other ancestors of {b} the p is {probability(row['log_p_direct'])}."
    return text


def _posterior_story(row: dict[str, Any]) -> str:
    """The posterior of a claim in words."""
    a, b = row["gene_a"], row["gene_b"]
    if row["relation"] != "ancestor":
        return f"Posterior {1.0 - row['posterior_reverse']:.3f}."
    text = f"Posterior {row['posterior']:.3f} (reverse {row['posterior_reverse']:.3f})"
    if row["rule"] == "closure":
        text += ", claimed because it follows from other claims"
    text += f"; an edge of its own: {row['posterior_direct']:.3f}."
    if row["posterior_instrument"] > 0.5 * row["posterior"]:
        text += (
            f" {a} and {b} share hidden factors in most graphs: it rests on variants that act on "
            f"{a}."
        )
    if isinstance(row["witness"], str):
        n = row["n_witnesses"]
        text += f" {a} is anchored by {row['witness']}" + (f" and {n - 1} more." if n > 1 else ".")
    else:
        text += f" {a} has no anchor of its own."
    return text


def _absence(row: dict[str, Any], gene: str, graph: ConstraintGraph, alpha: float) -> str:
    other = row["gene_b"] if row["gene_a"] == gene else row["gene_a"]
    members = graph.separating_set(gene, other)
    # Benjamini–Hochberg over the sweep may keep what the level alone would reject.
    is_small = row["log_p"] <= np.log(alpha) if alpha else False
    adjusted = ", not significant among all pairs of the sweep" if is_small else ""
    shown = ", ".join(members[:_SET_SHOWN]) or "the empty set"
    more = f" and {len(members) - _SET_SHOWN} more" if len(members) > _SET_SHOWN else ""
    return (
        f"{other}. {row['rule']}, sweep {row['sweep']}: independent given {shown}{more} "
        f"(p = {probability(row['log_p'])}{adjusted})."
    )
