"""Which gene of a locus acts on a target: loci, their targets, and shares of their genes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from genesis.engine.threads import map_ordered
from genesis.inputs.collect import Inputs
from genesis.inputs.layer_order import GeneOrder
from genesis.linear.unit_rows import UnitRows, unit_rows
from genesis.loci.linked_genes import Locus, linked_loci
from genesis.loci.locus_table import Evidence, locus_table
from genesis.loci.own_variants import (
    VARIANT_SLABS,
    OwnVariants,
    likeliest_share,
    log_bayes_factor,
    own_variants,
    posterior_of,
)
from genesis.loci.share_kernels import log_evidence_of_genes
from genesis.loci.shared_causes import SharedCauses, shared_causes
from genesis.options import CommonOptions

__all__ = ["find_loci"]

#: Prior variances of the effect of a gene on another, in units of the noise, equally likely.
SLABS = np.array([0.05, 0.2, 0.8])
#: Shares of the variance of expression beyond the anchor that are the gene's own and not errors of
#: measurement, and their prior weights.
FAITHFUL, FAITHFUL_WEIGHT = np.array([1.0, 0.75, 0.5]), np.array([0.5, 0.25, 0.25])
#: Genes that act and are not measured for every one that is, before the data speak, and the number
#: of effects that this guess is worth.
UNMEASURED, GUESS_WORTH = 0.25, 10.0
#: A locus and target are listed from this posterior on.
LISTED = 0.2
#: Least mean share of variance that the own variant of a gene explains.
LEAST_CIS = 0.01
#: A variant whose prior is so much smaller than that of the likeliest for its gene is left out.
NEGLIGIBLE = 1e-3
_PASSES = 100
#: Bins of log Bayes factors, of which the share of loci that act is learned.
_BINS, _FACTORS = 2000, (-10.0, 40.0)
#: Variants of loci that are held against all genes at a time.
_VARIANTS_AT_A_TIME = 256


@dataclass(frozen=True, eq=False)
class _Targets:
    """A locus, and rows of genes for whose effects it may be the peak, with log Bayes factors."""

    locus: Locus
    target: np.ndarray
    log_factor: np.ndarray


@dataclass(frozen=True, eq=False)
class _Data:
    """Genes in the order of their ids.

    `gene` are columns of the expression, `rows` unit rows; `cis` is the mean share of variance
    that a gene's own variant explains where there is one.
    """

    gene: np.ndarray
    rows: np.ndarray
    variants: UnitRows
    own: OwnVariants
    degrees: int
    cis: float
    order: GeneOrder | None


def find_loci(
    inputs: Inputs, options: CommonOptions, threads: int = 1
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Find loci that act on genes elsewhere, and share each effect among the genes of the locus.

    Parameters
    ----------
    inputs : Inputs
        What was analysed.
    options : CommonOptions
    threads : int
        The outcome is the same for any number.

    Returns
    -------
    table : pandas.DataFrame
        As `genesis.Result.loci`, but for posteriors of ancestors; no rows where any variant may
        act on any gene.
    learned : dict
        For the record of the run.
    """
    if options.all_snps and inputs.given_anchors is None:
        return locus_table(inputs, []), {}
    data = _data(inputs, options)
    found, share = _targets(data, _contigs(inputs, data.gene), threads)
    evidence, odds = _evidence(data, found, share)
    learned = {
        "loci": len(found),
        "pairs": sum(len(one.target) for one in evidence),
        "share_of_pairs": round(share, 6),
        "share_with_own_variant": round(data.own.share, 4),
        "unmeasured_for_each_measured": round(odds, 4),
    }
    return locus_table(inputs, evidence), learned


def _data(inputs: Inputs, options: CommonOptions) -> _Data:
    gene = np.argsort(inputs.genes["gene_id"].to_numpy(dtype=object), kind="stable")
    rows, deviations = unit_rows(inputs.expression[:, gene], inputs.basis)
    gene, rows = gene[deviations > 0], rows[deviations > 0]
    variants = UnitRows(inputs.dosages, inputs.basis)
    order = None if inputs.layers is None else inputs.layers.order.take(gene)
    own = own_variants(inputs, options.cis_window, gene, rows, variants)
    degrees = inputs.n_effective - 1
    weight = np.where(own.lead >= 0, own.acted_on, 0.0)
    cis = float(weight @ own.strength / weight.sum()) if weight.any() else 0.0
    return _Data(gene, rows, variants, own, degrees, max(cis - 1 / degrees, LEAST_CIS), order)


