"""Candidates of all genes in few arrays, as they are sent to a cluster.

An array takes as long to send as some kilobytes do, and lists of candidates have three for each
gene: of 20,000 genes they take seconds of every process, in these few arrays a tenth of one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from genesis.posterior.model.candidates import Candidates

__all__ = ["PackedCandidates", "pack", "unpack"]


class PackedCandidates(NamedTuple):
    """`Candidates`, those of all genes one after the other.

    Attributes
    ----------
    stop : (n_genes,) int64
        Where the candidates of each gene end.
    variable : (m,) int64
    kind : (m,) int8
    parent_gene : (m,) int64
    has_positional_anchor : (n_genes,) bool
    lead : (n_genes,) int64
    considered : (N_KINDS,) float64
    """

    stop: np.ndarray
    variable: np.ndarray
    kind: np.ndarray
    parent_gene: np.ndarray
    has_positional_anchor: np.ndarray
    lead: np.ndarray
    considered: np.ndarray


def pack(candidates: Candidates) -> PackedCandidates:
    """Put the candidates of all genes into one array of each sort."""
    return PackedCandidates(
        np.cumsum([len(one) for one in candidates.variable]),
        np.concatenate(candidates.variable),
        np.concatenate(candidates.kind),
        np.concatenate(candidates.parent_gene),
        candidates.has_positional_anchor,
        candidates.lead,
        candidates.considered,
    )


def unpack(packed: PackedCandidates) -> Candidates:
    """The candidates as they were."""
    cuts = packed.stop[:-1]
    return Candidates(
        np.split(packed.variable, cuts),
        np.split(packed.kind, cuts),
        np.split(packed.parent_gene, cuts),
        packed.has_positional_anchor,
        packed.lead,
        packed.considered,
    )
