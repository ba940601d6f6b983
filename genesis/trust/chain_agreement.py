"""Do the chains agree, on pairs of genes and in what they draw from?"""

from __future__ import annotations

from typing import Any

from genesis.io.ids import counted
from genesis.posterior.chains.chain_weights import AGREEING, AGREEMENT, DIFFERING
from genesis.trust.check import AMBER, GREEN, RED, Check

__all__ = ["FEWEST_DRAWS", "LARGEST_R_HAT", "MOST_DEVIATION", "check_chains"]

#: Above this share of the ancestors on which a chain differs from the mean of all, chains have
#: found different networks. `AGREEMENT` is what they should stay below.
MOST_DEVIATION = 0.5
#: From an R-hat of √2 on chains lie further apart than each of them spreads.
LARGEST_R_HAT = 1.41
#: Of as many independent draws a posterior in the middle has an error of 0.16.
FEWEST_DRAWS = 10.0

_NAMED = 3
_AGAIN = "Run again with another --seed, and keep what both runs claim."


def check_chains(found: dict[str, Any]) -> Check:
    """Compare chains by the posteriors of pairs, by their number, R-hat and bulk ESS.

    Parameters
    ----------
    found : dict
        ``calibrated`` of the record of a run.
    """
    name = "chains"
    deviation = found.get("relative_deviation_between_chains")
    if deviation is None:
        return Check(
            name,
            AMBER,
            "One chain explains the data best and has nearly all of the weight: its posteriors "
            "stand alone, and nothing was compared.",
            _AGAIN,
        )
    number = found["chains_of_equal_weight"]
    said = [
        f"Posteriors are means over what amounts to {number:.1f} chains of equal weight; a chain "
        f"and the mean of all differ on a share of {deviation:.3f} of the ancestors "
        f"({AGREEMENT:g} or less is asked for).",
        *_differing(found),
    ]
    r_hat, draws = found.get("r_hat_of_log_density"), found.get("bulk_ess_of_log_density")
    mixed = []
    if r_hat is not None:
        mixed.append(
            f"an R-hat of {r_hat:.2f}, which is near 1 where chains draw from one distribution"
        )
    if draws is not None:
        mixed.append(f"a bulk ESS of {draws:,.0f} independent draws")
    if mixed:
        said.append(f"The log density of the graphs has {', and '.join(mixed)}.")
    level = GREEN
    if (
        deviation > AGREEMENT
        or number < AGREEING
        or (r_hat or 0.0) > LARGEST_R_HAT
        or (FEWEST_DRAWS if draws is None else draws) < FEWEST_DRAWS
    ):
        level = AMBER
    if deviation > MOST_DEVIATION:
        level = RED
    return Check(name, level, " ".join(said), "" if level == GREEN else _AGAIN)


def _differing(found: dict[str, Any]) -> list[str]:
    """On how many pairs chains differ, and on which most."""
    if found.get("pairs_that_differ") is None:
        return []
    compared, number = found["pairs_compared"], found["pairs_that_differ"]
    said = f"On {number:,} of {counted(compared, 'pair', ',')} they differ by {DIFFERING:g} or more"
    most = [
        f"{pair['gene_a']} before {pair['gene_b']} ({pair['deviation']:.2f})"
        for pair in found["most_differing_pairs"][:_NAMED]
    ]
    return [f"{said}{', most on ' + ', '.join(most) if most else ''}."]
