"""Where people get GENESIS: what conda, a container, a pipeline and a notebook are told is so."""

from __future__ import annotations

import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import genesis
from genesis.cli.main import cli

yaml = pytest.importorskip("yaml", reason="the files for others are YAML")


@pytest.fixture(scope="module")
def project(repository) -> dict[str, Any]:
    return tomllib.loads((repository / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def packaging(repository) -> Path:
    return repository / "docs" / "packaging"


@pytest.fixture(scope="module")
def recipe(packaging) -> dict[str, Any]:
    """The recipe for conda as it reads with its variables in place."""
    jinja2 = pytest.importorskip("jinja2", reason="a recipe is a template")
    template = jinja2.Template(
        (packaging / "bioconda" / "meta.yaml").read_text(), undefined=jinja2.StrictUndefined
    )
    text = template.render(
        PYTHON="python", pin_subpackage=lambda name, max_pin: f"{name} {max_pin}"
    )
    return yaml.safe_load(text)


def parses(words: list[str]) -> dict[str, Any]:
    """The options of a command line, which the program has to know."""
    program, command, *arguments = words
    assert program == "genesis"
    known = cli.get_command(None, command)
    return known.make_context(command, list(arguments)).params


def requirements(lines: list[str]) -> set[str]:
    return {line.replace(" ", "") for line in lines}


def test_conda_requires_what_pip_requires(recipe, project):
    run = requirements(recipe["requirements"]["run"])
    assert run == requirements([f"python{project['requires-python']}", *project["dependencies"]])
    build_system = requirements(recipe["requirements"]["host"])
    assert build_system == {f"python{project['requires-python']}", "pip", "hatchling>=1.27"}


def test_conda_package_is_this_one(recipe, project):
    assert recipe["package"] == {"name": project["name"], "version": genesis.__version__}
    assert recipe["source"]["url"].endswith(f"/genesis_causal-{genesis.__version__}.tar.gz")
    assert re.fullmatch("[0-9a-f]{64}", recipe["source"]["sha256"])
    scripts = {f"{name} = {target}" for name, target in project["scripts"].items()}
    assert set(recipe["build"]["entry_points"]) == scripts
    assert recipe["build"]["noarch"] == "python"
    about = recipe["about"]
    assert (about["license"], about["license_file"]) == (project["license"], "LICENSE")
    assert about["summary"] == project["description"]


def test_conda_tests_commands_that_are_there(recipe):
    for command in recipe["test"]["commands"]:
        words = shlex.split(command)
        if len(words) == 3 and words[0] == "genesis":
            assert words[1] in cli.list_commands(None)
    for module in recipe["test"]["imports"]:
        assert module.startswith("genesis")


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", dockerfile.read_text(), flags=re.M))
    return [tuple(line.split(" ", 1)) for line in lines.splitlines() if line]


def test_image_is_built_from_what_is_there_and_runs_without_rights(packaging, repository, project):
    steps = instructions(packaging / "container" / "Dockerfile")
    copied = [
        name
        for what, words in steps
        if what == "COPY" and "--from" not in words
        for name in words.split()[:-1]
    ]
    ignored = (packaging / "container" / "Dockerfile.dockerignore").read_text()
    allowed = re.findall(r"^!(.*)$", ignored, re.MULTILINE)
    assert sorted(allowed) == sorted(copied)
    assert all((repository / name).exists() for name in copied)
    (extras,) = re.findall(r"'\.\[([a-z,]*)\]'", " ".join(words for _, words in steps))
    assert set(extras.split(",")) <= set(project["optional-dependencies"])
    last = max(number for number, (what, _) in enumerate(steps) if what == "FROM")
    assert [words for what, words in steps[last:] if what == "USER"] == ["1000"]
    # Kernels are found by the processor's name, so it has to be the same in both stages.
    named = [words for what, words in steps if what == "ENV" and "NUMBA_CPU_NAME=generic" in words]
    assert len(named) == 2
    (compiles,) = [words for _, words in steps if "genesis compile" in words]
    assert parses(["genesis", *compiles.split("bin/genesis ")[1].split()])["shared"]


def run_wrapper(folder: Path, monkeypatch, **given: Any) -> list[list[str]]:
    """The commands that the wrapper starts, one a list of words."""

    class Named(list):
        def __init__(self, **named: str) -> None:
            super().__init__(named.values())
            self.__dict__.update(named)
            self.get = named.get

    log = "2> log"
    rule = SimpleNamespace(
        input=Named(**given["input"]),
        output=Named(**given["output"]),
        params={"extra": given.get("extra", "")},
        threads=3,
        log_fmt_shell=lambda stdout, stderr: log,
    )
    started = []
    shell = ModuleType("snakemake.shell")
    shell.shell = started.append
    for module in (ModuleType("snakemake"), shell):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    local = runpy.run_path(str(folder / "wrapper.py"), {"snakemake": rule})
    assert started == ["({command}) {log}"]
    assert local["log"] == log
    return [shlex.split(part) for part in local["command"].split("&&")]


def test_wrapper_of_snakemake_runs_what_a_rule_says(packaging, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = packaging / "snakemake" / "genesis" / "run"
    for name in ("a b.vcf.gz", "x.vcf.gz", "e.tsv.gz"):
        Path(name).touch()
    run, export = run_wrapper(
        folder,
        monkeypatch,
        input={"vcf": ["a b.vcf.gz", "x.vcf.gz"], "expression": "e.tsv.gz"},
        output={"run": "results/liver.run.json", "multiqc": "results/liver_mqc.json"},
        extra="--method rules --seed 7",
    )
    options = parses(run)
    assert [str(path) for path in options["vcf"]] == ["a b.vcf.gz", "x.vcf.gz"]
    assert str(options["expression"]) == "e.tsv.gz"
    assert (str(options["out"]), options["threads"], options["seed"]) == ("results/liver", 3, 7)
    assert (options["method"], options["force"]) == ("rules", True)
    assert parses(export)["to"] == "multiqc"
    assert str(parses(export)["out"]) == "results/liver_mqc.json"


def test_wrapper_of_snakemake_names_plink_files_by_their_prefix(packaging, monkeypatch):
    folder = packaging / "snakemake" / "genesis" / "run"
    for name, option in (("bed", "--bed"), ("pgen", "--pfile")):
        files = {name: f"in/chr1.v2.{name}", "expression": "e.tsv"}
        (run,) = run_wrapper(folder, monkeypatch, input=files, output={"run": "o.run.json"})
        assert run[run.index(option) + 1] == "in/chr1.v2"


def test_wrapper_of_snakemake_refuses_outputs_that_no_run_writes(packaging, monkeypatch):
    folder = packaging / "snakemake" / "genesis" / "run"
    given = {"vcf": "x.vcf", "expression": "e.tsv"}
    with pytest.raises(ValueError, match=r"has to end in \.run\.json"):
        run_wrapper(folder, monkeypatch, input=given, output={"run": "o.json"})
    outputs = {"run": "o/a.run.json", "graph": "o/b.graph.graphml"}
    with pytest.raises(ValueError, match=r"begin as 'run' does, with o/a: o/b\.graph\.graphml"):
        run_wrapper(folder, monkeypatch, input=given, output=outputs)


def test_environments_pin_this_version(packaging):
    snakemake = packaging / "snakemake" / "genesis" / "run"
    nextflow = packaging / "nf-core" / "genesis" / "run"
    version = genesis.__version__
    environment = yaml.safe_load((snakemake / "environment.yaml").read_text())
    assert environment["dependencies"] == [f"genesis-causal ={version}"]
    environment = yaml.safe_load((nextflow / "environment.yml").read_text())
    assert environment["dependencies"] == [f"bioconda::genesis-causal={version}"]
    text = (nextflow / "main.nf").read_text()
    images = re.findall(r"genesis-causal:(\S+?)--pyhdfd78af_0", text)
    assert images == [version, version]
    assert f'versions_genesis[0][2] == "{version}"' in (nextflow / "tests/main.nf.test").read_text()


def test_module_of_nextflow_and_its_description_agree(packaging):
    folder = packaging / "nf-core" / "genesis" / "run"
    text, meta = (folder / "main.nf").read_text(), yaml.safe_load((folder / "meta.yml").read_text())
    (inputs,) = re.findall(r"    input:\n(.*?)\n\n", text, re.DOTALL)
    declared = [re.findall(r"(?:val|path)\((\w+)\)", channel) for channel in inputs.splitlines()]
    assert declared == [[name for part in channel for name in part] for channel in meta["input"]]
    (outputs,) = re.findall(r"    output:\n(.*?)\n\n", text, re.DOTALL)
    emitted = dict(re.findall(r'(?:path|eval)\("([^"]+)"\).* emit: (\w+)', outputs))
    described = {
        next(iter(elements[-1])): channel for channel, (elements,) in meta["output"].items()
    }
    assert emitted == described


def script_of(text: str, section: str, **values: str) -> str:
    """A script block of a Nextflow process, as the shell sees it."""
    (body,) = re.findall(rf'^    {section}:\n.*?"""\n(.*?)"""', text, re.DOTALL | re.MULTILINE)
    filled = re.sub(r"(?<!\\)\$\{([\w.]+)\}", lambda found: values[found[1]], body)
    return filled.replace("\\$", "$").replace("\\\\", "\\")


def test_script_of_nextflow_starts_commands_that_the_program_knows(packaging):
    text = (packaging / "nf-core" / "genesis" / "run" / "main.nf").read_text()
    script = script_of(
        text,
        "script",
        **{"vcfs": "--vcf a.vcf.gz --vcf b.vcf.gz", "expression": "e.tsv", "prefix": "liver"},
        **{"genes_option": "--genes g.bed", "covariates_option": "--covariates c.tsv"},
        **{"task.cpus": "4", "args": "--method rules"},
    )
    commands = re.sub(r"\\\n", " ", script)
    run, export = [shlex.split(line) for line in commands.splitlines() if "genesis " in line]
    options = parses(run)
    assert [str(path) for path in options["vcf"]] == ["a.vcf.gz", "b.vcf.gz"]
    assert (str(options["genes"]), str(options["covariates"])) == ("g.bed", "c.tsv")
    assert (str(options["out"]), options["threads"], options["method"]) == ("liver", 4, "rules")
    assert (parses(export)["prefix"], parses(export)["to"]) == ("liver", "multiqc")


def test_stub_of_nextflow_leaves_the_files_of_a_run(packaging, tmp_path):
    from genesis.result.files import SUFFIXES

    text = (packaging / "nf-core" / "genesis" / "run" / "main.nf").read_text()
    stub = script_of(text, "stub", prefix="liver")
    subprocess.run(["bash", "-euo", "pipefail", "-c", stub], cwd=tmp_path, check=True)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {f"liver{suffix}" for suffix in SUFFIXES} | {"liver_mqc.json"}


@pytest.fixture(scope="module")
def notebook(repository) -> ModuleType:
    pytest.importorskip("jupytext", reason="jupytext reads the vignettes")
    pytest.importorskip("nbconvert", reason="vignettes/render.py needs it")
    sys.path.insert(0, str(repository / "vignettes"))
    try:
        import notebook
    finally:
        sys.path.pop(0)
    return notebook


def test_notebook_of_the_quick_start_brings_all_it_needs(notebook, repository, tmp_path):
    import nbformat

    notebook.write("quick_start", tmp_path / "first.ipynb")
    notebook.write("quick_start", tmp_path / "again.ipynb")
    assert (tmp_path / "first.ipynb").read_bytes() == (tmp_path / "again.ipynb").read_bytes()
    made = nbformat.read(tmp_path / "first.ipynb", as_version=4)
    nbformat.validate(made)
    installing, *others = [cell.source for cell in made.cells if cell.cell_type == "code"]
    assert f'"genesis-causal[plot]=={genesis.__version__}"' in installing
    page = (repository / "vignettes" / "quick_start.md").read_text()
    blocks = re.findall(r"^```(bash|python)\n(.*?)\n```$", page, re.MULTILINE | re.DOTALL)
    assert others == [{"bash": "%%bash\n", "python": ""}[kind] + code for kind, code in blocks]
    for cell in made.cells:
        assert "CHECKOUT" not in cell.source
        assert not re.search(r"\]\((?!https?:)", cell.source)
        assert "```text" not in cell.source


def test_page_that_needs_what_no_notebook_has_is_refused(notebook):
    with pytest.raises(ValueError, match="no line pip install"):
        notebook.portable("# A page\n")
    page = "```console\npip install 'CHECKOUT[plot]'\n```\n\nSee CHECKOUT/docs.\n"
    with pytest.raises(ValueError, match="no CHECKOUT beside a notebook"):
        notebook.portable(page)


def test_page_about_installing_names_what_is_there(repository, project):
    page = (repository / "docs" / "install.md").read_text()
    for path in re.findall(r"`(docs/[\w/.-]+)`", page):
        assert (repository / path).exists(), path
    for path in re.findall(r"^\*\*\w+\.\*\* `([\w/-]+)`", page, re.MULTILINE):
        assert (repository / "docs" / "packaging" / path).is_dir(), path
    named = set(re.findall(r"^\| `(\w+(?:`, `\w+)*)` \|", page, re.MULTILINE))
    extras = {name for group in named for name in group.split("`, `")}
    assert extras == set(project["optional-dependencies"]) - {"test", "docs", "dev", "vignettes"}
    assert set(re.findall(r"==([0-9.]+)'", page)) == {genesis.__version__}
    command = re.sub(r"\\\n", " ", re.findall(r"^genesis export [^\n]*$", page, re.MULTILINE)[0])
    assert parses(shlex.split(command))["to"] == "multiqc"


def test_release_is_built_by_a_script_and_published_without_a_password(repository):
    workflow = yaml.safe_load((repository / ".github" / "workflows" / "release.yml").read_text())
    build, publish = workflow["jobs"]["build"], workflow["jobs"]["publish"]
    assert ".ci/build" in [step.get("run") for step in build["steps"]]
    assert publish["needs"] == "build"
    # Only the job that runs nothing of the project may ask for a token.
    assert workflow["permissions"] == {"contents": "read"}
    assert "permissions" not in build
    assert publish["permissions"] == {"id-token": "write"}
    assert not [step for step in publish["steps"] if "run" in step or "with" not in step][1:]
    assert "secrets." not in str(workflow)


def test_release_is_looked_at_by_commands_that_are_there(repository, monkeypatch):
    script = (repository / ".ci" / "build").read_text()
    lines = re.sub(r"\\\n", " ", script).replace("$data", str(repository / "data")).splitlines()
    words = [shlex.split(line.replace("bare/bin/", "")) for line in lines if "bin/genesis" in line]
    run, evaluate = words
    assert {"vcf", "expression", "genes", "covariates"} <= set(filter(parses(run).get, parses(run)))
    assert parses(evaluate)["prefix"] == str(parses(run)["out"])
    assert re.search(r"^sha256sum dist/\*\.tar\.gz$", script, re.MULTILINE)


def test_files_for_others_name_no_place_of_one_machine(packaging, repository):
    files = [path for path in packaging.rglob("*") if path.is_file()]
    for path in [*files, repository / "docs" / "install.md"]:
        assert not re.search(r"/(root|home|work|tmp/dist)/|index-url", path.read_text()), path
