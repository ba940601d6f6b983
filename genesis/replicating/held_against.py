"""Claims held against a second set of samples; several such tests put together."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from genesis.replicating.claimed import Claimed
from genesis.replicating.second_samples import SecondSamples
from genesis.replication.anchor_loci import anchor_loci
from genesis.replication.anchored import GeneAnchors, anchored_claims
from genesis.replication.bins import replication_table
from genesis.replication.by_layers import ClaimedLayers, replication_by_layers
from genesis.replication.side_by_side import side_by_side
from genesis.replication.statistic import AnchoredClaims, sides_swapped

__all__ = ["Held", "Pooled", "hold_against", "pool"]


@dataclass(frozen=True, eq=False)
class Held:
    """One set of claims, as a second set of samples sees it.

    Attributes
    ----------
    claimed : Claimed
    second : SecondSamples
    claims : AnchoredClaims
        Those that can be tested; rows are those of `anchor_ids` and `gene_ids`.
    kept : (k,) int64
        Their rows among all claims.
    anchor_ids, gene_ids : list of str
    not_tested : dict of str to int
    n_turned : int
        Anchors whose alleles are counted the other way round in the second set.
    """

    claimed: Claimed
    second: SecondSamples
    claims: AnchoredClaims
    kept: NDArray[np.int64]
    anchor_ids: list[str]
    gene_ids: list[str]
    not_tested: dict[str, int]
    n_turned: int


class Pooled(NamedTuple):
    """Several tests together.

    Attributes
    ----------
    table : pandas.DataFrame
        As of `replication_table`.
    claims : pandas.DataFrame
        test (from 1), gene_a, gene_b, rests_on, posterior, effect, anchor, locus, predicted and
        seen: the effect of the anchor on b, in standard deviations for one of the dosage. With
        several layers layer_a and layer_b come after the genes.
    by_layers : pandas.DataFrame or None
        As of `replication_by_layers`; None where there is one layer.
    """

    table: pd.DataFrame
    claims: pd.DataFrame
    by_layers: pd.DataFrame | None


def hold_against(claimed: Claimed, second: SecondSamples, *, other_alleles: bool = False) -> Held:
    """Find out which claims the second set of samples can test.

    Parameters
    ----------
    claimed : Claimed
    second : SecondSamples
    other_alleles : bool
        Alleles may be counted the other way round there: such anchors are turned.
    """
    frame = claimed.claims
    gene_ids = sorted({*frame["gene_a"], *frame["gene_b"]})
    at = pd.Index(gene_ids, dtype=object)
    genes = second.gene_rows(gene_ids)
    present = second.has_genes(gene_ids)
    anchors, anchor_ids = _gene_anchors(claimed, second, at)
    variants = second.variant_rows(anchor_ids)
    n_turned = 0
    if other_alleles:
        anchors, n_turned = _turned(anchors, variants, genes, second.degrees)
    ends = [at.get_indexer(pd.Index(frame[name], dtype=object)) for name in ("gene_a", "gene_b")]
    cause, target = (np.where(present[end], end, -1).astype(np.int64) for end in ends)
    claims, kept, not_tested = anchored_claims(
        cause, target, frame["effect"].to_numpy(), frame["posterior"].to_numpy(), anchors,
        variants, genes,
    )  # fmt: skip
    return Held(claimed, second, claims, kept, anchor_ids, gene_ids, not_tested, n_turned)


def _gene_anchors(
    claimed: Claimed, second: SecondSamples, at: pd.Index
) -> tuple[GeneAnchors, list[str]]:
    """Of each gene the first of its anchors that the second set has, else the very first."""
    table = claimed.anchors[claimed.anchors["gene_id"].isin(at)]
    known = second.has_variants(table["variant_id"].tolist())
    table = table.assign(known=known).sort_values("known", ascending=False, kind="stable")
    traits = sorted(claimed.traits)
    of_traits = table[table["known"] & table["nearest"] & table["gene_id"].isin(traits)]
    table = table.drop_duplicates("gene_id")
    anchor_ids = sorted({*table.loc[table["known"], "variant_id"], *of_traits["variant_id"]})
    every = pd.Index(anchor_ids, dtype=object)
    acting = {
        int(at.get_loc(name)): every.get_indexer(
            pd.Index(of_traits.loc[of_traits["gene_id"] == name, "variant_id"], dtype=object)
        )
        for name in traits
    }
    gene = at.get_indexer(pd.Index(table["gene_id"], dtype=object))
    place = every.get_indexer(pd.Index(table["variant_id"], dtype=object))
    variant = np.full(len(at), -1, dtype=np.int64)
    variant[gene] = np.where(table["known"], place, -2)
    strength = np.zeros(len(at))
    strength[gene] = table["strength"]
    on = [claimed.contigs.get(name) for name in at]
    anchor_on: list[str | None] = [None] * len(at)
    for where, contig in zip(gene.tolist(), table["chrom"].tolist(), strict=True):
        # An anchor of which nothing is known lies by its gene.
        anchor_on[where] = on[where] if pd.isna(contig) else str(contig)
    codes, _ = pd.factorize(np.array([*on, *anchor_on], dtype=object))
    contig_of, anchor_contig = np.split(codes.astype(np.int64), 2)
    anchors = GeneAnchors(variant, strength, claimed.degrees, contig_of, anchor_contig, acting)
    return anchors, anchor_ids


def _turned(
    anchors: GeneAnchors,
    variants: NDArray[np.float64],
    genes: NDArray[np.float64],
    degrees: int,
) -> tuple[GeneAnchors, int]:
    """The anchors with their strengths as the second set counts alleles."""
    own = np.flatnonzero(anchors.variant >= 0)
    again = np.zeros(len(anchors.variant))
    again[own] = np.einsum("ij,ij->i", variants[anchors.variant[own]], genes[own])
    swapped = sides_swapped(anchors.strength, again, degrees)
    strength = np.where(swapped, -anchors.strength, anchors.strength)
    return dataclasses.replace(anchors, strength=strength), int(swapped.sum())


def pool(tests: Sequence[Held], *, same_claims: bool = False) -> Pooled:
    """λ of several tests together, of which samples may have been in more than one.

    Parameters
    ----------
    tests : sequence of Held
    same_claims : bool
        The tests are of the same claims, which then count once.
    """
    columns, n_columns = _columns_of_samples(tests)
    locus_of = _loci(tests)
    parts, rows = [], []
    for number, test in enumerate(tests, start=1):
        z = test.second.variant_rows(test.anchor_ids)
        x = test.second.gene_rows(test.gene_ids)
        names = np.array(test.anchor_ids, dtype=object)[test.claims.anchor]
        locus = np.array([locus_of[name] for name in names], dtype=np.int64)
        rows.append(_claim_rows(test, number, names, locus, z, x))
        parts.append((dataclasses.replace(test.claims, locus=locus), z, x))
    claims, variants, genes = side_by_side(parts, columns, n_columns)
    frame = pd.concat(rows, ignore_index=True)
    rests_on = frame["rests_on"].to_numpy(dtype=object) if frame["rests_on"].notna().any() else None
    names = np.array([name for test in tests for name in test.anchor_ids], dtype=object)
    claim = (frame["gene_a"] + "\t" + frame["gene_b"]).to_numpy(dtype=object)
    named = names, claim if same_claims else None
    table = replication_table(claims, rests_on, variants, genes, *named)
    layers = tests[0].claimed.layers
    if not layers:
        return Pooled(table, frame, None)
    claimed = ClaimedLayers(layers)
    for test in tests[:1] if same_claims else tests:
        first, second = _layers_of(test.claimed.claims, layers)
        known = (first >= 0) & (second >= 0)
        posterior = test.claimed.claims["posterior"].to_numpy(dtype=np.float64)
        claimed.add(first[known], second[known], posterior[known])
    first, second = _layers_of(frame, layers)
    by_layers = replication_by_layers(claims, first, second, claimed, variants, genes, *named)
    return Pooled(table, frame, by_layers)


def _layers_of(
    claims: pd.DataFrame, layers: list[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of the layers of both genes of each claim, -1 for a gene of none."""
    every = pd.Index(layers, dtype=object)
    first, second = (
        every.get_indexer(pd.Index(claims[f"layer_{end}"], dtype=object)).astype(np.int64)
        for end in "ab"
    )
    return first, second


