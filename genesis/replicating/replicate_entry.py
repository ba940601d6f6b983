"""`genesis.replicate`: of the samples themselves, of a run in a second cohort, of a table."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genesis.engine.progress import Progress
from genesis.errors import CommandLineError
from genesis.findings.findings import Findings
from genesis.inputs.given_layers import GivenLayers, layers_given
from genesis.inputs.layer_order import EXPRESSION
from genesis.io.ids import counted, first_few
from genesis.options import Options, PreparationOptions
from genesis.prepare.normalise import steps_for
from genesis.replicating.claimed import claims_of_result
from genesis.replicating.halved_data import HalvedData
from genesis.replicating.held_against import Held, hold_against, pool
from genesis.replicating.matched_data import match_data
from genesis.replicating.replication_outcome import Replication
from genesis.replicating.second_samples import SecondSamples
from genesis.replication.bins import EDGES, in_bin
from genesis.replication.verdict import verdict, verdicts_by_layers
from genesis.result.loading import load_result

__all__ = ["replicate"]

_BELOW = f"posterior below {EDGES[0]:g}"


def replicate(
    genotypes: Any,
    expression: Any,
    *,
    variants: pd.DataFrame | None = None,
    genes: pd.DataFrame | None = None,
    covariates: Any = None,
    anchors: pd.DataFrame | None = None,
    traits: Any = None,
    layers: Mapping[str, Any] | None = None,
    order: str | None = None,
    trait_feedback: bool = False,
    trait_hits: pd.DataFrame | None = None,
    run: Findings | str | Path | None = None,
    claims: pd.DataFrame | str | Path | None = None,
    splits: int = 1,
    preparation: PreparationOptions | None = None,
    options: Options | None = None,
    max_memory: int | str | None = None,
    progress: Progress | None = None,
    say: Callable[[str], None] | None = None,
    force: bool = False,
    **given: Any,
) -> Replication:
    """See how much of what claims predict is there in samples that had no part in them.

    An anchor of a that changes a by α changes b by α·e where a ≺ b with a total effect e, in
    anybody's data, and does not where a and b only share a cause. The share of the predicted
    effects that is seen, λ, is the share of the claims that is true, weighed by their effects.

    What is held against what depends on `run` and `claims`:

    * without either, the samples are split in two at random, `genesis.discover` is run on one
      half, and its claims are tested on the other. Normalisation, covariates, components and
      hidden factors are those of each half alone; relatives (KING, up to the third degree) stay
      on one side;
    * `run`: the claims of a finished run are tested in these data, a second cohort;
    * `claims`: those of another program are tested, each half of the samples with the anchors
      that the other half chooses.

    Parameters
    ----------
    genotypes, expression, variants, genes, covariates, force :
        As for `genesis.discover`.
    anchors : pandas.DataFrame, optional
        gene_id, variant_id: anchors you already have, used instead of a search; not with `run`.
    traits, layers :
        As for `genesis.discover`; a table may name their nodes in `claims`, by the ids that
        `Result.genes` would have. λ is told from each layer to each other then.
    order, trait_feedback, trait_hits :
        As for `genesis.discover`; not with `run`.
    run : Result, str or Path, optional
        A result, or the prefix of one. Genes and variants are matched by their ids.
    claims : pandas.DataFrame, str or Path, optional
        gene_a, gene_b, effect (of a on b, in standard deviations), and perhaps posterior and
        rests_on; or a file of these. They should not have been made from these very samples:
        their noise would be seen again.
    splits : int
        How many splits are made. Every second one is the one before with its halves exchanged, so
        that 2 use each sample once for each purpose. With `claims` each split is used both ways.
    preparation : PreparationOptions, optional
        Each half, or the second cohort, is prepared with these by `genesis.prepare.prepare`,
        its steps of normalisation among them. In the samples that test, no variant or gene is
        left out.
    options : Options, optional
        Those of `genesis.discover`, or else some of them by name, such as ``seed=3``. Split k is
        drawn with the seed ``seed + (k - 1) // 2``.
    max_memory, progress, say :
        As for `genesis.discover`.

    Returns
    -------
    Replication

    Raises
    ------
    CommandLineError
        Arguments exclude each other, or one has a value that cannot be used.
    InconsistentInputsError
        Inputs do not belong together, or a run is of ``method="rules"``, which predicts nothing.
    DegenerateDataError
        A half has too few samples.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> z = rng.binomial(2, 0.4, size=(800, 8)).astype(float)
    >>> a = z[:, :4] + rng.normal(size=(800, 4))
    >>> b = a + z[:, 4:] + rng.normal(size=(800, 4))
    >>> found = replicate(z, np.column_stack([a, b]))
    >>> found.verdict[:71]
    'Of 4 claims at a posterior of 0.9 or more, 4 could be tested at 4 loci:'
    >>> best = found.table.query("rests_on == 'all' and lower == 0.9").iloc[0]
    >>> bool(best["low"] < 1 < best["high"])
    True
    """
    asked = _options(options, given)
    if run is not None and claims is not None:
        raise CommandLineError("run and claims are both given: one of them can be tested at a time")
    if run is not None and anchors is not None:
        raise CommandLineError("anchors are given beside run, which has those of its own")
    is_whole = isinstance(splits, int | np.integer) and not isinstance(splits, bool)
    if not is_whole or splits < 1 or (run is not None and splits != 1):
        more = "there is nothing to split with run" if run is not None else "it must be 1 or more"
        raise CommandLineError(f"splits is {splits!r}: {more}")
    of_layers: dict[str, Any] = {
        "order": order,
        "trait_feedback": trait_feedback,
        "trait_hits": trait_hits,
    }
    if run is not None:
        told = [name for name, one in of_layers.items() if one is not None and one is not False]
        if told:
            raise CommandLineError(f"{told[0]} is given beside run, which has that of its own")
    first, beside = layers_given(expression, layers, traits, **of_layers)
    places = {"variants": variants, "genes": genes if first.places is None else first.places}
    if first.steps is not None:
        asked = dataclasses.replace(asked, normalise=first.steps)
    if run is not None:
        result = run if isinstance(run, Findings) else load_result(run)
        tests, notes = _in_second_cohort(
            result, (genotypes, first.values, covariates), beside, places, preparation, asked
        )
        what = "run"
    else:
        data = match_data(genotypes, first.values, covariates, beside)
        if data.layers.others and preparation is not None and data.samples is None:
            raise CommandLineError(
                "a preparation matches samples by their names, which some layer has not: give all "
                "of them as tables with sample names"
            )
        work = HalvedData(
            data, places, of_layers, anchors, preparation, asked, max_memory, progress, say, force
        )
        tests, notes = work.of_table(claims, splits) if claims is not None else work.fit(splits)
        what = "splits" if claims is None else "claims"
    return _outcome(tests, notes, what, asked, preparation, 1 if what == "run" else splits)


def _options(options: Options | None, given: dict[str, Any]) -> Options:
    """The options of `discover`, by name or all at once."""
    if options is not None and (given or not isinstance(options, Options)):
        raise CommandLineError(
            "options must be made by genesis.Options(...), and have no other option beside it"
        )
    names = [one.name for one in dataclasses.fields(Options)]
    unknown = [name for name in given if name not in names]
    if unknown:
        raise CommandLineError(f"{unknown[0]!r} is no option: there are {', '.join(names)}")
    asked = options or Options(**given)
    if asked.method != "calibrated":
        raise CommandLineError(
            f"method {asked.method!r} predicts no effects that could be seen again: "
            "use 'calibrated'"
        )
    return asked


def _in_second_cohort(
    result: Findings,
    data: tuple[Any, Any, Any],
    beside: GivenLayers,
    places: dict[str, Any],
    preparation: PreparationOptions | None,
    asked: Options,
) -> tuple[list[Held], list[str]]:
    """The claims of a run in samples of others."""
    claimed = claims_of_result(result)
    steps = asked.normalise if preparation is None else preparation.normalise
    if steps is None:  # as the run was normalised
        steps = result.run["options"].get("normalise")
    by_layer = "layer" in result.genes or beside.others
    second = SecondSamples(
        *data, **places, steps=steps_for(data[1], steps), preparation=preparation,
        given=_normalised_as(result, beside), nodes=result.genes if by_layer else None,
    )  # fmt: skip
    notes = [*second.inputs.notes, *_lost_layers(result, beside)]
    genes = sorted({*claimed.claims["gene_a"], *claimed.claims["gene_b"]})
    variants = sorted(set(claimed.anchors["variant_id"]))
    for ids, found, what in (
        (genes, second.has_genes(genes), "gene"),
        (variants, second.has_variants(variants), "anchor"),
    ):
        lost = [name for name, is_there in zip(ids, found, strict=True) if not is_there]
        if lost:
            notes.append(
                f"{len(lost)} of {counted(len(ids), what)} are not in the second cohort by their "
                f"ids: {first_few(lost)}."
            )
    if result.run["options"].get("anchor_kind", "effect") != "effect":
        notes.append(
            "The run lets variants stand for the gene at their locus: effects that do not pass "
            "through its expression are predicted too large or too small."
        )
    held = hold_against(claimed, second, other_alleles=True)
    if held.n_turned:
        notes.append(
            f"{counted(held.n_turned, 'anchor')} with alleles counted the other way round in the "
            "second cohort: turned."
        )
    return [held], notes


def _normalised_as(result: Findings, beside: GivenLayers) -> GivenLayers:
    """The layers with the steps that the run had for them, where none are asked for."""
    of_run = result.run.get("layers", {}).get("normalise", {})
    others = [
        dataclasses.replace(one, steps=of_run.get(one.name) if one.steps is None else one.steps)
        for one in beside.others
    ]
    return dataclasses.replace(beside, others=others)


def _lost_layers(result: Findings, beside: GivenLayers) -> list[str]:
    """A note on the layers of the run that the second cohort has not."""
    if "layer" not in result.genes:
        return []
    given = {beside.first, *(one.name for one in beside.others)} if beside.others else {EXPRESSION}
    lost = [str(name) for name in result.genes["layer"].unique() if name not in given]
    if not lost:
        return []
    return [
        f"The run has layers that are not given here: {', '.join(lost)}; claims on their nodes are "
        "not tested."
    ]


def _outcome(
    tests: list[Held],
    notes: list[str],
    what: str,
    asked: Options,
    preparation: PreparationOptions | None,
    splits: int,
) -> Replication:
    table, claims, by_layers = pool(tests, same_claims=what == "claims")
    every = tests if what != "claims" else tests[:1]  # the same claims in each of the tests
    posterior = np.concatenate([test.claimed.claims["posterior"].to_numpy() for test in every])
    bins = {
        lower: int(in_bin(posterior, lower, upper).sum())
        for lower, upper in itertools.pairwise(EDGES)
    }
    not_tested = {
        reason: sum(test.not_tested[reason] for test in tests) for reason in tests[0].not_tested
    }
    counts = {
        "tests": len(tests),
        "samples": [test.second.n_samples for test in tests],
        "claims": {f"{lower:g}": n for lower, n in bins.items()},
        "tested": len(claims) if what != "claims" else _n_pairs(claims),
        "not_tested": {
            **{reason: n for reason, n in not_tested.items() if n},
            **({_BELOW: every[0].claimed.n_below} if every[0].claimed.n_below else {}),
        },
        "anchors_turned": sum(test.n_turned for test in tests),
    }
    record: dict[str, Any] = {"kind": what, "splits": splits, "options": dataclasses.asdict(asked)}
    if preparation is not None:
        record["preparation"] = dataclasses.asdict(preparation)
    n_splits = len(tests) if what == "splits" else 1
    said = verdict(table, bins, n_splits)
    if by_layers is not None:
        said = " ".join([said, *verdicts_by_layers(by_layers, n_splits)])
    return Replication(table, said, claims, counts, notes, record, by_layers)


def _n_pairs(claims: pd.DataFrame) -> int:
    """How many claims there are, whatever the number of tests of each."""
    return len(claims.drop_duplicates(["gene_a", "gene_b"]))
