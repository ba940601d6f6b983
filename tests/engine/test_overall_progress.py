"""One bar for a whole run: its share never falls, and the time left does not jump."""

from __future__ import annotations

import io
import itertools
import sys
from types import SimpleNamespace

import pytest
from rich.console import Console

from genesis.engine import progress_bar
from genesis.engine.overall_progress import Overall, Parts
from genesis.engine.progress_bar import ProgressBar


class Clock:
    def __init__(self):
        self.time = 100.0

    def __call__(self):
        return self.time


def play(expected, actual, alike=(), reports=50):
    """A run whose stages take so long, each with so many reports; share and time left at each."""
    clock = Clock()
    overall = Overall(clock)
    overall.expect(expected, alike)
    seen = []
    for stage, seconds in actual:
        for done in range(reports + 1):
            clock.time += seconds / (reports + 1)
            overall.report(stage, done, reports)
            seen.append((clock.time - 100.0, overall.share, overall.left))
    return seen


def test_where_all_goes_as_expected_the_bar_goes_with_the_time():
    expected = {"reading": 20.0, "self-test": 100.0, "sampling": 300.0, "tables": 10.0}
    for elapsed, share, left in play(expected, expected.items()):
        assert share == pytest.approx(elapsed / 430, abs=0.02)
        assert left == pytest.approx(430 - elapsed, abs=12)


@pytest.mark.parametrize("factor", [0.3, 3.0])
def test_a_machine_that_is_faster_or_slower_is_seen_in_the_first_stage_of_a_kind(factor):
    expected = {"reading": 20.0, "self-test": 200.0, "sampling": 200.0}
    actual = [("reading", 20.0), ("self-test", factor * 200.0), ("sampling", factor * 200.0)]
    seen = play(expected, actual, alike=("self-test", "sampling"))
    total = seen[-1][0]
    for (_, before, left_before), (_, share, left) in itertools.pairwise(seen):
        assert 0 <= share - before < 0.05
        assert left - left_before < 0.05 * total
    # At the end of the self-test it is known what sampling will take.
    _, share, left = seen[101]
    assert left == pytest.approx(factor * 200, rel=0.35)
    assert seen[-1][1] > 0.9


def test_a_wrong_guess_of_reading_says_nothing_of_the_chains():
    expected = {"reading": 10.0, "self-test": 100.0, "sampling": 200.0}
    seen = play(expected, [("reading", 60.0)], alike=("self-test", "sampling"))
    assert seen[-1][2] == pytest.approx(300, abs=15)


def test_stages_that_do_not_come_and_chains_that_are_added():
    expected = {"kinship": 5.0, "self-test": 50.0, "sampling": 50.0, "writing": 1.0}
    # The self-test ends half way, and sampling takes thrice as long; another stage is unheard of.
    clock = Clock()
    overall = Overall(clock)
    overall.expect(expected, ("self-test", "sampling"))
    shares = []

    def report(stage, done, seconds):
        clock.time += seconds
        overall.report(stage, done, 10)
        shares.append(overall.share)

    for done in (*range(6), 10):
        report("self-test with hidden factors", done, 5.0)
    report("something else", 3, 1.0)
    for done in range(11):
        report("sampling", done, 15.0)
    report("writing outputs", 10, 1.0)
    assert shares == sorted(shares)
    assert max(b - a for a, b in itertools.pairwise(shares)) < 0.25
    assert shares[-1] > 0.85
    assert overall.stage == "writing outputs"


def test_without_expectations_a_stage_is_all_there_is():
    clock = Clock()
    overall = Overall(clock)
    assert (overall.share, overall.left) == (None, None)
    overall.report("compiling", 0, 0)
    assert (overall.share, overall.left) == (None, None)
    overall.report("reading", 0, 4)
    clock.time += 10
    overall.report("reading", 1, 4)
    assert overall.share == 0.25
    assert overall.left == pytest.approx(30)
    overall.report("split 1", 0, 2)
    assert overall.share == 0


