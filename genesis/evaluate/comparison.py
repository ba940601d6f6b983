"""Claims, scores and truth over the same genes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.errors import CommandLineError, InconsistentInputsError, MalformedInputError
from genesis.evaluate.kinds import claims_by_kind
from genesis.evaluate.labelled import as_bool, placed, square
from genesis.evaluate.truth import Level, true_relations
from genesis.findings.findings import Findings
from genesis.findings.relations import RELATION_NAMES
from genesis.io.ids import counted, first_few

__all__ = ["Comparison", "Unnamed", "compare"]

Unnamed = Literal["drop", "unrelated"]
PAIR = ("gene_a", "gene_b")


@dataclass(frozen=True, eq=False)
class Comparison:
    """What is claimed and what is true of the same genes.

    Attributes
    ----------
    genes : pandas.Index, length n_genes
        The genes that are compared, in the order of the claims.
    claims, truth : numpy.ndarray of bool, shape (n_genes, n_genes)
        Row before column. False on the diagonal and for pairs that are left out.
    keep : numpy.ndarray of bool, shape (n_genes, n_genes)
        The ordered pairs that count.
    kinds : dict of str to numpy.ndarray of bool, shape (n_genes, n_genes)
        Claims of every kind, of `claims_by_kind`, whatever counts; none at level direct.
    scores : numpy.ndarray of float64, shape (n_genes, n_genes), or None
        0 where there was no score.
    scored : numpy.ndarray of bool, shape (n_genes, n_genes), or None
        Where there was one.
    not_in_truth, not_in_claims : tuple
        Genes of one side only.
    of_itself : tuple
        Genes that the truth has act on themselves.
    layers : numpy.ndarray of str, shape (n_genes,), optional
        The molecular layer of each gene, of a result whose gene table names layers.
    """

    genes: pd.Index
    claims: NDArray[np.bool_]
    truth: NDArray[np.bool_]
    keep: NDArray[np.bool_]
    kinds: dict[str, NDArray[np.bool_]]
    scores: NDArray[np.float64] | None
    scored: NDArray[np.bool_] | None
    not_in_truth: tuple[Any, ...]
    not_in_claims: tuple[Any, ...]
    of_itself: tuple[Any, ...]
    layers: NDArray[Any] | None = None


def compare(
    claims: Any,
    truth: Any,
    *,
    scores: Any = None,
    level: Level = "ancestors",
    exclude: Any = None,
    unnamed: Unnamed = "drop",
) -> Comparison:
    """Bring claims, scores and truth to the same genes; arguments as of `evaluate`.

    Raises
    ------
    CommandLineError
        An option has a value that cannot be used.
    MalformedInputError
        An input has a form or value that cannot be used.
    InconsistentInputsError
        Claims and truth have no gene in common.

    Examples
    --------
    >>> edges = pd.DataFrame({"parent": ["a", "b"], "child": ["b", "c"]})
    >>> claims = pd.DataFrame(np.eye(3, k=1), index=list("acd"), columns=list("acd"))
    >>> both = compare(claims, edges)
    >>> list(both.genes), both.not_in_truth, both.not_in_claims
    (['a', 'c'], ('d',), ('b',))
    """
    if unnamed not in ("drop", "unrelated"):
        raise CommandLineError(f"unnamed is {unnamed!r}: it may be drop or unrelated")
    if isinstance(claims, Findings):
        genes, claimed = claims.gene_ids, _claims_of_result(claims, level)
        scores = _posteriors_of_result(claims, level) if scores is None else scores
    else:
        genes, values = square(claims, "claims")
        claimed = as_bool(values, "claims")
    true = true_relations(truth, level, genes)
    at = true.genes.get_indexer(genes)
    if not len(true.genes) and unnamed == "drop":
        raise InconsistentInputsError(
            "the truth names no gene, so that no pair is left to compare; where it is complete "
            "(nothing is true), count genes that it does not name: unnamed='unrelated', "
            "--unnamed unrelated"
        )
    if not (at >= 0).any() and len(true.genes):
        raise InconsistentInputsError(
            f"no gene of the claims ({counted(len(genes), 'gene')}: {first_few(genes)}) is in the "
            f"truth ({counted(len(true.genes), 'gene')}: {first_few(true.genes)}); give the same "
            "ids in both"
        )
    used = np.flatnonzero(at >= 0) if unnamed == "drop" else np.arange(len(genes))
    inside = np.ix_(used, used)
    keep = ~np.eye(len(used), dtype=np.bool_)
    if exclude is not None:
        keep &= ~_excluded_pairs(exclude, genes)[inside]
    scored = layers = None
    if isinstance(claims, Findings) and "layer" in claims.genes:
        layers = claims.genes["layer"].to_numpy(dtype=object)[used]
    if scores is not None:
        scores, scored = _filled(_scores_of(scores, genes)[inside], keep)
    kinds = claims_by_kind(claims, claimed) if level == "ancestors" else {}
    return Comparison(
        genes=genes[used],
        claims=claimed[inside] & keep,
        truth=placed(true.matrix, at[used], False) & keep,
        keep=keep,
        kinds={kind: pairs[inside] for kind, pairs in kinds.items()},
        scores=scores,
        scored=scored,
        not_in_truth=tuple(genes[at < 0]),
        not_in_claims=tuple(true.genes[genes.get_indexer(true.genes) < 0]),
        of_itself=true.of_itself,
        layers=layers,
    )


def _claims_of_result(result: Findings, level: Level) -> NDArray[np.bool_]:
    pairs = result.pairs
    claimed = np.zeros((len(result.genes),) * 2, dtype=np.bool_)
    which = pairs.relation == RELATION_NAMES.index("ancestor")
    if level == "direct":
        which &= pairs.direct == 1
    claimed[pairs.gene_a[which], pairs.gene_b[which]] = True
    return claimed


def _posteriors_of_result(result: Findings, level: Level) -> NDArray[np.float64] | None:
    """Posteriors of gene_a ≺ gene_b, or of an edge, by position; NaN where there is none."""
    found = result.posterior_direct if level == "direct" else result.posterior
    matrix = found.to_numpy().astype(np.float64)
    return None if np.isnan(matrix).all() else matrix


def _scores_of(scores: Any, genes: pd.Index) -> NDArray[np.float64]:
    """Scores by position in the genes of the claims; NaN where there is none."""
    names, values = square(scores, "scores", genes)
    try:
        numbers = values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise MalformedInputError(f"the scores are not numbers ({error})") from error
    at = names.get_indexer(genes)
    if len(genes) and not (at >= 0).any():
        raise InconsistentInputsError(
            f"no gene of the claims ({first_few(genes)}) is in the scores ({first_few(names)}); "
            "give the same ids in both"
        )
    return placed(numbers, at, np.nan)


def _filled(
    scores: NDArray[np.float64], keep: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Scores with 0 where there is none, and where there was one."""
    scored = ~np.isnan(scores)
    if (keep & ~scored).any() and (scores[keep & scored] < 0).any():
        raise MalformedInputError(
            "some scores are missing and others negative, so that a missing one cannot count as "
            "0, the lowest; give a score for every pair"
        )
    return np.where(scored, scores, 0.0), scored


def _excluded_pairs(exclude: Any, genes: pd.Index) -> NDArray[np.bool_]:
    if not (isinstance(exclude, pd.DataFrame) and set(PAIR) <= set(exclude.columns)):
        names, values = square(exclude, "excluded pairs", genes)
        return placed(as_bool(values, "excluded pairs"), names.get_indexer(genes), False)
    first, second = (genes.get_indexer(pd.Index(exclude[end], dtype=object)) for end in PAIR)
    known = (first >= 0) & (second >= 0)
    excluded = np.zeros((len(genes), len(genes)), dtype=np.bool_)
    excluded[first[known], second[known]] = excluded[second[known], first[known]] = True
    return excluded
