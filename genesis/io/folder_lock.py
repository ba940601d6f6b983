"""One process at a time puts outputs in place in a directory."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["folder_lock"]

_NAME = ".genesis.lock"


@contextlib.contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Wait until no other process holds the lock of a directory, and hold it.

    The lock is an advisory one (flock) on a hidden file, which is taken away at the end. It is
    free again when its holder dies, whether the file is left or not; NFS has held it for all
    machines since Linux 2.6.12. Where a file system has no locks, or the hidden file cannot be
    made, the block runs without: then two runs that end on one prefix at the same moment can mix
    their files, and `genesis.load` refuses the mixture by its checksums.

    Parameters
    ----------
    folder : Path
        A directory that exists.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     with folder_lock(Path(directory)):
    ...         print(os.listdir(directory))
    ...     print(os.listdir(directory))
    ['.genesis.lock']
    []
    """
    path = folder / _NAME
    file = _locked(path)
    try:
        yield
    finally:
        if file is not None:
            # Before the lock is let go: whoever waits for it sees that the file is gone.
            with contextlib.suppress(OSError):
                path.unlink()
            os.close(file)


def _locked(path: Path) -> int | None:
    """The open file that holds the lock; None where there are no locks."""
    while True:
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            # The one who held it before may have taken this very file away meanwhile.
            if _is_at(file, path):
                return file
        except OSError:
            os.close(file)
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False
