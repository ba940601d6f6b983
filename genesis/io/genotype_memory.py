"""How much memory genotypes take: while they are read, and from then on."""

from __future__ import annotations

from genesis.io.dosage_matrix import STEP_BYTES

__all__ = ["ROW_BYTES", "held_bytes", "reading_bytes"]

#: A variant in the tables of a run: id, place, alleles, frequency, and those that were left out.
ROW_BYTES = 100
#: The same while ids are told apart and tables are made.
_READING_BYTES = 300
_PACKED, _WHOLE = 0.25, 4


def held_bytes(n_samples: int, n_variants: int, *, packed: bool) -> int:
    """Bytes of dosages and tables of so many variants once they are read.

    Parameters
    ----------
    n_samples, n_variants : int
    packed : bool
        As `PackedDosages`, which are on disk where they are too many.

    Examples
    --------
    >>> held_bytes(500, 100_000, packed=True), held_bytes(500, 10_000_000, packed=True)
    (22500000, 1000000000)
    """
    dosages = int((_PACKED if packed else _WHOLE) * n_samples * n_variants)
    if packed and dosages > STEP_BYTES:
        dosages = 0
    return dosages + ROW_BYTES * n_variants


def reading_bytes(n_samples: int, n_variants: int, *, packed: bool) -> int:
    """Bytes at the peak of reading so many variants that are kept.

    Examples
    --------
    >>> reading_bytes(500, 100_000, packed=True) - held_bytes(500, 100_000, packed=True)
    26250000
    """
    n_values = n_samples * n_variants
    dosages, missing = int((_PACKED if packed else _WHOLE) * n_values), n_values // 8
    if packed:
        # Of those on disk a step was held before.
        dosages, missing = min(dosages, STEP_BYTES), min(missing, STEP_BYTES)
    return dosages + missing + _READING_BYTES * n_variants
