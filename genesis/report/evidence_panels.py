"""What the report holds on single claims and genes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genesis.findings.relations import RELATION_NAMES
from genesis.report.gene_story import anchor_lines, gene_sections, place, probability
from genesis.report.network import strongest_claims
from genesis.report.network_views import arrow_rows
from genesis.report.style import with_minus

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["claim_rows", "evidence_panels"]

#: Most relations of each kind that a panel holds, and of all panels together: what they say
#: fills most of the file.
_SHOWN, _SHOWN_IN_ALL = 8, 8_000
#: Ancestors and descendants in the drawing of a panel, of each.
_NEAR = 8

_DIRECT = {True: "direct", False: "indirect"}


def claim_rows(result: Findings, rows: np.ndarray) -> list[dict[str, Any]]:
    """Claims as rows of the report's table.

    Parameters
    ----------
    result : Findings
    rows : (k,) int64
        Rows of ancestor claims in `Findings.pairs`.

    Returns
    -------
    list of dict
        a, b (positions of genes) and their names, direct, posterior, edge, effect and p (numbers or
        None), p_text, witness (name or None), n_witnesses.
    """
    claims = result.pairs.rows(rows)
    frame = claims.frame(result.gene_ids, result.variables)
    return [
        {
            "a": int(claims.gene_a[k]),
            "b": int(claims.gene_b[k]),
            "gene_a": str(row.gene_a),
            "gene_b": str(row.gene_b),
            "direct": "undetermined" if pd.isna(row.direct) else _DIRECT[row.direct],
            "rule": str(row.rule),
            "posterior": _number(row.posterior),
            "edge": _number(row.posterior_direct),
            "effect": _number(row.effect),
            "log_p": _number(claims.log_p[k]),
            "p_text": with_minus(probability(float(claims.log_p[k]))),
            "witness": row.witness if isinstance(row.witness, str) else None,
            "n_witnesses": int(row.n_witnesses),
        }
        for k, row in enumerate(frame.itertuples())
    ]


def _number(x: float) -> float | None:
    return None if np.isnan(x) else round(float(x), 4)


def evidence_panels(result: Findings, genes: np.ndarray) -> dict[str, dict[str, Any]]:
    """What is said of each gene, for JSON, by the gene's position.

    Parameters
    ----------
    result : Findings
    genes : (k,) int64
        Positions of the genes.

    Returns
    -------
    dict
        Of each gene name, place, anchors (lines), near (``up`` and ``down``: the surest claims of
        direct ancestors and descendants: gene, name, and what `arrow_rows` gives), sections (title,
        n, items of sentence, correlations and position of the other gene) and last (a line).
    """
    pairs = result.pairs
    concerned = np.isin(pairs.gene_a, genes) | np.isin(pairs.gene_b, genes)
    # Of a whole genome few rows are left to search for every gene.
    part = dataclasses.replace(result, pairs=pairs.rows(concerned))
    limit = _limit(part, genes)
    words = _correlations(result)
    near = _neighbours(part, min(limit, _NEAR))
    by_gene = dict(tuple(result.anchors.groupby("gene_id", sort=False)))
    position = {str(name): at for at, name in enumerate(result.gene_ids)}
    panels = {}
    for gene in np.unique(genes).tolist():
        name = str(result.gene_ids[gene])
        sections, last = gene_sections(part, gene, limit, unrelated=False)
        panels[str(gene)] = {
            "name": name,
            "place": place(result.genes.iloc[gene]).strip(),
            "near": near.get(gene, {"up": [], "down": []}),
            "anchors": anchor_lines(by_gene.get(name, result.anchors[:0])),
            "sections": [
                {
                    "title": section.title,
                    "n": section.n,
                    "items": [
                        {"text": text, "gene": position[other], **words.get(
                            (position[other], gene) if section.title == "Ancestors"
                            else (gene, position[other]), {})}
                        for other, text in section.shown
                    ],
                }
                for section in sections
                if section.n
            ],
            "last": last,
        }  # fmt: skip
    return panels


def _neighbours(part: Findings, most: int) -> dict[int, dict[str, list[list[Any]]]]:
    """Of each gene the surest direct ancestors and descendants, for a small drawing."""
    rows, only_direct = strongest_claims(part, len(part.pairs))
    ends = (part.pairs.gene_a[rows], part.pairs.gene_b[rows])
    # The first ones of each gene on each side.
    first = np.zeros(len(rows), dtype=np.bool_)
    for end in ends:
        order = np.argsort(end, kind="stable")
        before = np.searchsorted(end[order], end[order])
        first[order[np.arange(len(order)) - before < most]] = True
    rows = rows[first]
    found: dict[int, dict[str, list[list[Any]]]] = {}
    for a, b, arrow in zip(
        part.pairs.gene_a[rows].tolist(),
        part.pairs.gene_b[rows].tolist(),
        arrow_rows(part, rows, only_direct),
        strict=True,
    ):
        for gene, side, other in ((b, "up", a), (a, "down", b)):
            mine = found.setdefault(gene, {"up": [], "down": []})[side]
            if len(mine) < most:
                mine.append([other, str(part.gene_ids[other]), *arrow.values()])
    return found


def _limit(part: Findings, genes: np.ndarray) -> int:
    """How many relations of each kind a panel may hold."""
    pairs, n_genes, n_kinds = part.pairs, len(part.genes), len(RELATION_NAMES)
    ends = (pairs.gene_a, pairs.gene_b)
    # Each kind of each gene, on either side of the relation.
    keys = [
        (end.astype(np.int64) * n_kinds + pairs.relation) * 2 + side
        for side, end in enumerate(ends)
    ]
    counts = np.bincount(np.concatenate(keys), minlength=n_genes * n_kinds * 2)
    counts = counts.reshape(n_genes, n_kinds, 2)[np.unique(genes)]
    counts = np.delete(counts, RELATION_NAMES.index("unrelated"), axis=1)
    for limit in range(_SHOWN, 1, -1):
        if np.minimum(counts, limit).sum() <= _SHOWN_IN_ALL:
            return limit
    return 1


def _correlations(result: Findings) -> dict[tuple[int, int], dict[str, str]]:
    """What the correlations of a claim's witness say, by the positions of its genes."""
    if result.diagnostics is None:
        return {}
    words = {}
    names = result.variables
    for row in result.diagnostics.evidence.itertuples():
        a, b = str(result.gene_ids[row.gene_a]), str(result.gene_ids[row.gene_b])
        text = f"Correlation of {a} and {b}: {_two(row.a_b)}"
        if not np.isnan(row.witness_a):
            witness = names[row.witness]
            text += (
                f", given {witness} {_two(row.a_b_given_witness)}. Of {witness} with {a}: "
                f"{_two(row.witness_a)}; with {b}: {_two(row.witness_b)} before and "
                f"{_two(row.witness_b_given_a)} after conditioning on {a}"
            )
        words[row.gene_a, row.gene_b] = {"correlations": f"{text}."}
    return words


def _two(x: float) -> str:
    if np.isnan(x):
        return "not defined"
    return with_minus(f"{round(x, 2) + 0.0:.2f}")
