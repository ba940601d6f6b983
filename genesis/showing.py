"""How objects show themselves at a prompt and in a notebook: in a few lines, whatever they hold."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import pandas as pd

__all__ = ["Shown", "ShownAsText", "described"]

#: Lines of a text, with the name of the class; and letters of a line.
MOST_LINES, MOST_LETTERS = 12, 96
_FEW = 5


class Shown:
    """Base of a dataclass that shows its fields by what is in them, not all of it.

    The dataclass has to be made with ``repr=False``. One that has something better to say than its
    fields defines `_rows`.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> @dataclass(repr=False)
    ... class Table(Shown):
    ...     values: np.ndarray
    ...     samples: list[str]
    >>> Table(np.zeros((300, 2)), [f"S{k}" for k in range(300)])
    Table
      values   300 × 2 float64
      samples  300: S0, S1, S2, S3, S4, …
    """

    def _rows(self) -> Iterable[tuple[str, str]]:
        """What to say of what."""
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if value is not None:
                yield field.name, described(value)

    def _shown_rows(self) -> list[tuple[str, str]]:
        rows = [(name, " ".join(text.split())) for name, text in self._rows()]
        if len(rows) > MOST_LINES - 1:
            rest = ", ".join(name for name, _ in rows[MOST_LINES - 2 :])
            rows = [*rows[: MOST_LINES - 2], ("also", rest)]
        return rows

    def __repr__(self) -> str:
        rows = self._shown_rows()
        width = max((len(name) for name, _ in rows), default=0)
        lines = [f"  {name:{width}}  {text}" for name, text in rows]
        return "\n".join([type(self).__name__, *map(_cut, lines)])

    def _repr_html_(self) -> str:
        """The same as a table for notebooks, in the colours of the notebook."""
        cells = "".join(
            f'<tr><th style="text-align:left">{html.escape(name)}</th>'
            f'<td style="text-align:left">{html.escape(_cut(text))}</td></tr>'
            for name, text in self._shown_rows()
        )
        return f"<div><b>{html.escape(type(self).__name__)}</b><table>{cells}</table></div>"


class ShownAsText:
    """Base of a class whose own short text is what a notebook shows too."""

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(repr(self))}</pre>"


def described(value: Any) -> str:
    """A value in a few words.

    Examples
    --------
    >>> described(["a", "b"]), described({"kept": 3}), described([])
    ('2: a, b', 'kept 3', 'none')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, pd.DataFrame):
        return f"{len(value):,} × {value.shape[1]}: {_few(value.columns)}"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"{' × '.join(f'{n:,}' for n in value.shape)} {value.dtype}"
    if isinstance(value, Shown):
        return ", ".join(f"{name} {text}" for name, text in value._shown_rows()[:2])
    if isinstance(value, Mapping):
        held = [
            f"{k} {described(v) if isinstance(v, pd.DataFrame) else v}"
            for k, v in value.items()
            if not isinstance(v, (dict, list, tuple))
        ]
        return _few(held or value) or "none"
    if isinstance(value, Sequence):
        return f"{len(value):,}: {_few(value)}" if len(value) else "none"
    return str(value)


def _few(values: Iterable[Any]) -> str:
    texts = [_cut(str(value)) for value in list(values)[: _FEW + 1]]
    return ", ".join([*texts[:_FEW], "…"] if len(texts) > _FEW else texts)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "…"
