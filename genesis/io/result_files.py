"""A result on disk: all outputs of a run under one prefix, and the way back."""

from __future__ import annotations

import io
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import genesis
from genesis.constraints.graphml import write_graphml
from genesis.diagnostics.tables import Diagnostics
from genesis.errors import (
    InconsistentInputsError,
    InputOpenError,
    InputReadError,
    MalformedInputError,
)
from genesis.io.output_set import OutputSet, file_digest
from genesis.io.relation_tables import (
    read_relations,
    write_relations_parquet,
    write_relations_text,
)
from genesis.io.run_log import log_of_result
from genesis.io.table_text import cell, check_ids, header_line, write_table, write_text
from genesis.io.tables import require_file
from genesis.result import Result

__all__ = ["REPORT", "SUFFIXES", "load_result", "output_suffixes", "save_result"]

#: Endings of the outputs of a run; the last one marks a complete set.
SUFFIXES = (
    ".ancestrality.tsv.gz",
    ".relations.parquet",
    ".relations.tsv.gz",
    ".anchors.tsv.gz",
    ".graph.graphml",
    ".constraints.json",
    ".excluded.tsv",
    ".state.zip",
    ".log",
    ".run.json",
)
#: Ending of the report, which may be written with the others or later.
REPORT = ".report.html"
_RUN_SCHEMA = "genesis.run"
_RUN_VERSION = 1
#: Where the record holds the SHA-256 of each output, by suffix.
_DIGESTS = "sha256_of_outputs"
#: Tables that `load_result` takes from PREFIX.state.zip.
_TABLES = ("genes", "anchors", "excluded", "conditioning", "ordered_since")
#: Tables of `Diagnostics`, in a folder of their own.
_DIAGNOSTICS = {field.name: f"diagnostics/{field.name}" for field in fields(Diagnostics)}
#: Bits of unrelated pairs that have no row, beside the tables.
_UNLISTED = "unlisted.zlib"
_BLOCK_ROWS = 256
_OLDEST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def save_result(
    result: Result,
    prefix: str | Path,
    *,
    force: bool = False,
    log_text: str | Callable[[], str] | None = None,
    threads: int | None = None,
    report: bool = False,
) -> list[Path]:
    """Write all outputs of a run as ``PREFIX.*``, all of them or none.

    ==========================  =============================================================
    ``.ancestrality.tsv.gz``    genes × genes: 1, 0.5, 0 or NA; row a, column b
    ``.relations.parquet``      one row a filled pair, with its reason, exact
    ``.relations.tsv.gz``       the same table as text, p-values with six digits
    ``.anchors.tsv.gz``         one row a gene and anchor
    ``.graph.graphml``          the claims as a directed graph (Cytoscape, igraph, networkx)
    ``.constraints.json``       what a downstream learner may use
    ``.excluded.tsv``           every variant, gene and sample left out, with its reason
    ``.state.zip``              the smaller tables as Parquet, for `load_result`
    ``.log``                    what was done, for people
    ``.run.json``               versions, options, inputs, counts, timings, and the SHA-256 of
                                every other file, which says what belongs together
    ==========================  =============================================================

    Parameters
    ----------
    result : Result
        What to write.
    prefix : str or Path
        Directory and beginning of the names. A missing directory is made.
    force : bool
        Outputs that exist are replaced.
    log_text : str or callable, optional
        Content of the log, or a function that returns it when all else is written.
    threads : int, optional
        Threads that compress; the files are the same for any number.
    report : bool
        Write ``.report.html`` too; see `genesis.report.write_report`. A report of an older run
        under this prefix goes either way, as the other outputs do.

    Returns
    -------
    list of Path
        The files, in the order above.

    Raises
    ------
    CommandLineError
        The report needs a package that is not installed.
    OutputWriteError
        An output exists and `force` is false, or the disk cannot take it.
    MalformedInputError
        A name cannot be written to a table (tab, line break, empty, repeated).

    Examples
    --------
    >>> import tempfile
    >>> import genesis
    >>> rng = np.random.default_rng(1)
    >>> z = rng.binomial(2, 0.4, size=(500, 2)).astype(float)
    >>> a = z[:, 0] + rng.normal(size=500)
    >>> result = genesis.discover(z, np.column_stack([a, a + z[:, 1] + rng.normal(size=500)]))
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     files = save_result(result, f"{directory}/run1")
    >>> files[0].name, len(files)
    ('run1.ancestrality.tsv.gz', 10)
    """
    _check_names(result)
    suffixes, older = output_suffixes(report=report)
    with OutputSet(prefix, suffixes, force=force, replaced=older) as outputs:
        write_text(outputs.path(".ancestrality.tsv.gz"), matrix_lines(result), threads=threads)
        tables = (result.pairs, result.gene_ids, result.variables)
        write_relations_parquet(outputs.path(".relations.parquet"), *tables)
        write_relations_text(outputs.path(".relations.tsv.gz"), *tables, threads=threads)
        write_table(outputs.path(".anchors.tsv.gz"), result.anchors)
        write_graphml(result, outputs.path(".graph.graphml"))
        result.constraints().write(outputs.path(".constraints.json"))
        write_table(outputs.path(".excluded.tsv"), result.excluded)
        _write_state(result, outputs.path(".state.zip"))
        if report:
            from genesis.report.html import render_report

            outputs.path(REPORT).write_text(render_report(result), encoding="utf-8")
        text = log_text() if callable(log_text) else log_text
        outputs.path(".log").write_text(text or log_of_result(result), encoding="utf-8")
        # The report may be written anew later, so it is not among what belongs together.
        digests = {end: found for end, found in outputs.digests().items() if end != REPORT}
        _write_run(result.run, digests, outputs.path(".run.json"))
    return outputs.written


