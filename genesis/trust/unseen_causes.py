"""Signs of what the model cannot know: causes that nobody measured, genes without an anchor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from genesis.findings.relations import RELATION_NAMES, RESTS_ON
from genesis.io.ids import counted
from genesis.posterior.model.hidden_factors import most_factors
from genesis.trust.check import AMBER, GREEN, RED, UNCHECKED, Check

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = [
    "FEWEST_ANCHORED",
    "FEW_ANCHORED",
    "MOST_ALONE",
    "MOST_ALONE_UNTESTED",
    "SOME_ALONE_UNTESTED",
    "check_anchors",
    "check_evidence",
    "check_hidden_causes",
]

#: Share of the claims that may rest on expression alone.
MOST_ALONE = 0.9
#: The same where too few of the kind could be tested in other samples: a few, and most of them.
SOME_ALONE_UNTESTED, MOST_ALONE_UNTESTED = 0.2, 0.5
#: Shares of the genes with an anchor below which directions are told by few, or by next to none.
FEW_ANCHORED, FEWEST_ANCHORED = 0.5, 0.1
_ALONE = "expression alone"


def check_hidden_causes(run: dict[str, Any]) -> Check:
    """Whether there may be more hidden factors than were fitted.

    Parameters
    ----------
    run : dict
        The record of a run.
    """
    name = "hidden causes"
    options, counts, found = run.get("options", {}), run.get("counts", {}), run.get("calibrated")
    taken_out = options.get("expression_pcs", "none") not in (0, "none")
    if found is None or options.get("hidden_factors") in (0, "none"):
        if taken_out:
            return Check(
                name, GREEN, "Components of expression were taken out as causes nobody measured."
            )
        return Check(
            name,
            AMBER,
            "No hidden factors were fitted: what no covariate holds of batches, cell types and "
            "other common causes looks like effects of genes.",
            "Take components of expression out (--expression-pcs), or "
            + ("use --method calibrated." if found is None else "leave --hidden-factors at auto."),
        )
    used = found.get("hidden_factors_used", 0)
    if options.get("hidden_factors", "auto") != "auto":
        return Check(name, GREEN, f"{counted(used, 'hidden factor')} fitted, as asked for.")
    if not used:
        return Check(name, GREEN, "No hidden factors are needed: they predict no better.")
    n_degrees = counts.get("samples", 0) - 1 - counts.get("covariate_rank", 0)
    most = most_factors(counts.get("genes", 0), n_degrees)
    if used >= most:
        return Check(
            name,
            AMBER,
            f"{counted(used, 'hidden factor')} fitted, which is the most for so many samples and "
            "genes: there may be more, whose targets then look like effects of genes.",
            "Take known causes out as covariates, or components of expression "
            "(--expression-pcs with --hidden-factors none), and compare.",
        )
    return Check(name, GREEN, f"{counted(used, 'hidden factor')} fitted, of at most {most}.")


def check_evidence(findings: Findings) -> Check | None:
    """What the claims rest on; None for the rules, whose claims have witnesses each.

    Parameters
    ----------
    findings : Findings
    """
    if "calibrated" not in findings.run:
        return None
    name = "what claims rest on"
    pairs = findings.pairs
    is_claim = pairs.relation == RELATION_NAMES.index("ancestor")
    kinds = np.asarray(pairs.rests_on)[is_claim]
    own, elsewhere, alone = (int(np.count_nonzero(kinds == k)) for k in range(len(RESTS_ON)))
    n = own + elsewhere + alone
    if not n:
        return Check(name, UNCHECKED, "There is no ancestor claim.")
    said = (
        f"Of {counted(n, 'ancestor claim', ',')} {own:,} rest on an anchor of the ancestor's own, "
        f"{elsewhere:,} on anchors elsewhere, {alone:,} on expression alone "
        f"({alone / n:.2f} of them)."
    )
    curves = (findings.run.get("self_test") or {}).get("curves") or {}
    tested = bool(curves.get(_ALONE, {}).get("is_known"))
    if not tested:
        said += " Whether claims of the last kind hold could not be tested in other samples."
    level = GREEN
    if alone / n > (MOST_ALONE if tested else SOME_ALONE_UNTESTED):
        level = AMBER
    if alone / n > MOST_ALONE_UNTESTED and not tested:
        level = RED
    advice = (
        "A hidden cause of two genes looks the same as an effect: build on claims that rest on an "
        "anchor (column rests_on of the relations)."
    )
    return Check(name, level, said, "" if level == GREEN else advice)


def check_anchors(findings: Findings) -> Check:
    """How many genes have a variant of their own that tells direction.

    Parameters
    ----------
    findings : Findings
    """
    name = "anchors"
    n = len(findings.genes)
    without = findings.run.get("counts", {}).get("genes_without_anchor")
    if without is None or not n:
        return Check(name, UNCHECKED, "How many genes have an anchor is not known.")
    share = (n - without) / n
    level = RED if share < FEWEST_ANCHORED else AMBER if share < FEW_ANCHORED else GREEN
    said = f"{n - without:,} of {counted(n, 'gene', ',')} have an anchor ({share:.2f})."
    advice = (
        "The place of the others is told by what they hold alone. More samples, more variants "
        "near genes (--maf, --cis-window) or a list of known eQTLs (--anchors) give more."
    )
    if level == RED:
        advice = (
            "So few may mean that expression and genotypes are not of the same people: check the "
            f"labels. {advice}"
        )
    return Check(name, level, said, "" if level == GREEN else advice)
