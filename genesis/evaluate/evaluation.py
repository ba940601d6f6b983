"""Claims held against the truth: how many are right, and whether their posteriors are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.evaluate.calibration import BINS, calibration_error, reliability_table
from genesis.evaluate.comparison import Unnamed, compare
from genesis.evaluate.counts import (
    count_claims,
    ratio,
    structural_hamming_distance,
)
from genesis.evaluate.kinds import kind_table
from genesis.evaluate.layer_pairs import layer_table
from genesis.evaluate.ranking import average_precision, roc_area
from genesis.evaluate.truth import Level
from genesis.io.ids import counted, first_few, were
from genesis.showing import ShownAsText

__all__ = ["Evaluation", "evaluate"]

_NAN = float("nan")


_METRICS = (
    "n_genes",
    "n_pairs",
    "n_true",
    "n_claimed",
    "n_correct",
    "n_reversed",
    "precision",
    "recall",
    "f1",
    "orientation_accuracy",
    "coverage",
    "shd",
    "base_rate",
    "aupr",
    "auroc",
    "ece",
    "ece_above_half",
    "claimed_fdr",
    "true_fdr",
    "n_unscored",
    "n_pairs_unscored",
    "n_not_in_truth",
    "n_not_in_claims",
)


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation(ShownAsText):
    """How claims fare against the truth.

    Pairs are ordered unless it says otherwise: a claim of the wrong direction is a false
    positive, and the relation that it misses a false negative. What cannot be computed is NaN.

    Attributes
    ----------
    level : {"ancestors", "direct"}
        What claims and truth are about: ancestral relations, or edges.
    genes : pandas.Index
        The genes that were compared.
    n_pairs, n_true, n_claimed, n_correct : int
        Pairs that were compared; those that are true, that are claimed, and both.
    n_reversed : int
        Claims that are not true while the opposite direction is.
    precision, recall : float
        Correct by claimed, NaN without claims; correct by true, NaN where nothing is true.
    f1 : float
        Their harmonic mean: 0 where no claim is correct, also where there is none; NaN only
        where nothing is true and nothing claimed.
    orientation_accuracy : float
        Share of the claims on truly related pairs that have the right direction.
    coverage : float
        Share of the truly related unordered pairs that are claimed in some direction.
    shd : float
        Structural Hamming distance; NaN at level ancestors.
    aupr, auroc : float
        Areas under the precision-recall and the ROC curve of the scores over all pairs. By
        chance the first is `base_rate` and the second one half.
    ece, ece_above_half : float
        Expected calibration error of the posteriors, and of those of one half and more.
    claimed_fdr : float
        Mean of 1 − posterior over the claims: the false discovery rate that they promise.
    true_fdr : float
        Share of the claims that are false.
    n_unscored, n_pairs_unscored : int
        Claims, and pairs, without a score, which counts as 0 in `aupr`, `auroc` and `ece`. A run
        lists pairs from its `keep_posterior` on: with 0 all of them.
    reliability : pandas.DataFrame or None
        See `genesis.evaluate.reliability_table`; None where there are no posteriors.
    kinds : pandas.DataFrame or None
        Claims of every kind and what follows from them, one row each: ``n_claimed``,
        ``n_false``, ``claimed_fdr`` (mean of 1 − posterior of the claim, over those that have
        one), ``true_fdr``, ``n_unscored``. The rows: ``ancestor`` (a ≺ b); ``unrelated`` (neither
        is an ancestor of the other; one claim a pair); ``nondescendant`` (one direction is ruled
        out); ``ancestor_by_closure``, the ancestors that follow from others, those that are
        claimed for it being among the first row too; ``reverse_of_ancestor``, b ≺ a, ruled out
        by a ≺ b; ``nonancestor_by_closure``, the other directions that are ruled out by
        several claims together. Claims that are no result have ancestors alone. None at level
        direct.
    layers : pandas.DataFrame or None
        Of a result of several molecular layers, one row an ordered pair of layers:
        ``from_layer``, ``to_layer``, ``n_pairs``, ``n_true``, ``n_claimed``, ``n_correct``,
        ``aupr``, ``f1``, ``true_fdr``. None where the gene table names no layers.
    not_in_truth, not_in_claims : tuple
        Genes of the claims, or of the truth, that the other side does not name.
    of_itself : tuple
        Genes that the truth has act on themselves; these are passed over.

    Examples
    --------
    >>> truth = pd.DataFrame({"parent": ["a", "b"], "child": ["b", "c"]})
    >>> claims = pd.DataFrame([[0, 1], [0, 0]], index=["a", "c"], columns=["a", "c"])
    >>> found = evaluate(claims, truth)
    >>> found.precision, found.genes.tolist(), found.not_in_claims
    (1.0, ['a', 'c'], ('b',))
    """

    level: Level
    genes: pd.Index
    n_pairs: int
    n_true: int
    n_claimed: int
    n_correct: int
    n_reversed: int
    precision: float
    recall: float
    f1: float
    orientation_accuracy: float
    coverage: float
    shd: float
    aupr: float
    auroc: float
    ece: float
    ece_above_half: float
    claimed_fdr: float
    true_fdr: float
    n_unscored: int
    n_pairs_unscored: int
    reliability: pd.DataFrame | None
    kinds: pd.DataFrame | None
    layers: pd.DataFrame | None
    not_in_truth: tuple[Any, ...]
    not_in_claims: tuple[Any, ...]
    of_itself: tuple[Any, ...]

    @property
    def n_genes(self) -> int:
        """Number of genes that were compared."""
        return len(self.genes)

    @property
    def base_rate(self) -> float:
        """Share of the pairs that are true."""
        return ratio(self.n_true, self.n_pairs)

    @property
    def n_not_in_truth(self) -> int:
        """Number of genes that the truth does not name."""
        return len(self.not_in_truth)

    @property
    def n_not_in_claims(self) -> int:
        """Number of genes that only the truth names."""
        return len(self.not_in_claims)

    @property
    def metrics(self) -> dict[str, float]:
        """All numbers by name; counts are int.

        Examples
        --------
        >>> claims = np.array([[0, 1], [0, 0]], dtype=bool)
        >>> evaluate(claims, claims).metrics["f1"]
        1.0
        """
        return {name: getattr(self, name) for name in _METRICS}

    def summary(self) -> pd.DataFrame:
        """The level and all metrics as a table of one row.

        Examples
        --------
        >>> claims = np.array([[0, 1], [0, 0]], dtype=bool)
        >>> evaluate(claims, claims).summary()[["level", "n_true", "precision"]]
               level  n_true  precision
        0  ancestors       1        1.0
        """
        return pd.DataFrame([{"level": self.level, **self.metrics}])

    def notes(self) -> list[str]:
        """What was passed over or filled in, as sentences."""
        what = (
            (self.not_in_truth, "of the claims", "the truth"),
            (self.not_in_claims, "of the truth", "the claims"),
        )
        lines = [
            f"{counted(len(genes), 'gene')} {side} {'is' if len(genes) == 1 else 'are'} not in "
            f"{other}: {first_few(genes)}"
            for genes, side, other in what
            if genes
        ]
        n_itself = len(self.of_itself)
        if n_itself:
            lines.append(
                f"{counted(n_itself, 'edge')} from a gene to itself "
                f"{were(n_itself)} passed over: {first_few(self.of_itself)}"
            )
        if self.n_pairs_unscored:
            lines.append(
                f"{self.n_pairs_unscored:,} of {self.n_pairs:,} pairs have no score and count as 0"
            )
        return [line if line.endswith("...") else f"{line}." for line in lines]

    def __repr__(self) -> str:
        what = "ancestor claims" if self.level == "ancestors" else "direct claims"
        lines = [
            f"Evaluation of {what}: {counted(self.n_genes, 'gene')}, {self.n_pairs:,} pairs",
            f"  true {self.n_true:,}, claimed {self.n_claimed:,}, correct {self.n_correct:,}, "
            f"reversed {self.n_reversed:,}",
            f"  precision {self.precision:.3f}, recall {self.recall:.3f}, F1 {self.f1:.3f}, "
            f"orientation {self.orientation_accuracy:.3f}, coverage {self.coverage:.3f}"
            + (f", SHD {self.shd:.0f}" if self.level == "direct" else ""),
        ]
        if not np.isnan(self.aupr):
            lines.append(
                f"  AUPR {self.aupr:.3f} (by chance {self.base_rate:.3f}), AUROC {self.auroc:.3f}"
            )
        if self.reliability is not None:
            lines.append(
                f"  calibration error {self.ece:.3f} (above one half {self.ece_above_half:.3f}), "
                f"FDR claimed {self.claimed_fdr:.3f}, true {self.true_fdr:.3f}"
            )
        return "\n".join([*lines, *(f"  {note}" for note in self.notes())])


def evaluate(
    claims: Any,
    truth: Any,
    *,
    scores: Any = None,
    level: Level = "ancestors",
    exclude: Any = None,
    unnamed: Unnamed = "drop",
    posteriors: bool | None = None,
    bins: Sequence[float] = BINS,
) -> Evaluation:
    """Compare claims with a known network.

    Parameters
    ----------
    claims : Result, or pandas.DataFrame or numpy.ndarray of bool, shape (n_genes, n_genes)
        Row before column: [a, b] says that a ≺ b. Of a result, its ancestors, or at level direct
        those that it calls direct. The genes of an array are called 0, 1 and so on.
    truth : pandas.DataFrame, networkx.DiGraph or numpy.ndarray
        A table with columns ``parent`` and ``child``, one row an edge; or ``ancestor`` and
        ``descendant``, one row a relation, and perhaps ``direct``; or a graph; or a matrix of
        edges, row parent, column child. An array has the genes of the claims.
    scores : pandas.DataFrame or numpy.ndarray of float64, shape (n_genes, n_genes), optional
        The higher, the more certain is a ≺ b. NaN and genes that are left out count as 0. Of a
        result, by default its posteriors where it has any, at level direct those of edges.
    level : {"ancestors", "direct"}
        Compare with the transitive closure of the edges, in which genes of a feedback loop are
        ancestors of each other; or with the edges themselves.
    exclude : pandas.DataFrame or numpy.ndarray of bool, optional
        Pairs that do not count, such as those of one locus: a matrix of ordered pairs, or a table
        with columns ``gene_a`` and ``gene_b``, each row for both directions.
    unnamed : {"drop", "unrelated"}
        What genes are that the truth does not name: left out, or known to have no relation. A
        table of edges does not name genes without any; where it is complete, as after a
        simulation, "unrelated" counts the false claims on them.
    posteriors : bool, optional
        Whether scores are probabilities of what is compared, to be checked for calibration. By
        default they are where all lie in 0 to 1.
    bins : sequence of float
        Edges of the bins of posteriors, from 0 to 1.

    Returns
    -------
    Evaluation

    Raises
    ------
    CommandLineError
        An option has a value that cannot be used, or posteriors are not between 0 and 1.
    MalformedInputError
        An input has a form or a value that cannot be used.
    InconsistentInputsError
        Inputs have no gene in common, or edges are wanted of a table of ancestors that does not
        tell which are direct.

    References
    ----------
    Davis & Goadrich 2006, ICML (precision and recall); Guo et al. 2017, ICML (calibration).

    Examples
    --------
    >>> edges = pd.DataFrame({"parent": ["a", "b"], "child": ["b", "c"]})
    >>> genes = list("abc")
    >>> claims = pd.DataFrame([[0, 1, 1], [0, 0, 0], [0, 1, 0]], index=genes, columns=genes)
    >>> evaluate(claims, edges)
    Evaluation of ancestor claims: 3 genes, 6 pairs
      true 3, claimed 3, correct 2, reversed 1
      precision 0.667, recall 0.667, F1 0.667, orientation 0.667, coverage 1.000
    """
    both = compare(claims, truth, scores=scores, level=level, exclude=exclude, unnamed=unnamed)
    counts = count_claims(both.claims, both.truth)
    aupr = auroc = ece = ece_above_half = claimed_fdr = shd = _NAN
    n_unscored = n_pairs_unscored = 0
    reliability = None
    if level == "direct":
        shd = float(structural_hamming_distance(both.claims, both.truth))
    if both.scores is not None and both.scored is not None:
        values, labels = both.scores[both.keep], both.truth[both.keep]
        aupr, auroc = average_precision(values, labels), roc_area(values, labels)
        n_unscored = int(np.count_nonzero(both.claims & ~both.scored))
        n_pairs_unscored = int(np.count_nonzero(both.keep & ~both.scored))
        if posteriors is None:
            posteriors = bool(((values >= 0) & (values <= 1)).all())
        if posteriors:
            reliability = reliability_table(values, labels, bins)
            ece = calibration_error(reliability)
            ece_above_half = calibration_error(reliability, 0.5)
            claimed_fdr = _claimed_fdr(both.scores[both.claims])
    kinds = None
    if level == "ancestors":
        probabilities = None if reliability is None else both.scores
        kinds = kind_table(both.kinds, both.truth, both.keep, probabilities, both.scored)
    return Evaluation(
        level=level,
        genes=both.genes,
        n_pairs=int(np.count_nonzero(both.keep)),
        n_true=counts.n_true,
        n_claimed=counts.n_claimed,
        n_correct=counts.n_correct,
        n_reversed=counts.n_reversed,
        precision=counts.precision,
        recall=counts.recall,
        f1=counts.f1,
        orientation_accuracy=counts.orientation_accuracy,
        coverage=counts.coverage,
        shd=shd,
        aupr=aupr,
        auroc=auroc,
        ece=ece,
        ece_above_half=ece_above_half,
        claimed_fdr=claimed_fdr,
        true_fdr=1 - counts.precision,
        n_unscored=n_unscored,
        n_pairs_unscored=n_pairs_unscored,
        reliability=reliability,
        kinds=kinds,
        layers=layer_table(both),
        not_in_truth=both.not_in_truth,
        not_in_claims=both.not_in_claims,
        of_itself=both.of_itself,
    )


def _claimed_fdr(posteriors: NDArray[np.float64]) -> float:
    # The mean of sorted values is the same for any order of the genes.
    return float(np.mean(1 - np.sort(posteriors))) if len(posteriors) else _NAN
