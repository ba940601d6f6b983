"""Samples whose expression belongs to the genotypes of another: told by cis effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logsumexp
from scipy.stats import false_discovery_control, norm

from genesis.anchors.cis_windows import CandidateRanges
from genesis.anchors.leads import cis_leads, cis_ranges, p_of_r
from genesis.engine.threads import available_threads, one_blas_thread
from genesis.io.ids import counted, first_few
from genesis.io.packed_dosages import PackedDosages
from genesis.linear.covariate_basis import covariate_basis
from genesis.linear.unit_rows import UnitRows, unit_rows
from genesis.prepare.expression_filter import as_expression, gene_places, require_same_samples
from genesis.prepare.genotype_table import as_genotypes, columns_of, spread_out
from genesis.prepare.normalise import normalise
from genesis.showing import Shown

__all__ = ["Swaps", "sample_swaps"]

#: Genes looked at, and variants in the window of a typical one: both spread evenly.
MOST_GENES, MOST_IN_WINDOW = 2000, 100
#: Fewer cis effects or samples than this tell nothing.
LEAST_SIGNALS, LEAST_SAMPLES = 10, 20
#: Parts of the samples; each is judged by effects found in the others.
FOLDS = 5
#: Expected share of false ones among the cis effects.
RATE = 0.05
#: Before the data are looked at: expression of another sample; of none that is there.
MOVED, FOREIGN = 0.01, 0.05
#: Probability that a verdict needs; power below which nothing is said of the whole.
CERTAIN, LEAST_POWER = 0.95, 0.5


@dataclass(frozen=True, eq=False, repr=False)
class Swaps(Shown):
    """How well expression fits the genotypes of the same sample, and of others.

    Attributes
    ----------
    samples : pandas.DataFrame
        One row an expression sample: ``sample``; ``own_z``, how far its fit to its own genotypes
        stands out from its fits to all others, in standard deviations; ``best_other``, ``best_z``,
        the best of the others; ``own``, ``other``, the probabilities that it belongs to its own
        genotypes, and to those of `best_other`; ``verdict``: ``own`` or ``swapped`` where one of
        them is at least 0.95, else ``unclear``.
    n_signals : int
        Cis effects that were used.
    separation : float
        Median of ``own_z``: how far a right match stands out.
    power : float
        Probability that an exchange of two samples would be found, given the separation.
    notes : list of str
        What was found, in sentences.
    """

    samples: pd.DataFrame
    n_signals: int
    separation: float
    power: float
    notes: list[str]

    @property
    def conclusive(self) -> bool:
        """Whether an exchange would more likely be found than missed."""
        return self.power >= LEAST_POWER

    @property
    def swapped(self) -> pd.DataFrame:
        """Rows of the samples whose expression fits the genotypes of another."""
        return self.samples[self.samples["verdict"] == "swapped"]


def sample_swaps(
    expression: Any,
    genotypes: Any,
    *,
    genes: pd.DataFrame | None = None,
    variants: pd.DataFrame | None = None,
    covariates: pd.DataFrame | None = None,
    cis_window: int = 1_000_000,
    threads: int | None = None,
) -> Swaps:
    """Find samples whose expression and genotypes are not of the same person.

    The strongest cis variants of the genes (at an expected false share of 0.05) predict expression
    from genotypes, and the log likelihood of every expression sample under the genotypes of every
    sample is compared, each fifth of the samples by effects found in the other four. Fits to
    others vary around zero with a standard deviation of one, fits to the right one around
    `separation`. From there follow the probabilities that a sample is itself, that it is another
    (0.01 beforehand; two that are exchanged fit both ways), or that it fits nobody (0.05), as
    expression of poor quality does.

    Parameters
    ----------
    expression : Expression or pandas.DataFrame, shape (n_samples, n_genes)
        Each gene is taken by its ranks.
    genotypes : Genotypes or pandas.DataFrame of dosages
        Of the same samples in the same order.
    genes : pandas.DataFrame, optional
        gene_id, chrom, start, end; by default those of the expression.
    variants : pandas.DataFrame, optional
        variant_id, chrom, pos of the columns of a table of dosages.
    covariates : pandas.DataFrame, optional
        Projected out of both sides.
    cis_window : int
        Base pairs around a gene.
    threads : int, optional
        The outcome is the same for any number.

    Returns
    -------
    Swaps

    Raises
    ------
    InconsistentInputsError
        Samples differ, or no contig of the genes is one of the variants.

    Notes
    -----
    At most 2,000 genes are looked at, and variants so thinned that a typical window has 100.

    References
    ----------
    After Fort et al. 2017, Bioinformatics 33:1895 (MBV), and Westra et al. 2011, Bioinformatics
    27:2104 (MixupMapper).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> z = pd.DataFrame(rng.binomial(2, 0.4, size=(60, 80)).astype(float))
    >>> places = pd.DataFrame({"variant_id": [str(k) for k in range(80)], "chrom": "1",
    ...     "pos": np.arange(80) * 1000 + 1})
    >>> genes = places.rename(columns={"variant_id": "gene_id", "pos": "start"})
    >>> genes["end"] = genes["start"]
    >>> x = z + rng.normal(size=(60, 80))
    >>> x.iloc[[3, 8]] = x.iloc[[8, 3]].to_numpy()
    >>> found = sample_swaps(x, z, genes=genes, variants=places, cis_window=10)
    >>> found.swapped[["sample", "best_other"]].to_numpy().tolist()
    [['3', '8'], ['8', '3']]
    """
    expression, genotypes = as_expression(expression), as_genotypes(genotypes, variants)
    require_same_samples(expression.samples, genotypes.samples)
    n = len(expression.samples)
    order = np.argsort(expression.genes["gene_id"].to_numpy(dtype=object).astype(str))
    places = gene_places(expression, genes).iloc[order].reset_index(drop=True)
    n_covariates = 0 if covariates is None else covariates.shape[1]
    if n - n_covariates < LEAST_SAMPLES:
        return _cannot_tell(expression.samples, 0, "too few samples")
    thinned = _thin(genotypes.variants, places, cis_window)
    if thinned is None:
        return _cannot_tell(expression.samples, 0, "no positions of genes and variants")
    columns, candidates, chosen = thinned
    # Ranks, so that no sample weighs more than another in what it is judged by.
    values = normalise(expression.values[:, order[chosen]], "int")
    table = np.empty((n, 0)) if covariates is None else np.asarray(covariates, dtype=np.float64)
    with one_blas_thread():
        fit, n_signals = _cross_fit(
            values,
            columns_of(genotypes, columns),
            table,
            candidates,
            threads or available_threads(),
        )
    if n_signals < LEAST_SIGNALS:
        return _cannot_tell(expression.samples, n_signals, "too few cis effects")
    return _judge(fit, expression.samples, n_signals)


def _cross_fit(
    values: NDArray[np.float64],
    dosages: NDArray[np.float32] | PackedDosages,
    covariates: NDArray[np.float64],
    candidates: CandidateRanges,
    threads: int,
) -> tuple[NDArray[np.float64], int]:
    """Fit of each expression sample to each genotype sample, by effects found in other samples.

    Effects found in the sample itself would fit it better than they fit anybody else.
    """
    n = len(values)
    whole, _, _ = covariate_basis(covariates)
    x = unit_rows(values, whole)[0] * np.sqrt(n)
    fit = np.zeros((n, n))
    numbers = []
    for fold in range(FOLDS):
        held = np.arange(n) % FOLDS == fold
        basis, rank, _ = covariate_basis(covariates[~held])
        rows, _ = unit_rows(values[~held], basis)
        lead, r = cis_leads(rows, UnitRows(dosages[~held], basis), candidates, threads)
        degrees = len(basis) - rank - 2
        p = np.minimum(p_of_r(r, degrees) * (candidates.last - candidates.first), 1.0)
        used = (lead >= 0) & (false_discovery_control(p) < RATE)
        z = unit_rows(dosages[:, lead[used]], whole)[0] * np.sqrt(n)
        fit[held] = _log_likelihood(x[used][:, held], z, r[used])
        numbers.append(int(used.sum()))
    return fit, min(numbers)


def _thin(
    variants: pd.DataFrame, places: pd.DataFrame, window: int
) -> tuple[NDArray[np.int64], CandidateRanges, NDArray[np.int64]] | None:
    """Columns of the variants looked at, and the candidates of the genes looked at."""
    ranges = cis_ranges(variants, places, window)
    if ranges is None:
        return None
    sizes = ranges.last - ranges.first
    chosen = spread_out(np.flatnonzero(sizes > 0), MOST_GENES)
    if not len(chosen):
        return None
    step = max(1, round(float(np.median(sizes[chosen])) / MOST_IN_WINDOW))
    columns = ranges.order[::step]
    genes = places.iloc[chosen].reset_index(drop=True)
    thinned = cis_ranges(variants.iloc[columns].reset_index(drop=True), genes, window)
    return None if thinned is None else (columns, thinned, chosen)


def _log_likelihood(
    x: NDArray[np.float64], z: NDArray[np.float64], r: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Log likelihood ratio of a match over none, expression samples × genotype samples.

    Given the genotype z of its lead, a gene is normal with mean r z and variance 1 − r²; without
    it, standard normal.
    """
    r = np.clip(r, -0.99, 0.99)
    rest = 1 - r**2
    own = -(r**2 / (2 * rest)) @ x**2
    theirs = -(r**2 / (2 * rest)) @ z**2
    cross = (x * (r / rest)[:, None]).T @ z
    fit: NDArray[np.float64] = cross + own[:, None] + theirs - np.log(rest).sum() / 2
    return fit


