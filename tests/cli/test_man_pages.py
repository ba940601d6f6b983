"""Manual pages made of the help, and the completion of the shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import click
import pytest

from genesis.cli.main import cli
from genesis.cli.man_pages import pages


@pytest.fixture(scope="module")
def written():
    return dict(pages(cli, "genesis"))


def commands(group=cli, name="genesis"):
    yield name, group
    if isinstance(group, click.Group):
        for one in group.commands.values():
            if not one.hidden:
                yield from commands(one, f"{name} {one.name}")


def test_there_is_a_page_for_every_command(written):
    assert set(written) == {name.replace(" ", "-") for name, _ in commands()}
    assert {"genesis", "genesis-run", "genesis-simulate-cis-eqtl"} <= set(written)
    assert "genesis-man" not in written
    for one in ("run", "scan", "cite"):
        assert f".BR genesis\\-{one} (1)" in written["genesis"]


def test_every_option_is_on_its_page_under_its_group(written):
    for name, command in commands():
        page = written[name.replace(" ", "-")]
        for parameter in (one for one in command.params if isinstance(one, click.Option)):
            for option in parameter.opts:
                assert option.replace("-", "\\-") in page, (name, option)
    page = written["genesis-run"]
    headings = re.findall(r'^\.SS "(.*)"$', page, re.MULTILINE)
    assert headings[:2] == ["Inputs", "Layers and traits"]
    assert headings[2:4] == ["Samples, genes and variants", "Method"]
    assert page.index('.SS "Running"') < page.index(".B \\-\\-dry\\-run")
    assert page.index('.SS "Inputs"') < page.index(".B \\-\\-vcf FILE") < page.index('.SS "Samples')
    assert ".SH EXIT STATUS\n0 done, 1 defect, 2 memory" in written["genesis"]


def test_examples_are_as_they_are_typed(written):
    assert (
        "\n.nf\ngenesis run \\-\\-vcf genotypes.vcf.gz \\-\\-expression expression.tsv.gz \\e\n"
        "    \\-\\-genes genes.bed"
    ) in written["genesis-run"]
    for page in written.values():
        assert page.count("\n.nf\n") == page.count("\n.fi\n")
        assert not re.search(r"^'", page, re.MULTILINE)
        assert all(re.match(r"\.[A-Z]{2}|\.B |\.nf|\.fi", line) for line in page.splitlines()
                   if line.startswith("."))  # fmt: skip


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_the_pages_are_good_troff(tmp_path, genesis_command):
    code, stdout, said = genesis_command("man", "--out", tmp_path / "man1")
    assert (code, stdout) == (0, "")
    paths = sorted((tmp_path / "man1").iterdir())
    assert f"Wrote {len(paths)} pages" in said
    done = subprocess.run(
        ["groff", "-man", "-Kutf8", "-Tutf8", "-wall", *map(str, paths)],
        capture_output=True, check=True, text=True, encoding="utf-8",
    )  # fmt: skip
    assert done.stderr == ""
    plain = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout)
    assert "--dry-run" in plain
    assert "Genes × samples" in " ".join(plain.split())


def test_a_folder_that_cannot_be_written(tmp_path, genesis_command):
    (tmp_path / "file").write_text("")
    code, _, said = genesis_command("man", "--out", tmp_path / "file" / "man1")
    assert code == 5
    assert "cannot write" in said


def complete(repository, *words):
    """What the completion of bash offers for the last of some words."""
    done = subprocess.run(
        [sys.executable, "-m", "genesis"], cwd=repository, capture_output=True, text=True,
        check=False,
        env={
            **os.environ, "_GENESIS_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words),
            "COMP_CWORD": str(len(words) - 1),
        },
    )  # fmt: skip
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("genesis", "sc"), ["plain,scan"]),
        (("genesis", "run", "--dr"), ["plain,--dry-run"]),
        (("genesis", "run", "--method", "cal"), ["plain,calibrated"]),
        (("genesis", "run", "--vcf", "x"), ["file,x"]),
        (("genesis", "m"), []),  # hidden
    ],
)
def test_the_shell_completes_commands_options_and_values(words, offered, repository):
    assert complete(repository, *words) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_each_shell(shell, repository):
    if shell == "bash" and shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "genesis"], cwd=repository, capture_output=True, text=True,
        check=False, env={**os.environ, "_GENESIS_COMPLETE": f"{shell}_source"},
    )  # fmt: skip
    assert done.returncode == 0
    assert f"_GENESIS_COMPLETE={shell}_complete" in done.stdout
