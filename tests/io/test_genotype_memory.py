"""What is said of the memory of genotypes is what they take."""

from __future__ import annotations

import numpy as np
import pytest

from genesis.io.dosage_matrix import STEP_BYTES
from genesis.io.genotype_memory import ROW_BYTES, held_bytes, reading_bytes
from genesis.io.packed_dosages import PackedMatrix


def test_packed_calls_take_what_is_said():
    matrix = PackedMatrix(400)
    matrix.room(50)[:] = 1
    matrix.keep_new(np.ones(50, dtype=bool))
    rows = matrix.take(np.zeros(50, dtype=bool)).nbytes - 50 * 4  # those have a value each beside
    assert held_bytes(400, 50, packed=True) == rows + 50 * ROW_BYTES
    assert held_bytes(400, 50, packed=False) == 16 * rows + 50 * ROW_BYTES


@pytest.mark.parametrize("n_samples", [500, 5000])
def test_of_calls_on_disk_only_the_tables_grow(n_samples):
    n_large = 8 * STEP_BYTES // n_samples + 1
    for of in (held_bytes, reading_bytes):
        one, two, three = (of(n_samples, n * n_large, packed=True) for n in (1, 2, 3))
        assert two - one == three - two < 500 * n_large
        assert of(n_samples, n_large, packed=False) > 4 * n_samples * n_large
    assert held_bytes(n_samples, n_large, packed=True) == n_large * ROW_BYTES
