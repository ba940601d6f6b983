"""Outcomes of pieces of work on disk, so that a run that was killed goes on where it was.

Nothing else of a run is kept: whatever follows from the outcomes is computed anew, so that a
resumed run cannot differ from one that was never interrupted.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, Generic, TypeVar

import numpy as np

from genesis.errors import (
    InconsistentInputsError,
    InputOpenError,
    InputReadError,
    OutputWriteError,
)

__all__ = ["Checkpoint", "Stage", "digest", "require_checkpoint"]

Outcome = TypeVar("Outcome", bound=tuple[Any, ...])
_RECORD = "checkpoint.json"


def digest(*arrays: np.ndarray) -> str:
    """SHA-256 of arrays, one after the other, as hexadecimal digits."""
    found = hashlib.sha256()
    for array in arrays:
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def require_checkpoint(directory: Path) -> None:
    """Make sure, before any work is done, that there is a run to go on with.

    Raises
    ------
    InputOpenError
        The directory holds no checkpoint.
    """
    if not (directory / _RECORD).exists():
        raise InputOpenError(
            f"{directory} holds no checkpoint of a run: give the directory that was given to "
            "--checkpoint, or leave out --resume (resume=False in Python) to begin anew"
        )


class Checkpoint:
    """A directory of finished pieces of one run.

    Parameters
    ----------
    directory : Path
        Made where it is missing.
    fingerprint : mapping of str to JSON values
        What the outcomes depend on: version, options, hashes of the inputs.
    resume : bool
        Take what is there.

    Attributes
    ----------
    directory : Path
    resumed : bool
        A run is gone on with.

    Raises
    ------
    OutputWriteError
        The directory cannot be written, or holds a run and `resume` is false.
    InconsistentInputsError
        It holds a run on other inputs or with other options.
    """

    def __init__(self, directory: Path, fingerprint: Mapping[str, Any], *, resume: bool) -> None:
        self.directory = directory
        fingerprint = dict(json.loads(json.dumps(fingerprint)))
        record = directory / _RECORD
        self.resumed = record.exists()
        if self.resumed:
            if not resume:
                raise OutputWriteError(
                    f"{directory} holds the checkpoint of a run: give --resume (resume=True in "
                    "Python) to go on with it, or remove the directory"
                )
            _compare(directory, _read(record), fingerprint)
            return
        content = json.dumps(fingerprint, indent=2, ensure_ascii=False).encode()
        try:
            directory.mkdir(parents=True, exist_ok=True)
            _write_whole(record, lambda file: file.write(content))
        except OSError as error:
            raise OutputWriteError(f"cannot write {directory}: {error.strerror}") from error

    def stage(self, name: str, outcome: type[Outcome]) -> Stage[Outcome]:
        """The pieces of one stage, whose outcomes are NamedTuples of arrays."""
        directory = self.directory / name
        directory.mkdir(exist_ok=True)
        return Stage(directory, outcome)


class Stage(Generic[Outcome]):
    """Finished pieces of one stage, by their number."""

    def __init__(self, directory: Path, outcome: type[Outcome]) -> None:
        self._directory = directory
        self._outcome = outcome
        self._done = {int(path.stem) for path in directory.glob("*.npz") if path.stem.isdigit()}

    def __contains__(self, number: int) -> bool:
        return number in self._done

    def load(self, number: int) -> Outcome | None:
        """The outcome of a piece.

        Raises
        ------
        InputReadError
            The file is damaged.
        """
        path = self._path(number)
        try:
            # Opened here: NumPy leaves some damaged files open.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                if not arrays.files:
                    return None
                return self._outcome(*(arrays[name] for name in arrays.files))
        except (OSError, EOFError, ValueError, TypeError, zipfile.BadZipFile) as error:
            raise InputReadError(
                f"{path} is damaged ({error}): remove this file, and its piece is computed anew"
            ) from error

    def save(self, number: int, outcome: Outcome | None) -> None:
        """Keep the outcome of a piece; it is there as a whole or not at all."""
        path = self._path(number)
        arrays = {} if outcome is None else outcome._asdict()  # type: ignore[attr-defined]
        try:
            _write_whole(path, lambda file: np.savez(file, **arrays))
        except OSError as error:
            raise OutputWriteError(
                f"cannot write {path}: {error.strerror}. What is in the checkpoint is whole: free "
                "space and resume"
            ) from error

    def _path(self, number: int) -> Path:
        return self._directory / f"{number:08d}.npz"


def _write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file that is whole under its name, even where the machine loses its power."""
    aside = path.with_suffix(".part")
    with aside.open("wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def _read(record: Path) -> dict[str, Any]:
    try:
        found = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputReadError(
            f"{record} cannot be read ({error}): remove {record.parent} and start anew"
        ) from error
    return dict(found)


def _compare(directory: Path, then: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for name in {**now, **then}:
        if then.get(name) != now.get(name):
            raise InconsistentInputsError(
                f"{directory} is the checkpoint of another run: {name} was {then.get(name)!r} and "
                f"is {now.get(name)!r}. Resume with the same inputs and options, or remove the "
                "directory to start anew"
            )
