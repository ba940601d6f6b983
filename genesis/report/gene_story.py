"""What was found for one gene, as sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from genesis.constraints.graph import ConstraintGraph
from genesis.findings.gene_names import gene_position
from genesis.findings.relations import RELATION_NAMES, Relations
from genesis.report.style import with_minus

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = [
    "Section",
    "anchor_lines",
    "gene_sections",
    "gene_story",
    "partial_size",
    "place",
    "probability",
]

_SET_SHOWN = 12
#: What a claim rests on, in words, by the names in `RESTS_ON`.
_EVIDENCE = {
    "own anchor": "an anchor of {a} that is seen in {b}",
    "anchors elsewhere": "anchors of ancestors of {a} that are seen in {b}",
    "expression alone": "expression alone",
}
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


def _p(log_p: float) -> str:
    """The same in a sentence."""
    return with_minus(probability(log_p))


def gene_story(result: Findings, gene: str, limit: int) -> Iterator[str]:
    """Lines about a gene: where it is, its anchors, every relation and why.

    Parameters
    ----------
    result : Findings
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
    yield gene + place(result.genes.iloc[position])
    anchors = anchor_lines(result.anchors[result.anchors["gene_id"] == gene])
    yield "Anchors:" if anchors else "Anchors: none"
    yield from (f"  {line}" for line in anchors)
    sections, last = gene_sections(result, position, limit, unrelated=True)
    for title, n, shown in sections:
        yield ""
        yield f"{title}: {n:,}" + ("" if n <= limit else f" (the first {limit} shown)")
        yield from (f"  {sentence}" for _, sentence in shown)
    yield ""
    yield last


class Section(NamedTuple):
    """Relations of one kind: how many, and the strongest, each as other gene and sentence."""

    title: str
    n: int
    shown: list[tuple[str, str]]


def gene_sections(
    result: Findings, position: int, limit: int, *, unrelated: bool
) -> tuple[list[Section], str]:
    """The relations of a gene by kind, and a sentence on what is unresolved.

    Parameters
    ----------
    result : Findings
    position : int
        Of the gene in the gene table.
    limit : int
        Most relations of each kind.
    unrelated : bool
        Say of unrelated genes what separates them; else they are only counted.
    """
    gene = str(result.gene_ids[position])
    pairs = result.pairs
    of_gene = pairs.rows((pairs.gene_a == position) | (pairs.gene_b == position))
    is_a = of_gene.gene_a == position
    n_tested = _tested_samples(result)
    strength = np.lexsort((of_gene.log_p, -of_gene.posterior))

    def claim(row: dict[str, Any]) -> str:
        return _claim(row, n_tested)

    absence = _absence_sentence(result, gene) if unrelated else None
    kinds: list[tuple[str, str, Any, Any]] = [
        ("Ancestors", "ancestor", ~is_a, claim),
        ("Descendants", "ancestor", is_a, claim),
        ("Not descendants of it", "nondescendant", ~is_a, claim),
        ("It is not a descendant of", "nondescendant", is_a, claim),
        ("Unrelated", "unrelated", True, absence),
        ("Possible", "unresolved", True, _possible),
    ]
    found = []
    for _, relation, side, _ in kinds:
        wanted = (of_gene.relation == RELATION_NAMES.index(relation)) & side
        found.append(strength[wanted[strength]])
    shown = [
        rows[:limit] if sentence else rows[:0]
        for rows, (_, _, _, sentence) in zip(found, kinds, strict=True)
    ]
    record = iter(_records(result, of_gene.rows(np.concatenate(shown)), position))
    sections = [
        Section(title, len(rows), [(row["other"], say(row)) for row in islice(record, len(some))])
        for rows, some, (title, _, _, say) in zip(found, shown, kinds, strict=True)
    ]
    n_unlisted = 0
    if result.unlisted is not None:
        n_unlisted = int(np.unpackbits(result.unlisted[position]).sum())
    sections[4] = sections[4]._replace(n=sections[4].n + n_unlisted)
    n_others = len(result.genes) - 1
    n_open = n_others - sum(section.n for section in sections[:5])
    if not sections[5].n:
        del sections[5]
    return sections, f"Unresolved: {n_open:,} of {n_others:,} other genes."


def _records(result: Findings, shown: Relations, position: int) -> list[dict[str, Any]]:
    """Rows as people read them, with logarithms of the p-values and the name of the other gene."""
    frame = shown.frame(result.gene_ids, result.variables)
    for name in ("log_p", "log_p_without", "log_p_with", "log_p_direct"):
        frame[name] = getattr(shown, name)
    others = np.where(shown.gene_a == position, shown.gene_b, shown.gene_a)
    frame["other"] = result.gene_ids[others].astype(object)
    return list(frame.to_dict("records"))


def place(gene: Any) -> str:
    """Where a row of the gene table lies, to follow its name."""
    if pd.isna(gene["chrom"]) or pd.isna(gene["start"]):
        return " (position unknown)"
    return f" at {gene['chrom']}:{int(gene['start']):,}-{int(gene['end']):,}"


def anchor_lines(anchors: pd.DataFrame) -> list[str]:
    """A line an anchor, from the rows of one gene in the table of anchors."""
    lines = []
    for row in anchors.to_dict("records"):
        where = "" if pd.isna(row.get("pos")) else f" at {row['chrom']}:{int(row['pos']):,}"
        by_rules = pd.isna(row["posterior"])
        screened = (
            ""
            if row.get("nearest", True) or not by_rules
            else "; screened off by a gene found later"
        )
        effect, other = row.get("effect_allele"), row.get("other_allele")
        alleles = "" if pd.isna(effect) else f" for each {effect}"
        alleles += "" if pd.isna(effect) or pd.isna(other) else f" in place of {other}"
        certain = "" if by_rules else f", posterior {row['posterior']:.2f}"
        slope, p = row["slope"], row["pval_nominal"]
        lines.append(
            f"{row['variant_id']}{where}: slope {with_minus(f'{slope:.3g}')}{alleles}, "
            f"p = {with_minus(f'{p:.3g}')}{certain}{screened}"
        )
    return lines


