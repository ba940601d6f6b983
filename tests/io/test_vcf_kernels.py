"""The dosage kernel against a parser of GT strings that can be believed at sight."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genesis.errors import DegenerateDataError, MalformedInputError
from genesis.io.vcf import read_vcf
from tests.io.vcf_text import header, record, write

alleles = st.sampled_from(["0", "1", "2", "."])
calls = st.lists(alleles, min_size=1, max_size=3).flatmap(
    lambda parts: st.sampled_from(["/".join(parts), "|".join(parts)])
)
tables = st.integers(1, 6).flatmap(
    lambda n: st.lists(st.lists(calls, min_size=n, max_size=n), min_size=1, max_size=6)
)


def dosage(call: str, allele: int) -> float:
    """Copies of an allele in a call, NaN where any allele is missing."""
    parts = call.replace("|", "/").split("/")
    return float("nan") if "." in parts else float(parts.count(str(allele)))


def ploidy(call: str) -> int:
    return len(call.replace("|", "/").split("/"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(table=tables, reverse=st.booleans())
def test_dosages_frequencies_and_counts(tmp_path, table, reverse):
    samples = [f"s{i}" for i in range(len(table[0]))]
    path = write(
        tmp_path / "g.vcf",
        header(samples),
        *(record(*row, pos=i + 1, alt="C,T") for i, row in enumerate(table)),
    )
    kept = {}
    for i, row in enumerate(table):
        for allele, alt in ((1, "C"), (2, "T")):
            values = np.array([dosage(call, allele) for call in row])
            called = values[~np.isnan(values)]
            if len(set(called)) > 1:
                total = sum(ploidy(call) for call in row if "." not in call)
                filled = np.where(np.isnan(values), called.mean(), values)
                kept[f"1:{i + 1}:A:{alt}"] = (filled, called.sum() / total, len(row) - len(called))
    wanted = samples[::-1] if reverse else samples
    if not kept:
        with pytest.raises(DegenerateDataError, match="variants is left"):
            read_vcf(path, samples=wanted, maf=0, max_missing=1)
        return
    genotypes = read_vcf(path, samples=wanted, maf=0, max_missing=1)
    variants = genotypes.variants
    assert variants["variant_id"].tolist() == list(kept)
    for column, (filled, af, n_missing) in enumerate(kept.values()):
        expected = filled[::-1] if reverse else filled
        np.testing.assert_allclose(genotypes.dosages[:, column], expected, rtol=1e-6)
        assert variants["af"][column] == af
        assert variants["n_missing"][column] == n_missing
    everything = [call for row in table for call in row]
    half = [call for call in everything if "." in call and set(call) & set("012")]
    assert genotypes.counts["half_calls"] == len(half)
    haploid = [call for call in everything if call in ("0", "1", "2")]
    assert genotypes.counts["haploid_calls"] == len(haploid)


@pytest.mark.parametrize("call", ["0/3", "3", "3|3|0", "./3"])
@pytest.mark.parametrize("before", [["0/0", "0/1"], ["0", "1/1/1"]])
def test_allele_that_the_record_does_not_have(tmp_path, call, before):
    path = write(tmp_path / "g.vcf", header("abc"), record(*before, call, alt="C,T", name="rs9"))
    with pytest.raises(MalformedInputError, match=r"1:10 \(id rs9\), sample c.*above 2"):
        read_vcf(path)
