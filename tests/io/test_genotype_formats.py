"""One data set through every format: the same dosages to the bit, and the same result."""

from __future__ import annotations

import builtins
import shutil

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.errors import (
    CommandLineError,
    DegenerateDataError,
    InconsistentInputsError,
    InputOpenError,
    InputReadError,
    MalformedInputError,
)
from tests.io import genotype_files as files
from tests.io.test_vcf_zarr import assert_same_genotypes, packed
from tests.io.vcf_text import header, record, write

ALL = {"maf": 0, "max_missing": 1}


@pytest.fixture
def cohort(rng):
    return files.draw(rng)


def in_every_format(folder, cohort):
    """Readers of one cohort by the name of the format."""
    from genesis.io.vcf_zarr import convert_vcf

    vcf = files.write_vcf(folder / "g.vcf", cohort)
    store = convert_vcf(packed(vcf), folder / "g.zarr")
    bed = files.write_bed(folder / "g", cohort)
    pfile = files.write_pfile(folder / "g", cohort)
    bgen = files.write_bgen(folder / "g.bgen", cohort)
    return {
        "vcf": lambda **asked: genesis.read_vcf(vcf, **asked),
        "zarr": lambda **asked: genesis.read_vcf(store, **asked),
        "bed": lambda **asked: genesis.read_bed(bed, **asked),
        "pfile": lambda **asked: genesis.read_pfile(pfile, **asked),
        "pfile_ds": lambda **asked: genesis.read_pfile(pfile, field="DS", **asked),
        "bgen": lambda **asked: genesis.read_bgen(bgen, **asked),
    }


@pytest.mark.parametrize(
    "asked",
    [
        {},
        ALL,
        {"samples": ["S30", "S02", "S11", "S05", "S07", "S20"], "maf": 0.1},
        {"region": ["chr2:1-9000", "1:4000-20000", "1:1-5000"]},
        {"include_variants": ["rs1", "rs2", "rs30", "rs31", "2:6000:A:G"], **ALL},
        {"exclude_variants": ["rs1", "rs2", "rs99"]},
    ],
    ids=str,
)
def test_every_format_gives_the_same_genotypes(tmp_path, cohort, asked):
    readers = in_every_format(tmp_path, cohort)
    expected = readers.pop("vcf")(**asked)
    for name, read in readers.items():
        found = read(**asked)
        assert found.dosages.tobytes() == expected.dosages.tobytes(), name
        # A VCF without an index is read whole for a region.
        for one in (found, expected):
            one.counts["records_outside_region"] = 0
        if "region" not in asked and "exclude_variants" not in asked:
            assert_same_genotypes(found, expected)
        else:
            pd.testing.assert_frame_equal(
                found.variants.sort_values("variant_id", ignore_index=True),
                expected.variants.sort_values("variant_id", ignore_index=True),
            )


def test_dosages_are_the_numbers_of_alt_alleles(tmp_path, cohort):
    """Against the cohort itself: an exchange of the alleles in all formats would be seen."""
    for name, read in in_every_format(tmp_path, cohort).items():
        genotypes = read(**ALL)
        called = genotypes.variants["n_missing"].to_numpy() == 0
        at = {(c, p): k for k, (c, p) in enumerate(zip(cohort.chrom, cohort.pos, strict=True))}
        places = zip(genotypes.variants["chrom"], genotypes.variants["pos"], strict=True)
        rows = [at[place] for place in places]
        assert called.sum() > 3
        np.testing.assert_array_equal(
            genotypes.dosages.T[called], cohort.counts[rows][called], err_msg=name
        )
        assert genotypes.variants["ref"].tolist() == [cohort.ref[k] for k in rows]
        assert genotypes.variants["alt"].tolist() == [cohort.alt[k] for k in rows]
