"""What is shipped: one version, the promised commands, a licence, and a README that works."""

from __future__ import annotations

import ast
import email
import gzip
import os
import re
import shlex
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

import genesis


@pytest.fixture(scope="module")
def project(repository) -> dict:
    return tomllib.loads((repository / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def readme(repository) -> str:
    return (repository / "README.md").read_text()


@pytest.fixture(scope="module")
def wheel(repository, tmp_path_factory) -> zipfile.ZipFile:
    pytest.importorskip("hatchling", reason="hatchling builds the wheel")
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=repository, check=True, capture_output=True)
    (path,) = folder.iterdir()
    return zipfile.ZipFile(path)


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def test_wheel_holds_the_package_and_nothing_else(wheel, repository):
    folders = {Path(name).parts[0] for name in wheel.namelist()}
    assert folders == {"genesis", f"genesis_causal-{genesis.__version__}.dist-info"}
    shipped = {name for name in wheel.namelist() if name.startswith("genesis/")}
    written = {str(p.relative_to(repository)) for p in (repository / "genesis").rglob("*.py")}
    assert written <= shipped
    names = (
        "report.css",
        "report.html.jinja",
        "report.js",
        "layers.html.jinja",
        "traits.html.jinja",
    )
    page = {f"genesis/report/page/{name}" for name in names}
    schemas = {f"genesis/schemas/{one}.schema.json" for one in ("constraints-2", "run-1")}
    assert shipped - written == {"genesis/py.typed", *page, *schemas}


def test_wheel_says_who_it_is(wheel):
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    metadata = email.message_from_bytes(wheel.read(name))
    assert metadata["Name"] == "genesis-causal"
    assert metadata["Version"] == genesis.__version__
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert metadata["Requires-Python"] == ">=3.11"
    (name,) = [name for name in wheel.namelist() if name.endswith("LICENSE")]
    assert wheel.read(name).startswith(b"BSD 3-Clause License")


def test_both_console_scripts_start_the_program(wheel):
    from genesis.cli.main import main

    (name,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    scripts = dict(re.findall(r"^(\S+) = (\S+)$", wheel.read(name).decode(), re.MULTILINE))
    assert scripts == dict.fromkeys(["genesis", "genesis-causal"], "genesis.cli.main:main")
    assert callable(main)


def test_version_stands_in_one_place_and_is_repeated_only_where_people_cite_it(project, repository):
    assert "version" not in project["project"]
    assert project["tool"]["hatch"]["version"]["path"] == "genesis/_version.py"
    citation = (repository / "CITATION.cff").read_text()
    assert set(re.findall(r"^ *version: (\S+)$", citation, re.MULTILINE)) == {genesis.__version__}
    changelog = (repository / "CHANGELOG.md").read_text()
    newest = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    assert newest is not None
    assert newest.group(1) == genesis.__version__


def test_every_import_is_a_declared_dependency(project, repository):
    imported = set()
    for path in (repository / "genesis").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: imports are absolute"
                imported.add(str(node.module).split(".")[0])
    names = [re.split(r"[<>=!~ \[]", line)[0] for line in project["project"]["dependencies"]]
    declared = {name.replace("-", "_") for name in names}
    assert imported - set(sys.stdlib_module_names) - {"genesis"} <= declared


def test_dependencies_have_a_lower_bound_and_no_upper_one(project):
    for line in project["project"]["dependencies"]:
        assert re.fullmatch(r"[a-z0-9-]+>=[0-9.]+", line), line


def test_readme_has_two_commands_of_one_line_each(readme):
    commands = blocks(readme, "bash")
    assert len(commands) == 2
    for command in commands:
        assert command.count("\n") == 1
        assert command.startswith("python3 -m venv ")
    assert "genesis run" in commands[0]
    assert commands[1].endswith("-m pytest\n")


def test_ci_runs_the_test_command_of_readme(readme, repository):
    script = (repository / ".ci" / "test").read_text()
    (extract,) = re.findall(r"^test_command=\$\((awk .*)\)$", script, re.MULTILINE)
    extracted = subprocess.run(
        ["bash", "-c", extract], cwd=repository, check=True, capture_output=True, text=True
    )
    assert extracted.stdout == blocks(readme, "bash")[1]
    assert 'bash -euo pipefail -c "$test_command"' in script
    assert (repository / ".ci" / "run").read_text().endswith("\n.ci/test\n")


def test_pinned_versions_are_versions_and_hashes_alone(project, repository):
    pin = re.compile(r"([a-z0-9-]+)==[0-9a-z.]+( ; [A-Za-z0-9_=<>!.'* ]+)? \\")
    checksum = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
    lines = (repository / "requirements-dev.txt").read_text().splitlines()
    assert [
        line for line in lines if not pin.fullmatch(line) and not checksum.fullmatch(line)
    ] == []
    pinned = {found[1] for line in lines if (found := pin.fullmatch(line))}
    extras = project["project"]["optional-dependencies"]
    wanted = [project["project"]["dependencies"]]
    wanted += [extras[name] for name in ("dev", "docs", "test", "vignettes")]
    assert {re.split(r"[<>=\[]", line)[0] for part in wanted for line in part} <= pinned


def test_source_distribution_holds_what_the_scripts_need(repository, tmp_path):
    pytest.importorskip("hatchling", reason="hatchling builds the source distribution")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(build, cwd=repository, check=True, capture_output=True)
    (path,) = tmp_path.iterdir()
    with tarfile.open(path) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}
    scripts = {f".ci/{path.name}" for path in (repository / ".ci").iterdir()}
    workflows = {f".github/workflows/{name}.yml" for name in ("docs", "release", "tests")}
    files = {"CONTRIBUTING.md", "Makefile", "requirements-dev.txt", ".pre-commit-config.yaml"}
    pages = {"docs/conf.py", "docs/index.md", "docs/reference/genesis.md"}
    assert scripts | workflows | files | pages <= names
    assert not [name for name in names if name.startswith(("build/", "docs/reference/generated/"))]


@pytest.fixture(scope="module")
def folder(readme, example, tmp_path_factory) -> Path:
    """A folder with the example data, in which the main command of README has run."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "data").symlink_to(example)
    program, *arguments = shlex.split(blocks(readme, "bash")[0].split("&&")[-1])
    assert program == ".venv/bin/genesis"
    run_python(["-m", "genesis", *arguments], folder)
    return folder


def run_python(arguments: list[str], folder: Path) -> str:
    environment = {
        **os.environ,
        "GENESIS_DATA": "data",  # as the vignettes say
        "PYTHONPATH": str(Path(genesis.__file__).parent.parent),
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_main_command_of_readme_writes_the_files_it_lists(readme, folder):
    table = readme.split("## What a run writes")[1].split("\n\n")[1]
    endings = set(re.findall(r"`(?:PREFIX)?(\.[a-z.]+)`", table))
    endings.remove(".tsv.gz")  # the second form of the relations
    endings.remove(".report.html")  # only where asked for
    endings.add(".relations.tsv.gz")
    written = {path.name.removeprefix("example") for path in (folder / "results").glob("example*")}
    assert written == endings


def test_python_example_of_readme_works(readme, example, tmp_path):
    """On a tenth of the genes and a pair of the quick start; the command above has them all."""
    (tmp_path / "data").mkdir()
    for path in example.iterdir():
        (tmp_path / "data" / path.name).symlink_to(path)
    expression = tmp_path / "data" / "expression.tsv.gz"
    expression.unlink()
    head, *genes = gzip.decompress((example / expression.name).read_bytes()).splitlines(True)
    few = [*genes[::10], *(one for one in genes if one.startswith((b"GENE047", b"GENE118")))]
    expression.write_bytes(gzip.compress(b"".join([head, *few])))
    (program,) = blocks(readme, "python")
    printed = run_python(["-c", program], tmp_path)
    assert "gene_a" in printed
    assert "relation" in printed
    result = genesis.load(tmp_path / "results" / "from_python")
    given = {line.split(b"\t")[0].decode() for line in few}
    assert set(result.gene_ids) <= given
    assert len(result.gene_ids) >= 10
    assert result.posterior.loc["GENE047", "GENE118"] > 0.5
    assert result.posterior.loc["GENE118", "GENE047"] < 0.05


def test_quick_start_shows_what_its_python_prints(repository, folder):
    page = (repository / "vignettes" / "quick_start.md").read_text()
    printed = run_python(["-c", "\n".join(blocks(page, "python"))], folder)
    assert printed == "".join(blocks(page, "text"))


def test_quick_start_quotes_what_is_shown_of_a_gene(repository, folder):
    page = (repository / "vignettes" / "quick_start.md").read_text()
    (command,) = re.findall(r"^genesis (show .*)$", page, re.MULTILINE)
    shown = run_python(["-m", "genesis", *shlex.split(command)], folder)
    quoted = " ".join(re.findall(r"^> (.*)$", page, re.MULTILINE)).removesuffix(" […]")
    assert quoted in " ".join(shown.split())


def test_links_lead_somewhere(repository):
    for page in [repository / "README.md", *(repository / "vignettes").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_exit_codes_of_readme_are_those_of_the_errors(readme):
    from genesis import errors

    table = readme.split("## Exit codes")[1].split("## Citing")[0]
    rows = re.findall(r"^\| ([0-9, ]+) \|", table, re.MULTILINE)
    listed = {int(code) for row in rows for code in row.split(",")}
    raised = {getattr(errors, name).exit_code for name in errors.__all__}
    assert listed == raised | {0, 130, 141, 143}
