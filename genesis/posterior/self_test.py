"""The self-test: what is claimed in half of the people, looked for in the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from genesis.engine.progress import Progress
from genesis.engine.runner import Runner
from genesis.findings.relations import RESTS_ON
from genesis.inputs.collect import Inputs
from genesis.options import CalibratedOptions
from genesis.posterior.half_fits import HalfFit, Split, fit_split, halves_of, tested
from genesis.replication.bins import EDGES, replication_table
from genesis.replication.curves import HOLDS, Curve, fit_curve
from genesis.replication.statistic import AnchoredClaims
from genesis.replication.verdict import verdict

__all__ = ["FEWEST_GENES", "FEWEST_SAMPLES", "SelfTest", "begin_self_test", "finish_self_test"]

#: With fewer degrees of freedom, or fewer genes, halves say too little.
FEWEST_SAMPLES, FEWEST_GENES = 60, 10
#: One model predicts better than the other where it does so by so many standard errors.
CLEARLY = 2.0


@dataclass(frozen=True, eq=False)
class SelfTest:
    """What halves of the samples said of the models.

    Attributes
    ----------
    needs_factors : bool or None
        Whether hidden factors predict unseen samples better; None where neither model is clearly
        ahead, or only one was in question.
    splits : list of Split
    record : dict
        For the record of the run.
    """

    needs_factors: bool | None
    splits: list[Split]
    record: dict[str, Any]


def begin_self_test(
    inputs: Inputs, options: CalibratedOptions, runner: Runner, progress: Progress
) -> SelfTest | None:
    """Fit halves of the samples, each way, and compare models by how they predict the other.

    Parameters
    ----------
    inputs : Inputs
    options : CalibratedOptions
    runner : Runner
    progress : callable

    Returns
    -------
    SelfTest or None
        None where it is off.
    """
    if options.self_test == "off":
        return None
    n_splits = 1 if options.self_test == "auto" else int(options.self_test)
    if options.self_test == "auto" and not _suffices(inputs):
        why = (
            f"Not made: it takes at least {FEWEST_SAMPLES} samples less the rank of covariates, "
            f"and {FEWEST_GENES} genes."
        )
        return SelfTest(None, [], {"splits": 0, "bins": [], "verdict": why})
    in_question = (False, True) if options.hidden_factors == "auto" else (True,)
    if options.hidden_factors in ("none", 0):
        in_question = (False,)
    splits: list[Split] = []
    compared: list[np.ndarray] = []
    notes: list[str] = []
    needs_factors: bool | None = None
    record: dict[str, Any] = {}
    for number in range(n_splits):
        first, second, notes = halves_of(inputs, options.seed + number, runner.threads)
        for way, (one, other) in enumerate(((first, second), (second, first))):
            models = in_question if needs_factors is None else (needs_factors,)
            split = fit_split(one, other, options, 2 * number + way, models, runner, progress)
            splits.append(split)
            if len(split.fits) == 2:
                compared.append(split.fits[True].unseen_density - split.fits[False].unseen_density)
                needs_factors, record = _which_predicts_better(compared)
    return SelfTest(
        needs_factors, splits, {"splits": n_splits, "kinship": notes, "hidden_factors": record}
    )


def _suffices(inputs: Inputs) -> bool:
    return inputs.n_effective >= FEWEST_SAMPLES and len(inputs.genes) >= FEWEST_GENES


def _which_predicts_better(compared: list[np.ndarray]) -> tuple[bool | None, dict[str, Any]]:
    """Whether hidden factors predict the other halves better, and by how much in all samples."""
    difference = np.concatenate(compared)
    # However many splits there are, they are of the same samples.
    n = len(difference) * min(len(compared), 2) / len(compared)
    gain, error = float(n * difference.mean()), float(np.sqrt(n) * difference.std())
    return None if abs(gain) < CLEARLY * error else gain > 0, {
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
    if not found.splits:
        return {}, found.record
    if not is_cis:
        why = (
            "Not tested in the other half: any variant may act on any gene here, so that an effect "
            "of an anchor on another gene says nothing of its own gene."
        )
        return {}, {**found.record, "bins": [], "verdict": why}
    fits = [split.fits.get(uses_factors, next(iter(split.fits.values()))) for split in found.splits]
    parts = [tested(split, fit) for split, fit in zip(found.splits, fits, strict=True)]
    claims, variants, genes = _side_by_side(parts)
    rests_on = np.array(RESTS_ON, dtype=object)[np.concatenate([part[1] for part in parts])]
    table = replication_table(claims, rests_on, variants, genes)
    curves = {
        kind: fit_curve(table[table["rests_on"] == kind], holds) for kind, holds in HOLDS.items()
    }
    not_tested: dict[str, int] = {}
    for part in parts:
        for reason, number in part[2].items():
            not_tested[reason] = not_tested.get(reason, 0) + number
    return curves, {
        **found.record,
        "bins": [_plain(row) for row in table.to_dict("records")],
        "not_tested": not_tested,
        "verdict": verdict(table, _claimed(fits), found.record["splits"]),
        "curves": {
            kind: {
                "posterior": curve.posterior.round(4).tolist(),
                "calibrated": curve.calibrated.round(4).tolist(),
                "is_known": curve.is_known,
            }
            for kind, curve in curves.items()
        },
    }


def _claimed(fits: list[HalfFit]) -> dict[float, int]:
    """Claims in each bin of all the halves, by its lower end."""
    number, _ = np.histogram(
        np.concatenate([fit.posterior.ancestor.ravel() for fit in fits]), bins=np.array(EDGES)
    )
    return dict(zip(EDGES[:-1], number.tolist(), strict=True))


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and not np.isfinite(value) else value
        for name, value in row.items()
    }


def _side_by_side(
    parts: list[tuple[AnchoredClaims, np.ndarray, dict[str, int], np.ndarray, np.ndarray]],
) -> tuple[AnchoredClaims, np.ndarray, np.ndarray]:
    """Claims of several halves with the samples of all, none of which is in two rows of a kind."""
    n_samples = [part[3].shape[1] for part in parts]
    rows: list[list[np.ndarray]] = [[], []]
    columns: dict[str, list[np.ndarray]] = {name: [] for name in vars(parts[0][0])}
    n_variants = n_genes = n_loci = 0
    of_gene: list[np.ndarray] = []
    for number, (claims, _, _, variants, genes) in enumerate(parts):
        before, after = sum(n_samples[:number]), sum(n_samples[number + 1 :])
        for kept, one in zip(rows, (variants, genes), strict=True):
            kept.append(np.pad(one, ((0, 0), (before, after))))
        offset = {"cause": n_genes, "target": n_genes, "anchor": n_variants, "locus": n_loci}
        of_gene.append(claims.cause)
        for name, column in vars(claims).items():
            columns[name].append(column + offset.get(name, 0))
        n_variants, n_genes = n_variants + len(variants), n_genes + len(genes)
        n_loci += int(claims.locus.max(initial=-1)) + 1
    merged = {name: np.concatenate(column) for name, column in columns.items()}
    # A gene whose claims are tested in two halves is at one locus.
    gene, locus = np.concatenate(of_gene), merged["locus"]
    size = n_loci + int(gene.max(initial=-1)) + 1
    links = sparse.coo_array((np.ones(len(gene)), (locus, n_loci + gene)), shape=(size, size))
    merged["locus"] = csgraph.connected_components(links, directed=False)[1][locus].astype(np.int64)
    variants, genes = (np.concatenate(one) for one in rows)
    return AnchoredClaims(**merged), variants, genes
