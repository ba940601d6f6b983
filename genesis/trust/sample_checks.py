"""Are samples independent of each other, and each its own?"""

from __future__ import annotations

from typing import Any

from genesis.io.ids import counted, first_few
from genesis.trust.check import AMBER, GREEN, RED, UNCHECKED, Check

__all__ = ["MOST_RELATED", "check_exchanged", "check_related"]

#: Share of the samples with a duplicate or a relative of the first degree that is too many.
MOST_RELATED = 0.1
#: From this share of all pairs on samples are of a cross, in which nobody stands out.
_CROSS = 0.5
_CLOSE = ("duplicate", "first")
_NOT_LOOKED = "Not looked for."


def check_related(run: dict[str, Any]) -> Check:
    """Judge the kinship of the samples.

    Parameters
    ----------
    run : dict
        The record of a run.
    """
    name = "related samples"
    preparation = run.get("preparation") or {}
    found = preparation.get("kinship")
    if not isinstance(found, dict):
        return Check(name, UNCHECKED, _NOT_LOOKED, "genesis.prepare looks for them.")
    if found.get("median_se") is None:
        return Check(
            name,
            UNCHECKED,
            "Kinship could not be told: it takes heterozygous calls of many variants.",
        )
    n, pairs = preparation["samples"], found["pairs"]
    variants = counted(found["variants"], "variant", ",")
    said = f"By {variants}, which tell kinship to ± {found['median_se']:.3f}, "
    if not pairs:
        return Check(name, GREEN, f"{said}no two of {counted(n, 'sample')} are closely related.")
    if len(pairs) >= _CROSS * n * (n - 1) / 2:
        return Check(name, GREEN, f"{said}nearly all samples are related alike, as in a cross.")
    close = {
        pair[side]
        for pair in pairs
        if pair["degree"] in _CLOSE
        for side in ("sample_a", "sample_b")
    }
    shown = [f"{pair['sample_a']} and {pair['sample_b']} ({pair['degree']})" for pair in pairs]
    said += (
        f"{counted(len(pairs), 'pair', ',')} of samples {'is' if len(pairs) == 1 else 'are'} "
        f"related in the second degree or closer: {first_few(shown, 3)}; {len(close)} of {n} "
        f"samples have a duplicate or a relative of the first degree."
    )
    return Check(
        name,
        RED if len(close) > MOST_RELATED * n else AMBER,
        said,
        "They count as independent and are not: leave one of each pair out (--exclude-samples).",
    )


def check_exchanged(run: dict[str, Any]) -> Check:
    """Judge whether expression and genotypes are of the same people.

    Parameters
    ----------
    run : dict
        The record of a run.
    """
    name = "exchanged samples"
    preparation = run.get("preparation") or {}
    found = preparation.get("swaps")
    if not isinstance(found, dict):
        return Check(name, UNCHECKED, _NOT_LOOKED, "genesis.prepare looks for them.")
    effects = f"by {counted(found['cis_effects'], 'cis effect', ',')}"
    candidates = found.get("candidates")
    if candidates:
        shown = [f"{row['sample']} fits {row['best_other']}" for row in candidates]
        return Check(
            name,
            RED,
            f"The expression of {counted(len(candidates), 'sample')} of {preparation['samples']} "
            f"fits the genotypes of another, {effects}: {first_few(shown, 3)}.",
            "Nothing was changed: correct the labels, or leave these out, and run again.",
        )
    if not found.get("conclusive"):
        return Check(
            name,
            UNCHECKED,
            f"It cannot be told whether samples are exchanged: {effects} an exchange of two would "
            f"be found with probability {found.get('power') or 0.0:.2f}.",
        )
    return Check(
        name,
        GREEN,
        f"None found, {effects}; an exchange of two would be found with probability "
        f"{found['power']:.2f}.",
    )
