"""Kernels are kept on disk wherever a directory can be written, and work where none can."""

from __future__ import annotations

import ast
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from genesis import jit, kernel_cache

ROOT = Path(__file__).parents[1]
#: Prints whether a kernel is compiled before and after its call, whether it had to be, its value.
CALL_ONE = (
    "from genesis.linear.fisher_kernels import fisher_log_p as kernel\n"
    "from genesis.jit import is_compiled\n"
    "before = is_compiled(kernel); value = kernel(0.5, 100, 2)\n"
    "misses = getattr(kernel, 'stats', ((), (), ()))[2]\n"
    "print(before, is_compiled(kernel), len(misses), f'{value:.9f}')\n"
)
#: By mpmath: log(erfc(atanh(mpf(1) / 2) * sqrt(95) / sqrt(2))).
VALUE = "-16.268416120"


def python(script, cache, package=ROOT, **environment):
    """What a process of its own prints, with its kernels in a folder of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(package), "NUMBA_CACHE_DIR": str(cache),
             "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True, text=True, check=True, cwd=package,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


@pytest.fixture
def installed(tmp_path):
    """Installs the package into a folder."""

    def install(name):
        leave_out = shutil.ignore_patterns("__pycache__")
        shutil.copytree(
            ROOT / "genesis",
            tmp_path / name / "genesis",
            ignore=leave_out,
            copy_function=shutil.copy,
        )
        return tmp_path / name

    return install


def double(x):
    return 2 * x


@pytest.fixture
def own_directory(monkeypatch, tmp_path):
    """Finds the directory of kernels anew, with a user's cache directory of the test's own."""
    monkeypatch.setattr(kernel_cache.numba.config, "CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setattr(kernel_cache.tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(
        kernel_cache, "AppDirs", lambda name, **_: Named(str(tmp_path / "caches" / name))
    )
    return kernel_cache.own_directory.__wrapped__


class Named:
    def __init__(self, folder):
        self.user_cache_dir = folder


def test_kernels_are_kept_in_the_users_cache_directory(own_directory, tmp_path):
    found = own_directory()
    assert found == tmp_path / "caches" / "genesis-causal" / kernel_cache.directory_name()
    for folder in (found, found.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_directory_that_numba_is_told_comes_first(own_directory, monkeypatch, tmp_path):
    monkeypatch.setattr(kernel_cache.numba.config, "CACHE_DIR", str(tmp_path / "told"))
    assert own_directory().parent == tmp_path / "told" / "genesis-causal"


@pytest.mark.parametrize("which", ["all versions", "this version"])
@pytest.mark.parametrize("fault", ["others write", "a link", "a file"])
def test_a_directory_that_is_not_the_users_alone_is_refused(own_directory, tmp_path, which, fault):
    base = tmp_path / "caches" / "genesis-causal"
    bad = base if which == "all versions" else base / kernel_cache.directory_name()
    bad.parent.mkdir(parents=True, mode=0o700)
    if fault == "others write":
        bad.mkdir()
        bad.chmod(0o722)
    elif fault == "a link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        bad.symlink_to(tmp_path / "elsewhere")
    else:
        bad.touch()
    uid = os.getuid() if hasattr(os, "getuid") else 0
    assert own_directory().parent == tmp_path / "temporary" / f"genesis-kernels-{uid}"


def test_kernels_work_where_none_can_be_kept(monkeypatch):
    monkeypatch.setattr(kernel_cache, "own_directory", lambda: None)
    monkeypatch.setattr(kernel_cache, "_places", lambda: ())
    compiled = jit.kernel(double)
    if hasattr(compiled, "signatures"):
        assert not jit.is_compiled(compiled)
    assert compiled(4) == 8
    assert jit.is_compiled(compiled)


def test_directories_of_versions_that_were_not_used_for_longest_are_removed(
    own_directory, tmp_path
):
    base = tmp_path / "caches" / "genesis-causal"
    base.mkdir(parents=True, mode=0o700)
    for age in range(8):
        folder = base / f"kernels-{age}"
        folder.mkdir()
        (folder / "some.nbi").touch()
        os.utime(folder, (1e9 - age, 1e9 - age))
    (base / "something else").mkdir()
    found = own_directory()
    kept = {f"kernels-{age}" for age in range(kernel_cache._KEPT)}
    assert {path.name for path in base.iterdir()} == {*kept, found.name, "something else"}


def test_the_name_says_what_the_sources_are_and_not_when(monkeypatch, tmp_path):
    def name():
        return kernel_cache.directory_name.__wrapped__()

    for path in (*kernel_cache._DEPENDS_ON, "rules/some_kernels.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("A = 1\n")
    monkeypatch.setattr(kernel_cache, "_PACKAGE", tmp_path)
    before = name()
    for path in tmp_path.rglob("*.py"):
        os.utime(path, (1e9, 1e9))
    (tmp_path / "rules" / "search.py").write_text("B = 1\n")
    assert name() == before
    names = {before}
    for path in (*kernel_cache._DEPENDS_ON, "rules/some_kernels.py"):
        (tmp_path / path).write_text("A = 2\n")
        names.add(name())
    assert len(names) == len(kernel_cache._DEPENDS_ON) + 2
    monkeypatch.setattr(kernel_cache.numba, "__version__", "0.0")
    assert name() not in names
    (tmp_path / "jit.py").unlink()  # as in an archive
    assert name() is None


def test_the_name_depends_on_every_file_that_kernels_import():
    package = ROOT / "genesis"
    needed = set()
    for path in package.rglob("*_kernels.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("genesis"):
                module = package.parent.joinpath(*node.module.split("."))
                files = [module.with_suffix(".py")]
                if module.is_dir():
                    files = [module / f"{alias.name}.py" for alias in node.names]
                needed |= {file.relative_to(package).as_posix() for file in files}
    others = {path for path in needed if not path.endswith("_kernels.py")}
    # And how tuples are handed over, which the last of them says.
    assert others | {"lending.py"} == set(kernel_cache._DEPENDS_ON)


def test_a_kernel_is_compiled_once_whatever_copy_of_the_package_calls_it(installed, tmp_path):
    one, two = installed("one"), installed("two")
    for path in two.rglob("*.py"):
        os.utime(path, (1e9, 1e9))
    cache = tmp_path / "cache"
    assert python(CALL_ONE, cache, one) == f"False True 1 {VALUE}\n"
    assert python(CALL_ONE, cache, one) == f"True True 0 {VALUE}\n"
    assert python(CALL_ONE, cache, two) == f"True True 0 {VALUE}\n"
    assert python(CALL_ONE, cache, two, NUMBA_DISABLE_JIT="1") == f"True True 0 {VALUE}\n"
    assert not [*tmp_path.rglob("__pycache__")]
    # A change of another file than the kernel's own.
    with (two / "genesis" / "graphs" / "codes.py").open("a") as file:
        file.write("# changed\n")
    assert python(CALL_ONE, cache, two) == f"False True 1 {VALUE}\n"
    assert python(CALL_ONE, cache, one) == f"True True 0 {VALUE}\n"


def test_a_file_that_was_cut_short_is_compiled_anew(tmp_path):
    python(CALL_ONE, tmp_path)
    files = [*tmp_path.rglob("*.nbc"), *tmp_path.rglob("*.nbi")]
    assert files
    for path in files:
        path.write_bytes(path.read_bytes()[:40])
    assert python(CALL_ONE, tmp_path) == f"True True 1 {VALUE}\n"
    assert python(CALL_ONE, tmp_path) == f"True True 0 {VALUE}\n"


def test_code_beside_the_package_is_used_unless_others_may_write_it(installed, tmp_path):
    package = installed("one")
    share = f"{CALL_ONE}from genesis.kernel_cache import share_kernels; print(share_kernels())"
    *_, folder = python(share, tmp_path / "builder", package).split()
    assert Path(folder).parent == package / "genesis" / "__pycache__"
    for path in Path(folder).iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert python(CALL_ONE, tmp_path / "user", package) == f"True True 0 {VALUE}\n"
    assert not [*(tmp_path / "user").rglob("*.nb?")]
    Path(folder).chmod(0o777)
    assert python(CALL_ONE, tmp_path / "user", package) == f"False True 1 {VALUE}\n"


def test_processes_that_compile_at_once_do_not_mix_up_types(tmp_path):
    """One index of all types would be written by each of them without the others' entries."""
    script = (
        "import sys\n"
        "from genesis.linear.fisher_kernels import fisher_log_p as kernel\n"
        "for n in sys.argv[1].split(','):\n"
        "    value = kernel(0.5, *((100, 2) if n == 'i' else (100.0, 2.0)))\n"
        "    print(n, len(kernel.stats.cache_misses), f'{value:.9f}')\n"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}

    def begin(order):
        command = [sys.executable, "-c", script, order]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    outputs = [process.communicate(timeout=60)[0] for process in [begin("i"), begin("f")]]
    assert outputs == [f"i 1 {VALUE}\n", f"f 1 {VALUE}\n"]
    output, _ = begin("i,f").communicate(timeout=60)
    assert output == f"i 0 {VALUE}\nf 0 {VALUE}\n"


