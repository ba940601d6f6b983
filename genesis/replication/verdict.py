"""What a table of replication says, in words."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from scipy import stats

from genesis.io.ids import counted

__all__ = [
    "FEWEST_LOCI",
    "LARGEST_SE",
    "half_width",
    "has_power",
    "outcome",
    "verdict",
    "verdicts_by_layers",
]

#: Above this standard error, or with fewer loci, a share says nothing.
LARGEST_SE, FEWEST_LOCI = 0.25, 3
#: A share that differs from what was expected by no more than this is as expected, however many
#: claims there are to tell the difference by.
CLOSE = 0.03
#: Level of the interval within which a share is what was expected.
_LEVEL = 0.95


def has_power(row: Any) -> bool:
    """Whether a row of the table says something.

    Parameters
    ----------
    row : mapping or pandas.Series
        With ``n_loci`` and ``se_between``.
    """
    return bool(row["n_loci"] >= FEWEST_LOCI and row["se_between"] <= LARGEST_SE)


def half_width(n_loci: float, se_between: float) -> float:
    """Half of the 95 % interval of a share as a statement on such claims in general.

    Parameters
    ----------
    n_loci : int
        So many parts went into the error, less one degrees of freedom.
    se_between : float

    Examples
    --------
    >>> round(half_width(30, 0.1), 2), round(half_width(4, 0.1), 2), half_width(2, float("inf"))
    (0.2, 0.32, inf)
    """
    return float(stats.t.ppf(0.5 + _LEVEL / 2, max(n_loci - 1, 1)) * se_between)


def verdict(table: pd.DataFrame, n_claimed: dict[float, int], n_splits: int = 1) -> str:
    """Say how much of what claims predict was seen in other samples.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `replication_table`.
    n_claimed : dict of float to int
        Claims in each bin, tested or not, by its lower end.
    n_splits : int
        Splits of the samples that the claims are of.

    Examples
    --------
    >>> row = dict(rests_on="all", lower=0.9, upper=1.0, n_claims=57, n_loci=23, share=0.91,
    ...     se=0.09, se_between=0.10, mean_posterior=0.96)
    >>> print(verdict(pd.DataFrame([row]), {0.9: 230}))
    Of 230 claims at a posterior of 0.9 or more, 57 could be tested at 23 loci: 0.91 ± 0.10 of \
the effects they predict was seen in the other samples (0.96 expected). Within its error this is \
what they promise.
    """
    without, row = _judged_bin(table, n_claimed)
    lines = [f"There is no claim at {_posterior(one)}." for one in without]
    if row is None:
        return " ".join([*lines, "There is nothing to test."])
    return " ".join([*lines, _of_bin(row, n_claimed[row["lower"]], n_splits)])


def verdicts_by_layers(table: pd.DataFrame, n_splits: int = 1) -> list[str]:
    """Say the same of each ordered pair of layers of which there are claims.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `replication_by_layers`.
    n_splits : int
        Splits of the samples that the claims are of.

    Examples
    --------
    >>> row = dict(from_layer="expression", to_layer="trait", lower=0.9, upper=1.0, n_claimed=9,
    ...     n_claims=7, n_loci=6, share=0.91, se=0.09, se_between=0.10, mean_posterior=0.96)
    >>> print(verdicts_by_layers(pd.DataFrame([row]))[0])
    From expression to trait: of 9 claims at a posterior of 0.9 or more, 7 could be tested at 6 \