def _judge(fit: NDArray[np.float64], samples: list[str], n_signals: int) -> Swaps:
    n = len(samples)
    others = fit.copy()
    np.fill_diagonal(others, np.nan)
    # The median and its deviation: the one genotype that fits is among the others of a swap.
    centre = np.nanmedian(others, axis=1, keepdims=True)
    spread = np.nanmedian(np.abs(others - centre), axis=1, keepdims=True) / norm.ppf(0.75)
    z = (fit - centre) / np.maximum(spread, np.finfo(np.float64).tiny)
    own_z = np.diag(z).copy()
    separation = float(np.median(own_z))
    own, other = _probabilities(z, max(separation, 0.0))
    best = other.argmax(axis=1)
    row = np.arange(n)
    moved = other[row, best]
    table = pd.DataFrame(
        {
            "sample": pd.Series(samples, dtype="str"),
            "own_z": own_z,
            "best_other": pd.Series(np.asarray(samples, dtype=object)[best], dtype="str"),
            "best_z": z[row, best],
            "own": own,
            "other": moved,
            "verdict": pd.Series(
                np.select([moved >= CERTAIN, own >= CERTAIN], ["swapped", "own"], "unclear"),
                dtype="str",
            ),
        }
    )
    power = _power(separation, n)
    return Swaps(table, n_signals, separation, power, _sentences(table, n_signals, power))


