"""What went into a run and what was left out, as rows for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from genesis.inputs.layer_order import TRAIT
from genesis.io.exclusions import count_reasons
from genesis.report.style import with_minus

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = [
    "chain_rows",
    "exclusion_rows",
    "inputs_rows",
    "kept_rows",
    "plain",
    "preparation_record",
]

_EXAMPLES = 3


def kept_rows(result: Findings) -> list[dict[str, Any]]:
    """Samples, variants and genes: how many were analysed and how many left out, and why.

    Parameters
    ----------
    result : Findings
    """
    counts = result.run.get("counts", {})
    layer = result.genes.get("layer")
    n_traits = 0 if layer is None else int((layer == TRAIT).sum())
    kept = {
        "sample": counts.get("samples"),
        "variant": counts.get("variants"),
        "gene": len(result.genes) - n_traits,
        "trait": n_traits or None,
        "covariate": None,
    }
    reasons = count_reasons(result.excluded)
    rows = []
    for kind in kept:
        lost = {reason: n for (of, reason), n in reasons.items() if of == kind}
        if kept[kind] is None and not lost:
            continue
        # A gene that does not vary has its row in the matrix, all of it unresolved.
        apart = lost.get("constant", 0) + lost.get("copy", 0) if kind in ("gene", "trait") else 0
        in_table = set(result.gene_ids) if apart else set()
        listed = result.excluded[
            (result.excluded["kind"] == kind) & result.excluded["reason"].isin(("constant", "copy"))
        ]["id"]
        still = sum(name in in_table for name in listed) if apart else 0
        number = kept[kind]
        rows.append(
            {
                "kind": f"{kind}s",
                "kept": None if number is None else number - still,
                "lost": sum(lost.values()),
                "why": ", ".join(f"{reason}: {n:,}" for reason, n in lost.items()),
            }
        )
    return rows


def exclusion_rows(result: Findings) -> list[dict[str, Any]]:
    """Reasons with counts, and the first ids of each with their details."""
    rows = []
    for (kind, reason), n in count_reasons(result.excluded).items():
        table = result.excluded
        some = table[(table["kind"] == kind) & (table["reason"] == reason)].head(_EXAMPLES)
        examples = [
            f"{row['id']} ({row['detail']})" if row["detail"] else str(row["id"])
            for row in some.to_dict("records")
        ]
        more = f" and {n - len(examples):,} more" if n > len(examples) else ""
        rows.append(
            {"kind": kind, "reason": reason, "n": n, "examples": "; ".join(examples) + more}
        )
    return rows


def chain_rows(result: Findings) -> list[dict[str, Any]]:
    """What each chain of method `calibrated` learned."""
    return [
        {
            "number": at + 1,
            "factors": chain["hidden_factors"],
            "weight": f"{chain['weight']:.2f}",
            "behind": with_minus(f"{chain['predictive_density_behind_best']:.1f}"),
            "loo": _number(chain.get("elpd_loo"), ",.1f"),
            "pareto_k": _number(chain.get("largest_pareto_k"), ".2f"),
            "members": {name: f"{x:,.1f}" for name, x in chain["members"].items()},
        }
        for at, chain in enumerate(result.run.get("calibrated", {}).get("chains", []))
    ]


def _number(value: float | None, form: str) -> str:
    """A number that was not estimated in every run."""
    return "–" if value is None else with_minus(format(value, form))


def preparation_record(result: Findings) -> dict[str, Any] | None:
    """What was done before the run, without what figures show and without scores of samples.

    Shares of heterozygous calls are a figure, and how well each sample fits its genotypes says
    nothing beside what was concluded of it.
    """
    record: dict[str, Any] | None = result.run.get("preparation")
    if not record:
        return record
    shown = dict(record)
    if isinstance(kinship := record.get("kinship"), dict):
        shown["kinship"] = {name: x for name, x in kinship.items() if name != "samples"}
    if isinstance(swaps := record.get("swaps"), dict):
        shown["swaps"] = {
            "cis_effects": swaps.get("cis_effects"),
            "probability_that_an_exchange_of_two_is_found": swaps.get("power"),
            "samples": swaps.get("verdicts", {}),
            "expression_that_fits_the_genotypes_of_another": [
                {"sample": row["sample"], "fits": row["best_other"], "probability": row["other"]}
                for row in swaps.get("candidates") or []
            ],
        }
    return shown


def inputs_rows(result: Findings) -> list[dict[str, str]]:
    """Files that were read, with their sizes and digests."""
    files = [
        (name, file)
        for name, entry in result.run.get("inputs", {}).items()
        for one in (entry if isinstance(entry, list) else [entry])
        for file in one.get("files", [one])
    ]
    return [
        {
            "name": name,
            "path": str(entry.get("path", "")),
            "bytes": f"{entry['bytes']:,}" if "bytes" in entry else "",
            "sha256": str(entry.get("sha256", "")),
        }
        for name, entry in files
    ]


def plain(value: Any) -> str:
    """A value of the record of a run as text."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return with_minus(f"{value:,}")
    if isinstance(value, float):
        return "–" if pd.isna(value) else with_minus(f"{value:g}")
    return str(value)