def _claim_rows(
    test: Held,
    number: int,
    anchor: NDArray[np.object_],
    locus: NDArray[np.int64],
    z: NDArray[np.float64],
    x: NDArray[np.float64],
) -> pd.DataFrame:
    claims = test.claims
    given = test.claimed.claims.iloc[test.kept].reset_index(drop=True)
    own = np.einsum("ij,ij->i", z[claims.anchor], x[claims.cause])
    return pd.DataFrame(
        {
            "test": np.full(len(given), number),
            "gene_a": given["gene_a"].astype("str"),
            "gene_b": given["gene_b"].astype("str"),
            **{name: given[name].astype("str") for name in ("layer_a", "layer_b") if name in given},
            "rests_on": given["rests_on"].astype(object),
            "posterior": given["posterior"],
            "effect": given["effect"],
            "anchor": pd.Series(anchor, dtype="str"),
            "locus": locus,
            "predicted": own * claims.effect,
            "seen": np.einsum("ij,ij->i", z[claims.anchor], x[claims.target]),
        }
    )


def _columns_of_samples(tests: Sequence[Held]) -> tuple[list[NDArray[np.int64]], int]:
    """Where the samples of each test are among those of all."""
    named = [test.second.samples for test in tests]
    if any(samples is None for samples in named):
        # One set of rows after the other: without names nobody knows who is in several.
        ends = np.cumsum([test.second.n_samples for test in tests])
        starts = ends - [test.second.n_samples for test in tests]
        return [np.arange(a, b) for a, b in zip(starts, ends, strict=True)], int(ends[-1])
    every = pd.Index(sorted({name for samples in named for name in samples or []}))
    found = [every.get_indexer(pd.Index(samples)).astype(np.int64) for samples in named]
    return found, len(every)


def _loci(tests: Sequence[Held]) -> dict[str, int]:
    """The locus of each anchor: linked in one of the second sets is linked."""
    used = sorted(
        {test.anchor_ids[row] for test in tests for row in np.unique(test.claims.anchor).tolist()}
    )
    contig: dict[str, str] = {}
    for test in tests:
        table = test.claimed.anchors
        contig |= {
            v: str(c)
            for v, c in zip(table["variant_id"], table["chrom"], strict=True)
            if not pd.isna(c)
        }
    codes, _ = pd.factorize(np.array([contig.get(name) for name in used], dtype=object))
    links = []
    for test in tests:
        label = anchor_loci(test.second.variant_rows(used), codes.astype(np.int64))
        first = np.unique(label, return_index=True)[1]
        links.append((np.arange(len(used)), first[label]))
    a, b = (np.concatenate(ends) for ends in zip(*links, strict=True))
    graph = sparse.coo_array((np.ones(len(a)), (a, b)), shape=(len(used), len(used)))
    _, label = csgraph.connected_components(graph, directed=False)
    return dict(zip(used, label.tolist(), strict=True))