def printed_with_and_without_the_jit(script):
    return [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "NUMBA_DISABLE_JIT": off},
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[1],
        ).stdout
        for off in ("0", "1")
    ]


def test_results_are_the_same_without_the_jit():
    """The kernels are plain Python too: interpreted and compiled runs agree to the bit."""
    script = (
        "import numpy as np, genesis\n"
        "rng = np.random.default_rng(3)\n"
        "z = rng.normal(size=(60, 4))\n"
        "x = z @ rng.normal(size=(4, 5)) + rng.normal(size=(60, 5))\n"
        "x[:, 1] += x[:, 0]\n"
        "for profile in ('stable', 'paper'):\n"
        "    r = genesis.discover(z, x, method='rules', profile=profile)\n"
        "    print(r.ancestrality.to_csv(), r.relations.round(9).to_csv())\n"
    )
    outputs = printed_with_and_without_the_jit(script)
    assert outputs[0] == outputs[1]
    assert "ancestor" in outputs[0]


def test_the_sampler_takes_the_same_steps_without_the_jit():
    script = (
        "import numpy as np\n"
        "import genesis.posterior.chains.chain as chain\n"
        "from tests.posterior.small_problems import candidates_of, problem_of\n"
        "chain.TEMPERING_STEPS, chain.STEPS_A_FOLD, chain.COUNTED_ROUNDS = 6, 0, 20\n"
        "chain.WATCHED_ROUNDS = chain.SETTLING_WITH_FACTORS = chain.FACTOR_SWEEPS = 10\n"
        "rng = np.random.default_rng(3)\n"
        "z = rng.normal(size=(40, 3))\n"
        "x = z @ rng.normal(size=(3, 4)) + rng.normal(size=(40, 4))\n"
        "tally = chain.sample_chain(\n"
        "    problem_of(z, x).data, 3, candidates_of(z, x), rng.normal(size=(1, 40)),\n"
        "    problem_of(z[:30], x[:30]).data, False, np.zeros((0, 40)),\n"
        "    np.random.SeedSequence(1))\n"
        "print(tally.target, tally.ancestor, tally.acts, tally.log_density.round(6).tolist(),\n"
        "    tally.unseen_log_density.round(6).tolist())\n"
    )
    outputs = printed_with_and_without_the_jit(script)
    assert outputs[0] == outputs[1] != ""


