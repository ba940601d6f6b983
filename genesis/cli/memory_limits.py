"""What a limit of the address space (``ulimit -v``, a scheduler) turns into."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator

from genesis.errors import MemoryBudgetError

__all__ = ["address_space_limit", "is_for_want_of_memory", "prepare_for_limit"]

#: Bytes of address space that the libraries and a small run need. With less the libraries end
#: the process or wait for ever, before any error can be caught.
_LEAST = 1_500_000_000

#: What libraries say in errors of other kinds where they get no memory.
_SIGNS = (
    "cannot allocate memory",
    "unable to allocate",
    "failed to map segment",
    "can't start new thread",
    "failed to launch worker thread",
    "std::bad_alloc",
)


def address_space_limit() -> int | None:
    """Bytes that the address space of this process may take; None without a limit."""
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else soft


def prepare_for_limit() -> None:
    """Where there is a limit, let no library reserve memory for every core.

    OpenBLAS ends the process, or interrupts it as Ctrl-C does, where it gets none. To be
    called before NumPy and Arrow are loaded.

    Raises
    ------
    MemoryBudgetError
        The limit is too low to load what is needed.
    """
    limit = address_space_limit()
    if limit is None:
        return
    if limit < _LEAST:
        raise MemoryBudgetError(
            f"the address space is limited to {limit / 1e9:.1f} GB (ulimit -v, or the scheduler), "
            f"and {_LEAST / 1e9:.1f} GB are needed to begin with, of which most is only "
            "reserved: raise the limit, or limit resident memory instead (--max-memory)"
        )
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")


def is_for_want_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory was short, or was raised because of one that did.

    Examples
    --------
    >>> is_for_want_of_memory(RuntimeError("can't start new thread"))
    True
    >>> is_for_want_of_memory(ImportError("No module named 'polars'"))
    False
    """
    return any(
        isinstance(one, MemoryError)
        or (isinstance(one, OSError) and one.errno == errno.ENOMEM)
        or any(sign in str(one).lower() for sign in _SIGNS)
        for one in _chain(error)
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, what it was raised from, and so on."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
