"""Kernels are cached wherever a directory can be written, and work where none can."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from genesis import jit


def double(x):
    return 2 * x


@pytest.fixture
def fake_numba(monkeypatch):
    """numba as it is on a read-only install: caching works only where CACHE_DIR is set."""
    fake = SimpleNamespace(config=SimpleNamespace(CACHE_DIR=""))

    def njit(*, cache=False, **_options):
        def decorate(function):
            if cache and not fake.config.CACHE_DIR:
                raise RuntimeError("cannot cache function: no locator available for file")
            return function

        return decorate

    fake.njit = njit
    monkeypatch.setattr(jit, "numba", fake)
    return fake


def private_directory(tmp_path):
    uid = os.getuid() if hasattr(os, "getuid") else 0
    return tmp_path / f"genesis-kernels-{uid}"


def test_read_only_install_falls_back_to_a_private_directory(fake_numba, monkeypatch, tmp_path):
    monkeypatch.setattr(jit.tempfile, "gettempdir", lambda: str(tmp_path))
    assert jit.kernel(double)(4) == 8
    assert str(private_directory(tmp_path)) == fake_numba.config.CACHE_DIR
    assert stat.S_IMODE(private_directory(tmp_path).stat().st_mode) == 0o700


def test_a_directory_that_others_may_write_is_refused(fake_numba, monkeypatch, tmp_path):
    monkeypatch.setattr(jit.tempfile, "gettempdir", lambda: str(tmp_path))
    private_directory(tmp_path).mkdir()
    private_directory(tmp_path).chmod(0o777)
    assert jit.kernel(double)(4) == 8
    assert fake_numba.config.CACHE_DIR == ""


def test_a_link_in_its_place_is_refused(fake_numba, monkeypatch, tmp_path):
    monkeypatch.setattr(jit.tempfile, "gettempdir", lambda: str(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    private_directory(tmp_path).symlink_to(tmp_path / "elsewhere")
    assert jit.kernel(double)(4) == 8
    assert fake_numba.config.CACHE_DIR == ""


def test_other_errors_are_not_hidden(fake_numba):
    def broken(**_options):
        def decorate(_function):
            raise RuntimeError("something else")

        return decorate

    fake_numba.njit = broken
    with pytest.raises(RuntimeError, match="something else"):
        jit.kernel(double)


def test_a_kernel_is_compiled_once_its_code_is_on_disk(tmp_path):
    script = (
        "import numpy as np\n"
        "from genesis.linear.fisher_kernels import fisher_log_p as kernel\n"
        "from genesis.jit import is_compiled\n"
        "print(is_compiled(kernel)); kernel(0.5, 100, 2); print(is_compiled(kernel))\n"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_DISABLE_JIT": off},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for off in ("0", "0", "1")
    ]
    assert outputs == [["False", "True"], ["True", "True"], ["True", "True"]]


def test_code_from_before_a_change_is_not_used(monkeypatch, tmp_path):
    for name, age in (("old", 100.0), ("new", -100.0)):
        path = tmp_path / f"some_kernels.{name}-1.py311.nbi"
        path.touch()
        changed = jit._newest_source() - age
        os.utime(path, (changed, changed))
    (tmp_path / "some_kernels.old-1.py311.1.nbc").touch()
    jit._forget_stale(str(tmp_path))
    assert sorted(path.name for path in tmp_path.glob("*.nbi")) == ["some_kernels.new-1.py311.nbi"]


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
        "    problem_of(z[:30], x[:30]).data, 1, np.random.SeedSequence(1))\n"
        "print(tally.ancestor, tally.acts, tally.log_density.round(6).tolist(),\n"
        "    tally.unseen_log_density.round(6).tolist())\n"
    )
    outputs = printed_with_and_without_the_jit(script)
    assert outputs[0] == outputs[1] != ""