def _tested_samples(result: Findings) -> int | None:
    """Samples less the rank of the covariates, where the run recorded them."""
    counts = result.run.get("counts", {})
    if "samples" not in counts:
        return None
    return int(counts["samples"]) - int(counts.get("covariate_rank", 0))


def partial_size(log_p: float, n: int, n_given: int) -> float:
    """Absolute partial correlation behind a p-value of Fisher's z test.

    Parameters
    ----------
    log_p : float
        Natural log of the two-sided p-value.
    n : int
        Samples less the rank of the covariates.
    n_given : int
        Variables conditioned on.

    Examples
    --------
    >>> round(partial_size(np.log(2 * 0.02275013194817921), 107, 4), 4)
    0.1974
    """
    z = -float(special.ndtri_exp(log_p - np.log(2.0)))
    return float(np.tanh(z / np.sqrt(n - n_given - 3)))


def _absence_sentence(result: Findings, gene: str) -> Callable[[dict[str, Any]], str]:
    if result.run.get("options", {}).get("method", "rules") != "rules":
        return lambda row: _neither(row, gene)
    graph = ConstraintGraph.from_result(result)
    alpha = result.run.get("options", {}).get("alpha", 0.0)
    return lambda row: _absence(row, gene, graph, alpha)


def _neither(row: dict[str, Any], gene: str) -> str:
    other = row["gene_b"] if row["gene_a"] == gene else row["gene_a"]
    posterior = max(1.0 - row["posterior"] - row["posterior_reverse"], 0.0)
    return f"{other}. Neither is an ancestor of the other (posterior {posterior:.3f})."


def _possible(row: dict[str, Any]) -> str:
    return f"{row['gene_a']} before {row['gene_b']}: posterior {row['posterior']:.3f}."


def _claim(row: dict[str, Any], n_tested: int | None) -> str:
    """A claim and its reason in words."""
    a, b = row["gene_a"], row["gene_b"]
    if row["relation"] == "ancestor":
        direct = {True: "direct ", False: "indirect "}.get(row["direct"], "")
        article = "an" if direct in ("", "indirect ") else "a"
        claim = f"{a} is {article} {direct}ancestor of {b}"
    else:
        claim = f"{b} is not an ancestor of {a}"
    return f"{claim}. {_why(row, n_tested)}"


def _why(row: dict[str, Any], n_tested: int | None) -> str:
    a, b = row["gene_a"], row["gene_b"]
    if not np.isnan(row["posterior"]):
        return _posterior_story(row)
    if row["rule"] == "closure":
        return f"Closure, sweep {row['sweep']}: it follows from other ancestor claims."
    n = row["n_witnesses"]
    witness = f"{n} witness{'es' if n != 1 else ''}"
    n_given = row["n_conditioning"]
    without = _tested(row["log_p_without"], n_tested, n_given, less=1)
    with_ = _tested(row["log_p_with"], n_tested, n_given, less=0)
    if row["rule"] == "R1":
        story = f"{row['witness']} acts on {b} ({without}), no longer given {a} ({with_})"
    else:
        story = f"{row['witness']} is independent of {a} ({without}), no longer given {b} ({with_})"
    text = f"{row['rule']}, sweep {row['sweep']}, {witness}; the strongest: {story}."
    text += f" {a} and {b} depend on each other (p = {_p(row['log_p'])})."
    if not np.isnan(row["log_p_direct"]):
        text += f" Given the other ancestors of {b} the p is {_p(row['log_p_direct'])}."
    return text


def _tested(log_p: float, n: int | None, n_given: Any, *, less: int) -> str:
    """A test of the witness in words; the set it is given has so many less than the pair's."""
    words = f"p = {_p(log_p)}"
    if n is None or pd.isna(n_given) or np.isnan(log_p) or n - n_given + less - 3 < 1:
        return words
    return f"{words}, partial correlation ±{partial_size(log_p, n, n_given - less):.3f}"


def _posterior_story(row: dict[str, Any]) -> str:
    """The posterior of a claim in words."""
    a, b = row["gene_a"], row["gene_b"]
    if row["relation"] != "ancestor":
        return f"Posterior {1.0 - row['posterior_reverse']:.3f}."
    text = f"Posterior {row['posterior']:.3f} (reverse {row['posterior_reverse']:.3f})"
    if row["rule"] == "closure":
        text += ", claimed because it follows from other claims"
    text += f"; an edge of its own: {row['posterior_direct']:.3f}; total effect "
    effect = with_minus(f"{row['effect']:+.2f}")
    text += f"{effect} standard deviations."
    if row["posterior_instrument"] > 0.5 * row["posterior"]:
        text += (
            f" {a} and {b} share hidden factors in most graphs: anchors of {a} alone tell cause "
            "from confounding."
        )
    # None in a row of another kind, and where a run of an earlier version did not say.
    if isinstance(row["rests_on"], str):
        text += f" It rests on {_EVIDENCE[row['rests_on']].format(a=a, b=b)}."
    if isinstance(row["witness"], str):
        n = row["n_witnesses"]
        more = f" and {n - 1} more" if n > 1 else ""
        # Zero: none acts on the gene in half of the graphs.
        text += (
            f" {a} is anchored by {row['witness']}{more}."
            if n
            else (f" No variant surely acts on {a}; {row['witness']} does so likeliest.")
        )
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
        f"(p = {_p(row['log_p'])}{adjusted})."
    )
