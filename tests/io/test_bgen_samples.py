"""BGEN: whose genotypes they are, and probabilities that rounding left below zero."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest

import genesis
from genesis.errors import (
    CommandLineError,
    DegenerateDataError,
    InconsistentInputsError,
    InputOpenError,
    MalformedInputError,
)
from genesis.io.bgen_samples import read_sample_file
from genesis.io.vcf_blocks import dosages_from_probabilities
from tests.cli.small_inputs import write_all
from tests.io import genotype_files as files
from tests.io.vcf_text import header, record, write

pytest.importorskip("bgen")
ALL = {"maf": 0, "max_missing": 1}
PLINK2 = shutil.which("plink2")


def sample_file(path, ids, *, families=None):
    """ID_1 is the family, ID_2 the sample."""
    families = families or [f"F{k}" for k in range(len(ids))]
    rows = [f"{one} {two} 0 1" for one, two in zip(families, ids, strict=True)]
    path.write_text("\n".join(["ID_1 ID_2 missing sex", "0 0 0 D", *rows]) + "\n")
    return path


@pytest.fixture
def anonymous(tmp_path, rng):
    """A BGEN without ids, and the cohort that is in it."""
    from bgen import BgenWriter

    cohort = files.draw(rng, n_variants=8, n_samples=6)
    cohort.counts[:] = np.abs(cohort.counts)
    cohort.counts[:, :3] = 0, 1, 2
    path = tmp_path / "c.bgen"
    with BgenWriter(str(path), 6) as writer:
        for k, row in enumerate(cohort.counts):
            alleles = [cohort.ref[k], cohort.alt[k]]
            writer.add_variant(f"v{k}", f"v{k}", "1", k + 1, alleles, np.eye(3)[row])
    return path, cohort


def test_the_second_id_names_the_samples(anonymous):
    path, cohort = anonymous
    sample_file(path.with_suffix(".sample"), list("uvwxyz"), families=["one"] * 6)
    found = genesis.read_bgen(path, samples=["z", "u"], **ALL)
    assert found.samples == ["z", "u"]
    row = found.variants["variant_id"].str.removeprefix("v").astype(int)
    np.testing.assert_allclose(found.dosages, cohort.counts[row][:, [5, 0]].T, atol=1e-4)


def test_ids_from_a_file_of_another_name(anonymous, tmp_path):
    path, cohort = anonymous
    with pytest.raises(MalformedInputError, match=r"no ids of samples.*\(--sample\)"):
        genesis.read_bgen(path)
    sample_file(path.with_suffix(".sample"), list("ABCDEF"))
    given = sample_file(tmp_path / "ukb.sample", list("uvwxyz"))
    found = genesis.read_bgen(path, sample=given, **ALL)
    assert found.samples == list("uvwxyz")
    np.testing.assert_allclose(found.dosages.T, cohort.counts, atol=1e-4)


def test_ids_in_the_bgen_come_before_a_file_beside_it(tmp_path, rng):
    cohort = files.draw(rng, n_samples=6)
    path = files.write_bgen(tmp_path / "c.bgen", cohort)
    beside = sample_file(path.with_suffix(".sample"), list("uvwxyz"))
    found = genesis.read_bgen(path, **ALL)
    assert found.samples == cohort.samples
    assert any(f"{beside} has other names" in note for note in found.notes)
    assert genesis.read_bgen(path, sample=beside, **ALL).samples == list("uvwxyz")
    sample_file(beside, cohort.samples)
    assert not [note for note in genesis.read_bgen(path, **ALL).notes if "other names" in note]


def test_files_that_do_not_belong_together(tmp_path, rng):
    cohort = files.draw(rng, n_samples=6)
    path = files.write_bgen(tmp_path / "c.bgen", cohort)
    few = sample_file(tmp_path / "few.sample", cohort.samples[:5])
    with pytest.raises(InconsistentInputsError, match=r"5 samples where .*c\.bgen has 6"):
        genesis.read_bgen(path, sample=few)
    turned = sample_file(tmp_path / "turned.sample", cohort.samples[::-1])
    with pytest.raises(InconsistentInputsError, match="in another order"):
        genesis.read_bgen(path, sample=turned)
    with pytest.raises(InputOpenError, match="no such file"):
        genesis.read_bgen(path, sample=tmp_path / "none.sample")


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("ID_1 ID_2 missing\n0 0 0\nf a 0\nf b 0\n", ["a", "b"]),
        ("id_1\tid_2\tmissing\tplink_pheno\n0\t0\t0\tB\nf\ta\t0\t1\n", ["a"]),
        ("ID_1\n0\na\nb\n", ["a", "b"]),
        ("ID sex\n0 D\na 1\nb 2\n", ["a", "b"]),
    ],
)
def test_forms_of_sample_files(tmp_path, text, ids):
    (tmp_path / "s.sample").write_text(text)
    assert read_sample_file(tmp_path / "s.sample") == ids


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("ID_1 ID_2 missing\nf a 0\n", MalformedInputError, "line 2: no .sample file"),
        ("ID_1 ID_2 missing\n", MalformedInputError, "line 2"),
        ("ID_1 ID_2 missing\n0 0 0\n", DegenerateDataError, "no sample in it"),
        ("ID_1 ID_2 missing\n0 0 0\nf a\n", MalformedInputError, "line 3: 2 columns where .* 3"),
        ("ID_1 ID_2 missing\n0 0 0\nf a 0\ng a 0\n", MalformedInputError, r"\(ID_2\) occur.*: a"),
    ],
)
def test_broken_sample_files(tmp_path, text, error, words):
    (tmp_path / "s.sample").write_text(text)
    with pytest.raises(error, match=words):
        read_sample_file(tmp_path / "s.sample")


def test_ids_of_fam_and_psam_are_the_second_too(tmp_path):
    from genesis.io.plink_tables import read_fam, read_psam

    (tmp_path / "a.fam").write_text("f1 a 0 0 1 -9\nf1 b 0 0 2 -9\n")
    assert read_fam(tmp_path / "a.fam")[0] == ["a", "b"]
    (tmp_path / "a.psam").write_text("#FID IID SEX\nf1 a 1\nf1 b 2\n")
    assert read_psam(tmp_path / "a.psam")[0] == ["a", "b"]


def test_sample_on_the_command_line(anonymous, tmp_path, genesis_command):
    path, _ = anonymous
    given = sample_file(tmp_path / "ukb.sample", list("uvwxyz"))
    (tmp_path / "x.tsv").write_text("gene\tu\tv\tw\tx\ty\tz\nG1\t1\t2\t3\t4\t6\t5\n")
    words = ["scan", "--expression", tmp_path / "x.tsv", "--pval", "1", "--maf", "0", "--force"]
    out = tmp_path / "o"
    code, _, said = genesis_command(
        *words, "--bgen", path, "--sample", given, "--field", "GP", "--out", out
    )
    assert code == 0, said
    options = write_all(tmp_path)
    code, _, said = genesis_command(
        *words, "--vcf", options["--vcf"], "--sample", given, "--out", out
    )
    assert code == CommandLineError.exit_code
    assert "--sample names the samples of a BGEN; give it with --bgen only" in said


def test_what_rounding_left_below_zero_is_zero():
    given = np.array(
        [[0.75, 0.25, -2.9802322e-08], [0.25, 0.75, 0], [1, -2e-8, 0]], dtype=np.float32
    )
    found = dosages_from_probabilities(given, 2, list("abc"), "here")
    assert found.ravel().tolist() == [0.25, 0.75, 0]
    given[0, 2] = -1e-3
    with pytest.raises(MalformedInputError, match="here, sample a"):
        dosages_from_probabilities(given, 2, list("abc"), "here")


@pytest.mark.skipif(PLINK2 is None, reason="plink2 is not installed")
@pytest.mark.parametrize("bits", [1, 2, 3, 5, 8, 10, 13, 16])
def test_every_depth_that_plink2_writes(tmp_path, rng, bits):
    """Dosages of 50 variants, given to plink2 as a VCF, come back from the BGEN that it makes."""
    samples = [f"s{k}" for k in range(30)]
    dosages = rng.integers(0, 2001, size=(50, 30)) / 1000
    lines = [
        record(*(f"./.:{one:.3f}" for one in row), pos=k + 1, name=f"v{k}", fields="GT:DS")
        for k, row in enumerate(dosages)
    ]
    vcf = write(tmp_path / "g.vcf", header(samples), *lines)
    command = [PLINK2, "--vcf", str(vcf), "dosage=DS", "--export", "bgen-1.2", f"bits={bits}",
               "ref-first", "--threads", "1", "--out", str(tmp_path / "p")]  # fmt: skip
    subprocess.run(command, capture_output=True, check=True)
    found = genesis.read_bgen(tmp_path / "p.bgen", **ALL)
    assert [name.removeprefix("0_") for name in found.samples] == samples
    at = found.variants["variant_id"].str.removeprefix("v").astype(int)
    step = max(1 / (2**bits - 1), 1 / 16384)
    np.testing.assert_allclose(found.dosages.T, dosages[at], atol=2 * step + 1e-3)
    assert len(found.variants) > 40