loci: 0.91 ± 0.10 of the effects they predict was seen in the other samples (0.96 expected). \
Within its error this is what they promise.
    """
    said = []
    for (first, second), rows in table.groupby(["from_layer", "to_layer"], sort=False):
        n_claimed = dict(zip(rows["lower"], rows["n_claimed"], strict=True))
        _, row = _judged_bin(rows.assign(rests_on="all"), n_claimed)
        if row is not None:
            words = _of_bin(row, row["n_claimed"], n_splits)
            said.append(f"From {first} to {second}: {words[0].lower()}{words[1:]}")
    return said


def outcome(table: pd.DataFrame, n_claimed: dict[float, int]) -> dict[str, Any]:
    """The same for programs: ``says``, and the shares ``seen`` and ``expected`` (None where none).

    What it ``says`` of the surest claims is that they ``hold``, that there is ``more`` than they
    predict, ``less``, next to ``nothing``, or that one ``cannot tell``.

    Examples
    --------
    >>> row = dict(rests_on="all", lower=0.9, upper=1.0, n_claims=57, n_loci=23, share=0.51,
    ...     se=0.09, se_between=0.10, mean_posterior=0.96)
    >>> outcome(pd.DataFrame([row]), {0.9: 230})
    {'says': 'less', 'seen': 0.51, 'expected': 0.96}
    """
    _, row = _judged_bin(table, n_claimed)
    if row is None or not row["n_claims"] or not has_power(row):
        return {"says": "cannot tell", "seen": None, "expected": None}
    share, expected = row["share"], row["mean_posterior"]
    says = _says(share, half_width(row["n_loci"], row["se_between"]), expected)
    return {"says": says, "seen": round(share, 4), "expected": round(expected, 4)}


def _judged_bin(
    table: pd.DataFrame, n_claimed: dict[float, int]
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """The surest bin with a claim, None for none, and those without one that are surer."""
    rows = table[table["rests_on"] == "all"].sort_values("lower", ascending=False)
    without: list[dict[str, Any]] = []
    for row in rows.to_dict("records"):
        if n_claimed.get(row["lower"], 0):
            return without, row
        without.append(row)
    return without, None


def _posterior(row: dict[str, Any]) -> str:
    if row["upper"] == 1.0:
        return f"a posterior of {row['lower']:g} or more"
    return f"a posterior from {row['lower']:g} to {row['upper']:g}"


def _of_bin(row: dict[str, Any], n_claimed: int, n_splits: int) -> str:
    among = f"Of {counted(n_claimed, 'claim', ',')} at {_posterior(row)}"
    among += f" (all {n_splits} splits together)" if n_splits > 1 else ""
    tested, loci = row["n_claims"], row["n_loci"]
    if not tested:
        return f"{among}, none could be tested: this says nothing for or against them."
    said = f"{among}, {tested:,} could be tested at {loci} {'locus' if loci == 1 else 'loci'}"
    share, se, expected = row["share"], row["se_between"], row["mean_posterior"]
    if not has_power(row):
        error = f" ± {se:.2f}" if math.isfinite(se) else ""
        return (
            f"{said}, which is too little to tell ({_two(share)}{error} of the effects they "
            f"predict was seen in the other samples, {expected:.2f} expected): this says nothing "
            "for or against them."
        )
    digits = 2 if se >= 0.005 else 4
    seen = (
        f"{said}: {_two(share)} ± {se:.{digits}f} of the effects they predict was seen in the "
        f"other samples ({expected:.2f} expected)."
    )
    return f"{seen} {_conclusion(share, half_width(loci, se), expected)}"


def _two(share: float) -> str:
    return f"{share:.2f}".replace("-", "−")


def _conclusion(share: float, error: float, expected: float) -> str:
    return {
        "nothing": "Next to nothing of them is seen again: take them for false.",
        "less": (f"They promise too much: about {max(share, 0.0):.2f} of these effects is real."),
        "more": "More is seen than they predict: effects or posteriors are too small.",
        "hold": (
            "Within its error this is what they promise."
            if abs(share - expected) <= error
            else f"To within {CLOSE:g} this is what they promise."
        ),
    }[_says(share, error, expected)]


def _says(share: float, error: float, expected: float) -> str:
    error = max(error, CLOSE)
    if share + error < expected:
        return "nothing" if share - error <= 0.0 else "less"
    return "more" if share - error > expected else "hold"
