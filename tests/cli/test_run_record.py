"""What `run.json` says of a run of the command."""

from __future__ import annotations

import json
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import pytest

import genesis

jsonschema = pytest.importorskip("jsonschema")


def run_schema():
    folder = Path(genesis.__file__).parent / "schemas"
    return json.loads((folder / "run-1.schema.json").read_text())


def test_the_record_of_a_command_is_valid_and_names_what_read_the_genotypes(
    inputs, tmp_path, genesis_command
):
    code, _, said = genesis_command(
        "run", "--vcf", inputs / "g.vcf", "--expression", inputs / "e.tsv", "--genes",
        inputs / "genes.bed", "--region", "chr1:1-9000", "--method", "rules", "--out",
        tmp_path / "o", "-q",
    )  # fmt: skip
    assert code == 0, said
    record = json.loads((tmp_path / "o.run.json").read_text())
    jsonschema.validate(record, run_schema())
    assert record["environment"]["versions"]["cyvcf2"] == version("cyvcf2")
    log = (tmp_path / "o.log").read_text()
    (line,) = [line for line in log.splitlines() if line.startswith("Start: ")]
    of_log = datetime.strptime(line, "Start: %a %d %b %Y %H:%M:%S %z")
    assert abs((datetime.fromisoformat(record["started"]) - of_log).total_seconds()) < 30
    record["inputs"]["vcf"]["sha256"] = "abc"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(record, run_schema())
