"""What a run says of itself as a row in a report of MultiQC, beside other steps of a pipeline.

MultiQC takes every file ``*_mqc.json`` for a part of its report, and files with the same ``id`` for
rows of one table, so that neither a plugin nor a configuration is needed there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["multiqc_json"]


class _Column(NamedTuple):
    """A column of the table: where its number stands in the record of a run, and what it says."""

    place: tuple[str, ...]
    title: str
    description: str
    format: str = "{:,.0f}"
    scale: str = "Blues"


#: In the order of the table. A method that has no such number leaves the cell empty.
_COLUMNS = {
    "samples": _Column(("counts", "samples"), "Samples", "Samples that all inputs have"),
    "variants": _Column(("counts", "variants"), "Variants", "Variants that passed the filters"),
    "genes": _Column(("counts", "genes"), "Genes", "Genes that were analysed"),
    "genes_without_anchor": _Column(
        ("counts", "genes_without_anchor"),
        "No anchor",
        "Genes that no variant anchors",
        scale="Oranges",
    ),
    "ancestor": _Column(
        ("counts", "ancestor"),
        "Ancestors",
        "Pairs of which one gene is an ancestor",
        scale="Greens",
    ),
    "direct": _Column(("counts", "direct"), "Direct", "Ancestors with an edge", scale="Greens"),
    "unresolved": _Column(
        ("counts", "unresolved"), "Unresolved", "Pairs that are not certain enough", scale="Oranges"
    ),
    "expected_fdr": _Column(
        ("calibrated", "expected_fdr", "ancestor"),
        "FDR",
        "Expected false discovery rate of the ancestors",
        format="{:,.3f}",
        scale="Reds",
    ),
    "deviation_between_chains": _Column(
        ("calibrated", "largest_deviation_between_chains"),
        "Chains differ",
        "Largest standard deviation of a posterior between chains",
        format="{:,.2f}",
        scale="Reds",
    ),
    "r_hat": _Column(
        ("calibrated", "r_hat_of_log_density"),
        "R-hat",
        "R-hat of the log density of the graphs, near 1 where chains draw from one distribution",
        format="{:,.2f}",
        scale="Reds",
    ),
}


def multiqc_json(run: Mapping[str, Any], name: str) -> bytes:
    """The record of a run as custom content of MultiQC.

    Parameters
    ----------
    run : mapping
        The content of ``PREFIX.run.json``, which is `run` of a result.
    name : str
        Of the run, as the name of its row.

    Returns
    -------
    bytes
        JSON, for a file whose name ends in ``_mqc.json``.

    Examples
    --------
    >>> text = multiqc_json({"counts": {"samples": 300, "ancestor": 4}}, "liver")
    >>> json.loads(text)["data"]
    {'liver': {'samples': 300, 'ancestor': 4}}
    """
    row = {key: _number(run, *column.place) for key, column in _COLUMNS.items()}
    headers = {key: column._asdict() for key, column in _COLUMNS.items()}
    for header in headers.values():
        del header["place"]
    section = {
        "id": "genesis",
        "section_name": "GENESIS",
        "description": "Which genes lie upstream of which, from genotypes and expression.",
        "plot_type": "table",
        "pconfig": {"id": "genesis_table", "title": "GENESIS: runs", "col1_header": "Run"},
        "headers": headers,
        "data": {name: {key: value for key, value in row.items() if value is not None}},
    }
    return (json.dumps(section, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _number(run: Mapping[str, Any], *place: str) -> float | None:
    found: Any = run
    for key in place:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, int | float) and abs(found) < float("inf") else None
