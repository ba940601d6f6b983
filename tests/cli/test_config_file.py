"""`genesis run --config`: a TOML file of options, or the record of a run that is repeated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from genesis.cli.reading import READ_AGAIN
from genesis.cli.run import run
from genesis.result.files import SUFFIXES
from tests.cli.test_inputs import sources  # noqa: F401  (a fixture)

ALIKE = [end for end in SUFFIXES if end not in (".log", ".run.json")]


@pytest.fixture
def toml(inputs):
    """Writes a file of options beside the inputs."""

    def write(text):
        (inputs / "options.toml").write_text(
            'vcf = "g.vcf"\nexpression = "e.tsv"\nmethod = "rules"\nthreads = 1\n' + text
        )
        return inputs / "options.toml"

    return write


def record_of(prefix):
    return json.loads(Path(f"{prefix}.run.json").read_text())


def require_same(one, other):
    for end in ALIKE:
        assert Path(f"{one}{end}").read_bytes() == Path(f"{other}{end}").read_bytes(), end
    first, second = record_of(one), record_of(other)
    assert set(first) == set(second)
    for name in set(first) - {"command", "started", "seconds", "sha256_of_outputs"}:
        assert first[name] == second[name], name


@pytest.mark.parametrize("method", ["rules", "calibrated"])
def test_a_run_is_repeated_from_its_record(method, inputs, tmp_path, genesis_command):
    (inputs / "keep.txt").write_text("".join(f"S{k:03d}\n" for k in range(5, 115)))
    (inputs / "out.txt").write_text("GENE5\n")
    words = [
        "run", "--vcf", inputs / "g.vcf", "--expression", inputs / "e.tsv", "--genes",
        inputs / "genes.bed", "--covariates", inputs / "c.tsv",
        "--include-samples", inputs / "keep.txt", "--exclude-genes", inputs / "out.txt",
        "--method", method, "--seed", 3, "--maf", 0.1, "--threads", 1, "--region",
        "chr1:1-15000", "--region", "chr1:16000-17000", "--no-check-samples", "--self-test", "off",
        "--normalise", "zscore",
    ]  # fmt: skip
    code, _, said = genesis_command(*words, "--out", tmp_path / "one")
    assert code == 0, said
    code, _, said = genesis_command(
        "run", "--config", tmp_path / "one.run.json", "--out", tmp_path / "two"
    )
    assert code == 0, said
    require_same(tmp_path / "one", tmp_path / "two")
    options = record_of(tmp_path / "two")["options"]
    assert (options["seed"], options["maf"], options["check_samples"]) == (3, 0.1, False)
    assert options["region"] == ["chr1:1-15000", "chr1:16000-17000"]


def test_relative_paths_of_a_record_start_where_the_run_was_started(
    inputs, tmp_path, genesis_command, monkeypatch
):
    monkeypatch.chdir(inputs)
    words = ["run", "--vcf", "g.vcf", "--expression", "e.tsv", "--method", "rules", "--out", "one"]
    assert genesis_command(*words)[0] == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = ["run", "--config", inputs / "one.run.json", "--out", "two"]
    code, _, said = genesis_command(*again)
    assert code == 0, said
    for end in ALIKE:
        assert Path(f"{inputs}/one{end}").read_bytes() == Path(f"two{end}").read_bytes()
    # A head start finds them too.
    code, _, said = genesis_command(
        "head-start", "--run", inputs / "one", "--learner", "pc", "--out", "learned"
    )
    assert code == 0, said


def test_the_command_line_goes_before_the_record(inputs, tmp_path, genesis_command):
    words = ["run", "--vcf", inputs / "g.vcf", "--expression", inputs / "e.tsv", "--seed", 3]
    assert (
        genesis_command(*words, "--method", "rules", "--out", tmp_path / "one", "--force")[0] == 0
    )
    code, _, said = genesis_command(
        "run", "--config", tmp_path / "one.run.json", "--seed", 4, "--maf", 0.2, "--out",
        tmp_path / "two",
    )  # fmt: skip
    assert code == 0, said
    options = record_of(tmp_path / "two")["options"]
    assert (options["seed"], options["maf"], options["method"]) == (4, 0.2, "rules")
    # That outputs may be replaced is not taken from the record.
    assert not options["force"]
    code, _, said = genesis_command(
        "run", "--config", tmp_path / "one.run.json", "--out", tmp_path / "one"
    )
    assert code == 5
    code, _, said = genesis_command("run", "--config", tmp_path / "one.run.json")
    assert code == 8
    assert "Missing option '--out'" in said


def test_genotypes_of_another_kind_replace_those_of_the_record(
    sources,  # noqa: F811
    tmp_path,
    genesis_command,
):
    words = ["run", "--expression", tmp_path / "x.tsv", "--method", "rules"]
    assert genesis_command(*words, *sources["vcf"], "--out", tmp_path / "one")[0] == 0
    for kind in ("bed", "pfile"):
        code, _, said = genesis_command(
            "run", "--config", tmp_path / "one.run.json", *sources[kind], "--out", tmp_path / kind
        )
        assert code == 0, said
        assert set(record_of(tmp_path / kind)["inputs"]) == {kind, "expression"}
        code, _, said = genesis_command(
            "run", "--config", tmp_path / f"{kind}.run.json", "--out", tmp_path / f"{kind}2"
        )
        assert code == 0, said
        require_same(tmp_path / kind, tmp_path / f"{kind}2")


def test_a_file_that_has_changed_is_refused_unless_it_is_named(inputs, tmp_path, genesis_command):
    words = ["run", "--vcf", inputs / "g.vcf", "--expression", inputs / "e.tsv"]
    assert genesis_command(*words, "--method", "rules", "--out", tmp_path / "one")[0] == 0
    text = (inputs / "e.tsv").read_text()
    (inputs / "e.tsv").write_text(text.replace("GENE5", "GENE9"))
    again = ["run", "--config", tmp_path / "one.run.json", "--out", tmp_path / "two"]
    code, _, said = genesis_command(*again)
    assert code == 7
    assert f"{inputs / 'e.tsv'} has changed since the run was made" in said
    assert genesis_command(*again, "--expression", inputs / "e.tsv")[0] == 0
    (inputs / "e.tsv").unlink()
    code, _, said = genesis_command(*again, "--force")
    assert code == 3
    assert "e.tsv, from which the run was made" in said


def test_options_of_a_toml_file(toml, inputs, tmp_path, genesis_command, monkeypatch):
    path = toml('maf = 0.1\ncis-window = 5000\ngenes = "genes.bed"\nregion = ["chr1:1-9000"]\n'
                'check-samples = false\nmin_fraction = 0.5\nout = "there/run"\n')  # fmt: skip
    monkeypatch.chdir(tmp_path)
    code, _, said = genesis_command("run", "--config", path, "--maf", 0.2)
    assert code == 0, said
    record = record_of(inputs / "there" / "run")
    options = record["options"]
    assert (options["maf"], options["cis_window"], options["min_fraction"]) == (0.2, 5000, 0.5)
    assert (options["region"], options["check_samples"]) == (["chr1:1-9000"], False)
    assert record["inputs"]["genes"]["path"] == str(inputs / "genes.bed")
    # A list at the command line is instead of the one in the file.
    words = ["--region", "chr1:1-5000", "--check-samples", "--out", tmp_path / "o"]
    assert genesis_command("run", "--config", path, *words)[0] == 0
    options = record_of(tmp_path / "o")["options"]
    assert (options["region"], options["check_samples"]) == (["chr1:1-5000"], True)


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (
            "cis_windw = 5",
            8,
            "cis_windw is no option of genesis run; did you mean cis-window or ld-window?",
        ),
        ("zzz = 5", 8, "zzz is no option of genesis run\n"),
        ("config = 'a.toml'", 8, "config is no option"),
        ("maf = 0.7", 8, "options.toml: maf: 0.7 is not in the range 0<=x<=0.5"),
        ("maf = true", 8, "options.toml: maf is True, and takes a number"),
        ("seed = 1.5", 8, "options.toml: seed: '1.5' is not a valid int"),
        ("maf = [0.1, 0.2]", 8, "maf takes one value and has a list of 2"),
        ("maf = {a = 1}", 8, "maf is {'a': 1}"),
        ("force = 'yes'", 8, "force is 'yes': it is either true or false"),
        ("check-samples = 1", 8, "check-samples is 1: it is either true or false"),
        ("ld-window = 5\nld_window = 6", 8, "ld_window is given twice, with - and with _"),
        ("[method]\nfdr = 0.1", 6, "not TOML"),
        ("[more]\nfdr = 0.1", 8, "more is no option"),
        ("maf = 1 2", 6, "at line 5, column 9"),
        ('genes = "none.bed"', 3, "none.bed: no such file"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(text, code, message, toml, tmp_path, genesis_command):
    found, _, said = genesis_command("run", "--config", toml(text), "--out", tmp_path / "o")
    assert found == code, said
    assert message in said
    assert not (tmp_path / "o.run.json").exists()


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("{", 6, "not JSON"),
        ('{"schema": "genesis.prepare"}', 6, "not the record of a run"),
        ('{"schema": "genesis.run"}', 6, "there are no options in it"),
        ('{"schema": "genesis.run", "options": {}}', 7, "it was made in Python"),
        (
            '{"schema": "genesis.run", "genesis": "9", "options": {"fdrr": 1}, "inputs": {"a": 1}}',
            8,
            "fdrr is no option of genesis run; did you mean fdr?; the run was made by GENESIS 9",
        ),
        ('{"schema": "genesis.run", "options": {}, "inputs": {"vcf": 1}}', 6, "vcf has no path"),
        (
            '{"schema": "genesis.run", "options": {}, "inputs": {"layers": {"protein": {}}}}',
            6,
            "the layer protein has no table in it",
        ),
    ],
)
def test_what_is_no_record_of_a_run(text, code, message, tmp_path, genesis_command):
    (tmp_path / "one.run.json").write_text(text)
    words = ["run", "--config", tmp_path / "one.run.json", "--out", tmp_path / "o"]
    found, _, said = genesis_command(*words)
    assert found == code, said
    assert message in said
    assert genesis_command("run", "--config", tmp_path / "none.toml", "--out", "o")[0] == 3


def test_the_record_has_every_option_that_the_result_depends_on(inputs, tmp_path, genesis_command):
    """An option that is not in it would be lost where a run is repeated."""
    words = ["run", "--vcf", inputs / "g.vcf", "--expression", inputs / "e.tsv"]
    assert genesis_command(*words, "--method", "rules", "--out", tmp_path / "one")[0] == 0
    of_files = {*READ_AGAIN, "genes", "anchors"}
    # Which runs of several layers record: tests of those repeat one.
    of_layers = {"traits", "trait_hits", "order", "trait_feedback"}
    of_the_machine = {
        "out", "config", "checkpoint", "resume", "max_memory", "dask_scheduler", "dry_run",
        "report", "progress", "verbose", "quiet",
    }  # fmt: skip
    recorded = set(record_of(tmp_path / "one")["options"])
    assert {one.name for one in run.params} == recorded | of_files | of_layers | of_the_machine
