"""A result on disk: all outputs of a run under one prefix."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genesis._version import __version__
from genesis.constraints.graph import ConstraintGraph
from genesis.errors import (
    MalformedInputError,
)
from genesis.findings.claim_graph import choose_claims
from genesis.findings.diagnostics import Diagnostics
from genesis.findings.findings import Findings
from genesis.findings.graphml import write_graphml
from genesis.findings.relation_tables import (
    write_relations_parquet,
    write_relations_text,
)
from genesis.io.output_set import OutputSet
from genesis.io.table_text import cell, check_ids, header_line, write_table, write_text
from genesis.result.graph_file import OLDEST_ZIP_DATE, add_table, write_graphs
from genesis.result.run_log import log_of_result

__all__ = ["GRAPHS", "REPORT", "SUFFIXES", "output_suffixes", "save_result"]

#: Endings of the outputs of a run; the last one marks a complete set.
SUFFIXES = (
    ".ancestrality.tsv.gz",
    ".relations.parquet",
    ".relations.tsv.gz",
    ".anchors.tsv.gz",
    ".loci.tsv.gz",
    ".graph.graphml",
    ".constraints.json",
    ".excluded.tsv",
    ".state.zip",
    ".log",
    ".run.json",
)
#: Ending of the sampled graphs, which not every run keeps.
GRAPHS = ".graphs.zip"
#: Ending of the report, which may be written with the others or later.
REPORT = ".report.html"
RUN_SCHEMA = "genesis.run"
RUN_VERSION = 1
#: Where the record holds the SHA-256 of each output, by suffix.
DIGESTS = "sha256_of_outputs"
#: Tables that `load_result` takes from PREFIX.state.zip.
TABLES = ("genes", "anchors", "loci", "excluded", "conditioning", "ordered_since")
#: Tables of `Diagnostics`, in a folder of their own.
DIAGNOSTICS = {field.name: f"diagnostics/{field.name}" for field in fields(Diagnostics)}
#: Bits of unrelated pairs that have no row, beside the tables.
UNLISTED = "unlisted.zlib"
_BLOCK_ROWS = 256


def save_result(
    result: Findings,
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
    ``.loci.tsv.gz``            one row a locus, target and gene that may be the one that acts
    ``.graph.graphml``          the direct claims as a graph (Cytoscape, igraph, networkx)
    ``.constraints.json``       what a downstream learner may use
    ``.excluded.tsv``           every variant, gene and sample left out, with its reason
    ``.state.zip``              the smaller tables as Parquet, for `load_result`
    ``.graphs.zip``             sampled graphs, for `Result.paths`: of the calibrated method, where
                                the run kept any
    ``.log``                    what was done, for people
    ``.run.json``               versions, options, inputs, counts, timings, and the SHA-256 of
                                every other file, which says what belongs together
    ==========================  =============================================================

    Parameters
    ----------
    result : Findings
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
    ('run1.ancestrality.tsv.gz', 12)
    """
    _check_names(result)
    suffixes, older = output_suffixes(report=report, graphs=result.graphs is not None)
    with OutputSet(prefix, suffixes, force=force, replaced=older) as outputs:
        write_text(outputs.path(".ancestrality.tsv.gz"), matrix_lines(result), threads=threads)
        tables = (result.pairs, result.gene_ids, result.variables)
        write_relations_parquet(outputs.path(".relations.parquet"), *tables)
        write_relations_text(outputs.path(".relations.tsv.gz"), *tables, threads=threads)
        write_table(outputs.path(".anchors.tsv.gz"), result.anchors)
        write_table(outputs.path(".loci.tsv.gz"), result.loci)
        write_graphml(choose_claims(result), outputs.path(".graph.graphml"))
        ConstraintGraph.from_result(result).write(outputs.path(".constraints.json"))
        write_table(outputs.path(".excluded.tsv"), result.excluded)
        _write_state(result, outputs.path(".state.zip"))
        if result.graphs is not None:
            write_graphs(result.graphs, outputs.path(GRAPHS))
        if report:
            from genesis.report.html import render_report

            outputs.path(REPORT).write_text(render_report(result), encoding="utf-8")
        text = log_text() if callable(log_text) else log_text
        outputs.path(".log").write_text(text or log_of_result(result), encoding="utf-8")
        # The report may be written anew later, so it is not among what belongs together.
        digests = {end: found for end, found in outputs.digests().items() if end != REPORT}
        _write_run(result.run, digests, outputs.path(".run.json"))
    return outputs.written


def output_suffixes(*, report: bool, graphs: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Endings of the outputs, and of those that go when an older set is replaced."""
    more = {GRAPHS: graphs, REPORT: report}
    written = (*SUFFIXES[:-1], *(end for end in more if more[end]), SUFFIXES[-1])
    return written, tuple(end for end in more if not more[end])


def _check_names(result: Findings) -> None:
    check_ids(result.gene_ids, "gene")
    check_ids(result.variables[: len(result.variables) - len(result.genes)], "variant")
    if not result.gene_ids.is_unique:
        name = result.gene_ids[result.gene_ids.duplicated()][0]
        raise MalformedInputError(f"gene id {name!r} occurs more than once: give each gene once")


def matrix_lines(result: Findings) -> Iterator[bytes]:
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


def _write_state(result: Findings, path: Path) -> None:
    """Tables as Parquet in a zip archive without time stamps."""
    tables = {name: getattr(result, name) for name in TABLES}
    tables["variables"] = pd.DataFrame({"variable": result.variables})
    if result.diagnostics is not None:
        tables |= {path: getattr(result.diagnostics, n) for n, path in DIAGNOSTICS.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, frame in tables.items():
            add_table(archive, name, frame)
        if result.unlisted is not None:
            bits = zlib.compress(result.unlisted.tobytes(), level=1)
            archive.writestr(zipfile.ZipInfo(UNLISTED, date_time=OLDEST_ZIP_DATE), bits)


def _write_run(run: dict[str, Any], digests: dict[str, str], path: Path) -> None:
    record = {"schema": RUN_SCHEMA, "schema_version": RUN_VERSION, **run}
    record.setdefault("genesis", __version__)
    record[DIGESTS] = digests
    path.write_text(record_text(record) + "\n", encoding="utf-8")


def record_text(record: dict[str, Any]) -> str:
    """The record of a run as JSON."""
    return json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"{type(value).__name__} in the record of the run is not JSON: {value!r}")
