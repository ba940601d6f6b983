"""The exclusion table: everything that was read and is not analysed, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import pandas as pd

from genesis.io.text_columns import compact, compact_text

__all__ = ["combine", "count_reasons", "exclusions", "no_exclusions"]

COLUMNS = ("kind", "id", "reason", "detail")
KINDS = ("variant", "gene", "trait", "sample", "covariate")


def exclusions(
    kind: str, ids: Sequence[str] | pd.Series, reason: str, detail: str | Sequence[str] = ""
) -> pd.DataFrame:
    """Rows of the exclusion table for ids of one kind that share a reason.

    Parameters
    ----------
    kind : {"variant", "gene", "trait", "sample", "covariate"}
        What the ids name.
    ids : sequence of str, or pandas.Series
        The excluded ids; empty gives an empty table. A column stays of its type.
    reason : str
        A code in snake_case, such as ``"low_maf"``.
    detail : str or sequence of str, default ""
        Free text for people; one for all ids, or one an id.

    Returns
    -------
    pandas.DataFrame
        Columns ``kind``, ``id``, ``reason``, ``detail``, all of them text.

    Raises
    ------
    ValueError
        For an unknown `kind`, or details that are not as many as the ids.

    Examples
    --------
    >>> exclusions("gene", ["ACT1"], "constant").values.tolist()
    [['gene', 'ACT1', 'constant', '']]
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; use one of {', '.join(KINDS)}")
    details = [detail] * len(ids) if isinstance(detail, str) else list(detail)
    column: Any = ids
    if not isinstance(ids, pd.Series):
        column = pd.Series(list(ids), dtype="str")
    return pd.DataFrame(
        {
            "kind": pd.Series([kind], dtype="str").repeat(len(ids)).reset_index(drop=True),
            "id": column.reset_index(drop=True),
            "reason": pd.Series([reason], dtype="str").repeat(len(ids)).reset_index(drop=True),
            "detail": pd.Series(details, dtype="str"),
        }
    )


def no_exclusions() -> pd.DataFrame:
    """Return an exclusion table without rows.

    Examples
    --------
    >>> len(no_exclusions())
    0
    """
    return _empty_table().copy()


@cache
def _empty_table() -> pd.DataFrame:
    # Making a table takes longer than copying one, and small analyses need little else.
    return pd.DataFrame([], columns=list(COLUMNS), dtype="str")


def combine(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Exclusion tables one below the other, in the order given.

    Examples
    --------
    >>> gene = exclusions("gene", ["ACT1"], "constant")
    >>> len(combine([gene, no_exclusions(), gene]))
    2
    """
    filled = [frame for frame in frames if len(frame)]
    if len(filled) == 1:
        return filled[0].reset_index(drop=True)
    if any(frame["id"].dtype == compact_text() for frame in filled):
        # Else millions of ids would become as many Python strings.
        filled = [frame.assign(id=compact(frame["id"])) for frame in filled]
    return pd.concat(filled, ignore_index=True) if filled else no_exclusions()


def count_reasons(frame: pd.DataFrame) -> dict[tuple[str, str], int]:
    """How many ids were excluded for each kind and reason.

    Parameters
    ----------
    frame : pandas.DataFrame
        An exclusion table.

    Returns
    -------
    dict of (str, str) to int
        Keyed by ``(kind, reason)``, in alphabetical order.

    Examples
    --------
    >>> count_reasons(exclusions("variant", ["rs1", "rs2"], "low_maf"))
    {('variant', 'low_maf'): 2}
    """
    sizes = frame.groupby(["kind", "reason"], sort=True).size()
    return {(str(kind), str(reason)): int(size) for (kind, reason), size in sizes.items()}