def _contigs(inputs: Inputs, gene: np.ndarray) -> np.ndarray:
    """A number for the contig of each gene; −1 where it is not known."""
    return pd.factorize(inputs.genes["chrom"].iloc[gene])[0]


def _targets(data: _Data, contig: np.ndarray, threads: int) -> tuple[list[_Targets], float]:
    """Loci with their targets, and the share of pairs of a locus and a gene that it acts on."""
    found: list[_Targets] = []
    count = np.zeros(_BINS)
    edges = np.linspace(*_FACTORS, _BINS + 1)
    batches = _batches(linked_loci(data.own, contig, data.variants))
    for targets, more in map_ordered(lambda some: _of_batch(data, edges, some), batches, threads):
        found += targets
        count += more
    middle = (edges[1:] + edges[:-1]) / 2
    return found, likeliest_share(middle, count, (1e-6, 0.5))


def _batches(
    loci: Iterable[tuple[Locus, np.ndarray]],
) -> Iterator[list[tuple[Locus, np.ndarray]]]:
    """Loci with rows of their variants, a few at a time: one product of many rows is quicker."""
    batch: list[tuple[Locus, np.ndarray]] = []
    n_variants = 0
    for locus, rows in loci:
        batch.append((locus, rows))
        n_variants += len(rows)
        if n_variants >= _VARIANTS_AT_A_TIME:
            yield batch
            batch, n_variants = [], 0
    if batch:
        yield batch


def _of_batch(
    data: _Data, edges: np.ndarray, batch: list[tuple[Locus, np.ndarray]]
) -> tuple[list[_Targets], np.ndarray]:
    """Targets of some loci, and how many log Bayes factors are in each bin."""
    # The share is at most a half, so that nothing below may be listed.
    least = special.logit(LISTED)
    r2_of_all = (np.concatenate([rows for _, rows in batch]) @ data.rows.T) ** 2
    found, count, first = [], np.zeros(len(edges) - 1), 0
    for locus, rows in batch:
        r2 = r2_of_all[first : first + len(rows)]
        first += len(rows)
        weight = np.bincount(locus.stands_in) / len(locus.stands_in)
        each = log_bayes_factor(r2, data.degrees, VARIANT_SLABS)
        log_factor = np.logaddexp.reduce(each + np.log(weight)[:, None], axis=0)
        count += np.histogram(np.clip(log_factor[locus.elsewhere], *_FACTORS), edges)[0]
        peak = np.round(r2, 9).argmax(axis=0)
        here = locus.elsewhere & locus.in_core[peak] & (log_factor >= least)
        found.append(_Targets(locus, np.flatnonzero(here), log_factor[here]))
    return found, count


def _evidence(data: _Data, found: list[_Targets], share: float) -> tuple[list[Evidence], float]:
    """Shares of the genes of every locus, and genes not measured for each measured one."""
    lead_rows = np.zeros_like(data.rows)
    has_lead = data.own.lead >= 0
    lead_rows[has_lead] = data.variants(data.own.lead[has_lead])[0]
    causes = shared_causes(data.rows, lead_rows, data.degrees)
    evidence, prior_odds = [], []
    for one in found:
        posterior = posterior_of(one.log_factor, share)
        listed = posterior >= LISTED
        for locus, which in _by_order(data.order, one.locus, one.target, listed):
            made, odds = _of_locus(data, locus, one.target[which], posterior[which], causes)
            evidence.append(made)
            prior_odds.append(odds)
    odds = _unmeasured(evidence, prior_odds)
    for made in evidence:
        made.shares[:, -1] += np.log(odds)
        made.shares[:] = special.softmax(made.shares, axis=1)
    return evidence, odds


