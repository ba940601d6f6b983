"""Ancestor claims as a directed graph: which of them are edges, and the graph for networkx."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pandas as pd

from genesis.errors import CommandLineError
from genesis.findings.gene_names import gene_position
from genesis.findings.relations import RELATION_NAMES, Relations
from genesis.io.ids import counted

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["ClaimGraph", "choose_claims", "node_table", "records", "sign_names", "signs_of"]

_ANCESTOR, _NONDESCENDANT = (RELATION_NAMES.index(n) for n in ("ancestor", "nondescendant"))
#: What an edge stands for, by 1 plus `Relations.direct` of an ancestor claim, and at the end of
#: a claim of order alone.
INTERACTIONS = ("ancestor", "indirect", "direct", "nondescendant")
#: Names of signs, by the sign itself: 0, 1, and −1 from the end.
_SIGNS = (None, "positive", "negative")


@dataclass(frozen=True, eq=False)
class ClaimGraph:
    """Genes and the claims between them that are to be drawn as edges a → b.

    Attributes
    ----------
    result : Findings
        What the claims are of.
    nodes : (k,) int64
        Positions in ``result.genes``, ascending.
    claims : Relations
        The edges: gene_a → gene_b.
    signed : bool
        Whether edges are to say their sign.
    left_out : dict of str to int
        How many claims are no edges here, by what they are.
    """

    result: Findings
    nodes: np.ndarray
    claims: Relations
    signed: bool
    left_out: dict[str, int]

    def note(self) -> str:
        """What the graph holds and what it leaves out, as sentences."""
        text = (
            f"{counted(len(self.claims), 'edge', ',')} of {counted(len(self.nodes), 'gene', ',')}"
        )
        lost = [f"{counted(n, 'claim', ',')} {what}" for what, n in self.left_out.items() if n]
        return f"{text}; left out: {', '.join(lost)}" if lost else text

    def interactions(self) -> np.ndarray:
        """What each edge is called where a name is all that it has, one of `INTERACTIONS`.

        Of a signed graph with ``_positive`` or ``_negative`` at its end, where the sign is known.
        """
        kind = self.claims.direct.astype(np.int64) + 1
        kind[self.claims.relation == _NONDESCENDANT] = len(INTERACTIONS) - 1
        names = np.array(INTERACTIONS, dtype=object)[kind]
        if self.signed:
            signs = sign_names(self.claims)
            names = names + ["" if sign is None else f"_{sign}" for sign in signs]
        return names

    def frame(self) -> pd.DataFrame:
        """The edges with the columns of `Findings.relations`, and `sign` of a signed graph."""
        frame = self.claims.frame(self.result.gene_ids, self.result.variables)
        if self.signed:
            frame["sign"] = pd.array(sign_names(self.claims), dtype="string")
        return frame

    def names(self, genes: np.ndarray) -> np.ndarray:
        """Names of genes by their positions."""
        return self.result.gene_ids.to_numpy(dtype=object)[genes]

    def isolated(self) -> np.ndarray:
        """Nodes without an edge."""
        return np.setdiff1d(self.nodes, np.union1d(self.claims.gene_a, self.claims.gene_b))

    def to_networkx(self) -> nx.DiGraph:
        """The graph for networkx, as `genesis.Result.to_networkx` says."""
        graph = nx.DiGraph()
        for node in records(node_table(self.result).iloc[self.nodes]):
            graph.add_node(node["name"], **node)
        for claim in records(self.frame()):
            graph.add_edge(claim.pop("gene_a"), claim.pop("gene_b"), **claim)
        return graph


def choose_claims(
    result: Findings,
    *,
    direct: bool = True,
    order_alone: bool = True,
    min_posterior: float | None = None,
    genes: Iterable[str] = (),
    of_regulators: bool = False,
    signed: bool = False,
) -> ClaimGraph:
    """The claims of a result that are edges of a graph.

    Parameters
    ----------
    result : Findings
        A result of `genesis.discover` or `genesis.load`.
    direct : bool
        Edges are the ancestor claims that are direct. Otherwise all ancestor claims, also those
        that follow along a path of others.
    order_alone : bool
        Where all claims are taken, those of a ⪯ b are too.
    min_posterior : float, optional
        From 0 to 1. Only claims with this posterior: of an edge where `direct`, else of a ≺ b (of
        a ⪯ b it is that of b not being an ancestor of a).
    genes : iterable of str
        Only the neighbourhood of these: they themselves, the genes with an edge to or from one of
        them, and all edges between any two of all these. All genes where none is named.
    of_regulators : bool
        It is about the targets of genes: of `genes`, the edges from them alone instead; and where
        `signed`, only edges whose sign is known.
    signed : bool
        Edges are to say the sign of the total effect.

    Raises
    ------
    CommandLineError
        `min_posterior` is no probability, a gene is not there, or the method estimates neither
        posteriors nor effects where they are asked for.

    Examples
    --------
    >>> import genesis
    >>> rng = np.random.default_rng(1)
    >>> z = rng.binomial(2, 0.4, size=(500, 2)).astype(float)
    >>> a = z[:, 0] + rng.normal(size=500)
    >>> result = genesis.discover(z, np.column_stack([a, a + z[:, 1] + rng.normal(size=500)]))
    >>> choose_claims(result).note()
    '1 edge of 2 genes'
    """
    pairs = result.pairs
    # Rows are ordered by relation, so that these are a slice, which takes no memory of its own.
    n_ancestors, n_claims = np.searchsorted(
        pairs.relation, [_ANCESTOR, _NONDESCENDANT], side="right"
    )
    is_edge, left_out = None, {}
    if direct:
        kinds = pairs.direct[:n_ancestors]
        is_edge = kinds == 1
        left_out = {
            "by way of others": int(np.count_nonzero(kinds == 0)),
            "not known to be direct": int(np.count_nonzero(kinds < 0)),
        }
    if direct or not order_alone:
        left_out["of order alone"] = int(n_claims - n_ancestors)
        n_claims = n_ancestors
    chosen = pairs.rows(slice(n_claims))
    chosen = chosen if is_edge is None else chosen.rows(is_edge)
    if signed and _lacks(chosen.effect):
        raise CommandLineError(
            "these claims have no effects and so no signs: method rules does not estimate them"
        )
    if min_posterior is not None:
        sure = _certainty(chosen, direct) >= np.float32(_probability(min_posterior))
        left_out["below the posterior"] = int(np.count_nonzero(~sure))
        chosen = chosen.rows(sure)
    if signed and of_regulators:
        known = signs_of(chosen) != 0
        left_out["without an effect"] = int(np.count_nonzero(~known))
        chosen = chosen.rows(known)
    nodes = np.arange(len(result.genes))
    names = list(dict.fromkeys(genes))
    if names:
        asked = np.array([gene_position(result.gene_ids, name) for name in names])
        nodes, chosen = _neighbourhood(chosen, np.unique(asked), of_regulators)
    return ClaimGraph(result, nodes, chosen, signed, left_out)


def node_table(result: Findings) -> pd.DataFrame:
    """name, chrom, start, end and anchors (with commas between them) of every gene."""
    anchors = result.anchors.groupby("gene_id", sort=False)["variant_id"].agg(",".join)
    table = result.genes[["gene_id", "chrom", "start", "end"]].rename(columns={"gene_id": "name"})
    return table.assign(anchors=table["name"].map(anchors))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain Python values, without the missing ones."""
    columns = {}
    for name in frame.columns:
        column = frame[name]
        columns[name] = [
            value.item() if isinstance(value, np.generic) else value
            for value in column.astype(object).tolist()
        ]
        for at in np.flatnonzero(column.isna().to_numpy()):
            columns[name][at] = None
    names = list(columns)
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in zip(*columns.values(), strict=True)
    ]


