"""Small tables that a run keeps beside its result, for plots and the report."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

__all__ = ["Diagnostics"]


@dataclass(frozen=True, eq=False)
class Diagnostics:
    """What plots and the report show of the data; none of it enters the result.

    Attributes
    ----------
    samples : pandas.DataFrame
        sample_id (text; the number of the row where samples have no names), missing (float64,
        share of its genotype calls that were missing), then pc1, pc2, … (float64): its scores
        on the components of expression, each gene scaled to unit variance and cleared of
        covariates.
    components : pandas.DataFrame
        component (int64, from 1), variance (float64, share of the variance of expression).
    histograms : pandas.DataFrame
        measure ("allele_frequency" or "missingness", of variants), lower, upper (float64),
        count (int64). No rows of a measure that is not known.
    scan : pandas.DataFrame
        Quantiles of the p-values of single variants against single genes. pairs ("cis";
        "distant": outside each other's cis window; "all" where there are no windows), n_tests
        and rank (int64; rank 1 is the smallest p-value), expected and observed (float64,
        −log10 p).
    evidence : pandas.DataFrame
        The strongest ancestor claims: gene_a, gene_b, witness (int32, positions as in
        `Relations`; −1 for no witness), then float64 correlations of values cleared of
        covariates, NaN without a witness: witness_a, witness_b, witness_b_given_a, a_b,
        a_b_given_witness.
    """

    samples: pd.DataFrame
    components: pd.DataFrame
    histograms: pd.DataFrame
    scan: pd.DataFrame
    evidence: pd.DataFrame