def output_suffixes(*, report: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Endings of the outputs, and of those that go when an older set is replaced."""
    if report:
        return (*SUFFIXES[:-1], REPORT, SUFFIXES[-1]), ()
    return SUFFIXES, (REPORT,)


def _check_names(result: Result) -> None:
    check_ids(result.gene_ids, "gene")
    check_ids(result.variables[: len(result.variables) - len(result.genes)], "variant")
    if not result.gene_ids.is_unique:
        name = result.gene_ids[result.gene_ids.duplicated()][0]
        raise MalformedInputError(f"gene id {name!r} occurs more than once: give each gene once")


def matrix_lines(result: Result) -> Iterator[bytes]:
    """The ancestrality matrix as text, some rows at a time."""
    ids = result.gene_ids
    yield header_line(["gene_id", *ids])
    cells = np.array([b"0\t", b"0.5\t", b"1\t", b"NA\t"])
    for start in range(0, len(ids), _BLOCK_ROWS):
        stop = min(start + _BLOCK_ROWS, len(ids))
        values = result.ancestrality_rows(start, stop).to_numpy()
        code = np.where(np.isnan(values), 3, values * 2).astype(np.int8)
        rows = (cells[row].tobytes().replace(b"\0", b"")[:-1] for row in code)
        yield b"".join(
            cell(name).encode() + b"\t" + row + b"\n"
            for name, row in zip(ids[start:stop], rows, strict=True)
        )


def _write_state(result: Result, path: Path) -> None:
    """Tables as Parquet in a zip archive without time stamps."""
    tables = {name: getattr(result, name) for name in _TABLES}
    tables["variables"] = pd.DataFrame({"variable": result.variables})
    if result.diagnostics is not None:
        tables |= {path: getattr(result.diagnostics, n) for n, path in _DIAGNOSTICS.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, frame in tables.items():
            buffer = io.BytesIO()
            table = pa.Table.from_pandas(frame.reset_index(drop=True), preserve_index=False)
            pq.write_table(table, buffer, compression="zstd")
            entry = zipfile.ZipInfo(f"{name}.parquet", date_time=_OLDEST_ZIP_DATE)
            archive.writestr(entry, buffer.getvalue())
        if result.unlisted is not None:
            bits = zlib.compress(result.unlisted.tobytes(), level=1)
            archive.writestr(zipfile.ZipInfo(_UNLISTED, date_time=_OLDEST_ZIP_DATE), bits)


def _write_run(run: dict[str, Any], digests: dict[str, str], path: Path) -> None:
    record = {"schema": _RUN_SCHEMA, "schema_version": _RUN_VERSION, **run}
    record.setdefault("genesis", genesis.__version__)
    record[_DIGESTS] = digests
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False, default=_plain)
    path.write_text(text + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"{type(value).__name__} in the record of the run is not JSON: {value!r}")


def load_result(prefix: str | Path) -> Result:
    """Read back a result that ``genesis run`` or `Result.save` wrote.

    Parameters
    ----------
    prefix : str or Path
        What was given to ``--out`` or to `Result.save`.

    Returns
    -------
    Result
        Equal to what was saved, floats to the bit.

    Raises
    ------
    InputOpenError
        No complete set of outputs has this prefix.
    InputReadError, MalformedInputError
        A file is damaged.
    InconsistentInputsError
        The files are of different runs or of another format version.

    Examples
    --------
    >>> import tempfile
    >>> import genesis
    >>> rng = np.random.default_rng(1)
    >>> z = rng.binomial(2, 0.4, size=(500, 2)).astype(float)
    >>> a = z[:, 0] + rng.normal(size=500)
    >>> result = genesis.discover(z, np.column_stack([a, a + z[:, 1] + rng.normal(size=500)]))
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     files = result.save(f"{directory}/run1")
    ...     genesis.load(f"{directory}/run1").ancestrality.equals(result.ancestrality)
    True
    """
    record = _read_record(prefix)
    text = os.fspath(prefix)
    state = Path(text + ".state.zip")
    relations = Path(text + ".relations.parquet")
    for path in (state, relations):
        if os.path.lexists(path):
            require_file(path, "result")
    kept = _read_state(state)
    try:
        pairs = read_relations(relations, pd.Index(kept["genes"]["gene_id"]))
    except FileNotFoundError as error:
        raise InputOpenError(f"{relations} is missing: save the result anew") from error
    except (pa.ArrowException, OSError, KeyError) as error:
        if isinstance(error, InconsistentInputsError):
            raise
        raise InputReadError(f"{relations} is damaged ({error}): save the result anew") from error
    _require_one_run(record, prefix, (".state.zip", ".relations.parquet"))
    run = {k: v for k, v in record.items() if k not in ("schema", "schema_version", _DIGESTS)}
    variables = pd.Index(kept.pop("variables")["variable"].tolist(), dtype=object)
    return Result(**kept, pairs=pairs, variables=variables, run=run)


def _require_one_run(record: dict[str, Any], prefix: str | Path, suffixes: Iterable[str]) -> None:
    """Refuse files that are not those of the record, where it says which they are.

    Records of older versions do not.
    """
    digests = record.get(_DIGESTS, {})
    path = Path(os.fspath(prefix) + ".run.json")
    for suffix in suffixes:
        other = Path(os.fspath(prefix) + suffix)
        if suffix in digests and file_digest(other) != digests[suffix]:
            raise InconsistentInputsError(
                f"{other} is not the file that {path} tells of: it is of another run, or was "
                "changed since. Run again, or put back the files that were written together "
                "(where a run is just replacing them, load them once it has ended)"
            )


def _read_record(prefix: str | Path) -> dict[str, Any]:
    """The content of ``PREFIX.run.json``.

    Raises
    ------
    InputOpenError
        The file is missing: no run has finished under this prefix.
    MalformedInputError
        It is not such a record.
    InconsistentInputsError
        It is of another format version.
    """
    path = Path(os.fspath(prefix) + ".run.json")
    if not os.path.lexists(path):
        raise InputOpenError(
            f"no finished run under {os.fspath(prefix)!r}: {path} is missing. "
            "Give the prefix that was given to --out"
        )
    require_file(path, "run")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputOpenError(f"cannot open {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise MalformedInputError(f"{path} is not JSON ({error}): save the result anew") from error
    if not isinstance(record, dict) or record.get("schema") != _RUN_SCHEMA:
        raise MalformedInputError(f"{path} is not the record of a run: give the prefix of a run")
    for name in ("options", "counts", "inputs", "timings", _DIGESTS):
        if not isinstance(record.get(name, {}), dict):
            raise MalformedInputError(f"{path}: {name} is no table of values: save the result anew")
    if record.get("schema_version") != _RUN_VERSION:
        raise InconsistentInputsError(
            f"{path} has format version {record.get('schema_version')}, this is version "
            f"{_RUN_VERSION}: read it with GENESIS {record.get('genesis', 'of that time')}"
        )
    return record


def _read_state(path: Path) -> dict[str, Any]:
    """The tables, diagnostics, and bits of unrelated pairs without a row."""
    try:
        with zipfile.ZipFile(path) as archive:

            def table(name: str) -> pd.DataFrame:
                return _read_table(archive.read(f"{name}.parquet"))

            names = set(archive.namelist())
            kept: dict[str, Any] = {name: table(name) for name in (*_TABLES, "variables")}
            if any(name.startswith("diagnostics/") for name in names):
                found = {name: table(place) for name, place in _DIAGNOSTICS.items()}
                kept["diagnostics"] = Diagnostics(**found)
            if _UNLISTED in names:
                n_genes = len(kept["genes"])
                bits = np.frombuffer(zlib.decompress(archive.read(_UNLISTED)), dtype=np.uint8)
                kept["unlisted"] = bits.reshape(n_genes, -(-n_genes // 8))
            return kept
    except FileNotFoundError as error:
        raise InputOpenError(f"{path} is missing: save the result anew") from error
    except (
        OSError,
        KeyError,
        ValueError,
        zlib.error,
        zipfile.BadZipFile,
        pa.ArrowException,
    ) as error:
        raise InputReadError(f"{path} is damaged ({error}): save the result anew") from error


def _read_table(content: bytes) -> pd.DataFrame:
    frame = pq.read_table(io.BytesIO(content)).to_pandas()
    # Text that pandas 2 wrote as objects becomes what this version makes of text.
    for name in frame.columns[frame.dtypes == "object"]:
        frame[name] = pd.Series(frame[name].to_numpy(), dtype="str")
    return frame
