"""Are claims seen again in samples that had no part in them?"""

from __future__ import annotations

from typing import Any

from genesis.trust.check import AMBER, GREEN, RED, Check

__all__ = ["LEAST_SEEN", "check_other_samples"]

#: With less than this share of the effects that claims predict, most of what they say is not so.
LEAST_SEEN = 0.5

_OTHERS = (
    "`genesis replicate` tests claims in other samples: more splits of these, or a second cohort."
)
#: Where the self-test was not made, or could not test anything.
_ADVICE = {
    "not made": "More genes and samples would tell.",
    "any variant": (
        "Give positions of genes and variants (--genes, without --all-snps), and claims are tested."
    ),
}


def check_other_samples(run: dict[str, Any]) -> Check:
    """Judge what the self-test found.

    Parameters
    ----------
    run : dict
        The record of a run.
    """
    name = "other samples"
    found = run.get("self_test")
    if not found:
        by_rules = run.get("options", {}).get("method", "rules") == "rules"
        why = "the rules have no self-test" if by_rules else "the self-test was off"
        advice = "--method calibrated tests itself." if by_rules else "Leave --self-test at auto."
        return Check(
            name, AMBER, f"No claim was looked for in samples without a part in it: {why}.", advice
        )
    outcome = found.get("outcome") or {"says": "cannot tell"}
    says, seen = outcome["says"], outcome.get("seen") or 0.0
    said = found["verdict"]
    if says in ("hold", "more"):
        return Check(name, GREEN, said)
    if says == "nothing" or (says == "less" and seen < LEAST_SEEN):
        return Check(
            name,
            RED,
            said,
            "Posteriors were lowered by what was seen, so that fewer are claims. Look for what "
            "samples have in common: covariates, batches, --hidden-factors auto.",
        )
    if says == "less":
        return Check(
            name, AMBER, said, "Posteriors were lowered by what was seen: take them as they are."
        )
    return Check(name, AMBER, said, _ADVICE.get(says, f"More samples would tell. {_OTHERS}"))
