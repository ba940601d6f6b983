"""Looking a gene up by its name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import pandas as pd

from genesis.errors import CommandLineError

__all__ = ["gene_position", "similar_names"]

_SHOWN = 5


def gene_position(gene_ids: pd.Index, gene: str) -> int:
    """Position of a gene, or an error that names similar ones.

    Parameters
    ----------
    gene_ids : pandas.Index
        Gene names.
    gene : str
        The one looked for.

    Raises
    ------
    CommandLineError
        There is no such gene.

    Examples
    --------
    >>> gene_position(pd.Index(["ACT1", "CDC28"]), "CDC28")
    1
    """
    position = int(gene_ids.get_indexer([gene])[0])
    if position >= 0:
        return position
    hint = similar_names(gene_ids, gene)
    raise CommandLineError(f"gene {gene!r} is not among the {len(gene_ids)} genes{hint}")


def similar_names(names: Iterable[str], wanted: str) -> str:
    """The names most like one that is not there, as the end of a sentence; nothing for none.

    Examples
    --------
    >>> similar_names(["ACT1", "CDC28"], "act")
    ': did you mean ACT1?'
    """
    named = {str(name).casefold(): str(name) for name in names}
    wanted = wanted.casefold()
    close = [name for name in named if wanted and name.startswith(wanted)][:_SHOWN]
    close = close or difflib.get_close_matches(wanted, named, n=_SHOWN)
    return f": did you mean {', '.join(named[name] for name in close)}?" if close else ""
