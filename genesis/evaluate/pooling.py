"""Evaluations of several data sets as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from genesis.errors import DegenerateDataError, InconsistentInputsError
from genesis.evaluate.calibration import calibration_error, completed
from genesis.evaluate.evaluation import Evaluation
from genesis.evaluate.kinds import pooled_kinds
from genesis.showing import ShownAsText

__all__ = ["PooledEvaluation", "pool"]

_NAN = float("nan")


@dataclass(frozen=True, eq=False, repr=False)
class PooledEvaluation(ShownAsText):
    """What several evaluations say together.

    Attributes
    ----------
    data_sets : pandas.DataFrame
        One row a data set: level and metrics.
    metrics : pandas.DataFrame
        One row a metric: ``mean``, ``sd`` (NaN for one data set) and ``n``, the number of data
        sets where it could be computed; the others do not enter the mean.
    reliability : pandas.DataFrame or None
        The pairs of all data sets with posteriors together; None where there are none.
    kinds : pandas.DataFrame or None
        One row a kind of claim (see `Evaluation`): ``n_data_sets`` (those with such claims),
        ``n_claimed``, ``n_false`` and ``n_unscored`` (sums), ``claimed_fdr`` and ``true_fdr``
        (means over these data sets), ``true_fdr_low`` and ``true_fdr_high``, the 95 % interval
        of this mean by Student's t: each data set is taken as a whole, because its claims are
        true or false together. NaN with fewer than two data sets, of no width where no claim is
        false. None at level direct.

    Examples
    --------
    >>> from genesis.evaluate import evaluate
    >>> truth = np.array([[0, 1], [0, 0]], dtype=bool)
    >>> both = pool([evaluate(truth, truth, scores=truth * 0.9) for _ in range(2)])
    >>> round(both.ece, 3), int(both.reliability["n"].sum())
    (0.05, 4)
    """

    data_sets: pd.DataFrame
    metrics: pd.DataFrame
    reliability: pd.DataFrame | None
    kinds: pd.DataFrame | None

    @property
    def ece(self) -> float:
        """Expected calibration error over the pairs of all data sets."""
        return _NAN if self.reliability is None else calibration_error(self.reliability)

    @property
    def ece_above_half(self) -> float:
        """The same over posteriors of one half and more."""
        return _NAN if self.reliability is None else calibration_error(self.reliability, 0.5)

    def summary(self) -> pd.DataFrame:
        """The mean of every metric as a table of one row, with the level and ``n_data_sets``."""
        first = {"level": self.data_sets["level"].iloc[0], "n_data_sets": len(self.data_sets)}
        return pd.DataFrame([{**first, **self.metrics["mean"].to_dict()}])

    def __repr__(self) -> str:
        mean = self.metrics["mean"]
        n = len(self.data_sets)
        lines = [
            f"Mean over {n} data set{'' if n == 1 else 's'}",
            f"  precision {mean['precision']:.3f}, recall {mean['recall']:.3f}, "
            f"F1 {mean['f1']:.3f}, orientation {mean['orientation_accuracy']:.3f}, "
            f"coverage {mean['coverage']:.3f}",
        ]
        if not np.isnan(mean["aupr"]):
            lines.append(f"  AUPR {mean['aupr']:.3f}, AUROC {mean['auroc']:.3f}")
        if self.reliability is not None:
            lines.append(
                f"  calibration error of all pairs {self.ece:.3f} "
                f"(above one half {self.ece_above_half:.3f}), "
                f"FDR claimed {mean['claimed_fdr']:.3f}, true {mean['true_fdr']:.3f}"
            )
        return "\n".join(lines)


def pool(evaluations: Sequence[Evaluation]) -> PooledEvaluation:
    """Mean metrics of several data sets, and the reliability of all their posteriors together.

    Parameters
    ----------
    evaluations : sequence of Evaluation
        Of one level; those without posteriors do not enter the reliability.

    Returns
    -------
    PooledEvaluation

    Raises
    ------
    DegenerateDataError
        There is no evaluation.
    InconsistentInputsError
        Their levels or the bins of their posteriors differ.

    Examples
    --------
    >>> from genesis.evaluate import evaluate
    >>> truth = np.array([[0, 1], [0, 0]], dtype=bool)
    >>> both = pool([evaluate(truth, truth), evaluate(truth.T, truth)])
    >>> both.metrics.loc["precision"].tolist()
    [0.5, 0.7071067811865476, 2.0]
    """
    if not evaluations:
        raise DegenerateDataError("no evaluations to pool; give at least one")
    levels = sorted({one.level for one in evaluations})
    if len(levels) > 1:
        raise InconsistentInputsError(
            f"evaluations of levels {' and '.join(levels)} do not belong together; pool them apart"
        )
    metrics = pd.DataFrame([one.metrics for one in evaluations])
    return PooledEvaluation(
        data_sets=pd.concat([one.summary() for one in evaluations], ignore_index=True),
        metrics=pd.DataFrame({"mean": metrics.mean(), "sd": metrics.std(), "n": metrics.count()}),
        reliability=_pooled_reliability(
            [one.reliability for one in evaluations if one.reliability is not None]
        ),
        kinds=pooled_kinds([one.kinds for one in evaluations if one.kinds is not None]),
    )


def _pooled_reliability(tables: list[pd.DataFrame]) -> pd.DataFrame | None:
    if not tables:
        return None
    bins = tables[0][["lower", "upper"]]
    if not all(table[["lower", "upper"]].equals(bins) for table in tables):
        raise InconsistentInputsError(
            "the posteriors were put into different bins; evaluate with the same bins"
        )
    counts = sum(table[["n", "n_true"]] for table in tables)
    totals = sum((table["n"] * table["mean_posterior"]).fillna(0.0) for table in tables)
    return completed(pd.concat([bins, counts], axis=1), np.asarray(totals, dtype=np.float64))