def _probabilities(
    z: NDArray[np.float64], separation: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """That each expression sample belongs to its own genotypes, and to those of each other."""
    n = len(z)
    # Of a standard normal around the separation over one around zero.
    ratio = separation * z - separation**2 / 2
    own = np.log(1 - MOVED - FOREIGN) + np.diag(ratio)
    none = np.full(n, np.log(FOREIGN))
    one_way = np.log(MOVED / n) + ratio
    np.fill_diagonal(one_way, -np.inf)
    alone = logsumexp(np.column_stack([own, none, one_way]), axis=1)
    # In an exchange the other one's fit is explained along with this one's.
    exchange = one_way + ratio.T - alone
    total = logsumexp(np.column_stack([alone, exchange]), axis=1)
    other: NDArray[np.float64] = np.exp(np.logaddexp(one_way, exchange) - total[:, None])
    return np.exp(own - total), other


def _power(separation: float, n: int) -> float:
    """Probability that two samples that are exchanged are found so."""
    if separation <= 0:
        return 0.0
    odds = np.log(n / MOVED) + 2 * np.log(FOREIGN) + np.log(CERTAIN / (1 - CERTAIN))
    least = (separation**2 + odds) / separation
    return float(norm.sf((least - 2 * separation) / np.sqrt(2)))


def _sentences(table: pd.DataFrame, n_signals: int, power: float) -> list[str]:
    swapped = table[table["verdict"] == "swapped"]
    partner = dict(zip(swapped["sample"], swapped["best_other"], strict=True))
    mutual = [f"{a} and {b}" for a, b in partner.items() if partner.get(b) == a and a < b]
    alone = [f"{a} fits {b}" for a, b in partner.items() if partner.get(b) != a]
    notes = []
    if mutual:
        notes.append(
            f"Sample swaps: expression and genotypes look exchanged in "
            f"{counted(len(mutual), 'pair')}: {first_few(mutual)}; nothing was changed, check the "
            "labels before you trust a result."
        )
    if alone:
        notes.append(
            f"Sample swaps: {counted(len(alone), 'expression sample')} by the genotypes of "
            f"another: {first_few(alone)}; nothing was changed, check the labels."
        )
    effects = counted(n_signals, "cis effect")
    if power < LEAST_POWER:
        notes.append(
            f"Sample swaps: cannot tell{' of more' * bool(partner)}; by {effects} an exchange of "
            f"two samples is found with probability {power:.2f}."
        )
    else:
        notes.append(
            f"Sample swaps: {'no more' if partner else 'none'} found; by {effects} an exchange of "
            f"two samples is found with probability {power:.2f}."
        )
    return notes


def _cannot_tell(samples: list[str], n_signals: int, why: str) -> Swaps:
    nan = np.full(len(samples), np.nan)
    table = pd.DataFrame(
        {
            "sample": pd.Series(samples, dtype="str"),
            "own_z": nan,
            "best_other": pd.Series([None] * len(samples), dtype="str"),
            "best_z": nan,
            "own": nan,
            "other": nan,
            "verdict": pd.Series(["unclear"] * len(samples), dtype="str"),
        }
    )
    found = f" ({n_signals})" if n_signals else ""
    note = f"Sample swaps: cannot tell whether there are any: {why}{found}."
    return Swaps(table, n_signals, float("nan"), 0.0, [note])
