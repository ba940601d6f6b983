"""The one place that says how kernels are compiled."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numba
from numba.core.options import DefaultOptions

from genesis.kernel_cache import KernelCache

__all__ = ["borrowing_kernel", "inlined_kernel", "inner_kernel", "is_compiled", "kernel"]


def is_compiled(function: Any) -> bool:
    """Whether a kernel has been compiled, in this process or on disk; true without the JIT.

    For arguments of any type: whether code for those of a call is there shows in the call.

    Parameters
    ----------
    function : callable
        What `kernel` returned.
    """
    if not hasattr(function, "signatures") or function.signatures:
        return True
    on_disk = function._cache
    return isinstance(on_disk, KernelCache) and on_disk.holds_any()


def inlined_kernel(function: Callable[..., Any]) -> Any:
    """Compile a part of kernels that is copied into each of them.

    A small part, because a call that passes arrays counts references to them, atomically, which
    takes longer than what is done for one witness of one pair of genes. A large part that one
    kernel alone calls, because it would be compiled once by itself and again within that kernel
    and each that calls that one.
    """
    return kernel(function, inline="always")


def borrowing_kernel(function: Callable[..., Any]) -> Any:
    """Compile a part of kernels that works on arrays of its caller and hands none back.

    Whoever called it holds the arrays, so that no references to them need to be counted. Counting
    takes an atomic step for each array, and each of a tuple that is not `lent`, wherever one is
    handed over or looked up: more time than most parts take for their work.

    Such a part makes no arrays but views, calls nothing that returns arrays (what is copied into it
    by `inlined_kernel` aside), and is called by kernels alone.
    """
    return kernel(function, is_borrowing=True)


def inner_kernel(function: Callable[..., Any]) -> Any:
    """Compile a part of kernels that makes arrays, and that other kernels alone call.

    A way to be called from Python takes a fifth of a second to compile where tuples of many arrays
    are handed over.
    """
    return kernel(function, is_inner=True)


def _counting_references(counts: bool) -> dict[str, bool]:
    """Numba's option for it; a version without the option counts them, which takes longer only.

    Said of each kernel, for what is not said is taken over from the kernel that calls.
    """
    return {"_nrt": counts} if hasattr(DefaultOptions, "_nrt") else {}


def kernel(
    function: Callable[..., Any],
    inline: str = "never",
    is_borrowing: bool = False,
    is_inner: bool = False,
) -> Any:
    """Compile a numeric loop: no Python objects, no GIL, cached on disk where possible.

    The cache is in the user's cache directory, or in the one that the environment variable
    NUMBA_CACHE_DIR names; where neither can be written, in a private temporary one. Without any of
    them the kernel is compiled anew in every process.

    Division by zero gives inf or NaN as in NumPy, so that a kernel's own checks decide.
    No fastmath: NaN and inf carry meaning, and every run must give the same bits.

    For every type of an argument a kernel is compiled anew. So kernels turn whole numbers read from
    arrays of int32, and zeros that they count up from, into ``np.int64`` before they call others.
    They copy arrays item by item: ``a[:n] = b`` brings the making of an error's words along, which
    takes seconds to compile.
    """
    compiled = numba.njit(
        nogil=True,
        error_model="numpy",
        inline=inline,
        **_counting_references(not is_borrowing),
        # Ways to be called take as long to compile as many a kernel. None is called from C, and
        # one whose name begins with an underscore by other kernels alone.
        no_cfunc_wrapper=True,
        no_cpython_wrapper=is_borrowing or is_inner or function.__name__.startswith("_"),
    )(function)
    if hasattr(compiled, "_cache"):  # not interpreted
        with contextlib.suppress(RuntimeError):  # nowhere to keep it
            compiled._cache = KernelCache(function)
    return compiled
