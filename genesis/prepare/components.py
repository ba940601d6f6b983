"""Principal components of genotypes and of expression, as covariates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.anchors.leads import cis_ranges, without_cis
from genesis.engine.threads import available_threads, map_ordered, one_blas_thread
from genesis.errors import CommandLineError, DegenerateDataError
from genesis.io.ids import counted
from genesis.linear.covariate_basis import covariate_basis
from genesis.linear.unit_rows import UnitRows, unit_rows
from genesis.prepare.component_number import elbow, parallel_analysis
from genesis.prepare.expression_filter import as_expression, gene_places, require_same_samples
from genesis.prepare.genotype_table import as_genotypes, genome_order, on_autosomes
from genesis.prepare.variant_filters import prune
from genesis.showing import Shown

__all__ = ["Components", "expression_factors", "genotype_components"]

#: Permutations of the parallel analysis, and the quantile that a component must exceed.
PERMUTATIONS, QUANTILE = 20, 0.95
#: Variants of the genotype components: largest r², base pairs.
PRUNE_R2, PRUNE_WINDOW = 0.2, 1_000_000
_BLOCK = 4096


@dataclass(frozen=True, eq=False, repr=False)
class Components(Shown):
    """Principal components of samples.

    Attributes
    ----------
    values : pandas.DataFrame of float64, shape (n_samples, k)
        Mean 0 and variance 1 (n in the denominator), uncorrelated. Index: sample ids.
    variance : numpy.ndarray of float64
        Share of variance of every component, not only of the k.
    chosen : dict of str to int
        Number by each rule that was asked of, as ``elbow`` and ``permutation``.
    notes : list of str
        What was done, in sentences.
    """

    values: pd.DataFrame
    variance: NDArray[np.float64]
    chosen: dict[str, int]
    notes: list[str]


def genotype_components(
    genotypes: Any,
    number: int,
    *,
    variants: pd.DataFrame | None = None,
    threads: int | None = None,
) -> Components:
    """Principal components of genotypes: populations and their mixtures.

    Variants on autosomes, pruned to r² up to 0.2 within 1 Mb where they have positions, each
    centred and scaled to variance one; eigenvectors of the samples × samples matrix, exactly.

    Parameters
    ----------
    genotypes : Genotypes or pandas.DataFrame of dosages
    number : int
        How many.
    variants : pandas.DataFrame, optional
        variant_id, chrom, pos of the columns of a table.
    threads : int, optional
        The outcome is the same for any number.

    Returns
    -------
    Components
        Named ``genotype_pc1`` and so on.

    Raises
    ------
    CommandLineError
        `number` is negative.
    DegenerateDataError
        There are not so many components.

    References
    ----------
    Price et al. 2006, Nature Genetics 38:904.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> frequency = np.repeat([[0.2], [0.8]], 20, axis=0)
    >>> dosages = pd.DataFrame(rng.binomial(2, frequency, size=(40, 300)))
    >>> first = genotype_components(dosages, 1).values["genotype_pc1"]
    >>> bool((np.sign(first[:20]) == -np.sign(first[20:].to_numpy())).all())
    True
    """
    if number < 0:
        raise CommandLineError(f"number of genotype components is {number}: give 0 or more")
    genotypes = as_genotypes(genotypes, variants)
    usable = on_autosomes(genotypes)
    if genotypes.variants["chrom"].notna().all():
        usable &= prune(genotypes, PRUNE_R2, window=PRUNE_WINDOW, threads=threads)
    order = genome_order(genotypes)
    columns = order[usable[order]]
    n = len(genotypes.samples)

    def work(start: int) -> tuple[NDArray[np.float64], int]:
        chosen = columns[start : start + _BLOCK]
        block = np.ascontiguousarray(genotypes.dosages[:, chosen].T, dtype=np.float64)
        block -= block.mean(axis=1, keepdims=True)
        deviation = block.std(axis=1)
        block = block[deviation > 0] / deviation[deviation > 0, None]
        return block.T @ block, len(block)

    matrix, n_used = np.zeros((n, n)), 0
    with one_blas_thread():
        starts = range(0, len(columns), _BLOCK)
        for product, size in map_ordered(work, starts, threads or available_threads()):
            matrix += product
            n_used += size
        most = min(n - 1, n_used)
        if number > most:
            raise DegenerateDataError(
                f"{number} genotype components of {counted(n, 'sample')} and "
                f"{counted(n_used, 'variant')}: there are {max(most, 0)}; ask for fewer"
            )
        values, vectors = np.linalg.eigh(matrix)
    scores, variance = _leading(values, vectors, number, n)
    note = (
        f"Genotype components: {number} of {counted(n_used, 'variant')} without strong linkage, "
        f"{_percent(variance, number)} of their variance."
    )
    return _components(scores, genotypes.samples, "genotype_pc", variance, {}, [note])


def expression_factors(
    expression: Any,
    genotypes: Any = None,
    *,
    number: int | str = "permutation",
    genes: pd.DataFrame | None = None,
    variants: pd.DataFrame | None = None,
    covariates: pd.DataFrame | None = None,
    cis_window: int = 1_000_000,
    seed: int = 1,
    threads: int | None = None,
) -> Components:
    """Principal components of expression, which stand for causes that nobody measured.

    Genes are cleared of the covariates and, given genotypes and positions, of the effects of
    their strongest cis variants (at most three a gene, each with a p-value times the number of
    variants in the window below 0.05), so that no component is made of genetic effects on genes
    nearby. Each gene then has variance one.

    A cause that acts on many genes looks the same whether it is a batch or a regulator: effects
    of genes on many others go with the components too. `genesis.discover` with its method
    ``"calibrated"`` fits hidden factors of its own beside the genetic effects.

    Parameters
    ----------
    expression : Expression or pandas.DataFrame, shape (n_samples, n_genes)
        Normalised.
    genotypes : Genotypes or pandas.DataFrame of dosages, optional
        Of the same samples in the same order.
    number : int or {"permutation", "elbow"}
        ``"permutation"``: components from the first on that explain more than the 95 % quantile
        of 20 permutations of each gene. ``"elbow"``: the component that is furthest from the
        line between the first and the last of the scree plot. At most half the degrees of
        freedom either way.
    genes : pandas.DataFrame, optional
        gene_id, chrom, start, end; by default those of the expression.
    variants : pandas.DataFrame, optional
        variant_id, chrom, pos of the columns of a table of dosages.
    covariates : pandas.DataFrame, optional
        Known covariates; the components are uncorrelated with them.
    cis_window : int
        Base pairs around a gene.
    seed : int
        Seed of the permutations.
    threads : int, optional
        The outcome is the same for any number.

    Returns
    -------
    Components
        Named ``expression_pc1`` and so on; `chosen` has the number by either rule.

    Raises
    ------
    CommandLineError
        `number` is none of these.
    InconsistentInputsError
        Samples differ, or no contig of the genes is one of the variants.
    DegenerateDataError
        There are not so many components.

    References
    ----------
    Buja & Eyuboglu 1992, Multivariate Behavioral Research 27:509; Zhou et al. 2022, Genome
    Biology 23:210 (PCAForQTL).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=(100, 40)) + rng.normal(size=(100, 2)) @ rng.normal(size=(2, 40))
    >>> found = expression_factors(pd.DataFrame(x))
    >>> found.chosen["permutation"], found.values.shape
    (2, (100, 2))
    """
    is_count = isinstance(number, int) and not isinstance(number, bool) and number >= 0
    if not is_count and number not in ("permutation", "elbow"):
        raise CommandLineError(
            f"number of expression components is {number!r}: give permutation, elbow, or a number"
        )
    expression = as_expression(expression)
    # By id before any arithmetic, so that not one bit depends on the order of the genes.
    order = np.argsort(expression.genes["gene_id"].to_numpy(dtype=object).astype(str))
    basis, rank, _ = covariate_basis(
        np.empty((len(expression.samples), 0)) if covariates is None else covariates
    )
    n = len(expression.samples)
    with one_blas_thread():
        rows, deviations = unit_rows(expression.values[:, order], basis)
        order, rows = order[deviations > 0], rows[deviations > 0]
        notes = []
        if genotypes is not None:
            genotypes = as_genotypes(genotypes, variants)
            require_same_samples(expression.samples, genotypes.samples)
            places = gene_places(expression, genes).iloc[order].reset_index(drop=True)
            ranges = cis_ranges(genotypes.variants, places, cis_window)
            if ranges is None:
                notes.append(
                    "Expression components: no positions, so no cis effects were taken out first."
                )
            else:
                rows, n_removed = without_cis(
                    rows,
                    UnitRows(genotypes.dosages, basis),
                    ranges,
                    n - rank,
                    threads or available_threads(),
                )
                notes.append(
                    f"Expression components: {counted(int(n_removed.sum()), 'cis variant')} taken "
                    f"out of {counted(int((n_removed > 0).sum()), 'gene')} first."
                )
        # In coordinates of what the covariates leave: a permutation there keeps within them.
        complement = np.linalg.qr(basis, mode="complete")[0][:, basis.shape[1] :]
        rows = rows @ complement
        most = min(rows.shape[1], len(rows))
        values, vectors = np.linalg.eigh(rows.T @ rows)
        variance = _shares(values)[:most]
        half = rows.shape[1] // 2
        chosen = {
            "elbow": min(elbow(variance), half),
            "permutation": parallel_analysis(
                rows, np.random.default_rng(seed), min(most, half), PERMUTATIONS, QUANTILE
            ),
        }
        count = chosen[number] if isinstance(number, str) else number
        if count > most:
            raise DegenerateDataError(
                f"{count} expression components of {counted(len(rows), 'gene')} and "
                f"{counted(n, 'sample')} less covariates: there are {most}; ask for fewer"
            )
        scores, _ = _leading(values, complement @ vectors, count, n)
    by_rule = f", by the rule {number}" if isinstance(number, str) else ""
    notes.append(
        f"Expression components: {count}{by_rule} (elbow {chosen['elbow']}, permutation "
        f"{chosen['permutation']}), {_percent(variance, count)} of the variance."
    )
    return _components(scores, expression.samples, "expression_pc", variance, chosen, notes)


def _leading(
    values: NDArray[np.float64], vectors: NDArray[np.float64], number: int, n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The last eigenvectors as scores of variance one, and shares of variance of all."""
    leading = vectors[:, ::-1][:, :number]
    # The sign of an eigenvector is the library's choice; this one is ours.
    at = np.abs(leading).argmax(axis=0)
    signs = np.sign(leading[at, np.arange(number)])
    return leading * signs * np.sqrt(n), _shares(values)


def _shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    positive = np.maximum(values[::-1], 0.0)
    total = positive.sum()
    shares: NDArray[np.float64] = positive / total if total > 0 else positive
    return shares


def _percent(variance: NDArray[np.float64], number: int) -> str:
    return f"{100 * variance[:number].sum():.1f} %"


def _components(
    scores: NDArray[np.float64],
    samples: list[str],
    name: str,
    variance: NDArray[np.float64],
    chosen: dict[str, int],
    notes: list[str],
) -> Components:
    columns = [f"{name}{k + 1}" for k in range(scores.shape[1])]
    frame = pd.DataFrame(scores, index=pd.Index(samples, name="sample"), columns=columns)
    return Components(frame, variance, chosen, notes)
