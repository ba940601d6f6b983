"""`genesis.discover`: from genotypes and expression to a result."""

from __future__ import annotations

import dataclasses
import math
import numbers
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genesis._version import __version__
from genesis.diagnostics.measure import measure
from genesis.engine.checkpoint import require_checkpoint
from genesis.engine.clock import Clock
from genesis.engine.memory import parse_memory
from genesis.engine.progress import Progress, no_progress, say_nothing
from genesis.engine.resources import Resources
from genesis.engine.threads import available_threads, one_blas_thread
from genesis.errors import CommandLineError
from genesis.inputs.collect import Inputs, collect_inputs
from genesis.posterior.analyse_calibrated import analyse_calibrated
from genesis.prepare.normalise import normalise_inputs
from genesis.result.result import Result
from genesis.rules import search as rules
from genesis.rules.analyse_rules import analyse_by_rules

__all__ = ["discover"]

#: Sweeps are counted in one byte a pair.
MOST_SWEEPS = 126


def discover(
    genotypes: Any,
    expression: Any,
    *,
    method: str = "calibrated",
    profile: str = "stable",
    variants: pd.DataFrame | None = None,
    genes: pd.DataFrame | None = None,
    covariates: Any = None,
    anchors: pd.DataFrame | None = None,
    cis_window: int = 1_000_000,
    all_snps: bool | None = None,
    normalise: str = "none",
    alpha: float = 0.05,
    alpha_blanket: float = 0.05,
    max_sweeps: int = 10,
    fdr: float = 0.05,
    min_posterior: float | None = None,
    keep_posterior: float = 0.01,
    hidden_factors: int | str = "auto",
    anchor_kind: str = "effect",
    seed: int = 1,
    threads: int | None = None,
    client: Any = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    max_memory: int | str | None = None,
    progress: Progress | None = None,
    say: Callable[[str], None] | None = None,
    force: bool = False,
) -> Result:
    """Find which genes lie before which, using genotypes as anchors.

    Parameters
    ----------
    genotypes : Genotypes, pandas.DataFrame or (n_samples, n_variants) array
        Dosages (or any continuous variables of the first tier). NaN is replaced by the mean.
    expression : Expression, AnnData, pandas.DataFrame or (n_samples, n_genes) array
        Samples in rows. Two tables with sample names are matched by name, whatever their
        order; a table of expression with the samples in its columns is turned. Arrays are taken
        row by row. Of AnnData X is taken; `genesis.read_expression` takes a layer of it.
    method : {"calibrated", "rules"}
        `calibrated` samples causal graphs of all genes from their joint posterior, hidden
        factors included, and claims what they agree on; every claim has a posterior. `rules`
        are the paper's rules R1, R2, R3 (docs/rules.md), whose errors are not calibrated.
    profile : {"stable", "paper", "ascend"}
        `stable` depends on no order of samples, genes or variants. `paper` (grow–shrink,
        first valid witness, no BH) and `ascend` (IAMB, votes, BH) reproduce published
        programs and depend on the order of the columns by definition. Only for the rules.
    variants : pandas.DataFrame, optional
        variant_id, chrom, pos: positions for genotypes given as table or array.
    genes : pandas.DataFrame, optional
        gene_id, chrom, start, end (1-based, inclusive): positions of genes.
    covariates : pandas.DataFrame or (n_samples, q) array, optional
        Projected out of genotypes and expression once; their rank lowers n in every test.
    anchors : pandas.DataFrame, optional
        gene_id, variant_id: anchors you already have (lead eQTLs), used instead of a search.
    cis_window : int
        Base pairs around a gene within which a variant may anchor it.
    all_snps : bool, optional
        Anchors from anywhere; the default where no positions are given.
    normalise : str
        Steps before anything else, such as "int" (rank-based inverse normal of each gene),
        "zscore", "tmm,int" or "none"; see `genesis.prepare.normalise`.
    alpha : float
        Level of the tests of R1, R2 and R3 (rules).
    alpha_blanket : float
        Level of the tests in the search for nearest ancestors (rules).
    max_sweeps : int
        Largest number of sweeps of the rules.
    fdr : float
        Expected share of false claims among those of a kind (calibrated).
    min_posterior : float, optional
        Claim whatever has this posterior, at least one half, instead (calibrated).
    keep_posterior : float
        Unresolved pairs are listed from this posterior on (calibrated).
    hidden_factors : int or {"auto", "none"}
        Number of hidden common causes fitted beside the genetic effects; "auto" compares none
        with as many as parallel analysis finds by their predictive density (calibrated).
    anchor_kind : {"effect", "positional", "both"}
        What a variant that acts on another gene says of the gene at its own locus. "effect":
        nothing, unless through that gene's expression; "positional": the gene acts on the
        other, by its product; "both": the latter where the variant has no established effect
        on the expression of its gene (calibrated; anchors must come from cis windows or be given).
    seed : int
        Seed of the random numbers (calibrated).
    threads : int, optional
        Number of threads, by default all cores; the result is the same to the bit for any.
    client : distributed.Client, optional
        Dask cluster that tests the pairs, or samples the chains, with the same result. Its
        workers need the version of GENESIS that is used here.
    checkpoint : str or Path, optional
        Directory where finished pieces of work are kept, so that a run that was killed can be
        resumed with the same result: tiles of pairs (rules), or chains (calibrated).
    resume : bool
        Go on with what is in `checkpoint`, where there must be something; inputs and options
        must be the same.
    max_memory : int or str, optional
        Bytes, or a size such as ``"8G"``, that the process may take. To stay below it the work
        is cut into smaller tiles (rules), or fewer chains are under way at once (calibrated).
    progress : callable, optional
        Called as ``progress(stage, done, total)``.
    say : callable, optional
        Called with a sentence on what is about to be done, such as the memory it will take.
    force : bool
        Go on where more than half of the genes with a position lie on contigs without a variant,
        which is an error unless the genotypes were read of some regions only.

    Returns
    -------
    Result

    Raises
    ------
    CommandLineError
        An option has a value that cannot be used.
    InconsistentInputsError
        Samples, variants or contigs of the inputs do not belong together.
    DegenerateDataError
        Too few samples.
    MemoryBudgetError
        `max_memory` does not suffice; the message says what would fit.
    InputOpenError
        There is no run to be resumed in `checkpoint`.
    OutputWriteError
        `checkpoint` cannot be written, or holds a run that is not to be resumed.

    References
    ----------
    Asiedu & Watson 2025, arXiv 2505.15866.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> z = rng.binomial(2, 0.4, size=(500, 2)).astype(float)
    >>> a = z[:, 0] + rng.normal(size=500)
    >>> b = a + z[:, 1] + rng.normal(size=500)
    >>> result = discover(z, np.column_stack([a, b]))
    >>> result.ancestrality.loc["gene1", "gene2"].item()
    1.0
    """
    options = {
        "method": method,
        "profile": profile,
        "cis_window": cis_window,
        "all_snps": all_snps,
        "normalise": normalise,
        "alpha": alpha,
        "alpha_blanket": alpha_blanket,
        "max_sweeps": max_sweeps,
        "fdr": fdr,
        "min_posterior": min_posterior,
        "keep_posterior": keep_posterior,
        "hidden_factors": hidden_factors,
        "anchor_kind": anchor_kind,
        "seed": seed,
        "threads": available_threads() if threads is None else threads,
    }
    _make_plain(options)
    _check_options(options)
    resources = Resources(
        client=client,
        checkpoint=None if checkpoint is None else Path(checkpoint),
        resume=resume,
        max_memory=parse_memory(max_memory) if isinstance(max_memory, str) else max_memory,
        say=say or say_nothing,
    )
    if resources.resume:
        if resources.checkpoint is None:
            raise CommandLineError(
                "resume needs checkpoint, the directory of the run to go on with"
            )
        require_checkpoint(resources.checkpoint)
    clock = Clock()
    inputs = collect_inputs(genotypes, expression, variants, genes, covariates, anchors, force)
    inputs = normalise_inputs(inputs, normalise)
    if all_snps is None:
        options["all_snps"] = not inputs.has_positions
    _check_loci(options, inputs)
    with one_blas_thread():
        analyse = analyse_by_rules if method == "rules" else analyse_calibrated
        result = analyse(inputs, options, progress or no_progress, clock, resources)
        clock.lap("tables")
        diagnostics = measure(genotypes, inputs, options, result)
    clock.lap("diagnostics")
    result.run.update(
        genesis=__version__, options=options, seconds=clock.seconds, notes=inputs.notes
    )
    found = {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
    return Result(**{**found, "diagnostics": diagnostics})


def _check_loci(options: dict[str, Any], inputs: Inputs) -> None:
    """Variants stand for the gene at their locus only where it is known which gene that is."""
    everywhere = options["all_snps"] and inputs.given_anchors is None
    if options["method"] == "calibrated" and options["anchor_kind"] != "effect" and everywhere:
        raise CommandLineError(
            f"anchor_kind {options['anchor_kind']!r} lets variants stand for the gene at their "
            "locus, and here any variant may anchor any gene: give positions of genes and variants "
            "without all_snps, or your own anchors, or leave anchor_kind at 'effect'"
        )


def _make_plain(options: dict[str, Any]) -> None:
    """Numbers as Python's own, which the record of a run can hold, whatever made them."""
    whole = ("cis_window", "max_sweeps", "seed", "threads")
    for name in (*whole, "alpha", "alpha_blanket", "fdr", "min_posterior", "keep_posterior"):
        value = options[name]
        if name == "min_posterior" and value is None:
            continue
        is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
        try:
            plain = float(value) if is_number else math.nan
        except OverflowError:
            plain = math.inf
        if not math.isfinite(plain) or (name in whole and not plain.is_integer()):
            what = "a whole number" if name in whole else "a number"
            raise CommandLineError(f"{name} is {value!r}: it must be {what}")
        options[name] = int(value) if name in whole else plain
    if isinstance(options["hidden_factors"], np.integer):
        options["hidden_factors"] = int(options["hidden_factors"])
    if options["all_snps"] is not None:
        options["all_snps"] = bool(options["all_snps"])


def _check_options(options: dict[str, Any]) -> None:
    choices = {
        "method": ["calibrated", "rules"],
        "profile": list(rules.PROFILES),
        "anchor_kind": ["effect", "positional", "both"],
    }
    for name, known in choices.items():
        if options[name] not in known:
            raise CommandLineError(
                f"{name} {options[name]!r} is unknown: it may be {', '.join(known)}"
            )
    for name in ("alpha", "alpha_blanket", "fdr"):
        if not 0 < options[name] < 1:
            raise CommandLineError(f"{name} is {options[name]}: it must lie between 0 and 1")
    for name in ("max_sweeps", "threads"):
        if options[name] < 1:
            raise CommandLineError(f"{name} is {options[name]}: it must be 1 or more")
    if options["max_sweeps"] > MOST_SWEEPS:
        raise CommandLineError(
            f"max_sweeps is {options['max_sweeps']}: it must be at most {MOST_SWEEPS}; a search "
            "ends by itself where a sweep finds nothing new"
        )
    for name in ("cis_window", "seed"):
        if options[name] < 0:
            raise CommandLineError(f"{name} is {options[name]}: it must not be negative")
    if not 0 <= options["keep_posterior"] <= 1:
        raise CommandLineError(
            f"keep_posterior is {options['keep_posterior']}: it must lie between 0 and 1"
        )
    least = options["min_posterior"]
    if least is not None and not 0.5 <= least <= 1:
        raise CommandLineError(
            f"min_posterior is {least}: it must lie between 0.5 and 1; below one half a claim "
            "would be false more often than true"
        )
    factors = options["hidden_factors"]
    is_number = isinstance(factors, int) and not isinstance(factors, bool) and factors >= 0
    if not is_number and not (isinstance(factors, str) and factors in ("auto", "none")):
        raise CommandLineError(
            f"hidden_factors is {factors!r}: it may be auto, none, or a number from 0 on"
        )
