"""The true network, however it was given, as a matrix of true relations."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.errors import CommandLineError, InconsistentInputsError, MalformedInputError
from genesis.evaluate.labelled import as_bool, square
from genesis.graphs.reachability import transitive_closure
from genesis.io.ids import first_few
from genesis.io.tables import read_rows

__all__ = ["Level", "TrueRelations", "read_truth", "true_relations"]

Level = Literal["ancestors", "direct"]
LEVELS = ("ancestors", "direct")
EDGES = ("parent", "child")
ANCESTRY = ("ancestor", "descendant")

_WORDS = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False, "false": False}


class TrueRelations(NamedTuple):
    """What is true of the genes that the truth names.

    Attributes
    ----------
    genes : pandas.Index, length n_genes
        All genes that the truth names.
    matrix : numpy.ndarray of bool, shape (n_genes, n_genes)
        [a, b]: a is an ancestor, or a parent, of b.
    of_itself : tuple
        Genes that a table or graph has act on themselves, which is no relation of two genes.
        The diagonal of a matrix says nothing.
    """

    genes: pd.Index
    matrix: NDArray[np.bool_]
    of_itself: tuple[Any, ...] = ()


def true_relations(truth: Any, level: Level, genes: pd.Index | None = None) -> TrueRelations:
    """The relations that a truth implies.

    Parameters
    ----------
    truth : pandas.DataFrame, networkx.DiGraph or numpy.ndarray
        A table with columns ``parent`` and ``child``, one row an edge; or ``ancestor`` and
        ``descendant``, one row a relation, and perhaps ``direct`` (0 or 1); or a graph; or a
        matrix of edges, row parent, column child.
    level : {"ancestors", "direct"}
        Edges are closed transitively, or taken as they are. A table of ancestors is taken to be
        complete.
    genes : pandas.Index, optional
        Names of the genes of an array.

    Returns
    -------
    TrueRelations

    Raises
    ------
    CommandLineError
        The level is unknown.
    MalformedInputError
        The truth is of none of these forms.
    InconsistentInputsError
        Edges are wanted of a table of ancestors that does not tell which are direct.

    Examples
    --------
    >>> edges = pd.DataFrame({"parent": ["a", "b"], "child": ["b", "c"]})
    >>> true_relations(edges, "ancestors").matrix.astype(int)
    array([[0, 1, 1],
           [0, 0, 1],
           [0, 0, 0]])
    """
    if level not in LEVELS:
        raise CommandLineError(f"level is {level!r}: it may be {' or '.join(LEVELS)}")
    columns = set(truth.columns) if isinstance(truth, pd.DataFrame) else set()
    if set(ANCESTRY) <= columns and not set(EDGES) <= columns:
        return _relations_of_ancestry(truth, level)
    found = _edges(truth, genes)
    if level == "ancestors":
        return found._replace(matrix=transitive_closure(found.matrix))
    return found


def _edges(truth: Any, genes: pd.Index | None) -> TrueRelations:
    if isinstance(truth, str | Path):
        raise MalformedInputError(
            f"the truth is the name of a file, {str(truth)!r}; read it with "
            "genesis.evaluate.read_truth"
        )
    if isinstance(truth, pd.DataFrame) and set(EDGES) <= set(truth.columns):
        return _relations_of_table(truth, EDGES)
    if hasattr(truth, "is_directed"):
        if not truth.is_directed():
            raise MalformedInputError("the truth is a graph without directions; give a DiGraph")
        nodes = pd.Index(list(truth.nodes), tupleize_cols=False)
        edges = pd.DataFrame([edge[:2] for edge in truth.edges], columns=list(EDGES), dtype=object)
        return _relations_of_table(edges, EDGES, nodes)
    if isinstance(truth, pd.DataFrame) and truth.shape[0] != truth.shape[1]:
        raise MalformedInputError(
            "the truth needs columns parent and child (or ancestor and descendant), or to be a "
            f"matrix of genes × genes; its columns are {first_few(list(truth.columns), 8)}"
        )
    names, values = square(truth, "truth", genes)
    return TrueRelations(names, as_bool(values, "truth"))


def _relations_of_table(
    table: pd.DataFrame,
    columns: tuple[str, str],
    genes: pd.Index | None = None,
    holds: NDArray[np.bool_] | None = None,
) -> TrueRelations:
    """The rows that hold as a matrix over the genes of all rows, in order of appearance."""
    ends = [table[name].to_numpy(dtype=object) for name in columns]
    missing = pd.isna(ends[0]) | pd.isna(ends[1])
    if missing.any():
        raise MalformedInputError(
            f"row {int(np.flatnonzero(missing)[0]) + 1} of the truth has no {columns[0]} or no "
            f"{columns[1]}; complete or remove it"
        )
    if genes is None:
        genes = pd.Index(pd.unique(np.concatenate(ends)), tupleize_cols=False)
    matrix = np.zeros((len(genes), len(genes)), dtype=np.bool_)
    first, second = (genes.get_indexer(pd.Index(end, tupleize_cols=False)) for end in ends)
    keep = slice(None) if holds is None else holds
    matrix[first[keep], second[keep]] = True
    of_itself = tuple(genes[np.diagonal(matrix)])
    np.fill_diagonal(matrix, False)
    return TrueRelations(genes, matrix, of_itself)


def _relations_of_ancestry(table: pd.DataFrame, level: Level) -> TrueRelations:
    if level == "ancestors":
        return _relations_of_table(table, ANCESTRY)
    if "direct" not in table.columns:
        raise InconsistentInputsError(
            "the truth lists ancestors and does not tell which are direct; give columns parent "
            "and child, or a column direct (0 or 1), or compare at level ancestors"
        )
    words = [str(value).strip().lower() for value in table["direct"]]
    odd = [word for word in words if word not in _WORDS]
    if odd:
        raise MalformedInputError(
            f"column direct of the truth holds {first_few(odd, 3)}; write 1 for direct and 0 for "
            "indirect"
        )
    holds = np.array([_WORDS[word] for word in words], dtype=np.bool_)
    return _relations_of_table(table, ANCESTRY, holds=holds)


def read_truth(path: str | Path) -> pd.DataFrame:
    """Read a true network from a TSV or CSV with a header, which may be gzipped.

    Parameters
    ----------
    path : str or Path
        Columns ``parent`` and ``child``, one line an edge; or ``ancestor`` and ``descendant``,
        one line a relation, and perhaps ``direct`` (0 or 1). Other columns are passed over.

    Returns
    -------
    pandas.DataFrame of str
        These columns, in the order of the file. There may be no row: a network without edges.

    Raises
    ------
    InputOpenError, InputReadError
        The file cannot be opened, or is damaged.
    MalformedInputError
        A column is missing or a line has no id; with the line.
    DegenerateDataError
        The file is empty.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "truth.csv")
    ...     _ = path.write_text("parent,child,weight\\nACT1,CDC7,0.4\\n")
    ...     read_truth(path)
      parent child
    0   ACT1  CDC7
    """
    header, *rows = read_rows(path)
    names = [cell.strip().lstrip("#") for cell in header.cells]
    ends = next((ends for ends in (EDGES, ANCESTRY) if set(ends) <= set(names)), None)
    if ends is None:
        raise MalformedInputError(
            f"{path}, line {header.line}: columns parent and child (or ancestor and descendant) "
            f"are needed; there are {', '.join(names)}"
        )
    wanted = [*ends, "direct"] if ends == ANCESTRY and "direct" in names else list(ends)
    places = [names.index(name) for name in wanted]
    cells = []
    for row in rows:
        if len(row.cells) != len(names):
            raise MalformedInputError(
                f"{path}, line {row.line}: {len(row.cells)} columns where the header has "
                f"{len(names)}"
            )
        values = [row.cells[place].strip() for place in places]
        for name, value in zip(ends, values, strict=False):
            if not value:
                raise MalformedInputError(
                    f"{path}, line {row.line}: no {name}; complete or remove the line"
                )
        cells.append(values)
    return pd.DataFrame(cells, columns=wanted, dtype="str")
