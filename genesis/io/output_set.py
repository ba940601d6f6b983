"""Outputs of a run as one set: all of them appear under their final names, or none does."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType

from genesis.errors import CommandLineError, OutputWriteError
from genesis.io.folder_lock import folder_lock

__all__ = ["OutputSet", "check_outputs", "file_digest", "require_free", "write_one"]


def check_outputs(prefix: str | Path, suffixes: Iterable[str], *, force: bool = False) -> None:
    """Make sure, before any work is done, that the outputs can be written.

    Parameters
    ----------
    prefix : str or Path
        Directory and beginning of the names. A missing directory is made.
    suffixes : iterable of str
        Endings of the names, such as ``".log"``.
    force : bool
        Outputs that exist may be replaced.

    Raises
    ------
    OutputWriteError
        An output exists and `force` is false, or the directory cannot be written.
    CommandLineError
        The prefix names no file, looks like an option, or is too long for the file system.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     check_outputs(f"{directory}/new/run", [".log"])
    """
    targets = require_free(prefix, suffixes, force=force)
    directory = _parent(prefix)
    # The very names that the outputs will have on their way, of which one may be too long.
    longest = max((path.name for path in targets.values()), key=lambda name: len(name.encode()))
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(prefix=_aside(prefix), dir=directory) as aside,
            (Path(aside) / f"{longest}{_OLD}").open("wb"),
        ):
            pass
    except OSError as error:
        raise _write_error(directory / longest, error) from error


def require_free(
    prefix: str | Path, suffixes: Iterable[str], *, force: bool = False
) -> dict[str, Path]:
    """The outputs of a prefix by suffix; raises as `check_outputs` where one exists."""
    targets = _targets(prefix, suffixes)
    _refuse_existing(targets.values(), force)
    return targets


#: Ending of outputs that are being replaced, in the directory aside.
_OLD = ".old"


def _aside(prefix: str | Path) -> str:
    """Beginning of the name of the directory where outputs are written first."""
    return f".{Path(prefix).name}.tmp-"


def _targets(prefix: str | Path, suffixes: Iterable[str]) -> dict[str, Path]:
    text = os.fspath(prefix)
    if not text or text.endswith(("/", os.sep)) or Path(text).name in ("", ".", ".."):
        raise CommandLineError(
            f"output prefix {text!r} has no file name: "
            "give a directory and the beginning of a name, such as results/run1 (a shell "
            "variable in the command may be empty)"
        )
    if text == "-":
        raise CommandLineError(
            "output '-' stands for standard output, and this command writes files: give a "
            "directory and the beginning of a name, such as results/run1"
        )
    if text.startswith("-"):
        raise CommandLineError(
            f"output prefix {text!r} begins with a dash: a shell variable before it may be empty, "
            f"so that the next option was taken for the prefix. Give ./{text} if this name is meant"
        )
    return {suffix: Path(text + suffix) for suffix in suffixes}


def _parent(prefix: str | Path) -> Path:
    return Path(os.fspath(prefix)).parent


def _refuse_existing(targets: Iterable[Path], force: bool) -> None:
    existing = [path for path in targets if os.path.lexists(path)]
    folders = [path for path in existing if path.is_dir()]
    if folders:
        raise OutputWriteError(f"{folders[0]} is a directory: choose another output name")
    if existing and not force:
        more = f" (and {len(existing) - 1} more outputs)" if len(existing) > 1 else ""
        raise OutputWriteError(
            f"{existing[0]} exists{more}: choose another name, or give --force (force=True in "
            "Python) to replace it"
        )


def _write_error(path: Path, error: OSError) -> OutputWriteError | CommandLineError:
    if error.errno == errno.ENAMETOOLONG:
        return CommandLineError(
            f"{path} would be too long a name for the file system, or the directory aside of it "
            f"({len(path.name.encode())} bytes; mostly 255 are allowed in all): give a shorter "
            "output name"
        )
    reason = error.strerror or str(error)
    return OutputWriteError(
        f"cannot write {path}: {reason}. Nothing was left under the final names; free space "
        "or change permissions, or write elsewhere"
    )


class OutputSet:
    """A set of outputs of one prefix or folder, written aside and moved into place at the end.

    Used as a context manager. Files are written in a hidden directory beside the prefix; when
    the block ends without an exception they are moved to their final names, and whatever ends
    it otherwise removes them. The file with the last suffix is the mark of a complete set: where
    a set is replaced it is taken away first, and it is always put in place last. Two processes
    that end together put their sets in place one after the other (`folder_lock`).

    Parameters
    ----------
    prefix : str or Path
        Directory and beginning of the names. A missing directory is made.
    suffixes : iterable of str
        Endings of the names; every one of them must be written in the block.
    force : bool
        Outputs that exist are replaced.
    replaced : iterable of str
        Endings of outputs that an older set may have and this one has not: they go with it.
    is_folder : bool
        The prefix is a folder, and the endings are names in it.

    Raises
    ------
    OutputWriteError
        An output exists and `force` is false, or the disk cannot take the outputs.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     with OutputSet(f"{directory}/run", [".log"]) as outputs:
    ...         _ = outputs.path(".log").write_text("done")
    ...     [path.name for path in outputs.written]
    ['run.log']
    """

    def __init__(
        self,
        prefix: str | Path,
        suffixes: Iterable[str],
        *,
        force: bool = False,
        replaced: Iterable[str] = (),
        is_folder: bool = False,
    ) -> None:
        self._prefix = prefix
        self._parent = Path(prefix) if is_folder else _parent(prefix)
        self._targets, self._older = (
            {name: self._parent / name for name in names} if is_folder else _targets(prefix, names)
            for names in (suffixes, replaced)
        )
        self._force = force
        self._directory: Path | None = None
        self.written: list[Path] = []

    def path(self, suffix: str) -> Path:
        """Where to write the output with this suffix for now."""
        assert self._directory is not None, "outputs are written inside the with block"
        return self._directory / self._targets[suffix].name

    def digests(self) -> dict[str, str]:
        """SHA-256 of each output that is written already, by suffix.

        In the record of a run they say which files belong together.
        """
        paths = {suffix: self.path(suffix) for suffix in self._targets}
        return {suffix: file_digest(path) for suffix, path in paths.items() if path.exists()}

    def __enter__(self) -> OutputSet:
        _refuse_existing([*self._targets.values(), *self._older.values()], self._force)
        try:
            self._parent.mkdir(parents=True, exist_ok=True)
            self._directory = Path(tempfile.mkdtemp(prefix=_aside(self._prefix), dir=self._parent))
        except OSError as error:
            raise _write_error(self._parent, error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._directory is not None
        try:
            if error is None:
                with folder_lock(self._parent):
                    self._publish()
            elif isinstance(error, OSError) and not isinstance(error, OutputWriteError):
                raise _write_error(Path(os.fspath(self._prefix)), error) from error
        finally:
            shutil.rmtree(self._directory, ignore_errors=True)

    def _publish(self) -> None:
        """Move all outputs into place; put everything back where one cannot be moved."""
        assert self._directory is not None
        missing = [suffix for suffix in self._targets if not self.path(suffix).exists()]
        if missing:
            raise RuntimeError(f"outputs were announced and not written: {missing}")
        _refuse_existing(self._targets.values(), self._force)
        targets = list(self._targets.items())
        undo: list[tuple[Path, Path]] = []
        try:
            # The mark goes first and comes last: no moment shows a mixed set as a whole one.
            for target in reversed([*self._older.values(), *self._targets.values()]):
                if os.path.lexists(target):
                    undo.append(_move(target, self._directory / f"{target.name}{_OLD}"))
            for suffix, target in targets:
                undo.append(_move(self.path(suffix), target))
        except BaseException as error:
            for source, target in reversed(undo):
                with contextlib.suppress(OSError):
                    target.replace(source)
            if isinstance(error, OSError):
                raise _write_error(Path(os.fspath(self._prefix)), error) from error
            raise
        self.written = [target for _, target in targets]


def _move(source: Path, target: Path) -> tuple[Path, Path]:
    source.replace(target)
    return source, target


def file_digest(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_one(path: str | Path, write: Callable[[Path], None], *, force: bool = False) -> Path:
    """Write one file whole or not at all.

    Parameters
    ----------
    path : str or Path
        Final name.
    write : callable
        Called with the path to write to.
    force : bool
        A file that exists is replaced.

    Raises
    ------
    OutputWriteError
        The file exists and `force` is false, or the disk cannot take it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     path = write_one(f"{directory}/a.txt", lambda path: path.write_text("1") and None)
    ...     path.read_text()
    '1'
    """
    with OutputSet(path, [""], force=force) as outputs:
        write(outputs.path(""))
    return outputs.written[0]
