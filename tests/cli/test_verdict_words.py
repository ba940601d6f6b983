"""Whether to trust a run: the same words on the terminal, in run.json, `show`, report, Python."""

from __future__ import annotations

import html
import json
import re

import pytest

import genesis


def plain(text: str) -> str:
    """Text with any white space as one space."""
    return " ".join(text.split())


@pytest.mark.parametrize("method", ["calibrated", "rules"])
def test_the_verdict_has_the_same_words_everywhere(method, inputs, tmp_path, genesis_command):
    out = tmp_path / "o"
    code, _, terminal = genesis_command(
        "run", "--vcf", inputs / "g.vcf", "--expression", inputs / "e.tsv", "--genes",
        inputs / "genes.bed", "--method", method, "--report", "--out", out,
    )  # fmt: skip
    assert code == 0
    code, shown, _ = genesis_command("show", out)
    assert code == 0
    verdict = genesis.load(out).verdict
    assert len(verdict.checks) == (7 if method == "calibrated" else 5)
    # What was looked for in the preparation of the run counts.
    assert "looks for them" not in str(verdict)
    lines = "\n".join(verdict.lines)
    assert lines in terminal
    assert lines in shown
    assert lines in (tmp_path / "o.log").read_text()
    assert json.loads((tmp_path / "o.run.json").read_text())["verdict"] == verdict.record()
    page = (tmp_path / "o.report.html").read_text()
    head = page.split("<nav")[0].split('<dl class="tiles">')[1]
    text = plain(html.unescape(re.sub(r"<[^>]+>", " ", head)))
    assert verdict.headline in text
    for check in verdict.checks:
        said = f"{check.level} {check.name} {check.found} {check.advice}"
        assert plain(said) in text
