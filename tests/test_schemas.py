"""The JSON that is written is what the schemas that are shipped say, and nothing else is."""

from __future__ import annotations

import copy
import json
import os
import platform
import socket
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

import genesis
from genesis.constraints.json_format import SCHEMA, VERSION
from genesis.result.files import RUN_SCHEMA, RUN_VERSION

jsonschema = pytest.importorskip("jsonschema")

FOLDER = Path(genesis.__file__).parent / "schemas"
NAMES = {
    "run": f"run-{RUN_VERSION}.schema.json",
    "constraints": f"constraints-{VERSION}.schema.json",
}


def validator(name):
    schema = json.loads((FOLDER / NAMES[name]).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def document(prefix, name):
    return json.loads(Path(f"{prefix}.{name}.json").read_text())


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    z = rng.binomial(2, 0.4, size=(150, 12)).astype(float)
    x = z + rng.normal(size=(150, 12))
    x[:, 1] += x[:, 0]
    x[:, 2] += x[:, 1]
    return z, x


@pytest.fixture(scope="module", params=["rules", "calibrated"])
def saved(request, data, tmp_path_factory):
    """A run of each method, with a self-test, made in Python."""
    prefix = tmp_path_factory.mktemp("saved") / "run"
    genesis.discover(*data, method=request.param, hidden_factors="none").save(prefix)
    return prefix


def test_there_is_one_schema_a_version():
    assert {path.name for path in FOLDER.iterdir()} == set(NAMES.values())
    run, constraints = (json.loads((FOLDER / name).read_text()) for name in NAMES.values())
    assert run["properties"]["schema"] == {"const": RUN_SCHEMA}
    assert run["properties"]["schema_version"] == {"const": RUN_VERSION}
    assert constraints["properties"]["schema"] == {"const": SCHEMA}
    assert constraints["properties"]["version"] == {"const": VERSION}


@pytest.mark.parametrize("name", NAMES)
def test_what_a_result_writes_is_valid(name, saved):
    validator(name).validate(document(saved, name))


def test_every_key_of_the_constraints_is_described(saved):
    properties = validator("constraints").schema["properties"]
    assert set(document(saved, "constraints")) <= set(properties)


def test_constraints_given_by_hand_are_valid(tmp_path):
    graph = genesis.ConstraintGraph(
        ["a", "b", "c", "d"],
        required_order=[("a", "b")],
        forbidden=[("c", "a")],
        absent={("c", "d"): {"a"}},
        candidates=[("a", "b"), ("a", "c"), ("b", "d")],
        tiers=[["a"], ["b", "c", "d"]],
    )
    graph.write(tmp_path / "run.constraints.json")
    found = document(tmp_path / "run", "constraints")
    assert found["tiers"] == [[0], [1, 2, 3]]
    assert found["absent"][0]["set"] == {"variants": [], "genes": [0]}
    validator("constraints").validate(found)


def _without(*path):
    def change(one):
        for key in path[:-1]:
            one = one[key]
        del one[path[-1]]

    return change


def _with(value, *path):
    def change(one):
        for key in path[:-1]:
            one = one[key]
        one[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("name", "change", "where"),
    [
        ("run", _with(2, "schema_version"), "schema_version"),
        ("run", _without("counts"), "counts"),
        ("run", _with("many", "counts", "genes"), "genes"),
        ("run", _with(-1, "counts", "samples"), "samples"),
        ("run", _with("yesterday", "started"), "started"),
        ("run", _without("environment", "versions", "numba"), "numba"),
        ("run", _with(0, "environment", "cpus", "usable"), "usable"),
        ("run", _with("magic", "options", "method"), "method"),
        ("run", _with("none", "sha256_of_outputs", ".log"), ".log"),
        ("constraints", _with(1, "version"), "version"),
        ("constraints", _without("unresolved"), "unresolved"),
        ("constraints", _with(["a", 1], "nodes"), "nodes"),
        ("constraints", _with(["a", "a"], "nodes"), "nodes"),
        ("constraints", _with([1.5], "required_order", 0, "after"), "after"),
        ("constraints", _with([-1], "required_order", 0, "after"), "after"),
        ("constraints", _with("maybe", "required_order", 0, "direct"), "direct"),
        ("constraints", _with(1, "required_order", 0, "weight"), "weight"),
    ],
)
def test_what_is_broken_is_not_valid(name, change, where, saved):
    broken = copy.deepcopy(document(saved, name))
    change(broken)
    errors = list(validator(name).iter_errors(broken))
    assert len(errors) == 1
    assert where in f"{list(errors[0].absolute_path)} {errors[0].message}"


def test_an_absence_has_a_sweep_or_a_set():
    row = {"gene": 0, "partners": [1]}
    check = validator("constraints").evolve(
        schema={
            **validator("constraints").schema["properties"]["absent"],
            "$defs": validator("constraints").schema["$defs"],
        }
    )
    members = {"variants": [], "genes": []}
    assert check.is_valid([{**row, "sweep": 1, "p": [0.4]}])
    assert check.is_valid([{**row, "set": members}])
    assert not check.is_valid([row])
    assert not check.is_valid([{**row, "sweep": 1, "p": [0.4], "set": members}])
    assert not check.is_valid([{**row, "sweep": 1, "p": [1.4]}])


def test_inputs_are_files_sets_of_files_directories_or_layers():
    schema = validator("run").schema
    check = validator("run").evolve(
        schema={**schema["properties"]["inputs"], "$defs": schema["$defs"]}
    )
    file = {"path": "x.tsv", "bytes": 3, "sha256": "0" * 64}
    assert check.is_valid({"expression": file, "vcf": [file, file], "zarr": {"path": "g.zarr"}})
    assert check.is_valid({"bed": {"path": "g", "files": [file]}})
    assert check.is_valid({"layers": {"protein": {"table": file, "genes": file}}})
    assert not check.is_valid({"layers": {"protein": {"genes": file}}})
    assert not check.is_valid({"layers": file})
    assert not check.is_valid({"vcf": [file]})
    assert not check.is_valid({"expression": {**file, "sha256": "abc"}})
    assert not check.is_valid({"expression": {"path": "x.tsv", "sha256": "0" * 64}})


def test_the_record_says_when_and_where_a_run_was_made(data):
    before = datetime.now(UTC) - timedelta(seconds=1)
    run = genesis.discover(*data, method="rules").run
    started = datetime.fromisoformat(run["started"])
    assert started.utcoffset() == timedelta(0)
    assert before <= started <= datetime.now(UTC)
    found = run["environment"]
    for name in ("numpy", "scipy", "pandas", "numba"):
        assert found["versions"][name] == version(name)
    assert found["versions"]["python"] == platform.python_version()
    assert found["host"] == socket.gethostname()
    assert found["cpus"]["machine"] == os.cpu_count()
    assert found["cpus"]["usable"] == len(os.sched_getaffinity(0))
    assert found["directory"] == str(Path.cwd())
