"""The constraint graph as JSON: one document, written line by line in little memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genesis.constraints.reasons import REASONS
from genesis.errors import GenesisError, InconsistentInputsError, MalformedInputError

if TYPE_CHECKING:
    from genesis.constraints.graph import ConstraintGraph

__all__ = ["SCHEMA", "VERSION", "json_lines", "parse_json"]

SCHEMA = "genesis.constraints"
VERSION = 2

_PIECE_ROWS = 500_000
_DIRECT = {1: True, 0: False, -1: None}


def json_lines(graph: ConstraintGraph) -> Iterator[str]:
    """Pieces of a JSON document; vignettes/constraints_json.md describes the schema.

    Parameters
    ----------
    graph : ConstraintGraph
        What to write.

    Yields
    ------
    str
        A piece of the text.
    """
    yield f'{{\n"schema": "{SCHEMA}",\n"version": {VERSION},\n'
    yield f'"source": {_text(graph.source)},\n'
    yield f'"nodes": {_text(graph.nodes.tolist())},\n'
    yield f'"variants": {_text(graph.variants.tolist())},\n'
    yield f'"tiers": {_text(graph.tiers)},\n'
    yield f'"candidates": {_text(_listed_rows(graph))},\n'
    if graph.unlisted is not None:
        yield '"absent_is_complete": false,\n'
    yield from _rows("anchors", _anchor_rows(graph))
    yield from _rows("required_order", _required_rows(graph))
    yield from _rows("forbidden", _forbidden_rows(graph))
    yield from _rows("absent", _absent_rows(graph))
    yield from _rows("unresolved", _unresolved_rows(graph))
    yield from _rows("conditioning", _conditioning_rows(graph))
    yield from _rows("ordered_since", _order_rows(graph), last=True)
    yield "}\n"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _or_null(values: np.ndarray) -> list[float | None]:
    """Finite numbers; None where there was no test.

    A p-value of zero has no logarithm that JSON can hold: it is the smallest number there is.
    """
    finite = np.maximum(values, np.finfo(float).min).tolist()
    return [None if value != value else value for value in finite]


def _rows(name: str, rows: Iterator[dict[str, Any]], *, last: bool = False) -> Iterator[str]:
    yield f'"{name}": ['
    separator = "\n"
    for row in rows:
        yield separator + _text(row)
        separator = ",\n"
    yield "\n]" + ("" if last else ",") + "\n"


def _groups(
    rows: pd.DataFrame, keys: list[str], columns: list[str]
) -> Iterator[tuple[list[int], list[np.ndarray]]]:
    """Rows that agree in the keys: their keys, and what they hold in some columns.

    Groups are ordered by the keys; inside a group rows keep their order.
    """
    if not rows[keys[0]].is_monotonic_increasing:
        rows = rows.sort_values(keys[0], kind="stable")
    # Some genes at a time, because sorting takes many times the memory of the rows.
    leading = rows[keys[0]].to_numpy()
    low = 0
    while low < len(rows):
        last = leading[min(low + _PIECE_ROWS, len(rows)) - 1]
        high = int(np.searchsorted(leading, last, side="right"))
        yield from _piece_groups(rows.iloc[low:high], keys, columns)
        low = high


def _piece_groups(
    rows: pd.DataFrame, keys: list[str], columns: list[str]
) -> Iterator[tuple[list[int], list[np.ndarray]]]:
    table = rows[keys].to_numpy(np.int64)
    order = np.lexsort(table.T[::-1])
    table = table[order]
    change = 1 + np.flatnonzero((table[1:] != table[:-1]).any(axis=1))
    starts = [0, *change.tolist()]
    values = [rows[column].to_numpy()[order] for column in columns]
    for low, high in zip(starts, [*starts[1:], len(table)], strict=False):
        yield table[low].tolist(), [column[low:high] for column in values]


def _required_rows(graph: ConstraintGraph) -> Iterator[dict[str, Any]]:
    claims = graph.claims.iloc[: graph.claims["strict"].sum()]
    keys = ["before", "direct", "rule", "sweep"]
    columns = [*_LISTED, "posterior_direct"]
    for (before, direct, rule, sweep), (after, *reasons) in _groups(claims, keys, columns):
        yield {
            "before": before,
            "direct": _DIRECT[direct],
            "rule": REASONS[rule],
            "sweep": sweep,
            "after": after.tolist(),
            **_reasons(*reasons),
        }


def _forbidden_rows(graph: ConstraintGraph) -> Iterator[dict[str, Any]]:
    claims = graph.claims.iloc[graph.claims["strict"].sum() :]
    keys = ["before", "rule", "sweep"]
    for (before, rule, sweep), (after, *reasons) in _groups(claims, keys, _LISTED):
        yield {
            "effect": before,
            "rule": REASONS[rule],
            "sweep": sweep,
            "causes": after.tolist(),
            **_reasons(*reasons),
        }


_LISTED = ["after", "log10_p", "posterior"]


def _reasons(log10_p: np.ndarray, *posteriors: np.ndarray) -> dict[str, list[float | None]]:
    """Lists of what there is: claims by closure have no test, and the rules no posterior."""
    names = ("posterior", "posterior_direct")
    lists = {"log10_p": log10_p, **dict(zip(names, map(_decimal, posteriors), strict=False))}
    return {name: _or_null(x) for name, x in lists.items() if not np.isnan(x).all()}


def _decimal(values: np.ndarray) -> np.ndarray:
    """By way of text, so that 0.05 in single precision is not 0.05000000074505806."""
    return values.astype(np.str_).astype(np.float64)


def _absent_rows(graph: ConstraintGraph) -> Iterator[dict[str, Any]]:
    of_sweep = graph.absences[graph.absences["given"] < 0]
    for (gene, sweep), (partners, p) in _groups(of_sweep, ["gene_a", "sweep"], ["gene_b", "p"]):
        yield {
            "gene": gene,
            "sweep": sweep,
            "partners": partners.tolist(),
            "p": _or_null(p),
        }
    for absence in graph.absences[graph.absences["given"] >= 0].to_dict("records"):
        yield {
            "gene": absence["gene_a"],
            "partners": [absence["gene_b"]],
            "set": _members(graph, np.array(graph.given_sets[absence["given"]], dtype=np.int32)),
        }


def _members(graph: ConstraintGraph, member: np.ndarray) -> dict[str, list[int]]:
    n_variants = len(graph.variants)
    return {
        "variants": np.sort(member[member < n_variants]).tolist(),
        "genes": np.sort(member[member >= n_variants] - n_variants).tolist(),
    }


def _listed_rows(graph: ConstraintGraph) -> list[dict[str, Any]] | None:
    if graph.listed is None:
        return None
    return [
        {"before": before, "after": after.tolist(), "posterior": _or_null(_decimal(posterior))}
        for (before,), (after, posterior) in _groups(
            graph.listed, ["before"], ["after", "posterior"]
        )
    ]


def _anchor_rows(graph: ConstraintGraph) -> Iterator[dict[str, Any]]:
    for (gene,), (variant, posterior) in _groups(graph.anchors, ["gene"], ["variant", "posterior"]):
        reasons = _reasons(np.full(len(variant), np.nan), posterior)
        yield {"gene": gene, "variants": variant.tolist(), **reasons}


def _unresolved_rows(graph: ConstraintGraph) -> Iterator[dict[str, Any]]:
    for gene in range(len(graph.nodes)):
        partners = graph.unresolved_partners(gene)
        if len(partners):
            yield {"gene": gene, "partners": partners.tolist()}


def _conditioning_rows(graph: ConstraintGraph) -> Iterator[dict[str, Any]]:
    for (gene, sweep), (member,) in _groups(graph.conditioning, ["gene", "sweep"], ["member"]):
        yield {"gene": gene, "sweep": sweep, **_members(graph, member)}


def _order_rows(graph: ConstraintGraph) -> Iterator[dict[str, Any]]:
    for (gene, sweep), (after,) in _groups(graph.ordered_since, ["before", "sweep"], ["after"]):
        yield {"gene": gene, "sweep": sweep, "precedes": np.sort(after).tolist()}


def parse_json(text: str, make: Callable[..., ConstraintGraph]) -> ConstraintGraph:
    """The constraint graph of a JSON document.

    Parameters
    ----------
    text : str
        What `json_lines` made, in any layout.
    make : callable
        Makes a graph of tables by name: `ConstraintGraph.from_tables`.

    Raises
    ------
    MalformedInputError
        It is not JSON, or not of this schema.
    InconsistentInputsError
        It is of another version of the schema.
    """
    try:
        document = json.loads(text, object_hook=_arrays, parse_constant=_refuse_constant)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        if isinstance(error, MalformedInputError):
            raise
        raise MalformedInputError(
            f"the constraints are not JSON of whole numbers: {error}"
        ) from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise MalformedInputError(
            f'the JSON is not of schema "{SCHEMA}": give a PREFIX.constraints.json'
        )
    if document.get("version") != VERSION:
        raise InconsistentInputsError(
            f"the constraints have schema version {document.get('version')}, this is version "
            f"{VERSION}: read them with the version of GENESIS that wrote them"
        )
    try:
        graph = _graph(document, make)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, GenesisError):
            raise
        raise MalformedInputError(
            f'the constraints break schema "{SCHEMA}": {type(error).__name__} {error}'
        ) from error
    return graph


_POSITIONS = frozenset(("after", "causes", "partners", "precedes"))
_NUMBERS = frozenset(("p", "log10_p", "posterior", "posterior_direct"))


def _refuse_constant(name: str) -> None:
    raise MalformedInputError(f"the constraints hold {name}, which JSON does not have")


def _arrays(row: dict[str, Any]) -> dict[str, Any]:
    """Turn long lists into arrays as they are met, so that their boxed numbers do not pile up."""
    for name in row.keys() & _POSITIONS:
        if isinstance(row[name], list):
            row[name] = _whole_numbers(row[name])
    for name in row.keys() & _NUMBERS:
        if isinstance(row[name], list):
            row[name] = np.array(row[name], dtype=np.float64)
    return row


def _whole_numbers(values: Any) -> np.ndarray:
    """As int32; a fraction or a text is not rounded or parsed, but refused."""
    numbers = np.asarray(values)
    if numbers.size and numbers.dtype.kind != "i":
        raise MalformedInputError("the constraints hold a position that is not a whole number")
    return numbers.astype(np.int32)


def _graph(document: dict[str, Any], make: Callable[..., ConstraintGraph]) -> ConstraintGraph:
    if not isinstance(document["source"], dict):
        raise MalformedInputError("the source of the constraints is not an object")
    nodes = pd.Index(document["nodes"], dtype="str")
    variants = pd.Index(document["variants"], dtype="str")
    n = len(nodes)
    required = [{**row, "strict": True} for row in document["required_order"]]
    forbidden = [
        {**row, "strict": False, "before": row["effect"], "after": row["causes"], "direct": None}
        for row in document["forbidden"]
    ]
    absences, given_sets = _read_absences(document["absent"], len(variants), n)
    tables: dict[str, Any] = {
        "nodes": nodes,
        "variants": variants,
        "claims": _read_claims([*required, *forbidden], n),
        "absences": absences,
        "given_sets": given_sets,
        "conditioning": _read_conditioning(document["conditioning"], len(variants), n),
        "ordered_since": _read_order(document["ordered_since"], n),
        "anchors": _read_anchors(document["anchors"], len(variants), n),
        "listed": _read_listed(document["candidates"], n),
        "tiers": [_whole(tier, n).tolist() for tier in document["tiers"]],
        "source": document["source"],
    }
    graph = make(**tables)
    if document.get("absent_is_complete", True):
        return graph
    unlisted = _unlisted(graph, document["unresolved"])
    return make(**tables, unlisted=unlisted)


def _unlisted(graph: ConstraintGraph, unresolved: list[dict[str, Any]]) -> np.ndarray:
    """Pairs that are in no list at all: unrelated."""
    n = len(graph.nodes)
    upper = np.zeros((n, -(-n // 8)), dtype=np.uint8)
    open_partners = {row["gene"]: _whole(row["partners"], n) for row in unresolved}
    lower = np.zeros_like(upper)
    for gene in range(n):
        others = graph.unresolved_partners(gene)
        others = others[~np.isin(others, open_partners.get(gene, []))]
        upper[gene, :] = np.packbits(np.isin(np.arange(n), others))
        lower[others, gene // 8] |= np.uint8(128 >> (gene % 8))
    return upper | lower


def _read_claims(rows: list[dict[str, Any]], n_genes: int) -> pd.DataFrame:
    codes = {direct: code for code, direct in _DIRECT.items()}
    numbers = [*_LISTED[1:], "posterior_direct"]
    rows = [
        {
            **row,
            "direct": codes[row["direct"]],
            "rule": REASONS.index(row["rule"]),
            **{name: row.get(name, np.full(len(row["after"]), np.nan)) for name in numbers},
        }
        for row in rows
    ]
    before = _whole(_spread(rows, "before", "after", np.int32), n_genes)
    after = _whole(_joined(rows, "after", np.int32), n_genes)
    strict = _spread(rows, "strict", "after", np.bool_)
    order = np.lexsort((after, before, ~strict))
    reasons = {name: _joined(rows, name, np.float64) for name in numbers}
    for values in reasons.values():
        _require_equal_lengths(after, values)
    columns = {
        "before": before,
        "after": after,
        "strict": strict,
        "direct": _spread(rows, "direct", "after", np.int8),
        "rule": _spread(rows, "rule", "after", np.int8),
        "sweep": _spread(rows, "sweep", "after", np.int16),
        "log10_p": reasons["log10_p"],
        "posterior": reasons["posterior"].astype(np.float32),
        "posterior_direct": reasons["posterior_direct"].astype(np.float32),
    }
    return pd.DataFrame({name: values[order] for name, values in columns.items()})


def _whole(values: Any, limit: int) -> np.ndarray:
    """Positions below a limit, as int32."""
    positions = _whole_numbers(values)
    if len(positions) and not 0 <= positions.min() <= positions.max() < limit:
        wrong = positions[(positions < 0) | (positions >= limit)][0]
        raise MalformedInputError(f"the constraints refer to position {wrong} of {limit}")
    return positions


def _spread(rows: list[dict[str, Any]], name: str, column: str, dtype: type) -> np.ndarray:
    """A value of each row, repeated for each entry of a list of the row."""
    return np.repeat(
        np.array([row[name] for row in rows], dtype=dtype),
        np.array([len(row[column]) for row in rows], dtype=np.int64),
    )


def _joined(rows: list[dict[str, Any]], column: str, dtype: type) -> np.ndarray:
    """The lists of all rows, end to end."""
    return np.concatenate([np.empty(0, dtype=dtype), *(row[column] for row in rows)])


def _require_equal_lengths(partners: np.ndarray, p: np.ndarray) -> None:
    if len(partners) != len(p):
        raise MalformedInputError(
            f"the constraints list {len(p)} numbers for {len(partners)} pairs"
        )


def _read_absences(
    rows: list[dict[str, Any]], n_variants: int, n_genes: int
) -> tuple[pd.DataFrame, list[list[int]]]:
    """Rows of `ConstraintGraph.absences`, and the sets that were given."""
    rows = sorted(rows, key=lambda row: "set" in row)
    sets: list[list[int]] = []
    given = []
    for row in rows:
        given += [len(sets) if "set" in row else -1] * len(row["partners"])
        if "set" in row:
            if len(row["partners"]) != 1:
                raise MalformedInputError("a separating set that is given belongs to one pair")
            row.update(sweep=0, p=np.array([np.nan]))
            sets.append(_read_members(row["set"], n_variants, n_genes))
    gene_a = _whole(_spread(rows, "gene", "partners", np.int32), n_genes)
    gene_b = _whole(_joined(rows, "partners", np.int32), n_genes)
    if (gene_b <= gene_a).any():
        raise MalformedInputError("absent pairs must name partners that come after their gene")
    p = _joined(rows, "p", np.float64)
    _require_equal_lengths(gene_b, p)
    table = pd.DataFrame(
        {
            "gene_a": gene_a,
            "gene_b": gene_b,
            "sweep": _spread(rows, "sweep", "partners", np.int16),
            "p": p,
            "given": np.array(given, dtype=np.int32),
        }
    )
    return table.sort_values(["gene_a", "gene_b"], ignore_index=True), sets


def _read_members(row: dict[str, Any], n_variants: int, n_genes: int) -> list[int]:
    genes = n_variants + _whole(row["genes"], n_genes)
    return [*_whole(row["variants"], n_variants).tolist(), *genes.tolist()]


def _read_anchors(rows: list[dict[str, Any]], n_variants: int, n_genes: int) -> pd.DataFrame:
    rows = [
        {**row, "posterior": row.get("posterior", np.full(len(row["variants"]), np.nan))}
        for row in rows
    ]
    table = pd.DataFrame(
        {
            "variant": _whole(_joined(rows, "variants", np.int32), n_variants),
            "gene": _whole(_spread(rows, "gene", "variants", np.int32), n_genes),
            "posterior": _joined(rows, "posterior", np.float64).astype(np.float32),
        }
    )
    return table.sort_values(["gene", "variant"], ignore_index=True)


def _read_listed(rows: list[dict[str, Any]] | None, n_genes: int) -> pd.DataFrame | None:
    if rows is None:
        return None
    table = pd.DataFrame(
        {
            "before": _whole(_spread(rows, "before", "after", np.int32), n_genes),
            "after": _whole(_joined(rows, "after", np.int32), n_genes),
            "posterior": _joined(rows, "posterior", np.float64).astype(np.float32),
        }
    )
    return table.sort_values(["before", "after"], ignore_index=True)


def _read_conditioning(rows: list[dict[str, Any]], n_variants: int, n_genes: int) -> pd.DataFrame:
    members = [
        {
            **row,
            "member": _read_members(row, n_variants, n_genes),
        }
        for row in rows
    ]
    table = pd.DataFrame(
        {
            "sweep": _spread(members, "sweep", "member", np.int16),
            "gene": _whole(_spread(members, "gene", "member", np.int32), n_genes),
            "member": _joined(members, "member", np.int32).astype(np.int32),
        }
    )
    return table.sort_values(["sweep", "gene", "member"], ignore_index=True)


def _read_order(rows: list[dict[str, Any]], n_genes: int) -> pd.DataFrame:
    order = pd.DataFrame(
        {
            "before": _whole(_spread(rows, "gene", "precedes", np.int32), n_genes),
            "after": _whole(_joined(rows, "precedes", np.int32), n_genes),
            "sweep": _spread(rows, "sweep", "precedes", np.int16),
        }
    )
    return order.sort_values(["before", "after"], ignore_index=True)