def _lacks(values: np.ndarray) -> bool:
    """Whether a column of numbers holds none, though it has rows."""
    return len(values) > 0 and bool(np.isnan(values).all())


def _probability(value: float) -> float:
    if not 0 <= value <= 1:
        raise CommandLineError(f"min_posterior is {value}: it must be from 0 to 1")
    return value


def _certainty(claims: Relations, direct: bool) -> np.ndarray:
    posterior = claims.posterior_direct if direct else claims.posterior
    if _lacks(posterior):
        raise CommandLineError(
            "these claims have no posterior to choose by: min_posterior is for method calibrated"
        )
    alone = claims.relation == _NONDESCENDANT
    return np.where(alone, np.float32(1) - claims.posterior_reverse, posterior)


def signs_of(claims: Relations) -> np.ndarray:
    """1 where gene_a raises gene_b over all paths, −1 where it lowers it, 0 where unknown."""
    # Of a ⪯ b nobody claims that a acts on b.
    effect = np.where(claims.relation == _ANCESTOR, claims.effect, 0.0)
    return np.sign(np.nan_to_num(effect)).astype(np.int8)


def sign_names(claims: Relations) -> np.ndarray:
    """``positive`` or ``negative``, None where unknown: (m,) object."""
    return np.array(_SIGNS, dtype=object)[signs_of(claims)]


def _neighbourhood(
    claims: Relations, asked: np.ndarray, of_regulators: bool
) -> tuple[np.ndarray, Relations]:
    touches = np.isin(claims.gene_a, asked)
    if not of_regulators:
        touches |= np.isin(claims.gene_b, asked)
    near = claims.rows(touches)
    nodes = np.unique(np.concatenate([asked, near.gene_a, near.gene_b]))
    if of_regulators:
        return nodes, near
    return nodes, claims.rows(np.isin(claims.gene_a, nodes) & np.isin(claims.gene_b, nodes))
