"""What the graphs of a chain say of pairs of genes, counted once the chain has ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from genesis.posterior.claims.pair_table import Pairs, join, spread
from genesis.posterior.model.graph_kernels import count_below
from genesis.posterior.moves.edge_probability_kernels import IMPOSSIBLE

__all__ = ["Graphs", "counts_of_pairs", "no_pairs"]

#: Genes whose descendants are counted together: the bits of a word.
_AT_ONCE = 64


class Graphs(NamedTuple):
    """Graphs that a chain counts, or a stretch of it.

    Attributes
    ----------
    edges : (2, n_edges) int32
        Causes and targets, as of `list_graph`.
    end : (n_graphs,) int64
        Where the edges of each end.
    loads : (n_graphs, n_genes, n_words) uint64
        The hidden factors that act on each gene in each, as bits.
    """

    edges: np.ndarray
    end: np.ndarray
    loads: np.ndarray

    @classmethod
    def of(cls, stretches: Sequence[Graphs]) -> Graphs:
        """All graphs of one chain."""
        sizes = [np.diff(one.end, prepend=0) for one in stretches]
        return cls(
            np.concatenate([one.edges for one in stretches], axis=1),
            np.cumsum(np.concatenate(sizes)),
            np.concatenate([one.loads for one in stretches]),
        )


def no_pairs(n_genes: int) -> dict[str, np.ndarray]:
    """The columns of a `Tally` over pairs, of which there are none."""
    names = ("ancestor", "confounded", "direct", "edge_probability")
    nothing = Pairs(np.zeros(n_genes + 1, dtype=np.int64), np.empty(0, dtype=np.int32))
    return nothing._asdict() | {name: np.empty(0, dtype=np.uint8) for name in names}


def counts_of_pairs(
    graphs: Graphs, cause: np.ndarray, target: np.ndarray, code: np.ndarray
) -> dict[str, np.ndarray]:
    """The columns of a `Tally` over pairs.

    Parameters
    ----------
    graphs : Graphs
    cause, target : (k,) int32
        Edges whose probability was asked for, by target.
    code : (k,) uint8
        What that is, as `find_edge_probabilities` says it.

    Returns
    -------
    dict of str to array
        By the names of the fields of `Tally`.
    """
    n_genes = graphs.loads.shape[1]
    # Once where there are no genes, too.
    lows = range(0, max(n_genes, 1), _AT_ONCE)
    number, below, counts = zip(*(count_below(*graphs, low) for low in lows), strict=True)
    start = np.zeros(n_genes + 1, dtype=np.int64)
    np.cumsum(np.concatenate(number)[:n_genes], out=start[1:])
    counted = Pairs(start, np.concatenate(below))
    by_cause = np.argsort(cause, kind="stable")
    asked = Pairs.of(cause[by_cause], target[by_cause], n_genes)
    pairs = join([counted, asked])
    ancestor, confounded, direct = np.concatenate(counts, axis=1)
    return {
        **pairs._asdict(),
        "ancestor": spread(ancestor, counted, pairs),
        "confounded": spread(confounded, counted, pairs),
        "direct": spread(direct, counted, pairs),
        "edge_probability": spread(code[by_cause], asked, pairs, IMPOSSIBLE),
    }
