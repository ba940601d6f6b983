"""Genotype likelihoods (PL, GL): expected dosages with a flat prior."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import genesis
from genesis.errors import CommandLineError, MalformedInputError
from tests.io.test_vcf_zarr import packed
from tests.io.vcf_text import FORMATS, header, record, write

ALL = {"maf": 0, "max_missing": 1}
PL = '##FORMAT=<ID=PL,Number=G,Type=Integer,Description="x">\n'
GL = '##FORMAT=<ID=GL,Number=G,Type=Float,Description="x">\n'


def expected(likelihoods, n_alleles, allele):
    """By the genotypes in the order of the VCF specification, written out."""
    pairs = [(j, k) for k in range(n_alleles) for j in range(k + 1)]
    copies = np.array([pair.count(allele) for pair in pairs])
    return likelihoods @ copies / likelihoods.sum(axis=1)


@pytest.mark.parametrize("field", ["PL", "GL"])
@pytest.mark.parametrize("n_alleles", [2, 3, 4])
@pytest.mark.parametrize("store", [False, True], ids=["vcf", "store"])
def test_expected_dosages(tmp_path, rng, field, n_alleles, store):
    n_genotypes = n_alleles * (n_alleles + 1) // 2
    phred = rng.integers(0, 256, size=(12, n_genotypes))
    phred -= phred.min(axis=1, keepdims=True)
    phred[5] = 7  # says nothing
    cells = [",".join(str(p) if field == "PL" else f"{-p / 10:g}" for p in row) for row in phred]
    cells[3] = "."
    alt = ",".join(["C", "G", "T"][: n_alleles - 1])
    text = header([f"s{k}" for k in range(12)], formats=FORMATS + PL + GL)
    line = record(*(f"./.:{cell}" for cell in cells), alt=alt, fields=f"GT:{field}")
    path = write(tmp_path / "g.vcf", text, line)
    if store:
        pytest.importorskip("bio2zarr")
        from genesis.io.vcf_zarr import convert_vcf

        path = convert_vcf(packed(path), tmp_path / "g.zarr")
    found = genesis.read_vcf(path, field=field, **ALL)
    called = ~np.isin(np.arange(12), [3, 5])
    assert len(found.variants) == n_alleles - 1
    for column in range(n_alleles - 1):
        wanted = expected(10.0 ** (-phred / 10), n_alleles, column + 1)
        np.testing.assert_allclose(found.dosages[called, column], wanted[called], rtol=1e-5)
    assert found.variants["n_missing"].tolist() == [2] * (n_alleles - 1)


def test_values_worked_out_by_hand(tmp_path):
    """Of three genotypes 1, 0.1 and 0.01: 0.1 + 2 x 0.01 in 1.11; haploid 2 x 0.1 in 1.1."""
    path = write(
        tmp_path / "g.vcf",
        header("abcd", formats=FORMATS + PL),
        record("0,10,20", "20,10,0", "0,10", "30,0,30", fields="PL"),
    )
    found = genesis.read_vcf(path, field="PL", **ALL)
    wanted = [0.12 / 1.11, (0.1 + 2) / 1.11, 0.2 / 1.1, 1]
    np.testing.assert_allclose(found.dosages[:, 0], wanted, rtol=1e-6)


def test_extreme_likelihoods(tmp_path):
    """Phred scores beyond what a number holds, infinite ones, and those of no zero."""
    path = write(
        tmp_path / "g.vcf",
        header("abc", formats=FORMATS + PL + GL),
        record("0,99999,999999", "99999,0,99999", "99999,99999,0", fields="PL", name="large"),
        record("50,60,70", "70,60,50", "0,0,90", fields="PL", name="shifted", pos=11),
        record("0,-inf,-inf", "-inf,0,-inf", "-400,-390,-1000", fields="GL", name="gl", pos=12),
    )
    by_pl = genesis.read_vcf(path, field="PL", **ALL)
    assert by_pl.dosages[:, 0].tolist() == [0, 1, 2]
    np.testing.assert_allclose(by_pl.dosages[:, 1], [0.12 / 1.11, 2.1 / 1.11, 0.5], rtol=1e-6)
    by_gl = genesis.read_vcf(path, field="GL", **ALL)
    np.testing.assert_allclose(by_gl.dosages[:, 0], [0, 1, 1], rtol=1e-6)


@pytest.mark.parametrize(
    ("field", "cell"),
    list(itertools.product(["PL"], ["-1,0,5", "0", "5", "0,1,2,3", "0,.,5"]))
    + list(itertools.product(["GL"], ["0.5,-1,-2", "0,10,20", "-1", "-1,-2,-3,-4", "-1,.,0"])),
)
def test_what_are_no_likelihoods(tmp_path, field, cell):
    good = "0,-1,-2" if field == "GL" else "0,1,2"
    line = record(good, good, cell, fields=field)
    path = write(tmp_path / "g.vcf", header("abc", formats=FORMATS + PL + GL), line)
    words = rf"record 1 \(1:10\), sample c: the genotype likelihoods \({field}\)"
    with pytest.raises(MalformedInputError, match=words):
        genesis.read_vcf(path, field=field, **ALL)


def test_types_that_the_header_declares(tmp_path):
    wrong = PL.replace("Integer", "String"), GL.replace("Float", "Integer")
    for field, formats in zip(("PL", "GL"), wrong, strict=True):
        path = write(tmp_path / "g.vcf", header("ab", formats=FORMATS + formats), record("0", "1"))
        with pytest.raises(MalformedInputError, match=rf"declares {field} with Type="):
            genesis.read_vcf(path, field=field)
        other = "GL" if field == "PL" else "PL"
        with pytest.raises(CommandLineError, match=f"field {other} is not declared"):
            genesis.read_vcf(path, field=other)
