"""Files that the record of a run names: where they are, and whether they are what they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["files_of", "located", "typed_layer", "unchanged"]


def files_of(described: Any, directory: str | None) -> str | Path | list[str | Path]:
    """The path of an input, or those of genotypes in several files, all unchanged."""
    if isinstance(described, list):
        return [unchanged(one, directory) for one in described]
    return unchanged(described, directory)


def located(path: str, directory: str | None) -> str | Path:
    """Where a file of the record is: a relative path starts where the run was started.

    Where that is not there any more, folders may have been moved together: then it starts here.
    """
    if "://" in path:
        return path
    there = Path(directory or "", path)
    return there if there.exists() else Path(path)


def typed_layer(name: str, table: str, genes: str | None, steps: str | None) -> str:
    """What is given to --layer for these files.

    Examples
    --------
    >>> typed_layer("protein", "olink.tsv", None, "log2,int")
    'protein=olink.tsv,normalise=log2,int'
    """
    parts = [f"{name}={table}"]
    parts += [] if genes is None else [f"genes={genes}"]
    parts += [] if steps is None else [f"normalise={steps}"]
    return ",".join(parts)


def unchanged(described: dict[str, Any], directory: str | None) -> str | Path:
    """The path of an input, which must hold what it held when the run was made.

    Parameters
    ----------
    described : dict
        As in ``inputs`` of the record.
    directory : str, optional
        Where the run was started; records of earlier versions do not say it.

    Raises
    ------
    InputOpenError
        It cannot be opened.
    InconsistentInputsError
        It has changed.
    """
    from genesis.errors import GenesisError, InconsistentInputsError, InputOpenError
    from genesis.io.output_set import file_digest
    from genesis.io.remote import copy_of, is_remote
    from genesis.io.vcf_zarr import is_store

    path = located(described["path"], directory)
    if "files" in described:
        for part in described["files"]:
            unchanged(part, directory)
        # Of a set of files the path is only the beginning of their names.
        beginning = Path(directory or "", described["path"])
        return beginning if beginning.parent.exists() else path
    # A directory has no checksum, nor has what was read of an address only in part.
    if "sha256" not in described and (isinstance(path, str) or is_store(path)):
        return path
    try:
        digest = file_digest(copy_of(path) if is_remote(path) else Path(path))
    except GenesisError:  # of an address
        raise
    except OSError as error:
        raise InputOpenError(
            f"cannot open {path}, from which the run was made: {error.strerror}"
        ) from error
    if digest != described.get("sha256", digest):
        raise InconsistentInputsError(
            f"{path} has changed since the run was made: run it again, or put the file back"
        )
    return path
