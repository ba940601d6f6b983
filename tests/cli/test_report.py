"""`genesis report`, and `genesis run --report`."""

from __future__ import annotations

import pytest

from genesis.engine import extras
from genesis.result.files import SUFFIXES


@pytest.fixture
def run(inputs, tmp_path, genesis_command):
    """Run the rules on the small data set, with further options."""

    def command(*words):
        return genesis_command(
            "run", "--vcf", inputs / "g.vcf", "--expression", inputs / "e.tsv", "--genes",
            inputs / "genes.bed", "--method", "rules", "--out", tmp_path / "o", *words,
        )  # fmt: skip

    return command


def test_report_of_a_saved_run_is_the_one_written_with_it(run, tmp_path, genesis_command):
    assert run("--report")[0] == 0
    path = tmp_path / "o.report.html"
    written = path.read_bytes()
    assert {p.name for p in tmp_path.glob("o.*")} == {
        "o.report.html", *(f"o{suffix}" for suffix in SUFFIXES),
    }  # fmt: skip
    code, _, stderr = genesis_command("report", tmp_path / "o")
    assert (code, path.read_bytes()) == (5, written)
    assert "exists" in stderr
    code, stdout, stderr = genesis_command("report", tmp_path / "o", "--force")
    assert (code, stdout) == (0, "")
    assert stderr.startswith(f"Wrote {path} (")
    assert path.read_bytes() == written
    text = written.decode()
    for words in ("GENE0", "constant: 1", "FLAT", "SHA-256", "genesis run --vcf"):
        assert words in text


def test_a_run_without_report_takes_the_old_one_away(run, tmp_path):
    assert run("--report")[0] == 0
    assert run("--force")[0] == 0
    assert not (tmp_path / "o.report.html").exists()


def test_report_of_no_run_is_refused(tmp_path, genesis_command):
    code, _, stderr = genesis_command("report", tmp_path / "nothing")
    assert code == 3
    assert "no finished run" in stderr


@pytest.mark.parametrize("command", ["report", "run"])
def test_missing_packages_are_named_before_any_work(command, run, tmp_path, monkeypatch,
                                                    genesis_command):  # fmt: skip
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(extras, "import_module", absent)
    done = run("--report") if command == "run" else genesis_command("report", tmp_path / "o")
    assert done[0] == 8
    assert "pip install 'genesis-causal[report]'" in done[2]
    assert list(tmp_path.glob("o*")) == []


def test_help_has_an_example(genesis_command):
    code, stdout, _ = genesis_command("report", "--help")
    assert code == 0
    assert "genesis report results/run1" in stdout
