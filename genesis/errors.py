"""Named errors, each with the exit code that the command line returns for it.

Every message says what was wrong, where (file, line, record, sample, gene) and what to do.
The codes are plink's, so that pipelines built around it keep their meaning.
"""

from __future__ import annotations

__all__ = [
    "CommandLineError",
    "DegenerateDataError",
    "GenesisError",
    "InconsistentInputsError",
    "InputOpenError",
    "InputReadError",
    "MalformedInputError",
    "MemoryBudgetError",
    "OutputWriteError",
]


class GenesisError(Exception):
    """Base of every error that GENESIS raises on purpose."""

    exit_code = 1


class MemoryBudgetError(GenesisError, MemoryError):
    """The work does not fit the memory that there is."""

    exit_code = 2


class InputOpenError(GenesisError, OSError):
    """An input is missing or may not be opened."""

    exit_code = 3


class InputReadError(GenesisError, OSError):
    """An input was opened but broke off while it was read (truncated, damaged archive)."""

    exit_code = 4


class OutputWriteError(GenesisError, OSError):
    """An output could not be written, or exists and may not be overwritten."""

    exit_code = 5


class MalformedInputError(GenesisError, ValueError):
    """An input was read but its content breaks the rules of its format."""

    exit_code = 6


class InconsistentInputsError(GenesisError, ValueError):
    """Two inputs are each in order but do not belong together."""

    exit_code = 7


class CommandLineError(GenesisError, ValueError):
    """An option or argument has a value that cannot be used."""

    exit_code = 8


class DegenerateDataError(GenesisError, ValueError):
    """The data leave nothing to analyse (no variants, no varying gene, too few samples)."""

    exit_code = 13
