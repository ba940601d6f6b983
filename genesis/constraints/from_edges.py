"""From what a person writes down to the tables of a constraint graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from genesis.errors import InconsistentInputsError, MalformedInputError
from genesis.io.ids import first_few, repeated
from genesis.io.table_text import check_ids

__all__ = ["tables_from_edges"]

_DIRECT = {True: 1, False: 0, None: -1}


def tables_from_edges(
    nodes: Sequence[str],
    required_order: Any,
    forbidden: Iterable[tuple[str, str]],
    absent: Mapping[tuple[str, str], Iterable[str]],
    candidates: Any,
    tiers: Sequence[Sequence[str]],
) -> dict[str, Any]:
    """The attributes of a `ConstraintGraph` given by hand; parameters are those of the class.

    Raises
    ------
    InconsistentInputsError
        An entry names an unknown node, a pair of a node with itself, or a node in two tiers.
    MalformedInputError
        A name is repeated, or an entry is no pair.
    """
    names = _Names(nodes)
    order = _as_mapping(required_order)
    required = [
        (*names.pair(pair, "required_order"), True, _direct(direct))
        for pair, direct in order.items()
    ]
    # That a is not an ancestor of b is the claim b ⪯ a.
    banned = sorted({names.pair(pair, "forbidden")[::-1] for pair in forbidden})
    claims = pd.DataFrame(
        sorted(required) + [(*pair, False, -1) for pair in banned],
        columns=["before", "after", "strict", "direct"],
    )
    absences, sets = _absences(names, absent)
    return {
        "nodes": names.index,
        "variants": pd.Index([], dtype="str"),
        "claims": _typed_claims(claims),
        "absences": absences,
        "given_sets": sets,
        "conditioning": _empty(sweep=np.int16, gene=np.int32, member=np.int32),
        "ordered_since": _empty(before=np.int32, after=np.int32, sweep=np.int16),
        "anchors": _empty(variant=np.int32, gene=np.int32, posterior=np.float32),
        "listed": None if candidates is None else _listed(names, candidates),
        "tiers": _tiers(names, tiers),
        "source": {},
    }


class _Names:
    """Positions of the nodes by name, with errors that say where a name was met."""

    def __init__(self, nodes: Sequence[str]) -> None:
        if isinstance(nodes, str) or not all(isinstance(name, str) for name in nodes):
            raise MalformedInputError("nodes must be a sequence of names")
        check_ids(nodes, "node")
        twice = repeated(nodes)
        if twice:
            raise MalformedInputError(f"nodes are named twice: {first_few(twice)}")
        self.index = pd.Index(list(nodes), dtype="str")
        self._position = {name: position for position, name in enumerate(nodes)}

    def position(self, name: Any, where: str) -> int:
        if name not in self._position:
            raise InconsistentInputsError(
                f"{where} names {name!r}, which is not among the {len(self.index)} nodes"
            )
        return self._position[name]

    def pair(self, pair: Any, where: str) -> tuple[int, int]:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise MalformedInputError(f"{where} holds {pair!r}, which is no pair (a, b)")
        first, second = (self.position(name, where) for name in pair)
        if first == second:
            raise InconsistentInputsError(f"{where} pairs {pair[0]!r} with itself")
        return first, second


def _as_mapping(pairs: Any) -> Mapping[tuple[str, str], Any]:
    return pairs if isinstance(pairs, Mapping) else dict.fromkeys(pairs)


def _direct(value: Any) -> int:
    if value not in _DIRECT:
        raise MalformedInputError(f"required_order has the value {value!r}: True, False or None")
    return _DIRECT[value]


def _typed_claims(claims: pd.DataFrame) -> pd.DataFrame:
    from genesis.constraints.reasons import REASONS

    return pd.DataFrame(
        {
            "before": claims["before"].to_numpy(np.int32),
            "after": claims["after"].to_numpy(np.int32),
            "strict": claims["strict"].to_numpy(np.bool_),
            "direct": claims["direct"].to_numpy(np.int8),
            "rule": np.full(len(claims), REASONS.index("given"), dtype=np.int8),
            "sweep": np.zeros(len(claims), dtype=np.int16),
            "log10_p": np.full(len(claims), np.nan),
            "posterior": np.full(len(claims), np.nan, dtype=np.float32),
            "posterior_direct": np.full(len(claims), np.nan, dtype=np.float32),
        }
    )


def _absences(
    names: _Names, absent: Mapping[tuple[str, str], Iterable[str]]
) -> tuple[pd.DataFrame, list[list[int]]]:
    """Rows of `ConstraintGraph.absences`, and the sets that they refer to."""
    found: dict[tuple[int, int], list[int]] = {}
    for pair, members in absent.items():
        if isinstance(members, str):
            raise MalformedInputError(f"absent gives {members!r}: give a collection of names")
        first, second = names.pair(pair, "absent")
        given = sorted({names.position(name, "absent") for name in members})
        if first in given or second in given:
            raise InconsistentInputsError(f"the separating set of {pair} holds one of the two")
        key = (min(first, second), max(first, second))
        if found.setdefault(key, given) != given:
            raise InconsistentInputsError(f"absent gives two different sets for {pair}")
    pairs = sorted(found)
    table = pd.DataFrame(
        {
            "gene_a": np.array([pair[0] for pair in pairs], dtype=np.int32),
            "gene_b": np.array([pair[1] for pair in pairs], dtype=np.int32),
            "sweep": np.zeros(len(pairs), dtype=np.int16),
            "p": np.full(len(pairs), np.nan),
            "given": np.arange(len(pairs), dtype=np.int32),
        }
    )
    return table, [found[pair] for pair in pairs]


def _listed(names: _Names, candidates: Any) -> pd.DataFrame:
    found = {
        names.pair(pair, "candidates"): posterior
        for pair, posterior in _as_mapping(candidates).items()
    }
    pairs = sorted(found)
    posterior = np.array([found[pair] for pair in pairs], dtype=np.float32)
    if ((posterior < 0) | (posterior > 1)).any():
        raise MalformedInputError("posteriors of candidates must lie between 0 and 1")
    return pd.DataFrame(
        {
            "before": np.array([pair[0] for pair in pairs], dtype=np.int32),
            "after": np.array([pair[1] for pair in pairs], dtype=np.int32),
            "posterior": posterior,
        }
    )


def _tiers(names: _Names, tiers: Sequence[Sequence[str]]) -> list[list[int]]:
    positions = [[names.position(name, "tiers") for name in tier] for tier in tiers]
    twice = repeated([str(names.index[k]) for tier in positions for k in tier])
    if twice:
        raise InconsistentInputsError(f"nodes are in two tiers: {first_few(twice)}")
    return positions


def _empty(**columns: type) -> pd.DataFrame:
    return pd.DataFrame({name: np.empty(0, dtype=dtype) for name, dtype in columns.items()})
