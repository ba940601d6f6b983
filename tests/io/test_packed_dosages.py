"""Packed dosages are, to the bit, the matrix that they were packed from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genesis.io import dosage_matrix, rows_on_disk
from genesis.io.dosage_matrix import DosageMatrix
from genesis.io.genotype_source import read_genotypes
from genesis.io.packed_dosages import PackedDosages, PackedMatrix
from genesis.io.rows_on_disk import RowsOnDisk
from genesis.io.variant_blocks import RecordFilter
from genesis.io.vcf_source import VcfSource
from genesis.linear.covariate_basis import intercept_basis
from genesis.linear.unit_rows import UnitRows
from genesis.prepare.genotype_table import take_variants
from genesis.prepare.relatedness import kinship
from tests.io import genotype_files as files
from tests.io.vcf_text import header, record, write

EVERY = slice(None)


@pytest.fixture(params=["in memory", "on disk"], autouse=True)
def held(request, monkeypatch):
    """All holds where calls are held, and where all but the last rows of a table are on disk."""
    if request.param == "on disk":
        monkeypatch.setattr(dosage_matrix, "STEP_BYTES", 4)
        monkeypatch.setattr(rows_on_disk, "_APART", 8)
        monkeypatch.setattr(rows_on_disk, "_AT_A_TIME", 3)
    return request.param


def packed_and_whole(blocks, kept, unwanted):
    """The same rows by way of both matrices."""
    both = []
    for matrix in (PackedMatrix(blocks[0].shape[1]), DosageMatrix(blocks[0].shape[1])):
        for block, wanted in zip(blocks, kept, strict=True):
            matrix.room(len(block))[:] = block
            matrix.keep_new(wanted)
        both.append(matrix.take(unwanted))
    return both


def drawn(rng, n_samples=13, sizes=(5, 0, 8)):
    """Calls with means for missing ones, rows of other values, and some that are not kept."""
    blocks = []
    for size in sizes:
        block = rng.integers(0, 3, size=(size, n_samples)).astype(np.float32)
        for row in block[::2]:
            row[rng.random(n_samples) < 0.3] = np.float32(rng.uniform(0, 2))
        for row in block[1::5]:
            row[:] = rng.uniform(0, 4, size=n_samples)
        blocks.append(block)
    kept = [rng.random(len(block)) < 0.8 for block in blocks]
    return blocks, kept, rng.random(sum(map(np.sum, kept))) < 0.2


@pytest.mark.parametrize("n_samples", [1, 3, 4, 5, 13])
def test_all_that_is_asked_of_it(rng, n_samples):
    packed, whole = packed_and_whole(*drawn(rng, n_samples))
    n_variants = whole.shape[1]
    assert packed.shape == whole.shape
    assert len(packed) == n_samples
    np.testing.assert_array_equal(np.asarray(packed), whole)
    np.testing.assert_array_equal(np.asarray(packed, dtype=np.float64), whole.astype(np.float64))
    np.testing.assert_array_equal(packed.T, whole.T)
    np.testing.assert_array_equal(list(packed), list(whole))
    np.testing.assert_array_equal(pd.DataFrame(packed).to_numpy(), whole)
    mask = rng.random(n_variants) < 0.5
    for columns in (EVERY, slice(1, 4), slice(0, 0), mask, [2, 0, 2], np.array([-1]), 3):
        np.testing.assert_array_equal(packed[:, columns], whole[:, columns])
    for rows in (EVERY, slice(0, 2), np.array([n_samples - 1, 0]), rng.random(n_samples) < 0.5):
        some = packed[rows]
        assert isinstance(some, PackedDosages)
        np.testing.assert_array_equal(np.asarray(some), whole[rows])
        np.testing.assert_array_equal(some[:, [1, 0]], whole[rows][:, [1, 0]])
        np.testing.assert_array_equal(packed[rows, 1:3], whole[rows, 1:3])
        np.testing.assert_array_equal(np.asarray(some[::-1]), whole[rows][::-1])
    np.testing.assert_array_equal(np.asarray(packed.take_columns(mask)), whole[:, mask])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(st.sampled_from([0.0, 1.0, 2.0, 0.5, 1.25, 3.0, 4.0]), min_size=5, max_size=5),
        min_size=1,
        max_size=6,
    )
)
def test_any_values(rows):
    block = np.array(rows, dtype=np.float32)
    keep = np.ones(len(block), dtype=bool)
    packed, whole = packed_and_whole([block, block], [keep, keep], np.zeros(2 * len(block), bool))
    np.testing.assert_array_equal(np.asarray(packed), whole)


def test_calls_take_two_bits(rng, held):
    block = rng.integers(0, 3, size=(50, 400)).astype(np.float32)
    packed, whole = packed_and_whole([block], [np.ones(50, bool)], np.zeros(50, bool))
    of_one = 4 if held == "on disk" else 104
    assert (packed.nbytes, whole.nbytes) == (50 * of_one, 50 * 1600)


def read(path, limits=None, **options):
    limits = limits or RecordFilter("GT", 0.05, 0.1, "split")
    return read_genotypes(
        VcfSource(path), limits, samples=None, region=None, sex=None, progress=None, **options
    )


def test_genotypes_read_and_prepared(tmp_path, rng):
    path = files.write_vcf(tmp_path / "g.vcf", files.draw(rng, n_variants=400))
    packed, whole = read(path, packed=True), read(path)
    assert isinstance(packed.dosages, PackedDosages)
    np.testing.assert_array_equal(np.asarray(packed.dosages), whole.dosages)
    assert packed.notes == whole.notes
    np.testing.assert_array_equal(kinship(packed).samples, kinship(whole).samples)
    kept = rng.random(len(whole.variants)) < 0.5
    some = take_variants(packed, kept)
    assert isinstance(some.dosages, PackedDosages)
    np.testing.assert_array_equal(np.asarray(some.dosages), take_variants(whole, kept).dosages)
    samples = whole.samples[::2]
    np.testing.assert_array_equal(
        packed.take_samples(samples).dosages, whole.take_samples(samples).dosages
    )
    basis = intercept_basis(len(whole.samples))
    for found, expected in zip(
        UnitRows(packed.dosages, basis)(kept), UnitRows(whole.dosages, basis)(kept), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


def test_copies_leave_and_records_of_more_alleles_stay(tmp_path):
    lines = [
        record("0/0", "0/1", "1/1", "./.", pos=1, name="a"),
        record("0/0/0/0", "0/0/0/1", "1/1/1/1", "0/1/1/1", pos=2, name="b"),
        record("0/0", "0/1", "1/1", "./.", pos=1, name="a"),
        record("0/0", "./.", "1/1", "./.", pos=5, name="c"),
    ]
    path = write(tmp_path / "g.vcf", header("abcd"), *lines)
    limits = RecordFilter("GT", 0, 1, "split")
    found = read(path, limits, packed=True)
    assert found.variants["variant_id"].tolist() == ["a", "b", "c"]
    assert np.asarray(found.dosages).T.tolist() == [[0, 1, 2, 1], [0, 1, 4, 3], [0, 1, 2, 1]]


def test_dosages_of_a_fraction_are_held_whole(tmp_path):
    path = write(tmp_path / "g.vcf", header("abc"), record("0.1", "1", "1.7", fields="DS"))
    found = read(path, RecordFilter("DS", 0, 1, "split"), packed=True)
    assert isinstance(found.dosages, np.ndarray)


def test_some_columns_stay_packed(rng):
    packed, whole = packed_and_whole(*drawn(rng))
    chosen = np.array([4, 0, 1, 4])
    some = packed.some_columns(chosen)
    assert isinstance(some, PackedDosages)
    np.testing.assert_array_equal(np.asarray(some), whole[:, chosen])
    np.testing.assert_array_equal(np.asarray(packed[[3, 1]].some_columns(chosen)),
                                  whole[[3, 1]][:, chosen])  # fmt: skip


def test_what_is_on_disk_takes_no_memory(tmp_path, rng, held):
    path = files.write_vcf(tmp_path / "g.vcf", files.draw(rng, n_variants=400))
    found = read(path, packed=True)
    for rows in (found.dosages._codes, found.missing):
        assert isinstance(rows, RowsOnDisk) == (held == "on disk")
        assert len(rows) == len(found.variants)
