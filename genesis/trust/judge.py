"""One verdict on a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from genesis.io.ids import counted
from genesis.showing import Shown
from genesis.trust.chain_agreement import check_chains
from genesis.trust.check import AMBER, GREEN, RED, UNCHECKED, Check, worst
from genesis.trust.other_samples import check_other_samples
from genesis.trust.sample_checks import check_exchanged, check_related
from genesis.trust.unseen_causes import check_anchors, check_evidence, check_hidden_causes

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["Verdict", "judge"]


@dataclass(frozen=True, repr=False)
class Verdict(Shown):
    """Whether to trust a run, by rules that docs/trust.md states.

    Attributes
    ----------
    level : {"green", "amber", "red"}
        The worst of those of the checks.
    headline : str
        The verdict in a sentence.
    checks : tuple of Check
        Each with ``name``, ``level``, ``found`` (sentences with numbers) and ``advice``.

    Examples
    --------
    >>> import numpy as np
    >>> import genesis
    >>> rng = np.random.default_rng(1)
    >>> z = rng.binomial(2, 0.4, size=(500, 2)).astype(float)
    >>> a = z[:, 0] + rng.normal(size=500)
    >>> result = genesis.discover(z, np.column_stack([a, a + z[:, 1] + rng.normal(size=500)]))
    >>> result.verdict.level
    'amber'
    >>> {check.name: check.level for check in result.verdict.checks}["other samples"]
    'amber'
    """

    level: str
    headline: str
    checks: tuple[Check, ...]

    @property
    def lines(self) -> list[str]:
        """The headline, then a line a check."""
        return [self.headline, *map(str, self.checks)]

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def _rows(self) -> Iterator[tuple[str, str]]:
        yield "verdict", self.headline
        for check in self.checks:
            yield check.name, f"{check.level}: {check.found}"

    def record(self) -> dict[str, Any]:
        """The same as values of JSON."""
        return {
            "level": self.level,
            "headline": self.headline,
            "checks": [asdict(check) for check in self.checks],
        }


def judge(findings: Findings) -> Verdict:
    """Make all checks of a run.

    Parameters
    ----------
    findings : Findings
    """
    run = findings.run
    found = run.get("calibrated")
    made = (
        None if found is None else check_chains(found),
        check_other_samples(run),
        check_hidden_causes(run),
        check_evidence(findings),
        check_anchors(findings),
        check_related(run),
        check_exchanged(run),
    )
    checks = tuple(check for check in made if check is not None)
    level = worst([check.level for check in checks])
    return Verdict(level, _headline(level, checks), checks)


def _headline(level: str, checks: tuple[Check, ...]) -> str:
    n_made = sum(check.level != UNCHECKED for check in checks)
    names = {
        which: ", ".join(check.name for check in checks if check.level == which)
        for which in (AMBER, RED)
    }
    if level == GREEN:
        return (
            f"Verdict: green. Of {counted(n_made, 'check')} none speaks against this run; what it "
            "claims still holds as far as its model does."
        )
    care = f"look with care at: {names[AMBER]}"
    if level == AMBER:
        return f"Verdict: amber. Usable as leads; {care}."
    also = f"; {care}" if names[AMBER] else ""
    return f"Verdict: red. Do not build on this run before you have dealt with: {names[RED]}{also}."
