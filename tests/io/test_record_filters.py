"""FILTER: kept and counted, or left out by name; the same in every format that has it."""

from __future__ import annotations

import pytest

import genesis
from genesis.errors import CommandLineError
from tests.io import genotype_files as files
from tests.io.test_vcf_zarr import packed
from tests.io.vcf_text import header, record, write

ALL = {"maf": 0, "max_missing": 1}
SAID = [".", "PASS", "q10", "s50;q10", "q10;s50", "PASS", "late"]
DECLARED = "".join(f'##FILTER=<ID={name},Description="x">\n' for name in ("s50", "q10", "late"))


def lines(said=SAID):
    return [
        record("0/0", "0/1", "1/1", pos=10 * k, name=f"r{k}", alt="C,T" if k == 2 else "C").replace(
            "\tPASS\t", f"\t{word}\t"
        )
        for k, word in enumerate(said, start=1)
    ]


@pytest.fixture
def vcf(tmp_path):
    text = header("abc").replace("##contig", DECLARED + "##contig", 1)
    return write(tmp_path / "g.vcf", text, *lines())


NOTE = "4 variants have a FILTER other than PASS and were {}: q10;s50 2, late 1, q10 1."


@pytest.mark.parametrize("container", ["vcf", "gz", "store"])
def test_filters_are_counted_and_kept(vcf, tmp_path, container):
    path = vcf if container == "vcf" else packed(vcf)
    if container == "store":
        pytest.importorskip("bio2zarr")
        from genesis.io.vcf_zarr import convert_vcf

        path = convert_vcf(path, tmp_path / "g.zarr")
    found = genesis.read_vcf(path, **ALL)
    assert len(found.variants) == 7
    assert NOTE.format("kept") in found.notes
    passed = genesis.read_vcf(path, pass_only=True, **ALL)
    assert passed.variants["variant_id"].tolist() == ["r1", "1:20:A:C", "r6"]
    left_out = passed.excluded[passed.excluded["reason"] == "filter_not_pass"]
    assert left_out[["kind", "id", "detail"]].values.tolist() == [
        ["variant", "r3", "q10"],
        ["variant", "r4", "q10;s50"],
        ["variant", "r5", "q10;s50"],
        ["variant", "r7", "late"],
    ]
    assert NOTE.format("left out") in passed.notes


def test_a_file_whose_variants_all_pass_has_no_note(tmp_path):
    path = write(tmp_path / "g.vcf", header("abc"), *lines(["PASS", ".", "PASS"]))
    found = genesis.read_vcf(path, **ALL)
    assert not [note for note in found.notes if "FILTER" in note]
    same = genesis.read_vcf(path, pass_only=True, **ALL)
    assert same.dosages.tobytes() == found.dosages.tobytes()


def test_what_does_not_pass_is_neither_read_nor_compared(vcf, tmp_path):
    """A record that is left out may hold what would be an error."""
    text = vcf.read_text() + record("0/3", "0/1", "1/1", pos=99).replace("PASS", "q10")
    path = write(tmp_path / "h.vcf", text)
    with pytest.raises(ValueError, match="above 1"):
        genesis.read_vcf(path, **ALL)
    assert len(genesis.read_vcf(path, pass_only=True, **ALL).variants) == 3


def test_filters_of_a_pvar(tmp_path, rng):
    pytest.importorskip("pgenlib")
    cohort = files.draw(rng, n_variants=12)
    prefix = files.write_pfile(tmp_path / "p", cohort)
    with pytest.raises(CommandLineError, match="no FILTER in it"):
        genesis.read_pfile(prefix, pass_only=True)
    everything = genesis.read_pfile(prefix, **ALL)
    pvar = tmp_path / "p.pvar"
    rows = pvar.read_text().splitlines()
    said = ["q10" if k % 3 == 0 else "PASS" for k in range(12)]
    rows = [rows[0], rows[1] + "\tFILTER"] + [
        f"{row}\t{word}" for row, word in zip(rows[2:], said, strict=True)
    ]
    pvar.write_text("\n".join(rows) + "\n")
    kept = genesis.read_pfile(prefix, **ALL)
    assert kept.dosages.tobytes() == everything.dosages.tobytes()
    assert "4 variants have a FILTER other than PASS and were kept: q10 4." in kept.notes
    passed = genesis.read_pfile(prefix, pass_only=True, **ALL)
    assert (passed.excluded["reason"] == "filter_not_pass").sum() == 4
    positions = {pos for pos, word in zip(cohort.pos, said, strict=True) if word == "PASS"}
    assert set(passed.variants["pos"]) <= positions


def test_formats_without_filters(tmp_path, rng, genesis_command):
    pytest.importorskip("bed_reader")
    prefix = files.write_bed(tmp_path / "b", files.draw(rng, n_variants=12))
    (tmp_path / "x.tsv").write_text(
        "gene\t" + "\t".join(f"S{k:02d}" for k in range(40)) + "\n"
        + "".join(f"G{g}\t" + "\t".join(str((k * g) % 7) for k in range(40)) + "\n" for g in (1, 2))
    )  # fmt: skip
    words = ["scan", "--bed", prefix, "--expression", tmp_path / "x.tsv", "--out", tmp_path / "o"]
    code, _, said = genesis_command(*words, "--pass-only")
    assert code == CommandLineError.exit_code
    assert "there is no FILTER in it" in said
