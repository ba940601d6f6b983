"""Measuring what `Diagnostics` holds, from the inputs and the outcome of a run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import linalg

from genesis.diagnostics.claim_evidence import claim_evidence
from genesis.diagnostics.scan_quantiles import scan_quantiles
from genesis.findings.diagnostics import Diagnostics
from genesis.findings.findings import Findings
from genesis.inputs.collect import Inputs
from genesis.io.genotypes import Genotypes
from genesis.io.ids import positions_of
from genesis.linear.unit_rows import unit_rows
from genesis.options import CommonOptions

__all__ = ["expression_components", "measure", "missing_calls"]

#: Components of expression: scores of samples that are kept, and shares of variance.
SCORES, COMPONENTS = 5, 20

_VARIANT_BLOCK = 4096


def measure(
    genotypes: Any, inputs: Inputs, options: CommonOptions, result: Findings
) -> Diagnostics:
    """Summarise the data of a run.

    Parameters
    ----------
    genotypes : Genotypes, pandas.DataFrame or array
        As given to `genesis.discover`: it knows which calls were missing.
    inputs : Inputs
        The same, completed and matched.
    options : CommonOptions
    result : Findings
        The outcome, whose claims are looked at.
    """
    # Sorted by id, so that the order of the genes changes no sum.
    order = np.argsort(inputs.genes["gene_id"].to_numpy(dtype=object))
    rows, deviations = unit_rows(inputs.expression[:, order], inputs.basis)
    varies = deviations > 0
    genes, rows = order[varies], rows[varies]
    scores, shares = expression_components(rows)
    by_variant, by_sample = missing_calls(genotypes, inputs.samples)
    n_samples, n_variants = inputs.dosages.shape
    samples = pd.DataFrame(
        {
            "sample_id": pd.Series(
                inputs.samples or [str(k + 1) for k in range(n_samples)], dtype="str"
            ),
            "missing": by_sample / max(n_variants, 1),
            **{f"pc{k + 1}": scores[:, k] for k in range(scores.shape[1])},
        }
    )
    frequency = inputs.variants["af"].to_numpy(dtype=np.float64)
    return Diagnostics(
        samples=samples,
        components=pd.DataFrame(
            {"component": np.arange(1, len(shares) + 1, dtype=np.int64), "variance": shares}
        ),
        histograms=pd.concat(
            [
                _histogram("allele_frequency", frequency[~np.isnan(frequency)]),
                _histogram("missingness", by_variant / max(n_samples, 1)),
            ],
            ignore_index=True,
        ),
        scan=scan_quantiles(inputs, genes, rows, None if options.all_snps else options.cis_window),
        evidence=claim_evidence(inputs, genes, rows, result),
    )


def _histogram(measure: str, values: np.ndarray) -> pd.DataFrame:
    """Counts in a hundred bins from 0 to 1; no rows where there are no values."""
    count, edges = np.histogram(values, bins=100, range=(0.0, 1.0))
    table = pd.DataFrame(
        {
            "measure": pd.Series([measure] * 100, dtype="str"),
            "lower": edges[:-1],
            "upper": edges[1:],
            "count": count.astype(np.int64),
        }
    )
    return table if len(values) else table[:0]


def missing_calls(genotypes: Any, samples: list[str] | None) -> tuple[np.ndarray, np.ndarray]:
    """Missing calls of each variant and each sample.

    Parameters
    ----------
    genotypes : Genotypes, pandas.DataFrame or (n_samples, n_variants) array
    samples : list of str or None
        The samples counted, in their order; None for all.

    Returns
    -------
    by_variant : (n_variants,) int64
    by_sample : (n_samples,) int64

    Examples
    --------
    >>> by_variant, by_sample = missing_calls(np.array([[0, np.nan], [1, np.nan]]), None)
    >>> by_variant.tolist(), by_sample.tolist()
    ([0, 2], [1, 1])
    """
    named = None
    if isinstance(genotypes, Genotypes):
        named, shape = genotypes.samples, genotypes.dosages.shape
    elif isinstance(genotypes, pd.DataFrame):
        named, shape = [str(name) for name in genotypes.index], genotypes.shape
        genotypes = genotypes.to_numpy()
    else:
        genotypes = np.asarray(genotypes)
        shape = genotypes.shape
    if samples is None or named is None:
        rows = np.arange(shape[0])
    else:
        rows = np.asarray(positions_of(samples, named, "samples", "the genotypes"))
    by_variant = np.zeros(shape[1], dtype=np.int64)
    by_sample = np.zeros(len(rows), dtype=np.int64)
    for start in range(0, shape[1], _VARIANT_BLOCK):
        block = slice(start, start + _VARIANT_BLOCK)
        mask = _mask(genotypes, block)
        if mask is not None:
            by_variant[block] = mask[rows].sum(axis=0, dtype=np.int64)
            by_sample += mask[rows].sum(axis=1, dtype=np.int64)
    return by_variant, by_sample


def _mask(genotypes: Any, block: slice) -> np.ndarray | None:
    """Which calls of some variants are missing, samples × variants; None for not one."""
    if isinstance(genotypes, Genotypes):
        if genotypes.missing is None:
            return None
        n_samples = len(genotypes.samples)
        return np.unpackbits(genotypes.missing[block], axis=1, count=n_samples).T
    return np.asarray(pd.isna(genotypes[:, block]))


def expression_components(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Principal components of samples, from unit rows of genes.

    Parameters
    ----------
    rows : (n_genes, n_samples) float64
        Each of length one.

    Returns
    -------
    scores : (n_samples, at most 5) float64
        Left singular vectors times singular values; the largest entry of each is positive.
    shares : (at most 20,) float64
        Share of the variance of each component, largest first.

    Examples
    --------
    >>> scores, shares = expression_components(np.array([[0.6, -0.8], [-0.6, 0.8]]))
    >>> shares.round(6).tolist(), scores[:, 0].round(6).tolist()
    ([1.0], [-0.848528, 1.131371])
    """
    n_genes, n_samples = rows.shape
    if not n_genes:
        return np.zeros((n_samples, 0)), np.zeros(0)
    # The smaller of the two products: as exact as the leading components need.
    of_samples = n_samples <= n_genes
    product = rows.T @ rows if of_samples else rows @ rows.T
    size = len(product)
    values, vectors = linalg.eigh(product, subset_by_index=[max(size - COMPONENTS, 0), size - 1])
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    kept = values > 1e-9 * n_genes
    values, vectors = values[kept], vectors[:, kept]
    scores = vectors * np.sqrt(values) if of_samples else rows.T @ vectors
    scores = np.ascontiguousarray(scores[:, :SCORES])
    largest = scores[np.abs(scores).argmax(axis=0), np.arange(scores.shape[1])]
    return scores * np.sign(largest), values / n_genes
