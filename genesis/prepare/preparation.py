"""All steps of preparation in order: `genesis.prepare.prepare`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from genesis.engine.progress import Progress, no_progress
from genesis.inputs.align import take_shared
from genesis.io.covariates import Covariates
from genesis.io.exclusions import combine, exclusions
from genesis.io.expression import Expression
from genesis.io.genotypes import Genotypes
from genesis.io.ids import counted, first_few
from genesis.linear.covariate_basis import covariate_basis
from genesis.option_fields import takes_options
from genesis.options import PreparationOptions
from genesis.prepare.components import Components, expression_factors, genotype_components
from genesis.prepare.expression_filter import as_expression, filter_expression
from genesis.prepare.genotype_table import as_genotypes, take_variants
from genesis.prepare.normalise import normalise as normalise_values
from genesis.prepare.normalise import steps_for, steps_of
from genesis.prepare.relatedness import Kinship, kinship
from genesis.prepare.swaps import Swaps, sample_swaps
from genesis.prepare.variant_filters import hardy_weinberg, prune
from genesis.showing import Shown

__all__ = ["Prepared", "prepare"]

#: Shares of variance that the record keeps of each set of components.
_SHARES = 50


@dataclass(frozen=True, eq=False, repr=False)
class Prepared(Shown):
    """What `prepare` returns: inputs of `genesis.discover`, and what was found on the way.

    Attributes
    ----------
    genotypes : Genotypes
        The variants that are left.
    expression : Expression
        The genes that are left, normalised, without missing values: `genesis.discover` takes them
        as they are with ``normalise="none"``.
    covariates : pandas.DataFrame or None
        Known covariates without collinear ones, then the components; None where there is none.
    excluded : pandas.DataFrame
        Exclusion table of this step: samples, variants, genes, covariates, with their reasons.
    kinship : Kinship or None
    swaps : Swaps or None
        None where they were not looked for.
    record : dict
        The numbers, as in ``preparation`` of ``PREFIX.run.json``.
    notes : list of str
        What was done, in sentences.
    """

    genotypes: Genotypes
    expression: Expression
    covariates: pd.DataFrame | None
    excluded: pd.DataFrame
    kinship: Kinship | None
    swaps: Swaps | None
    record: dict[str, Any]
    notes: list[str]


@takes_options(PreparationOptions)
def prepare(
    genotypes: Any,
    expression: Any,
    *,
    genes: pd.DataFrame | None = None,
    variants: pd.DataFrame | None = None,
    covariates: Covariates | pd.DataFrame | None = None,
    options: PreparationOptions | None = None,
    normalise: str | None = PreparationOptions.normalise,
    cis_window: int = PreparationOptions.cis_window,
    seed: int = PreparationOptions.seed,
    threads: int | None = PreparationOptions.threads,
    min_expression: float | None = PreparationOptions.min_expression,
    min_fraction: float = PreparationOptions.min_fraction,
    expression_pcs: int | str = PreparationOptions.expression_pcs,
    genotype_pcs: int = PreparationOptions.genotype_pcs,
    hwe: float | None = PreparationOptions.hwe,
    ld_prune: float | None = PreparationOptions.ld_prune,
    ld_window: int = PreparationOptions.ld_window,
    check_samples: bool = PreparationOptions.check_samples,
    progress: Progress | None = None,
) -> Prepared:
    """Filter, normalise, and find covariates; look for related and exchanged samples.

    In this order: samples are matched by name; kinship; variants out of Hardy–Weinberg
    proportions leave, then those in linkage; genes of low expression leave, and the rest is
    normalised; genotype components; collinear covariates leave; expression components, which
    know the covariates and the genotype components; sample swaps. Related and exchanged samples
    are reported, and stay.

    Parameters
    ----------
    genotypes : Genotypes or pandas.DataFrame of dosages, shape (n_samples, n_variants)
    expression : Expression or pandas.DataFrame, shape (n_samples, n_genes)
    genes : pandas.DataFrame, optional
        gene_id, chrom, start, end; by default those of the expression.
    variants : pandas.DataFrame, optional
        variant_id, chrom, pos of the columns of a table of dosages.
    covariates : Covariates or pandas.DataFrame, optional
        Samples × covariates, finite numbers.
    options : PreparationOptions, optional
        The options that follow, all at once; together with one of them it is an error.
    {options}
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    Prepared

    Raises
    ------
    CommandLineError
        An option has a value that cannot be used, or is given beside `options`.
    InconsistentInputsError
        Samples, variants or contigs of the inputs do not belong together.
    MalformedInputError
        Values that a step cannot take.
    DegenerateDataError
        No variant or gene is left, or there are fewer components than asked for.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> z = pd.DataFrame(rng.binomial(2, 0.4, size=(100, 50)).astype(float))
    >>> x = pd.DataFrame(rng.poisson(20, size=(100, 30)).astype(float))
    >>> x[5] = 0.0
    >>> x.loc[0, 5] = 3.0
    >>> prepared = prepare(z, x, min_expression=6, normalise="tmm,int", genotype_pcs=2)
    >>> prepared.expression.values.shape, prepared.covariates.columns.tolist()
    ((100, 29), ['genotype_pc1', 'genotype_pc2'])
    >>> prepared.excluded[["id", "reason"]].to_numpy().tolist()
    [['5', 'low_expression']]
    """
    # Those of the arguments that are options.
    asked = options or PreparationOptions.among(locals())
    threads = asked.threads
    steps = steps_for(expression, asked.normalise)
    steps_of(steps)  # refused before anything that takes long
    said = progress or no_progress
    genotypes, expression = as_genotypes(genotypes, variants), as_expression(expression)
    if isinstance(covariates, Covariates):
        covariates = covariates.values
    # Sorted by name, so that the order of the samples in the inputs changes no sum.
    match, genotypes, expression, covariates = take_shared(
        genotypes, expression, covariates, force=True
    )
    covariates = None if covariates is None else covariates.astype(np.float64)
    excluded, notes = [match.excluded], []
    record: dict[str, Any] = {"samples": len(genotypes.samples)}
    related = None
    if asked.check_samples:
        said("kinship", 0, 0)
        related = kinship(genotypes, threads=threads)
        record["kinship"] = _kinship_record(related)
        notes += related.notes
    said("filters", 0, 0)
    genotypes = _filter_variants(genotypes, asked, record, excluded, notes)
    expression = _prepare_expression(expression, asked, steps, record, excluded, notes)
    known = covariates
    found: list[Components] = []
    if asked.genotype_pcs:
        said("genotype components", 0, 0)
        found.append(genotype_components(genotypes, asked.genotype_pcs, threads=threads))
        record["genotype_pcs"] = _component_record(found[-1])
    covariates = _joined(known, found)
    if asked.expression_pcs not in (0, "none"):
        said("expression components", 0, 0)
        found.append(
            expression_factors(
                expression, genotypes, number=asked.expression_pcs, genes=genes,
                covariates=covariates, cis_window=asked.cis_window, seed=asked.seed,
                threads=threads,
            )
        )  # fmt: skip
        record["expression_pcs"] = {"rule": asked.expression_pcs, **_component_record(found[-1])}
        covariates = _joined(known, found)
    notes += [note for one in found for note in one.notes]
    covariates = _independent(covariates, len(genotypes.samples), record, excluded, notes)
    swaps = None
    if asked.check_samples:
        said("sample swaps", 0, 0)
        swaps = sample_swaps(
            expression, genotypes, genes=genes, covariates=covariates, cis_window=asked.cis_window,
            threads=threads,
        )  # fmt: skip
        record["swaps"] = _swap_record(swaps)
        notes += swaps.notes
    return Prepared(
        genotypes, expression, covariates, combine(excluded), related, swaps, record, notes
    )


def _filter_variants(
    genotypes: Genotypes,
    asked: PreparationOptions,
    record: dict[str, Any],
    excluded: list[pd.DataFrame],
    notes: list[str],
) -> Genotypes:
    hwe, ld_prune, threads = asked.hwe, asked.ld_prune, asked.threads
    counts = record["variants"] = {"read": len(genotypes.variants)}
    if hwe is not None:
        table = hardy_weinberg(genotypes, threads=threads)
        fails = (table["pval"] < hwe).to_numpy()
        details = [f"p = {p:.3g}" for p in table.loc[fails, "pval"]]
        ids = table.loc[fails, "variant_id"].tolist()
        excluded.append(exclusions("variant", ids, "hardy_weinberg", details))
        n_tested = int(table["pval"].notna().sum())
        counts |= {"hardy_weinberg_tested": n_tested, "hardy_weinberg_failed": len(ids)}
        notes.append(
            f"Hardy–Weinberg: {len(ids)} of {counted(n_tested, 'variant')} with p below {hwe:g} "
            "left out."
        )
        genotypes = take_variants(genotypes, ~fails)
    if ld_prune is not None:
        kept = prune(genotypes, ld_prune, window=asked.ld_window, threads=threads)
        ids = genotypes.variants.loc[~kept, "variant_id"].tolist()
        excluded.append(exclusions("variant", ids, "linkage", f"r2 above {ld_prune:g}"))
        counts["pruned"] = len(ids)
        notes.append(
            f"Linkage: {len(ids)} of {counted(len(kept), 'variant')} with r² above {ld_prune:g} "
            f"within {asked.ld_window:,} bp left out."
        )
        genotypes = take_variants(genotypes, kept)
    counts["kept"] = len(genotypes.variants)
    return genotypes


def _prepare_expression(
    expression: Expression,
    asked: PreparationOptions,
    steps: str,
    record: dict[str, Any],
    excluded: list[pd.DataFrame],
    notes: list[str],
) -> Expression:
    min_expression, min_fraction = asked.min_expression, asked.min_fraction
    ids = expression.genes["gene_id"]
    if min_expression is not None:
        enough = filter_expression(expression, min_expression, min_fraction)
        lost = ids[~enough].tolist()
        detail = f"fewer than {100 * min_fraction:g} % of samples with {min_expression:g} or more"
        excluded.append(exclusions("gene", lost, "low_expression", detail))
        notes.append(f"Expression: {len(lost)} of {counted(len(ids), 'gene')} left out ({detail}).")
        expression = expression.take_genes(ids[enough].tolist())
    record["genes"] = {"read": len(ids), "kept": len(expression.genes)}
    record["normalise"] = steps
    missing = np.isnan(expression.values)
    if missing.any():
        n_genes = counted(int(missing.any(axis=0).sum()), "gene")
        notes.append(
            f"{counted(int(missing.sum()), 'missing expression value')} in {n_genes} replaced by "
            "the mean of the gene."
        )
    return replace(expression, values=normalise_values(expression.values, steps))


def _joined(known: pd.DataFrame | None, found: list[Components]) -> pd.DataFrame | None:
    parts = [*([] if known is None else [known]), *(one.values for one in found)]
    return pd.concat(parts, axis=1) if parts else None


def _independent(
    covariates: pd.DataFrame | None,
    n: int,
    record: dict[str, Any],
    excluded: list[pd.DataFrame],
    notes: list[str],
) -> pd.DataFrame | None:
    """Covariates without those that the ones before them explain."""
    if covariates is None:
        record["covariates"] = {"columns": [], "rank": 0, "dropped": [],
                                "residual_degrees_of_freedom": n - 1}  # fmt: skip
        return None
    _, rank, dropped = covariate_basis(covariates)
    excluded.append(
        exclusions("covariate", dropped, "collinear", "explained by the covariates before it")
    )
    kept = covariates.drop(columns=dropped)
    record["covariates"] = {
        "columns": [str(name) for name in kept.columns],
        "rank": rank,
        "dropped": dropped,
        "residual_degrees_of_freedom": n - 1 - rank,
    }
    left_out = f"; left out as constant or collinear: {first_few(dropped)}" if dropped else ""
    notes.append(
        f"Covariates: {counted(covariates.shape[1], 'column')} of rank {rank}, "
        f"{n - 1 - rank} residual degrees of freedom{left_out}."
    )
    return kept if rank else None


def _component_record(components: Components) -> dict[str, Any]:
    return {
        "number": components.values.shape[1],
        **({"by_rule": components.chosen} if components.chosen else {}),
        "variance": [round(float(share), 6) for share in components.variance[:_SHARES]],
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as JSON takes them: NaN as null."""
    rows: list[dict[str, Any]] = table.astype(object).where(table.notna(), None).to_dict("records")
    return [
        {name: round(x, 6) if isinstance(x, float) else x for name, x in row.items()}
        for row in rows
    ]


def _kinship_record(found: Kinship) -> dict[str, Any]:
    return {
        "variants": found.n_variants,
        "median_se": _number(found.median_se),
        "pairs": _records(found.pairs),
        "samples": _records(found.samples),
    }


def _swap_record(found: Swaps) -> dict[str, Any]:
    return {
        "cis_effects": found.n_signals,
        "separation": _number(found.separation),
        "power": _number(found.power),
        "conclusive": found.conclusive,
        "candidates": _records(found.swapped),
        "own_z": [_number(z) for z in found.samples["own_z"]],
        "verdicts": found.samples["verdict"].value_counts().sort_index().to_dict(),
    }


def _number(x: float) -> float | None:
    return round(float(x), 6) if np.isfinite(x) else None
