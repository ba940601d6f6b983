"""The one place that says how kernels are compiled."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba

__all__ = ["inlined_kernel", "is_compiled", "kernel"]


def _private_cache_directory() -> str | None:
    """A cache directory of the user's own under the temporary directory, or None.

    The cache holds code that is loaded without question, so a directory that others
    own or may write to is refused.
    """
    uid = os.getuid() if hasattr(os, "getuid") else 0
    path = Path(tempfile.gettempdir()) / f"genesis-kernels-{uid}"
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        status = path.lstat()
    except OSError:
        return None
    others_may_write = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != uid or others_may_write:
        return None
    return str(path)


@cache
def _newest_source() -> float:
    """When a kernel of the package was last changed."""
    sources = Path(__file__).parent.rglob("*_kernels.py")
    return max((path.stat().st_mtime for path in sources), default=0.0)


@cache
def _forget_stale(directory: str) -> None:
    """Remove compiled code from before a change of any kernel.

    Numba looks at the file of the kernel alone, and would go on with old code of the kernels
    that it calls.
    """
    for path in Path(directory).glob("*.nbi"):
        # What cannot be looked at or removed was never written by this user.
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < _newest_source():
                path.unlink()


def _compile(function: Callable[..., Any], inline: str, cache: bool) -> Any:
    return numba.njit(
        nogil=True,
        cache=cache,
        error_model="numpy",
        inline=inline,
        # Ways to be called take as long to compile as many a kernel. None is called from C, and
        # one whose name begins with an underscore by other kernels alone.
        no_cfunc_wrapper=True,
        no_cpython_wrapper=function.__name__.startswith("_"),
    )(function)


def _compile_cached(function: Callable[..., Any], inline: str) -> Any:
    compiled = _compile(function, inline, cache=True)
    directory = getattr(getattr(compiled, "stats", None), "cache_path", None)
    if directory is not None:
        _forget_stale(directory)
    return compiled


def is_compiled(function: Any) -> bool:
    """Whether the disk holds compiled code of a kernel; also true where it could not be kept.

    Code of an older version counts, so that looking at names is enough.

    Parameters
    ----------
    function : callable
        What `kernel` returned.
    """
    directory = getattr(getattr(function, "stats", None), "cache_path", None)
    if directory is None:
        return True
    name = function.__qualname__
    return any(f".{name}-" in path.name for path in Path(directory).glob("*.nbi"))


def inlined_kernel(function: Callable[..., Any]) -> Any:
    """Compile a part of kernels that is copied into each of them.

    A small part, because a call that passes arrays counts references to them, atomically, which
    takes longer than what is done for one witness of one pair of genes. A large part that one
    kernel alone calls, because it would be compiled once by itself and again within that kernel.
    """
    return kernel(function, inline="always")


def kernel(function: Callable[..., Any], inline: str = "never") -> Any:
    """Compile a numeric loop: no Python objects, no GIL, cached on disk where possible.

    The cache sits beside the module; on a read-only install numba falls back to the user's
    cache directory, and where that cannot be written either, to a private temporary one.
    Without any of them the kernel is compiled anew in every process.

    Division by zero gives inf or NaN as in NumPy, so that a kernel's own checks decide.
    No fastmath: NaN and inf carry meaning, and every run must give the same bits.

    For every type of an argument a kernel is compiled anew. So kernels turn whole numbers read from
    arrays of int32, and zeros that they count up from, into ``np.int64`` before they call others.
    """
    try:
        return _compile_cached(function, inline)
    except RuntimeError as error:
        if "no locator available" not in str(error):
            raise
    directory = _private_cache_directory()
    if directory is not None:
        numba.config.CACHE_DIR = directory
        try:
            return _compile_cached(function, inline)
        except RuntimeError as error:
            if "no locator available" not in str(error):
                raise
    return _compile(function, inline, cache=False)
