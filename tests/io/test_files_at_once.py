"""Several files read at once give what they give one after the other."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import pytest

from genesis.errors import MalformedInputError
from genesis.io import dosage_matrix
from genesis.io.bgen_file import BgenSource
from genesis.io.genotype_source import read_genotypes
from genesis.io.joined_source import JoinedSource
from genesis.io.near_genes import NearGenes
from genesis.io.plink1 import BedSource
from genesis.io.rows_on_disk import RowsOnDisk
from genesis.io.variant_blocks import RecordFilter, VariantCollector
from genesis.io.vcf_source import VcfSource
from tests.io import genotype_files as files
from tests.io.vcf_text import header, record, write

N_FILES = 5


def read(sources, limits=None, **options):
    limits = limits or RecordFilter("GT", 0.05, 0.1, "split")
    given = {"samples": None, "region": None, "sex": None, "progress": None, **options}
    return read_genotypes(JoinedSource(sources), limits, **given)


def assert_same(found, expected):
    np.testing.assert_array_equal(np.asarray(found.dosages), np.asarray(expected.dosages))
    np.testing.assert_array_equal(found.missing, expected.missing)
    pd.testing.assert_frame_equal(found.variants, expected.variants)
    pd.testing.assert_frame_equal(found.excluded, expected.excluded)
    assert (found.notes, found.counts) == (expected.notes, expected.counts)
    assert list(found.passed_over.items()) == list(expected.passed_over.items())


def cohorts(rng):
    """A file a contig, of which every other has its samples in another order."""
    for k in range(N_FILES):
        data = files.draw(rng, n_variants=40 + 7 * k, n_samples=23)
        data.chrom = [str(19 + k)] * len(data.chrom)
        data.names[10] = "in_every_file"
        order = np.arange(23) if k % 2 else np.arange(23)[::-1]
        data.counts, data.samples = data.counts[:, order], [data.samples[j] for j in order]
        yield data


SOURCES = {
    "vcf": lambda path, data: VcfSource(files.write_vcf(path.with_suffix(".vcf"), data)),
    "bed": lambda path, data: BedSource(files.write_bed(path, data)),
    "bgen": lambda path, data: BgenSource(files.write_bgen(path.with_suffix(".bgen"), data)),
}


@pytest.mark.parametrize("opened", SOURCES.values(), ids=SOURCES)
@pytest.mark.parametrize("held", ["whole", "packed", "on disk"])
def test_any_number_of_threads(tmp_path, rng, monkeypatch, opened, held):
    parts = [opened(tmp_path / f"{k}", data) for k, data in enumerate(cohorts(rng))]
    limits = RecordFilter(parts[0].fields[0], 0.05, 0.1, "split")
    genes = pd.DataFrame({"chrom": ["20", "X", "19"], "start": [5000, 1, 9000], "end": [9000] * 3})
    for near in (lambda: None, lambda: NearGenes(genes, 3000)):
        options = {"packed": held != "whole", "contigs": ["X", "1"]}
        expected = read(parts, limits, near=near(), **options)
        for threads in (1, 2, 3, 8):
            with monkeypatch.context() as patch:
                if held == "on disk":
                    patch.setattr(dosage_matrix, "STEP_BYTES", 50)
                found = read(parts, limits, near=near(), threads=threads, **options)
            is_on_disk = held == "on disk" and limits.field == "GT"
            assert isinstance(found.missing, RowsOnDisk) == is_on_disk
            assert_same(found, expected)
        assert {"19", "20", "X"} <= {*expected.variants["chrom"]}
        assert any("23 = X" in note for note in expected.notes)


def test_filters_and_variants_held_whole(tmp_path):
    calls = "0/0", "0/1", "1/1", "./."
    lines = [
        [record(*calls, pos=1).replace("PASS", "q10"), record(*calls, pos=2)],
        [
            record(*calls, pos=3).replace("PASS", "s50"),
            record("0/0/0", "1/1/1", "0/1/1", "0/0/1", pos=4).replace("PASS", "q10"),
            record(*calls, pos=5).replace("PASS", "s50;q10"),
        ],
        [record(*calls, pos=3), record(*calls, pos=6).replace("PASS", "s50")],
    ]
    parts = [
        VcfSource(write(tmp_path / f"{k}.vcf", header("abcd"), *some))
        for k, some in enumerate(lines)
    ]
    for pass_only in (False, True):
        limits = RecordFilter("GT", 0, 1, "split", pass_only=pass_only)
        expected = read(parts, limits)
        for packed in (False, True):
            assert_same(read(parts, limits, packed=packed, threads=3), expected)
    detail = expected.excluded.set_index("id")["detail"]
    assert detail.tolist() == ["q10", "s50", "q10", "q10;s50", "s50"]
    assert len(read(parts, RecordFilter("GT", 0, 1, "split"), packed=True, threads=2).variants) == 6


def test_the_first_of_several_bad_files_is_named(tmp_path, rng):
    good = [record("0/0", "0/1", "1/1", pos=k + 1) for k in range(500)]
    texts = [good, [*good, record("0/x", "0/1", "1/1")], [record("0/0", "0/y", "1/1")], good]
    parts = [
        VcfSource(write(tmp_path / f"file{k}.vcf", header("abc"), *some))
        for k, some in enumerate(texts)
    ]
    for threads in (1, 2, 4):
        with pytest.raises(MalformedInputError, match=r"file1\.vcf, record 501, line 507"):
            read(parts, threads=threads)


def test_where_one_fails_no_other_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("genesis.io.vcf_plain.BLOCK_BYTES", 8 * 3 * 10)
    good = [record("0/0", "0/1", "1/1", pos=k + 1) for k in range(500)]
    parts = [
        VcfSource(write(tmp_path / "bad.vcf", header("abc"), record("0/x", "0/1", "1/1"))),
        VcfSource(write(tmp_path / "good.vcf", header("abc"), *good)),
    ]
    failed, blocks = threading.Event(), []
    add = VariantCollector.add

    def add_late(self, block):
        blocks.append(block)
        failed.wait(0.5)
        add(self, block)

    monkeypatch.setattr(VariantCollector, "add", add_late)
    with pytest.raises(MalformedInputError, match=r"bad\.vcf"):
        read(parts, threads=2)
    assert len(blocks) < 5


def test_progress_is_told_in_files(tmp_path, rng):
    parts = [SOURCES["vcf"](tmp_path / f"{k}", data) for k, data in enumerate(cohorts(rng))]
    reported = []
    read(parts, threads=2, progress=lambda *words: reported.append(words[1:]))
    assert reported == [(k, N_FILES) for k in range(1, N_FILES + 1)]