def decorated(path):
    """Names of the kernels of a file, by how they are compiled."""
    found = {}
    for node in ast.parse(path.read_text()).body:
        for by in getattr(node, "decorator_list", []):
            found.setdefault(getattr(by, "id", None), set()).add(node.name)
    return found


def test_kernels_that_python_cannot_call_are_called_by_kernels_alone():
    """Such a call would end the process."""
    inner = {}
    for path in (ROOT / "genesis").rglob("*_kernels.py"):
        by = decorated(path)
        private = {name for name in by.get("kernel", ()) if name.startswith("_")}
        names = by.get("borrowing_kernel", set()) | by.get("inner_kernel", set()) | private
        inner[path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")] = names
    assert "switch_in" in inner["genesis.posterior.moves.gain_kernels"]
    for path in (ROOT / "genesis").rglob("*.py"):
        if path.stem.endswith("_kernels"):
            continue
        known = {}
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module in inner:
                assert not inner[node.module] & {one.name for one in node.names}, path
            elif isinstance(node, ast.ImportFrom):
                for one in node.names:
                    known[one.asname or one.name] = inner.get(f"{node.module}.{one.name}", set())
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert node.attr not in known.get(node.value.id, ()), path


def test_arrays_that_kernels_borrow_are_neither_kept_nor_freed():
    """As many arrays are freed as are made, and nothing else."""
    script = (
        "import numpy as np\n"
        "from numba.core.runtime import rtsys\n"
        "from genesis.posterior.chains import chain\n"
        "from tests.posterior.small_problems import candidates_of, problem_of\n"
        "chain.TEMPERING_STEPS, chain.STEPS_A_FOLD, chain.COUNTED_ROUNDS = 6, 0, 20\n"
        "chain.WATCHED_ROUNDS = chain.SETTLING_WITH_FACTORS = chain.FACTOR_SWEEPS = 10\n"
        "rng = np.random.default_rng(3)\n"
        "z = rng.normal(size=(40, 3))\n"
        "x = z @ rng.normal(size=(3, 4)) + rng.normal(size=(40, 4))\n"
        "given = (problem_of(z, x).data, 3, candidates_of(z, x), rng.normal(size=(1, 40)),\n"
        "    problem_of(z[:30], x[:30]).data, False, np.zeros((0, 40)))\n"
        "chain.sample_chain(*given, np.random.SeedSequence(1))\n"
        "before = rtsys.get_allocation_stats()\n"
        "chain.sample_chain(*given, np.random.SeedSequence(1))\n"
        "after = rtsys.get_allocation_stats()\n"
        "print(after.mi_alloc - before.mi_alloc > 1000,\n"
        "    after.mi_alloc - before.mi_alloc - after.mi_free + before.mi_free)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "NUMBA_NRT_STATS": "1", "NUMBA_DISABLE_JIT": "0"},
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout == "True 0\n"
