"""`genesis.discover`: from genotypes and expression to a result."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from genesis.analysis import ALIKE, analyse, expect
from genesis.compiling import compile_ahead, is_to_compile, seconds_to_compile
from genesis.engine.checkpoint import require_checkpoint
from genesis.engine.clock import Clock
from genesis.engine.memory import parse_memory
from genesis.engine.progress import Progress, no_progress, say_nothing
from genesis.engine.progress_bar import ProgressBar
from genesis.engine.resources import Resources
from genesis.engine.threads import available_threads
from genesis.errors import CommandLineError
from genesis.inputs.collect import Inputs, collect_inputs
from genesis.inputs.given_layers import layers_given
from genesis.option_fields import takes_options
from genesis.options import Options
from genesis.prepare.normalise import normalise_inputs, steps_for, with_steps
from genesis.result.result import Result

__all__ = ["discover"]


@takes_options(Options)
def discover(
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
    options: Options | None = None,
    method: str = Options.method,
    all_snps: bool | None = Options.all_snps,
    normalise: str | None = Options.normalise,
    cis_window: int = Options.cis_window,
    seed: int = Options.seed,
    threads: int | None = Options.threads,
    fdr: float = Options.fdr,
    min_posterior: float | None = Options.min_posterior,
    keep_posterior: float = Options.keep_posterior,
    hidden_factors: int | str = Options.hidden_factors,
    self_test: int | str = Options.self_test,
    anchor_kind: str = Options.anchor_kind,
    paths_to: str | None = Options.paths_to,
    profile: str = Options.profile,
    alpha: float = Options.alpha,
    alpha_blanket: float = Options.alpha_blanket,
    max_sweeps: int = Options.max_sweeps,
    client: Any = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    max_memory: int | str | None = None,
    progress: Progress | bool | None = None,
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
        row by row. Of AnnData X is taken; `genesis.read_expression` takes a layer of it. A dict of
        these by the name of their layer, or MuData, is as `layers`.
    variants : pandas.DataFrame, optional
        variant_id, chrom, pos: positions for genotypes given as table or array.
    genes : pandas.DataFrame, optional
        gene_id, chrom, start, end (1-based, inclusive): positions of genes.
    covariates : pandas.DataFrame or (n_samples, q) array, optional
        Projected out of genotypes and expression once; their rank lowers n in every test.
    anchors : pandas.DataFrame, optional
        gene_id, variant_id: anchors you already have (lead eQTLs), used instead of a search.
    traits : Traits, pandas.DataFrame or (n_samples, n_traits) array, optional
        Quantities, ranks, counts, or two values of the same people: nodes of the graph, which are
        not claimed to act on molecules. They lie nowhere, so that their own variants are
        `trait_hits`, or else those whose p-value is at most 0.05 / the number of variants.
    layers : dict of str to table, or to (table, places) or (table, places, steps), optional
        Other molecular layers by their names, such as ``{"protein": (table, places)}``: a table as
        for `expression`, positions of its molecules as for `genes`, and steps of normalisation. An
        id of two layers becomes ``ID@layer`` in all but that called expression. Only samples that
        all layers have are used.
    order : str, optional
        Such as ``"methylation < expression, metabolite < protein"``: no layer acts on one before
        it, and those with a comma between them may act on each other. It names all layers; traits
        come last unless it names them (as ``trait``). Graphs are bound by it. By default any
        molecule may act on any, and traits come last in what is claimed: graphs in which a trait
        acts on a molecule compete, so that no molecule is blamed for it.
    trait_feedback : bool
        That traits act on molecules may be claimed, too.
    trait_hits : pandas.DataFrame, optional
        trait, variant_id: the variants that act on traits, in place of a search.
    options : Options, optional
        The options that follow, all at once; together with one of them it is an error.
    {options}
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
    progress : callable or bool, optional
        Called as ``progress(stage, done, total)``. True draws a bar for the whole run with the time
        that is left, on a terminal or in a notebook; elsewhere it writes lines to stderr.
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
        An option has a value that cannot be used, or is given beside `options`.
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
    >>> strict = discover(z, np.column_stack([a, b]), options=Options(fdr=0.01))
    >>> strict.run["options"]["fdr"]
    0.01

    A trait that the second gene acts on, which is known to act on none:

    >>> trait = b + rng.normal(size=(1, 500))
    >>> x = np.column_stack([a, b])
    >>> with_trait = discover(z, x, traits=trait.T, order="expression < trait")
    >>> with_trait.ancestrality["trait1"].tolist()
    [1.0, 1.0, nan]
    >>> with_trait.genes["layer"].tolist()
    ['expression', 'expression', 'trait']
    """
    options = options or Options.among(locals())  # those of the arguments that are options
    resources = Resources(
        threads=options.threads or available_threads(),
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
    first, given = layers_given(expression, layers, traits, order, trait_feedback, trait_hits)
    places = genes if first.places is None else first.places
    inputs = collect_inputs(
        genotypes, first.values, variants, places, covariates, anchors, force, with_steps(given)
    )
    steps = steps_for(first.values, first.steps or options.normalise)
    options = dataclasses.replace(
        options,
        normalise=steps,
        all_snps=not inputs.has_positions if options.all_snps is None else options.all_snps,
        threads=resources.threads,
    )
    inputs = normalise_inputs(inputs, steps)
    _check_loci(options, inputs)
    if progress is not True:
        return _analyse(genotypes, inputs, options, progress or no_progress, clock, resources)
    bar = ProgressBar()
    bar.expect(_seconds(inputs, options), ALIKE)
    with bar.showing():
        return _analyse(genotypes, inputs, options, bar, clock, resources)


def _analyse(
    genotypes: Any,
    inputs: Inputs,
    options: Options,
    progress: Progress,
    clock: Clock,
    resources: Resources,
) -> Result:
    if is_to_compile(options.method):
        with clock.apart("compiling"):
            compile_ahead(options.method, progress=progress, say=resources.say)
    return analyse(genotypes, inputs, options, progress, clock, resources)


def _seconds(inputs: Inputs, options: Options) -> dict[str, float]:
    """What each stage is expected to take."""
    n_samples, n_genes = inputs.expression.shape
    expected = expect(
        options,
        n_genes=n_genes,
        n_variants=len(inputs.variants),
        n_samples=n_samples,
        rank=inputs.basis.shape[1] - 1,
        input_bytes=0,
    )
    return {"compiling": seconds_to_compile(options.method), **expected.seconds}


def _check_loci(options: Options, inputs: Inputs) -> None:
    """Variants stand for the gene at their locus only where it is known which gene that is."""
    everywhere = options.all_snps and inputs.given_anchors is None
    if options.method == "calibrated" and options.anchor_kind != "effect" and everywhere:
        raise CommandLineError(
            f"anchor_kind {options.anchor_kind!r} lets variants stand for the gene at their "
            "locus, and here any variant may anchor any gene: give positions of genes and variants "
            "without all_snps, or your own anchors, or leave anchor_kind at 'effect'"
        )
