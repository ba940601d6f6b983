"""Records near no gene are passed over, whatever the format, and none that lies near one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis.anchors.cis_windows import cis_windows
from genesis.io import near_genes
from genesis.io.bgen_file import BgenSource
from genesis.io.genotype_source import read_genotypes
from genesis.io.joined_source import JoinedSource
from genesis.io.near_genes import NearGenes
from genesis.io.plink1 import BedSource
from genesis.io.plink2 import PgenSource
from genesis.io.variant_blocks import RecordFilter
from genesis.io.vcf_source import VcfSource
from genesis.prepare import relatedness
from tests.io import genotype_files as files
from tests.io.vcf_text import header, record, write

LIMITS = RecordFilter("GT", 0.05, 0.1, "split")


def gene_table(*places):
    chrom, start, end = zip(*places, strict=True)
    return pd.DataFrame(
        {
            "chrom": pd.array(chrom, dtype="string"),
            "start": pd.array(start, dtype="Int64"),
            "end": pd.array(end, dtype="Int64"),
        }
    )


def read(source, near=None, limits=LIMITS, **options):
    given = {"samples": None, "region": None, "sex": None, "progress": None, **options}
    return read_genotypes(source, limits, near=near, **given)


def assert_part(found, whole, is_near):
    """`found` is the part of `whole` whose variants are marked."""
    expected = whole.variants[is_near].reset_index(drop=True)
    pd.testing.assert_frame_equal(found.variants, expected)
    np.testing.assert_array_equal(found.dosages, whole.dosages[:, is_near])


GENES = gene_table(("1", 5000, 7000), ("chr2", 20000, 20100), (None, None, None), ("3", 1, 99))
SOURCES = {
    "vcf": (lambda folder, data: VcfSource(files.write_vcf(folder / "g.vcf", data)), "GT"),
    "vcf.gz": (lambda folder, data: VcfSource(files.write_vcf(folder / "g.vcf.gz", data)), "GT"),
    "bed": (lambda folder, data: BedSource(files.write_bed(folder / "g", data)), "GT"),
    "pfile": (lambda folder, data: PgenSource(files.write_pfile(folder / "g", data)), "GT"),
    "bgen": (lambda folder, data: BgenSource(files.write_bgen(folder / "g.bgen", data)), "GP"),
}


@pytest.mark.parametrize(("opened", "field"), SOURCES.values(), ids=SOURCES)
def test_every_format(tmp_path, rng, opened, field):
    data = files.draw(rng)
    limits = RecordFilter(field, 0.05, 0.1, "split")
    whole = read(opened(tmp_path, data), limits=limits)
    found = read(opened(tmp_path, data), NearGenes(GENES, 3000), limits)
    chrom, pos = whole.variants["chrom"], whole.variants["pos"]
    is_near = (chrom == "1") & pos.between(2000, 10000) | (chrom == "2") & pos.between(17000, 23100)
    assert_part(found, whole, is_near.to_numpy())
    assert found.passed_over == {"1": 21, "2": 23}
    assert found.counts["records_far_from_genes"] == 44
    assert found.counts["records_read"] == 16
    assert found.notes[-1] == (
        "44 records more than 3,000 bp from every gene of the expression were passed over: "
        "1 21, 2 23."
    )
    assert whole.passed_over == {}
    assert "records_far_from_genes" not in whole.counts


def test_several_files(tmp_path, rng):
    data = files.draw(rng)
    halves = []
    for name, at in (("1", slice(0, 30)), ("2", slice(30, 60))):
        half = files.Cohort(
            data.counts[at], data.chrom[at], data.pos[at], data.names[at], data.ref[at],
            data.alt[at], data.samples, data.sex,
        )  # fmt: skip
        halves.append(files.write_vcf(tmp_path / f"{name}.vcf", half))
    whole = read(VcfSource(files.write_vcf(tmp_path / "g.vcf", data)), NearGenes(GENES, 3000))
    found = read(JoinedSource([VcfSource(path) for path in halves]), NearGenes(GENES, 3000))
    assert_part(found, whole, np.ones(len(whole.variants), dtype=bool))
    assert found.passed_over == whole.passed_over


def test_from_a_record_on_that_is_left_to_htslib(tmp_path):
    """What lies before and after it is counted once."""
    lines = [record("0/0", "0/1", "1/1", pos=1000 * k, name=f"r{k}") for k in range(1, 40)]
    plain = VcfSource(write(tmp_path / "p.vcf", header("abc"), *lines))
    lines[6] = record("0/0/1", "0/0/0", "1/1/1", pos=7000, name="r7")
    lines[20] = record("0/0/1", "0/0/0", "1/1/1", pos=21000, name="r21")
    odd = VcfSource(write(tmp_path / "g.vcf", header("abc"), *lines))
    found = [read(one, NearGenes(GENES, 3000)) for one in (plain, odd)]
    for one in found:
        assert one.variants["variant_id"].tolist() == [f"r{k}" for k in range(2, 11)]
        assert one.passed_over == {"1": 30}
    assert found[1].variants["ploidy"].tolist() == [2] * 5 + [3] + [2] * 3


def test_an_id_that_a_record_elsewhere_has_is_no_name(tmp_path):
    lines = [
        record("0/0", "0/1", "1/1", pos=6000, name="twice"),
        record("0/0", "0/1", "1/1", pos=7000, name="once"),
        record("0/0", "0/1", "1/1", pos=8000, name="of a split"),
        record("0/0", "0/1", "1/1", pos=90000, name="twice"),
        record("0/0", "0/1", "2/1", pos=91000, name="of a split", alt="C,G"),
    ]
    path = write(tmp_path / "g.vcf", header("abc"), *lines)
    found = read(VcfSource(path), NearGenes(GENES, 3000))
    whole = read(VcfSource(path))
    assert found.variants["variant_id"].tolist() == ["1:6000:A:C", "once", "of a split"]
    assert whole.variants["variant_id"].tolist()[:3] == found.variants["variant_id"].tolist()


def test_where_none_is_near_all_are_read(tmp_path, rng):
    path = files.write_vcf(tmp_path / "g.vcf", files.draw(rng))
    found = read(VcfSource(path), NearGenes(gene_table(("7", 5000, 7000)), 3000))
    whole = read(VcfSource(path))
    assert_part(found, whole, np.ones(len(whole.variants), dtype=bool))
    assert (found.passed_over, found.notes, found.counts) == ({}, whole.notes, whole.counts)


@pytest.mark.parametrize(
    ("gene", "variant"),
    [
        ("chr1", "1"), ("1", "chr01"), ("X", "23"), ("23", "X"), ("chrX", "25"), ("X", "PAR1"),
        ("MT", "26"), ("M", "chrMT"), ("NC_000001.11", "1"), ("24", "Y"),
    ],
)  # fmt: skip
def test_every_spelling_of_a_contig(gene, variant):
    near = NearGenes(gene_table((gene, 100, 200)), 10)
    assert near.among([variant, variant], np.array([90, 89])).tolist() == [True, False]
    assert not near.among(["22"], np.array([100])).any()


def test_kinship_is_that_of_the_whole_genome(tmp_path, rng, monkeypatch):
    """It is told from variants at positions that are held wherever genes are."""
    data = files.draw(rng, n_variants=300)
    data.pos = [700 * (k % 150 + 1) for k in range(300)]
    path = files.write_vcf(tmp_path / "g.vcf", data)
    monkeypatch.setattr(near_genes, "STRIDE", 1500)
    whole = read(VcfSource(path))
    found = read(VcfSource(path), NearGenes(GENES, 3000))
    pos = whole.variants["pos"]
    is_near = ((whole.variants["chrom"] == "1") & pos.between(2000, 10000)) | (
        (whole.variants["chrom"] == "2") & pos.between(17000, 23100)
    )
    is_thin = pos % 1500 >= 1400
    assert 60 > is_thin.sum() > is_thin[is_near].sum() > 0
    assert_part(found, whole, (is_near | is_thin).to_numpy())
    monkeypatch.setattr(relatedness, "MOST_VARIANTS", 12)
    one, other = relatedness.kinship(found), relatedness.kinship(whole)
    assert (one.n_variants, one.median_se) == (12, other.median_se)
    pd.testing.assert_frame_equal(one.samples, other.samples)
    pd.testing.assert_frame_equal(one.pairs, other.pairs)


def test_a_window_larger_than_any_contig():
    near = NearGenes(gene_table(("1", 5, 6)), 10**30)
    assert near.among(["1", "1", "2"], np.array([0, 2**31, 5])).tolist() == [True, True, False]


PLACES = st.tuples(st.sampled_from(["1", "2", "3"]), st.integers(1, 300), st.integers(0, 60))


@given(
    genes=st.lists(PLACES, min_size=1, max_size=8),
    variants=st.lists(st.tuples(st.sampled_from(["1", "2", "4"]), st.integers(0, 400)), min_size=1),
    window=st.integers(0, 80),
)
def test_near_is_in_a_cis_window(genes, variants, window):
    table = gene_table(*((chrom, start, start + size) for chrom, start, size in genes))
    chrom, pos = zip(*variants, strict=True)
    places = pd.DataFrame({"chrom": chrom, "pos": pos})
    ranges = cis_windows(places, table, window)
    expected = np.zeros(len(pos), dtype=bool)
    for first, last in zip(ranges.first, ranges.last, strict=True):
        expected[ranges.order[first:last]] = True
    near = NearGenes(table, window)
    assert near.among(list(chrom), np.array(pos)).tolist() == expected.tolist()
