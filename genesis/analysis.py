"""What a run does with inputs that are collected: a method, the loci, figures for people."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

from genesis._version import __version__
from genesis.diagnostics.measure import measure
from genesis.engine.clock import Clock
from genesis.engine.memory import PairWork, plan_tiles
from genesis.engine.progress import Progress
from genesis.engine.resources import Resources
from genesis.engine.threads import available_threads, one_blas_thread
from genesis.findings.findings import LISTED_GENES
from genesis.findings.sampled_graphs import KEPT_GENES
from genesis.inputs.collect import Inputs
from genesis.inputs.seconds_beside import seconds_beside
from genesis.loci.locus_table import add_ancestors
from genesis.loci.which_gene import find_loci
from genesis.options import Options
from genesis.posterior.analyse_calibrated import analyse_calibrated
from genesis.posterior.chain_forecast import say_time, seconds_by_stage
from genesis.posterior.chains.chain_memory import ChainWork, plan_chains
from genesis.posterior.self_test import number_of_splits
from genesis.result.result import Result
from genesis.result.run_environment import run_environment
from genesis.rules.analyse_rules import analyse_by_rules
from genesis.rules.search_time import say_search_time, search_seconds

__all__ = ["ALIKE", "Expected", "analyse", "expect"]

#: Stages whose work is of one kind: where one takes longer than expected, so will the others.
ALIKE = ("self-test", "sampling")


class Expected(NamedTuple):
    """What an analysis will take: bytes at its peak, seconds of its stages, all of it in words.

    The stages are in their order.
    """

    memory: int
    seconds: dict[str, float]
    time: str


def expect(
    options: Options,
    *,
    n_genes: int,
    n_variants: int,
    n_samples: int,
    rank: int,
    input_bytes: int,
    max_memory: int | None = None,
    on_cluster: bool = False,
    has_traits: bool = False,
) -> Expected:
    """What an analysis of inputs of this size will take, before it begins.

    Parameters
    ----------
    options : Options
        None of them is open any more.
    n_genes, n_variants, n_samples : int
    rank : int
        Of the covariates.
    input_bytes : int
        Genotypes and expression as they are held.
    max_memory : int, optional
        Bytes.
    on_cluster : bool
    has_traits : bool
        Whether graphs are kept up to traits, however many genes there are.

    Raises
    ------
    MemoryBudgetError
        `max_memory` does not suffice.

    Examples
    --------
    >>> sizes = dict(n_genes=2000, n_variants=100_000, n_samples=500, rank=5, input_bytes=0)
    >>> list(expect(Options(all_snps=False, threads=2), **sizes).seconds)
    ['anchors', 'self-test', 'sampling', 'tables']
    """
    threads = options.threads or available_threads()
    if options.method == "rules":
        pairs = PairWork(n_genes, n_variants, n_samples, input_bytes, threads, LISTED_GENES)
        _, peak = plan_tiles(pairs, max_memory)
        stages = {"sweep": search_seconds(n_genes, n_samples, threads)}
        time = say_search_time(n_genes, n_samples, threads)
    else:
        work = ChainWork.of_run(
            n_genes, n_variants, n_samples, input_bytes, options, threads, on_cluster,
            with_variants=n_genes <= KEPT_GENES or has_traits or options.paths_to is not None,
        )  # fmt: skip
        at_once, peak = plan_chains(work, max_memory)
        n_splits = number_of_splits(options.self_test, n_genes, n_samples, rank)
        work = dataclasses.replace(work, threads=at_once or threads)
        stages = seconds_by_stage(work, n_splits)
        time = say_time(work, n_splits)
    before, after = seconds_beside(n_genes)
    return Expected(peak, {"anchors": before, **stages, "tables": after}, time)


def analyse(
    genotypes: Any,
    inputs: Inputs,
    options: Options,
    progress: Progress,
    clock: Clock,
    resources: Resources,
) -> Result:
    """Analyse inputs by the method that the options name.

    Parameters
    ----------
    genotypes : Genotypes, pandas.DataFrame or array
        As they were given, for the diagnostics.
    inputs : Inputs
        Normalised.
    options : Options
        None of them is open any more.
    progress : callable
    clock : Clock
    resources : Resources
    """
    with one_blas_thread():
        by_method = analyse_by_rules if options.method == "rules" else analyse_calibrated
        result = by_method(inputs, options, progress, clock, resources)
        clock.lap("tables")
        loci, learned = find_loci(inputs, options, resources.threads)
        loci = add_ancestors(loci, result)
        clock.lap("loci")
        diagnostics = measure(genotypes, inputs, options, result)
    clock.lap("diagnostics")
    result.run.update(
        genesis=__version__,
        options=dataclasses.asdict(options),
        started=clock.started,
        environment=run_environment(),
        seconds=clock.seconds,
        loci=learned,
        notes=inputs.notes,
    )
    found = {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
    return Result(**{**found, "loci": loci, "diagnostics": diagnostics})
