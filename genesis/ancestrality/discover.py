"""`genesis.discover`: from genotypes and expression to a result."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import genesis
from genesis.ancestrality import rules
from genesis.ancestrality.assemble import assemble_conditioning, assemble_order, assemble_relations
from genesis.ancestrality.direct import DirectClaims, direct_claims
from genesis.ancestrality.inputs import Inputs, collect_inputs
from genesis.ancestrality.pair_evidence import CorrelationEvidence
from genesis.anchors.candidates import CandidateRanges, all_variants, cis_windows
from genesis.anchors.prescreen import prescreen
from genesis.anchors.table import anchor_table
from genesis.engine.threads import available_threads, one_blas_thread
from genesis.errors import CommandLineError, InconsistentInputsError
from genesis.io.exclusions import combine, exclusions
from genesis.prepare.standardise import UnitRows, unit_rows
from genesis.result import Result

__all__ = ["discover"]

Progress = Callable[[str, int, int], None]


def discover(
    genotypes: Any,
    expression: Any,
    *,
    method: str = "rules",
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
    threads: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Find which genes lie before which, using genotypes as anchors.

    Parameters
    ----------
    genotypes : Genotypes, pandas.DataFrame or (n_samples, n_variants) array
        Dosages (or any continuous variables of the first tier). NaN is replaced by the mean.
    expression : Expression, pandas.DataFrame or (n_samples, n_genes) array
        Samples in rows. Two tables with sample names are matched by name, whatever their
        order; arrays are taken row by row.
    method : {"rules"}
        The paper's rules R1, R2, R3 (method section 5).
    profile : {"stable", "paper", "ascend"}
        `stable` depends on no order of samples, genes or variants. `paper` (grow–shrink,
        first valid witness, no BH) and `ascend` (IAMB, votes, BH) reproduce published
        programs and depend on the order of the columns by definition.
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
    normalise : {"none", "int", "zscore"}
        Transform of each gene before anything else; "int" is the rank-based inverse normal.
    alpha : float
        Level of the tests of R1, R2 and R3.
    alpha_blanket : float
        Level of the tests in the search for nearest ancestors.
    max_sweeps : int
        Largest number of sweeps.
    threads : int, optional
        Number of threads, by default all cores; the result is the same to the bit for any.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

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
        "threads": available_threads() if threads is None else threads,
    }
    _check_options(options)
    clock = _Clock()
    inputs = collect_inputs(genotypes, expression, variants, genes, covariates, anchors, normalise)
    options["all_snps"] = (not inputs.has_positions) if all_snps is None else all_snps
    with one_blas_thread():
        return _analyse(inputs, options, progress or _no_progress, clock)


def _no_progress(stage: str, done: int, total: int) -> None:
    """Nobody is watching."""


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage] = round(now - self._last, 4)
        self._last = now


def _check_options(options: dict[str, Any]) -> None:
    if options["method"] != "rules":
        raise CommandLineError(f"method {options['method']!r} is unknown: it may be 'rules'")
    if options["profile"] not in rules.PROFILES:
        known = ", ".join(rules.PROFILES)
        raise CommandLineError(f"profile {options['profile']!r} is unknown: it may be {known}")
    for name in ("alpha", "alpha_blanket"):
        if not 0 < options[name] < 1:
            raise CommandLineError(f"{name} is {options[name]}: it must lie between 0 and 1")
    for name in ("max_sweeps", "threads"):
        if options[name] < 1 or options[name] != int(options[name]):
            raise CommandLineError(f"{name} is {options[name]}: it must be 1 or more")
    if options["cis_window"] < 0:
        raise CommandLineError(f"cis_window is {options['cis_window']}: it must not be negative")


@dataclass(frozen=True, eq=False)
class _Anchored:
    """What the search works on, in an order of its own.

    `gene` and `variant` are positions in the inputs of the genes that vary and of the
    variants that passed the screen; `rows` and `deviations` are those of the variants, then
    the genes; `pools` holds rows of the variants for each gene.
    """

    gene: np.ndarray
    variant: np.ndarray
    rows: np.ndarray
    deviations: np.ndarray
    pools: list[np.ndarray]
    excluded: list[pd.DataFrame]


def _anchor(
    inputs: Inputs, options: dict[str, Any], profile: rules.Profile, progress: Progress
) -> _Anchored:
    gene_ids = inputs.genes["gene_id"].to_numpy(dtype=object)
    # In an order of their own before any arithmetic, so that not one bit depends on theirs.
    gene = np.argsort(gene_ids) if profile.by_evidence else np.arange(len(gene_ids))
    gene_rows, gene_deviations = unit_rows(inputs.expression[:, gene], inputs.basis)
    varies = gene_deviations > 0
    constant = gene_ids[gene[~varies]]
    gene, gene_rows, gene_deviations = gene[varies], gene_rows[varies], gene_deviations[varies]
    variants = UnitRows(inputs.dosages, inputs.basis)
    if inputs.given_anchors is None:
        kept = prescreen(
            variants,
            gene_rows,
            _candidates(inputs, options, gene),
            inputs.n_effective,
            options["threads"],
            lambda done, total: progress("anchors", done, total),
        )
    else:
        kept = [inputs.given_anchors[g] for g in gene]
    used = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *kept]))
    if profile.by_evidence:
        used = used[np.argsort(inputs.variants["variant_id"].to_numpy(dtype=object)[used])]
    variant_rows, variant_deviations = variants(used)
    varies = variant_deviations > 0
    row_of = np.full(len(inputs.variants), -1, dtype=np.int64)
    row_of[used[varies]] = np.arange(np.count_nonzero(varies))
    pools = [np.sort(row_of[pool]) for pool in kept]
    return _Anchored(
        gene,
        used[varies],
        np.concatenate([variant_rows[varies], gene_rows]),
        np.concatenate([variant_deviations[varies], gene_deviations]),
        [pool[pool >= 0] for pool in pools],
        [exclusions("gene", list(constant), "constant", "no variance beyond the covariates")]
        if len(constant)
        else [],
    )


def _candidates(inputs: Inputs, options: dict[str, Any], gene: np.ndarray) -> CandidateRanges:
    if options["all_snps"]:
        return all_variants(len(inputs.variants), len(gene))
    if not inputs.has_positions:
        raise InconsistentInputsError(
            "a cis window needs positions of variants and genes: give both, or ask for all SNPs"
        )
    return cis_windows(
        inputs.variants, inputs.genes.iloc[gene].reset_index(drop=True), options["cis_window"]
    )


def _analyse(inputs: Inputs, options: dict[str, Any], progress: Progress, clock: _Clock) -> Result:
    profile = rules.PROFILES[options["profile"]]
    anchored = _anchor(inputs, options, profile, progress)
    n_variants = len(anchored.variant)
    clock.lap("anchors")
    evidence = CorrelationEvidence(
        anchored.rows,
        n_variants,
        anchored.pools,
        given=inputs.given_anchors is not None,
        n_effective=inputs.n_effective,
        alpha_blanket=options["alpha_blanket"],
        strongest_first=profile.strongest_first,
        threads=options["threads"],
    )
    outcome = rules.search(
        evidence,
        profile,
        alpha=options["alpha"],
        max_sweeps=options["max_sweeps"],
        progress=progress,
    )
    clock.lap("search")
    direct = direct_claims(
        anchored.rows,
        n_variants,
        outcome.codes,
        outcome.nearest[0],
        n_effective=inputs.n_effective,
        alpha=options["alpha"],
        threads=options["threads"],
    )
    clock.lap("direct")
    result = _assemble(inputs, anchored, outcome, direct)
    clock.lap("tables")
    result.run.update(
        {
            "genesis": genesis.__version__,
            "options": options,
            "counts": _counts(inputs, anchored, outcome, result),
            "seconds": clock.seconds,
            "notes": inputs.notes,
        }
    )
    return result


def _assemble(
    inputs: Inputs, anchored: _Anchored, outcome: rules.SearchOutcome, direct: DirectClaims
) -> Result:
    """Tables in the caller's order of genes; variables are the variants used, then all genes."""
    n_variants = len(anchored.variant)
    by_column = np.argsort(anchored.variant)
    variant_of = np.empty(n_variants, dtype=np.int64)
    variant_of[by_column] = np.arange(n_variants)
    variable_of = np.concatenate([variant_of, n_variants + anchored.gene])
    used = inputs.variants["variant_id"].to_numpy(dtype=object)[anchored.variant[by_column]]
    return Result(
        genes=inputs.genes,
        anchors=anchor_table(
            inputs.genes,
            inputs.variants,
            anchored.gene,
            anchored.variant,
            anchored.rows,
            anchored.deviations,
            outcome.nearest[0],
            outcome.nearest[-1],
            inputs.n_effective,
        ),
        excluded=combine([*inputs.excluded, *anchored.excluded]),
        pairs=assemble_relations(outcome, direct, anchored.gene, variable_of),
        variables=pd.Index([*used, *inputs.genes["gene_id"]], dtype=object),
        conditioning=assemble_conditioning(outcome, anchored.gene, variable_of),
        ordered_since=assemble_order(outcome, n_variants, anchored.gene),
        run={},
    )


def _counts(
    inputs: Inputs, anchored: _Anchored, outcome: rules.SearchOutcome, result: Result
) -> dict[str, int]:
    return {
        "samples": len(inputs.dosages),
        "covariate_rank": inputs.basis.shape[1] - 1,
        "variants": len(inputs.variants),
        "variants_screened_in": len(anchored.variant),
        "genes": len(inputs.genes),
        "genes_without_position": int(inputs.genes["start"].isna().sum()),
        "genes_without_anchor": int(np.count_nonzero(np.diff(outcome.nearest[0].start) == 0)),
        "sweeps": len(outcome.nearest) - 1,
        **result.counts,
        "untestable_too_few_samples": int(np.count_nonzero(outcome.reason == 1)),
        "untestable_collinear": int(np.count_nonzero(outcome.reason == 2)),
    }
