"""What a run does with inputs that are collected: a method, the loci, figures for people."""

from __future__ import annotations

import dataclasses
from typing import Any

from genesis._version import __version__
from genesis.diagnostics.measure import measure
from genesis.engine.clock import Clock
from genesis.engine.progress import Progress
from genesis.engine.resources import Resources
from genesis.engine.threads import one_blas_thread
from genesis.inputs.collect import Inputs
from genesis.loci.locus_table import add_ancestors
from genesis.loci.which_gene import find_loci
from genesis.options import Options
from genesis.posterior.analyse_calibrated import analyse_calibrated
from genesis.result.result import Result
from genesis.result.run_environment import run_environment
from genesis.rules.analyse_rules import analyse_by_rules

__all__ = ["analyse"]


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
        loci, learned = find_loci(inputs, options)
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