def test_stages_of_one_kind_are_under_way_at_once():
    overall = Overall(Clock())
    overall.expect({"self-test": 10.0, "sampling": 30.0, "tables": 0.0}, ("self-test", "sampling"))
    shown = []
    for stage, done in (
        ("self-test", 4), ("sampling", 2), ("self-test", 7), ("sampling", 3), ("self-test", 10),
        ("sampling", 4), ("tables", 1),
    ):  # fmt: skip
        overall.report(stage, done, 10)
        shown.append(overall.stage)
    assert shown == [*["self-test"] * 5, "sampling", "tables"]


def test_the_time_left_goes_on_while_nothing_is_heard():
    clock = Clock()
    overall = Overall(clock)
    overall.expect({"sampling": 60.0})
    overall.report("sampling", 0, 10)
    assert overall.left == pytest.approx(60)
    clock.time += 25
    assert overall.left == pytest.approx(35)
    assert overall.elapsed == 25
    clock.time += 50
    assert overall.left == 0


def test_parts_are_weighed_by_what_is_left():
    heard = []
    parts = Parts(lambda *step: heard.append(step[1] / step[2]))
    first = parts.part(1.0, 3.0)
    first("a", 0, 7)
    first("a", 7, 7)
    # More is left than was thought: what is done stays done.
    second = parts.part(1.0, 8.0)
    second("b", 0, 2)
    second("b", 2, 2)
    parts.part(5.0, 0.0)("c", 1, 1)
    assert heard == pytest.approx([0, 0.25, 0.25, 0.25 + 0.75 / 9, 1.0], abs=1e-4)


def test_parts_may_be_under_way_at_once():
    heard = []
    parts = Parts(lambda *step: heard.append(step[1] / step[2]))
    first, second = parts.part(1.0, 3.0), parts.part(2.0, 1.0)
    second("b", 1, 2)
    first("a", 1, 2)
    second("b", 2, 2)
    first("a", 2, 2)
    assert heard == pytest.approx([0.25, 0.375, 0.625, 0.75], abs=1e-4)


def test_lines_have_the_share_and_the_time_left(capsys):
    bar = ProgressBar(Console(file=io.StringIO()))
    bar("reading", 0, 0)
    bar.expect({"reading": 1.0, "sampling": 600.0})
    with bar.showing():
        bar("sampling", 0, 10)
        bar("sampling", 1, 10)  # too soon for another line
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("] reading ...")
    assert second.endswith("] sampling ... 0 %, about 10 minutes left")


def test_a_terminal_has_one_bar_for_all_stages():
    file = io.StringIO()
    bar = ProgressBar(Console(file=file, force_terminal=True, width=100, color_system=None))
    bar.expect({"self-test": 100.0, "sampling": 100.0})
    with bar.showing():
        bar("self-test", 1, 2)
        bar._bar.refresh()
        bar("sampling with hidden factors", 1, 2)
        assert len(bar._bar.tasks) == 1
        bar._bar.refresh()
    text = file.getvalue()
    assert "self-test" in text
    assert "sampling with hidden factors" in text
    assert " left" in text
    assert bar._bar is None


def test_a_notebook_has_a_line_that_changes(monkeypatch):
    shown = []

    class Cell:
        def update(self, data, raw):
            shown.append(data["text/plain"])

    shell = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=True))
    display = SimpleNamespace(display=lambda data, raw, display_id: Cell())
    monkeypatch.setitem(sys.modules, "IPython", shell)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    bar = ProgressBar(Console(file=io.StringIO()))
    clock = Clock()
    bar._overall = Overall(clock)
    bar.expect({"self-test": 60.0, "sampling": 60.0})
    monkeypatch.setattr(progress_bar, "_NOTEBOOK_SECONDS", 0.0)
    with bar.showing():
        bar("self-test", 0, 2)
        clock.time += 60
        bar("sampling", 0, 2)
    assert shown[0] == f"{'░' * 40}   0 %  self-test  0:02:00 left"
    assert shown[1].startswith(f"{'█' * 19}")
    assert "sampling" in shown[1]
    assert shown[-1] == ""
