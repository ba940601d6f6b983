"""A run on inputs at addresses and from standard input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from genesis.io import remote
from tests.cli.test_config_file import ALIKE, require_same
from tests.io.file_server import serving


@pytest.fixture
def words(inputs):
    subprocess.run(["bgzip", "-k", str(inputs / "g.vcf")], check=True)
    subprocess.run(["tabix", str(inputs / "g.vcf.gz")], check=True)
    return [
        "run", "--vcf", inputs / "g.vcf.gz", "--expression", inputs / "e.tsv", "--genes",
        inputs / "genes.bed", "--covariates", inputs / "c.tsv", "--method", "rules", "--threads", 1,
    ]  # fmt: skip


def test_all_inputs_may_be_at_addresses(words, inputs, tmp_path, genesis_command, monkeypatch):
    monkeypatch.setattr(remote, "_copies", {})
    assert genesis_command(*words, "--out", tmp_path / "files")[0] == 0
    with serving(inputs) as address:
        at = [str(word).replace(str(inputs), address) for word in words]
        code, _, said = genesis_command(*at, "--out", tmp_path / "web")
        assert code == 0, said
        for end in ALIKE:
            if end != ".state.zip":
                one, other = (tmp_path / f"{name}{end}" for name in ("files", "web"))
                assert one.read_bytes() == other.read_bytes(), end
        first, second = (
            json.loads((tmp_path / f"{name}.run.json").read_text())["inputs"]
            for name in ("files", "web")
        )
        assert second["vcf"] == {**first["vcf"], "path": f"{address}/g.vcf.gz"}
        assert second["genes"] == {**first["genes"], "path": f"{address}/genes.bed"}
        # It is repeated from its record, of a region too, which is never copied whole.
        again = ["run", "--config", tmp_path / "web.run.json", "--out"]
        assert genesis_command(*again, tmp_path / "again")[0] == 0
        require_same(tmp_path / "web", tmp_path / "again")
        monkeypatch.setattr(remote, "_copies", {})
        part = [*at, "--region", "chr1:1-9000", "--out", tmp_path / "part"]
        code, _, said = genesis_command(*part)
        assert code == 0, said
        record = json.loads((tmp_path / "part.run.json").read_text())
        assert record["inputs"]["vcf"] == {"path": f"{address}/g.vcf.gz"}
        assert record["reading"]["records_read"] == 9
        code, _, said = genesis_command(*at, "--out", tmp_path / "dry", "--dry-run")
        assert code == 0, said
        assert "6 with expression, 6 of them with a place" in said
        # Something else is there now.
        monkeypatch.setattr(remote, "_copies", {})
        (inputs / "c.tsv").write_text((inputs / "c.tsv").read_text().replace("\t3", "\t4"))
        code, _, said = genesis_command(*again, tmp_path / "changed")
        assert code == 7
        assert f"{address}/c.tsv has changed since the run was made" in said


@pytest.mark.parametrize("option", ["--vcf", "--expression"])
def test_an_input_may_come_through_a_pipe(option, words, inputs, tmp_path, repository):
    piped = [str(word) for word in words]
    at = piped.index(option) + 1
    data = Path(piped[at]).read_bytes()
    piped[at] = "/dev/stdin"
    done = subprocess.run(
        [sys.executable, "-m", "genesis", *piped, "--out", str(tmp_path / "o")], input=data,
        cwd=repository, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    record = json.loads((tmp_path / "o.run.json").read_text())
    assert record["inputs"][option[2:]]["path"] == "/dev/stdin"
    assert record["inputs"][option[2:]]["bytes"] == len(data)
    assert record["counts"]["samples"] == 120
