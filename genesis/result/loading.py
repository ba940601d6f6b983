"""The way back from the outputs of a run to its result."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from genesis.errors import (
    InconsistentInputsError,
    InputOpenError,
    InputReadError,
    MalformedInputError,
)
from genesis.findings.diagnostics import Diagnostics
from genesis.findings.relation_tables import read_relations
from genesis.io.output_set import file_digest
from genesis.io.tables import require_file
from genesis.result.files import (
    DIAGNOSTICS,
    DIGESTS,
    GRAPHS,
    RUN_SCHEMA,
    RUN_VERSION,
    TABLES,
    UNLISTED,
)
from genesis.result.graph_file import graphs_on_disk, read_table
from genesis.result.result import Result

__all__ = ["load_result"]


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
    _require_one_run(record, prefix)
    run = {k: v for k, v in record.items() if k not in ("schema", "schema_version", DIGESTS)}
    variables = pd.Index(kept.pop("variables")["variable"].tolist(), dtype=object)
    path = Path(text + GRAPHS)
    # A run without graphs may stand where one with graphs stood.
    graphs = graphs_on_disk(path) if GRAPHS in record.get(DIGESTS, {}) else None
    return Result(**kept, pairs=pairs, variables=variables, run=run, graphs=graphs)


def _require_one_run(record: dict[str, Any], prefix: str | Path) -> None:
    """Refuse files that are not those of the record, where it says which they are.

    Records of older versions do not. Files that are read by people alone may be gone, but another
    run's matrix beside this one's claims would be believed.
    """
    path = Path(os.fspath(prefix) + ".run.json")
    for suffix, digest in record.get(DIGESTS, {}).items():
        other = Path(os.fspath(prefix) + suffix)
        if other.is_file() and file_digest(other) != digest:
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
    if not isinstance(record, dict) or record.get("schema") != RUN_SCHEMA:
        raise MalformedInputError(f"{path} is not the record of a run: give the prefix of a run")
    for name in ("options", "counts", "inputs", "timings", DIGESTS):
        if not isinstance(record.get(name, {}), dict):
            raise MalformedInputError(f"{path}: {name} is no table of values: save the result anew")
    if record.get("schema_version") != RUN_VERSION:
        raise InconsistentInputsError(
            f"{path} has format version {record.get('schema_version')}, this is version "
            f"{RUN_VERSION}: read it with GENESIS {record.get('genesis', 'of that time')}"
        )
    return record


def _read_state(path: Path) -> dict[str, Any]:
    """The tables, diagnostics, and bits of unrelated pairs without a row."""
    try:
        with zipfile.ZipFile(path) as archive:

            def table(name: str) -> pd.DataFrame:
                return read_table(archive, name)

            names = set(archive.namelist())
            # Results of older versions say nothing of loci.
            wanted = [*(t for t in TABLES if t != "loci" or f"{t}.parquet" in names), "variables"]
            kept: dict[str, Any] = {name: table(name) for name in wanted}
            if any(name.startswith("diagnostics/") for name in names):
                found = {name: table(place) for name, place in DIAGNOSTICS.items()}
                kept["diagnostics"] = Diagnostics(**found)
            if UNLISTED in names:
                n_genes = len(kept["genes"])
                bits = np.frombuffer(zlib.decompress(archive.read(UNLISTED)), dtype=np.uint8)
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
