"""Where compiled kernels are kept on disk, and by what they are found again.

Numba keeps compiled code beside the source, and takes it for right as long as the file of that one
kernel stays as it is. That is too little and too much: a kernel has copies of the kernels that it
calls and of constants of other files in it, and a reinstall or a second environment begins anew.
So the code is kept in a directory whose name says everything that it depends on, in the user's
cache directory. One index of numba's holds the types that a kernel was compiled for, which two
processes would write over each other; here every type has files of its own, named by what they
hold, which are written whole or not at all: whoever writes last writes the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core import caching
from numba.core.registry import cpu_target
from numba.misc.appdirs import AppDirs

from genesis._version import __version__

__all__ = ["KernelCache", "own_directory", "share_kernels"]

_PACKAGE = Path(__file__).parent
#: Besides the kernels: how they are compiled, and constants that are compiled into them.
_DEPENDS_ON = ("jit.py", "lending.py", "graphs/codes.py", "posterior/model/state.py")
#: Directories of other versions that stay, the last used.
_KEPT = 5


@cache
def directory_name() -> str | None:
    """Of the directory of these kernels for this numba and Python; None without sources."""
    sources = sorted([*_PACKAGE.rglob("*_kernels.py"), *(_PACKAGE / name for name in _DEPENDS_ON)])
    digest = hashlib.sha256()
    try:
        for path in sources:
            content = path.read_bytes()
            digest.update(f"{path.relative_to(_PACKAGE).as_posix()} {len(content)}\n".encode())
            digest.update(content)
    except OSError:  # in an archive
        return None
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return f"kernels-{__version__}-numba{numba.__version__}-py{python}-{digest.hexdigest()[:16]}"


def _user() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0


def _is_safe(path: Path, *owners: int) -> bool:
    """Whether a directory belongs to one of these users, and nobody else may write to it.

    What it holds is loaded without question.
    """
    try:
        status = path.lstat()
    except OSError:
        return False
    others_may_write = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISDIR(status.st_mode) and status.st_uid in owners and not others_may_write


def _bases() -> Iterator[Path]:
    """Where the directories of all versions may be, the first that is possible."""
    if numba.config.CACHE_DIR:
        yield Path(numba.config.CACHE_DIR) / "genesis-causal"
    yield Path(AppDirs("genesis-causal", appauthor=False).user_cache_dir)
    yield Path(tempfile.gettempdir()) / f"genesis-kernels-{_user()}"


@cache
def own_directory() -> Path | None:
    """The user's directory of compiled kernels, or None where there cannot be one."""
    name = directory_name()
    if name is None:
        return None
    for base in _bases():
        directory = base / name
        with contextlib.suppress(OSError):
            base.parent.mkdir(parents=True, exist_ok=True)
            for path in (base, directory):
                path.mkdir(mode=0o700, exist_ok=True)
            if _is_safe(base, _user()) and _is_safe(directory, _user()):
                # Says that it is in use, and fails where nothing can be written.
                tempfile.TemporaryFile(dir=directory).close()
                os.utime(directory)
                _remove_old(base, directory)
                return directory
    return None


def _remove_old(base: Path, but: Path) -> None:
    """Remove directories of other versions, but for the last used."""
    others = [(path.stat().st_mtime, path) for path in base.glob("kernels-*") if path != but]
    for _, path in sorted(others, reverse=True)[_KEPT:]:
        shutil.rmtree(path, ignore_errors=True)


@cache
def _places() -> tuple[Path, ...]:
    """Where compiled kernels are looked for."""
    name, own = directory_name(), own_directory()
    if name is None:
        return ()
    # Whoever owns the package can change its source as well.
    trusted = (_user(), 0, _PACKAGE.stat().st_uid)
    # Those of others first: where an image brings its kernels along, they are used.
    others = [_PACKAGE / "__pycache__" / name, next(_bases()) / name]
    found = [path for path in others if path != own and _is_safe(path, *trusted)]
    return (*found, own) if own is not None else tuple(found)


def share_kernels() -> Path:
    """Copy the user's compiled kernels to the directory beside the package; returns it.

    Raises
    ------
    OSError
        It cannot be written.
    """
    own = own_directory()
    if own is None:
        raise OSError("there are none")
    shared = _PACKAGE / "__pycache__" / own.name
    shared.mkdir(mode=0o755, parents=True, exist_ok=True)
    shared.chmod(0o755)
    # What an index names comes before it.
    for source in (*own.glob("*.nbc"), *own.glob("*.nbi")):
        new = shared / f"{source.name}.tmp.{os.getpid()}"
        shutil.copyfile(source, new)
        new.chmod(0o644)
        new.replace(shared / source.name)
    _remove_old(shared.parent, shared)
    return shared


class _Locator(caching._CacheLocator):
    """Says where to keep a kernel, and that its directory's name is what it depends on."""

    def __init__(self, function: Callable[..., Any], directory: Path) -> None:
        self._line = function.__code__.co_firstlineno
        self._directory = directory

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> _Locator | None:  # noqa: ARG003
        directory = own_directory() or next(iter(_places()), None)
        return None if directory is None else cls(py_func, directory)

    def get_cache_path(self) -> str:
        return str(self._directory)

    def get_source_stamp(self) -> str | None:
        return directory_name()

    def get_disambiguator(self) -> str:
        return str(self._line)


class _Implementation(caching.CompileResultCacheImpl):
    _locator_classes = (_Locator,)


@cache
def _processor() -> str:
    """Short for the processor that code is compiled for; machines may share a directory."""
    return _short(cpu_target.target_context.codegen().magic_tuple())


def _short(described: object) -> str:
    return hashlib.sha256(repr(described).encode()).hexdigest()[:16]


class KernelCache(caching.FunctionCache):
    """Compiled code of one kernel on disk.

    Raises
    ------
    RuntimeError
        There is no directory to keep it in.
    """

    _impl_class = _Implementation

    def holds_any(self) -> bool:
        """Whether there is code for this processor, for arguments of any type."""
        name = f"{self._impl.filename_base}-{_processor()}-*.nbc"
        return any(any(place.glob(name)) for place in _places())

    def _file(self, directory: Path, key: tuple[Any, ...]) -> caching.IndexDataCacheFile:
        name = f"{self._impl.filename_base}-{_processor()}-{_short(key)}"
        return caching.IndexDataCacheFile(str(directory), name, directory_name())

    def _load_overload(self, sig: Any, target_context: Any) -> Any:
        key = self._index_key(sig, target_context.codegen())
        for place in _places():
            # What cannot be read, such as a file that a full disk cut short, is compiled anew.
            with contextlib.suppress(Exception):
                found = self._file(place, key).load(key)
                if found is not None:
                    return self._impl.rebuild(target_context, found)
        return None

    def _save_overload(self, sig: Any, data: Any) -> None:
        directory = own_directory()
        if directory is None or not self._impl.check_cachable(data):
            return
        key = self._index_key(sig, data.codegen)
        # A disk that is full by now must not end a run.
        with contextlib.suppress(OSError):
            file = self._file(directory, key)
            file.flush()  # an index that cannot be read
            file.save(key, self._impl.reduce(data))
