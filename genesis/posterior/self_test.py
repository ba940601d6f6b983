"""The self-test: what is claimed in half of the people, looked for in the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from genesis.engine.overall_progress import Parts
from genesis.engine.progress import Progress
from genesis.engine.runner import Runner
from genesis.errors import DegenerateDataError
from genesis.findings.relations import RESTS_ON
from genesis.inputs.collect import Inputs
from genesis.options import CalibratedOptions
from genesis.posterior.half_fits import HalfClaims, begin_split, halver_of
from genesis.replication.bins import EDGES, plain_rows, replication_table
from genesis.replication.by_layers import ClaimedLayers, replication_by_layers
from genesis.replication.curves import HOLDS, Curve, fit_curve
from genesis.replication.side_by_side import side_by_side
from genesis.replication.statistic import AnchoredClaims
from genesis.replication.verdict import outcome, verdict, verdicts_by_layers

__all__ = [
    "FEWEST_GENES",
    "FEWEST_SAMPLES",
    "SelfTest",
    "begin_self_test",
    "finish_self_test",
    "number_of_splits",
]

#: With fewer degrees of freedom in a half, or fewer genes, halves say too little.
FEWEST_SAMPLES, FEWEST_GENES = 30, 10
#: With fewer a half cannot be analysed at all.
LEAST_SAMPLES = 5
#: Hidden factors predict better where they do so by so many standard errors, and do not where they
#: predict worse by so many: what is not needed is not missed.
CLEARLY, CLEARLY_WORSE = 3.0, 1.0


@dataclass(frozen=True, eq=False)
class SelfTest:
    """What halves of the samples said of the models.

    Attributes
    ----------
    halves : list of dict of bool to HalfClaims
        What each half said of the other, without and with hidden factors, as far as these were in
        question.
    record : dict
        For the record of the run.
    """

    halves: list[dict[bool, HalfClaims]]
    record: dict[str, Any]


def begin_self_test(
    inputs: Inputs, options: CalibratedOptions, runner: Runner, progress: Progress
) -> tuple[bool | None, Callable[[], SelfTest | None]]:
    """Begin to fit halves of the samples; models are compared by how they predict the other.

    Parameters
    ----------
    inputs : Inputs
    options : CalibratedOptions
    runner : Runner
    progress : callable

    Returns
    -------
    needs_factors : bool or None
        Whether hidden factors predict unseen samples better; None where neither model is clearly
        ahead, or only one was in question.
    collect : callable
        Waits for what is under way, and returns the `SelfTest`, None where it is off.

    Raises
    ------
    DegenerateDataError
        A number of splits is asked for, and halves are too small to be analysed.
    """
    if options.self_test in ("off", 0):
        return None, lambda: None
    rank = inputs.basis.shape[1] - 1
    n_splits = number_of_splits(options.self_test, len(inputs.genes), len(inputs.dosages), rank)
    if not n_splits:
        why = (
            f"Not made: it takes at least {FEWEST_GENES} genes, and {FEWEST_SAMPLES} samples more "
            "than the rank of covariates in each half."
        )
        outcome_of = {"says": "not made", "seen": None, "expected": None}
        none = SelfTest([], {"splits": 0, "bins": [], "verdict": why, "outcome": outcome_of})
        return None, lambda: none
    in_question = (False, True) if options.hidden_factors == "auto" else (True,)
    if options.hidden_factors in ("none", 0):
        in_question = (False,)
    halves: list[dict[bool, HalfClaims]] = []
    under_way: list[Callable[[], dict[bool, HalfClaims]]] = []
    compared: list[np.ndarray] = []
    halver = halver_of(inputs, runner.threads)
    needs_factors: bool | None = None
    record: dict[str, Any] = {}
    parts = Parts(progress)
    for number in range(n_splits):
        rows = halver.halves(options.seed + number)
        first, second = map(inputs.of_samples, rows)
        least = min(first.n_effective, second.n_effective)
        if least < LEAST_SAMPLES:
            raise DegenerateDataError(
                f"self_test {n_splits}: half of the samples less the rank of covariates leave "
                f"{least}, and it takes {LEAST_SAMPLES}: leave self_test at 'auto', or 'off'"
            )
        # No more than one split is under way: each holds a copy of the data.
        halves += [collect() for collect in under_way]
        under_way = []
        for way, (one, other) in enumerate(((first, second), (second, first))):
            models = in_question if needs_factors is None else (needs_factors,)
            collect, gain = begin_split(
                one, other, rows[1 - way], options, 2 * number + way, models,
                lambda more: _which_predicts_better([*compared, more])[0], runner, parts,
                2 * n_splits - (2 * number + way) - 1,
            )  # fmt: skip
            under_way.append(collect)
            if gain is not None:
                compared.append(gain)
                needs_factors, record = _which_predicts_better(compared)

    def collect_all() -> SelfTest:
        tested = [*halves, *(collect() for collect in under_way)]
        parts.end()
        record_of = {"splits": n_splits, "kinship": halver.notes, "hidden_factors": record}
        return SelfTest(tested, record_of)

    return needs_factors, collect_all


def number_of_splits(asked: int | str, n_genes: int, n_samples: int, rank: int) -> int:
    """Splits of the samples that are made, of covariates of this rank; 0 for none.

    Examples
    --------
    >>> number_of_splits("auto", 100, 300, 5), number_of_splits("auto", 100, 60, 5)
    (1, 0)
    """
    if asked == "auto":
        return int(n_samples // 2 - rank >= FEWEST_SAMPLES and n_genes >= FEWEST_GENES)
    return 0 if asked == "off" else int(asked)


def _which_predicts_better(compared: list[np.ndarray]) -> tuple[bool | None, dict[str, Any]]:
    """Whether hidden factors predict the other halves better, and by how much in all samples."""
    difference = np.concatenate(compared)
    # However many splits there are, they are of the same samples.
    n = len(difference) * min(len(compared), 2) / len(compared)
    gain, error = float(n * difference.mean()), float(np.sqrt(n) * difference.std())
    needs_factors = None if -CLEARLY_WORSE * error < gain < CLEARLY * error else gain > 0
    return needs_factors, {
        "gain_in_unseen_samples": round(gain, 2),
        "se": round(error, 2),
        "samples_predicted": round(n),
    }


def finish_self_test(
    found: SelfTest, uses_factors: bool, is_cis: bool
) -> tuple[dict[str, Curve], dict[str, Any]]:
    """What posteriors become, by what claims rest on, and the record of the self-test.

    Parameters
    ----------
    found : SelfTest
    uses_factors : bool
        Whether the model that is used has hidden factors.
    is_cis : bool
        Whether anchors are known to act on their own gene and on no other but through it. If any
        variant may act on any gene, that it is seen in another says nothing of the first.
    """
    if not found.halves:
        return {}, found.record
    if not is_cis:
        why = (
            "Not tested in the other half: any variant may act on any gene here, so that an effect "
            "of an anchor on another gene says nothing of its own gene."
        )
        outcome_of = {"says": "any variant", "seen": None, "expected": None}
        return {}, {**found.record, "bins": [], "verdict": why, "outcome": outcome_of}
    parts = [one.get(uses_factors, next(iter(one.values()))) for one in found.halves]
    claims, variants, genes = _side_by_side(parts)
    rests_on = np.array(RESTS_ON, dtype=object)[np.concatenate([part.rests_on for part in parts])]
    table = replication_table(claims, rests_on, variants, genes)
    curves = {
        kind: fit_curve(table[table["rests_on"] == kind], holds) for kind, holds in HOLDS.items()
    }
    total = sum(part.n_claimed for part in parts)
    n_claimed = dict(zip(EDGES[:-1], np.asarray(total).tolist(), strict=True))
    not_tested: dict[str, int] = {}
    for part in parts:
        for reason, number in part.not_tested.items():
            not_tested[reason] = not_tested.get(reason, 0) + number
    return curves, {
        **found.record,
        "bins": plain_rows(table),
        "not_tested": not_tested,
        "verdict": verdict(table, n_claimed, found.record["splits"]),
        "outcome": outcome(table, n_claimed),
        **_by_layers(parts, claims, variants, genes, found.record["splits"]),
        "curves": {
            kind: {
                "posterior": curve.posterior.round(4).tolist(),
                "calibrated": curve.calibrated.round(4).tolist(),
                "is_known": curve.is_known,
            }
            for kind, curve in curves.items()
        },
    }


def _by_layers(
    parts: list[HalfClaims],
    claims: AnchoredClaims,
    variants: np.ndarray,
    genes: np.ndarray,
    n_splits: int,
) -> dict[str, Any]:
    """The same by the layers of cause and target, where there are several."""
    every = [part.claimed for part in parts if part.claimed is not None]
    if not every:
        return {}
    claimed = ClaimedLayers(every[0].names)
    claimed.number += sum(one.number for one in every)
    layers = [part.layers for part in parts if part.layers is not None]
    first, second = np.concatenate(layers, axis=1)
    table = replication_by_layers(claims, first, second, claimed, variants, genes)
    return {
        "by_layers": plain_rows(table),
        "verdicts_by_layers": verdicts_by_layers(table, n_splits),
    }


def _side_by_side(parts: list[HalfClaims]) -> tuple[AnchoredClaims, np.ndarray, np.ndarray]:
    """Claims of several halves; a gene whose claims are tested in two of them is at one locus."""
    n_loci = np.cumsum([0, *(int(part.claims.locus.max(initial=-1)) + 1 for part in parts)])
    locus = np.concatenate(
        [part.claims.locus + before for part, before in zip(parts, n_loci, strict=False)]
    )
    gene = np.concatenate([part.gene[part.claims.cause] for part in parts])
    size = int(n_loci[-1]) + int(gene.max(initial=-1)) + 1
    links = sparse.coo_array((np.ones(len(gene)), (locus, n_loci[-1] + gene)), shape=(size, size))
    locus = csgraph.connected_components(links, directed=False)[1][locus].astype(np.int64)
    claims, variants, genes = side_by_side(
        [(part.claims, part.variants, part.genes) for part in parts],
        [part.samples for part in parts],
        1 + max(int(part.samples.max()) for part in parts),
    )
    return replace(claims, locus=locus), variants, genes
