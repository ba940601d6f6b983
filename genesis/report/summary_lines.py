"""What a run found, as rows and sentences that the terminal and the report share."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from genesis.findings.relations import RELATION_NAMES, RULE_NAMES
from genesis.inputs.layer_order import TRAIT
from genesis.io.ids import counted

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = [
    "direct_line",
    "node_counts",
    "relation_rows",
    "run_date",
    "sampling_lines",
    "share_text",
]

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_MEANING = {
    "ancestor": "ancestor: a before b",
    "nondescendant": "nondescendant: b not before a",
    "unrelated": "unrelated: neither",
}


def relation_rows(result: Findings) -> tuple[str, list[str], list[list[Any]]]:
    """Pairs by relation and rule: a title, the headings, and rows of text and numbers.

    Parameters
    ----------
    result : Findings
    """
    n_genes, pairs = len(result.genes), result.pairs
    n_pairs = n_genes * (n_genes - 1) // 2
    n_rules = len(RULE_NAMES)
    cells = np.bincount(
        pairs.relation.astype(np.int64) * n_rules + pairs.rule,
        minlength=len(RELATION_NAMES) * n_rules,
    ).reshape(len(RELATION_NAMES), n_rules)
    cells = cells[: len(_MEANING)]
    by_rules = result.run.get("options", {}).get("method", "rules") == "rules"
    rule = RULE_NAMES.index("R3" if by_rules else "calibrated")
    cells[RELATION_NAMES.index("unrelated"), rule] += result.n_unlisted
    used = [at for at, name in enumerate(RULE_NAMES[:-1]) if (name != "calibrated") == by_rules
            or name == "closure"]  # fmt: skip
    if result.ranks is not None:
        used.append(n_rules - 1)
        cells[RELATION_NAMES.index("nondescendant"), -1] += result.n_by_order
    expected = result.run.get("calibrated", {}).get("expected_fdr", {})
    nodes = " and ".join(counted(n, what, ",") for n, what in node_counts(result))
    title = f"Relations of {nodes}, {counted(n_pairs, 'pair', ',')}"
    head = ["relation of a and b", "pairs", "share", *(RULE_NAMES[at] for at in used)]
    rows: list[list[Any]] = []
    for name, by_rule in zip(_MEANING, cells.tolist(), strict=True):
        total = sum(by_rule)
        rate = expected.get(name)
        shown = [] if not expected else ["-" if rate is None else share_text(rate)]
        share = _share(total, n_pairs)
        rows.append([_MEANING[name], total, share, *(by_rule[at] for at in used), *shown])
    unresolved = result.counts["unresolved"]
    why = "no rule applies" if by_rules else "not certain enough"
    rows.append([f"unresolved: {why}", unresolved, _share(unresolved, n_pairs)])
    return title, [*head, *(["expected FDR"] * bool(expected))], rows


def node_counts(result: Findings) -> list[tuple[int, str]]:
    """How many genes there are; of several layers, how many molecules and traits.

    Parameters
    ----------
    result : Findings
    """
    layer = result.genes.get("layer")
    if layer is None:
        return [(len(result.genes), "gene")]
    n_traits = int((layer == TRAIT).sum())
    return [(len(layer) - n_traits, "molecule"), *[(n_traits, "trait")] * bool(n_traits)]


def _share(part: int, whole: int) -> str:
    if not whole:
        return "-"
    percent = 100 * part / whole
    return "<0.1 %" if 0 < percent < 0.05 else f"{percent:.1f} %"


def share_text(share: float) -> str:
    """A share with three digits after the point; of a smaller one, that it is smaller.

    Examples
    --------
    >>> share_text(0.0123), share_text(1e-6), share_text(0.0)
    ('0.012', '< 0.001', '< 0.001')
    """
    return "< 0.001" if share < 0.0005 else f"{share:.3f}"


def run_date(result: Findings) -> str:
    """The day of the analysis for people; empty where the record does not say.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> run_date(SimpleNamespace(run={"started": "2026-03-05T10:11:12+01:00"}))
    '5 March 2026'
    """
    try:
        day = datetime.fromisoformat(result.run["started"])
    except (KeyError, TypeError, ValueError):
        return ""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def direct_line(result: Findings) -> str:
    """How many of the ancestral claims are direct."""
    is_ancestor = result.pairs.relation == RELATION_NAMES.index("ancestor")
    direct = result.pairs.direct[is_ancestor]
    counts = [int(np.count_nonzero(direct == code)) for code in (1, 0, -1)]
    verb = "is" if counts[0] == 1 else "are"
    text = f"Of the ancestors {counts[0]:,} {verb} direct, {counts[1]:,} indirect"
    return text + (f", {counts[2]:,} undetermined." if counts[2] else ".")


def _factor_line(result: Findings) -> str | None:
    """What was decided on hidden factors."""
    found = result.run.get("calibrated")
    if not found:
        return None
    n_used, n_tried = found["hidden_factors_used"], found["hidden_factors_tried"]
    if n_used:
        return f"Hidden factors: up to {n_used} fitted beside the genetic effects."
    if n_tried:
        return f"Hidden factors: none; a model with up to {n_tried} predicts no better."
    return "Hidden factors: none."


def sampling_lines(result: Findings) -> list[str]:
    """Hidden factors, what halves of the samples say of them, and what is not claimed."""
    factors = _factor_line(result)
    lines = [factors] if factors else []
    found = result.run.get("self_test")
    if not found:
        return lines
    choice = found.get("hidden_factors")
    if choice:
        gain, se = choice["gain_in_unseen_samples"], choice["se"]
        verb = "better" if gain > 0 else "worse"
        lines.append(
            f"Self-test: fitted on half of the samples, hidden factors predict the others "
            f"{verb} by {abs(gain):,.0f} ± {se:,.0f} nats."
        )
    if found.get("unsupported"):
        lines.append(
            f"Not claimed: {counted(found['unsupported'], 'pair', ',')} above one half that "
            "expression alone speaks for, from genes without an anchor. A hidden cause of the two "
            "would look the same, and nothing here can tell."
        )
    return lines
