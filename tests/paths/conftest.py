"""Hand-made graphs are few."""

from __future__ import annotations

import pytest

from genesis.paths import quantiles


@pytest.fixture(autouse=True)
def few_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intervals of as few values as there are."""
    monkeypatch.setattr(quantiles, "FEWEST", 1)