def _by_order(
    order: GeneOrder | None, locus: Locus, target: np.ndarray, listed: np.ndarray
) -> Iterator[tuple[Locus, np.ndarray]]:
    """The locus with those of its genes that may act on some targets, and which these are."""
    if order is None:
        if listed.any():
            yield locus, listed
        return
    rank = order.rank[target]
    for one in np.unique(rank[listed]):
        genes = locus.genes[order.rank[locus.genes] <= one]
        if len(genes):
            yield replace(locus, genes=genes), listed & (rank == one)


def _of_locus(
    data: _Data,
    locus: Locus,
    target: np.ndarray,
    posterior: np.ndarray,
    causes: SharedCauses,
) -> tuple[Evidence, float]:
    """Log of prior times evidence in place of shares, and the prior odds of none measured.

    Both for as many unmeasured genes as there are measured ones.
    """
    z, x, targets = data.variants(locus.variants)[0], data.rows[locus.genes], data.rows[target]
    cis = x @ z.T
    prior = _prior(data.own, locus, cis, data.degrees)
    expected = data.own.share * len(locus.genes)
    prior_none = expected * np.bincount(locus.stands_in) / len(locus.stands_in)
    r_variants, r_genes = targets @ z.T, targets @ x.T
    shares = np.empty((len(target), len(locus.genes) + 1))
    log_evidence_of_genes(
        float(data.degrees), cis, prior, prior_none, r_variants, r_genes, SLABS, data.cis,
        causes.spread, causes.weight, FAITHFUL, FAITHFUL_WEIGHT, shares,
    )  # fmt: skip
    best = prior.argmax(axis=1)
    own = np.clip(cis[np.arange(len(cis)), best], -1 + 1e-9, 1 - 1e-9)
    by_variant = r_variants[:, best]
    beyond = r_genes - own * by_variant
    partial = beyond / np.sqrt((1 - own**2) * np.maximum(1 - by_variant**2, 1e-12))
    with np.errstate(divide="ignore", invalid="ignore"):
        mediated = own * beyond / ((1 - own**2) * by_variant)
    made = Evidence(
        lead=locus.lead,
        variants=locus.linked,
        gene=data.gene[locus.genes],
        target=data.gene[target],
        posterior=posterior,
        shares=shares,
        cis=own,
        partial=partial,
        mediated=mediated,
    )
    return made, expected / prior.sum()


def _prior(own: OwnVariants, locus: Locus, cis: np.ndarray, degrees: int) -> np.ndarray:
    """Posterior, by its own expression, that each variant of the locus acts on each gene."""
    log_factor = log_bayes_factor(cis**2, degrees, VARIANT_SLABS)
    prior = np.zeros(cis.shape)
    for at, gene in enumerate(locus.genes):
        in_pool = np.isin(locus.linked, own.pools[gene])
        n_here = np.bincount(locus.stands_in[in_pool], minlength=cis.shape[1])
        any_or_none = np.logaddexp(np.log1p(-own.share), np.log(own.share) + own.log_factor[gene])
        scale = np.log(own.share / len(own.pools[gene])) - any_or_none
        prior[at] = n_here * np.exp(log_factor[at] + scale)
    prior[prior < NEGLIGIBLE * prior.max(axis=1, keepdims=True)] = 0.0
    return prior


def _unmeasured(evidence: list[Evidence], prior_odds: list[float]) -> float:
    """Genes that act and are not measured for every one that is, likeliest for these effects."""
    if not evidence:
        return UNMEASURED
    log_odds = np.concatenate(
        [one.shares[:, -1] - np.logaddexp.reduce(one.shares[:, :-1], axis=1) for one in evidence]
    )
    n_targets = [len(one.target) for one in evidence]
    prior = np.repeat(prior_odds, n_targets)
    weight = np.concatenate([one.posterior for one in evidence])
    odds = UNMEASURED
    for _ in range(_PASSES):
        none = special.expit(log_odds + np.log(odds))
        expected = prior / (1 + odds * prior)
        odds = (weight @ none + GUESS_WORTH * UNMEASURED) / (weight @ expected + GUESS_WORTH)
    return float(odds)
