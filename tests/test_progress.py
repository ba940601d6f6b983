"""What `genesis.discover` says of how far it is."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

import genesis


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(5)
    z = rng.binomial(2, 0.4, size=(160, 12)).astype(float)
    x = z + rng.normal(size=(160, 12)) + rng.normal(size=(160, 1))
    x[:, 1] += x[:, 0]
    return z, x


@pytest.mark.parametrize("more", [{}, {"hidden_factors": "none"}, {"self_test": "off"}])
def test_each_stage_goes_on_and_never_back(more, data):
    heard = []
    genesis.discover(*data, threads=1, progress=lambda *step: heard.append(step), **more)
    stages = {}
    for stage, done, total in heard:
        stages.setdefault(stage.removesuffix(" with hidden factors"), []).append(done / total)
    expected = {"anchors", "sampling"} | ({"self-test"} if "self_test" not in more else set())
    assert set(stages) == expected
    for shares in stages.values():
        assert shares == sorted(shares)
        assert shares[-1] == 1.0


def test_stages_that_are_under_way_at_once_are_told_of_one_at_a_time(data):
    """The self-test goes on while chains of all samples do; what hears of them needs no lock."""
    inside, heard = threading.Lock(), []

    def progress(stage, done, total):
        assert inside.acquire(blocking=False)
        heard.append((stage, done / total, threading.get_ident()))
        time.sleep(0.002)
        inside.release()

    genesis.discover(*data, threads=4, progress=progress)
    shares = {}
    for stage, share, _ in heard:
        shares.setdefault(stage.split()[0], []).append(share)
    assert all(one == sorted(one) for one in shares.values())
    stages = [stage.split()[0] for stage, _, _ in heard if not stage.startswith("anchors")]
    first, last = stages.index("sampling"), len(stages) - stages[::-1].index("self-test")
    assert first < last
    assert len({thread for *_, thread in heard}) > 2


def test_a_bar_for_python(data, capsys):
    result = genesis.discover(*data, method="rules", progress=True)
    lines = capsys.readouterr().err.splitlines()
    assert any(" left" in line and "sweep 1" in line for line in lines)
    assert result.ancestrality.equals(genesis.discover(*data, method="rules").ancestrality)
    assert capsys.readouterr().err == ""
