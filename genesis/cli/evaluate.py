"""``genesis evaluate``: a run held against the network that is known to be true."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from genesis.evaluate import Evaluation

__all__ = ["evaluate"]

_ROWS = (
    ("n_pairs", "ordered pairs of genes"),
    ("n_true", "true"),
    ("n_claimed", "claimed"),
    ("n_correct", "claimed and true"),
    ("n_reversed", "claimed the wrong way round"),
    ("precision", "precision: claims that are true"),
    ("recall", "recall: true relations that are claimed"),
    ("f1", "F1"),
    ("orientation_accuracy", "orientation: claims on related pairs the right way round"),
    ("coverage", "coverage: related pairs claimed either way"),
    ("shd", "structural Hamming distance"),
    ("aupr", "area under precision and recall"),
    ("base_rate", "the same by chance"),
    ("auroc", "area under ROC"),
    ("ece", "calibration error of the posteriors"),
    ("ece_above_half", "the same above one half"),
    ("claimed_fdr", "false discovery rate that the posteriors promise"),
    ("true_fdr", "false discovery rate"),
    ("n_unscored", "claims without a posterior"),
)
_KINDS = {
    "ancestor": "a is an ancestor of b",
    "unrelated": "a and b are unrelated",
    "nondescendant": "b is not an ancestor of a",
    "ancestor_by_closure": "follows: a is an ancestor of b",
    "reverse_of_ancestor": "follows: a is no ancestor of its ancestor",
    "nonancestor_by_closure": "follows: a is not an ancestor of b",
}
_OF_SCORES = ("aupr", "base_rate", "auroc")
_OF_POSTERIORS = ("ece", "ece_above_half", "claimed_fdr", "n_unscored")


@click.command()
@click.option(
    "--run", "prefix", required=True, metavar="PREFIX", help="What was given to --out of the run."
)
@click.option(
    "--truth",
    "truth_path",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The true network as TSV or CSV, may be gzipped: columns parent and child, or ancestor "
    "and descendant (and direct, 0 or 1).",
)
@click.option(
    "--level",
    type=click.Choice(["ancestors", "direct"]),
    default="ancestors",
    show_default=True,
    help="Compare ancestors with the closure of the true edges, or direct claims with the edges.",
)
@click.option(
    "--unnamed",
    type=click.Choice(["drop", "unrelated"]),
    default="drop",
    show_default=True,
    help="Genes that the truth does not name: leave them out, or count all claims on them as "
    "false, which is right where the truth is complete.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def evaluate(prefix: str, truth_path: Path, level: Any, unnamed: Any, as_json: bool) -> None:
    """Compare what a run found with a network that is known to be true.

    \b
    genesis evaluate --run results/run1 --truth simulated/truth.tsv --unnamed unrelated
    """
    import genesis
    from genesis.evaluate import evaluate as evaluate_claims
    from genesis.evaluate import read_truth

    truth = read_truth(truth_path)
    found = evaluate_claims(genesis.load(prefix), truth, level=level, unnamed=unnamed)
    if as_json:
        click.echo(_json(found, {"run": prefix, "truth": str(truth_path), "unnamed": unnamed}))
        return
    from genesis.cli.console import output_console

    console = output_console()
    console.print(_metric_table(found))
    if found.reliability is not None:
        console.print(_reliability_table(found.reliability))
    if found.kinds is not None:
        console.print(_kind_table(found.kinds))
    if found.layers is not None:
        console.print(_layer_table(found.layers))
    for note in found.notes():
        console.print(note, soft_wrap=True)
    if found.n_pairs_unscored:
        console.print("A run with --keep-posterior 0 has the posteriors of all pairs.")
    if found.not_in_truth:
        how = "were left out" if unnamed == "drop" else "count as unrelated"
        console.print(f"Genes that the truth does not name {how} (--unnamed {unnamed}).")


def _metric_table(found: Evaluation) -> Table:
    from genesis.cli.fitted_table import FittedTable
    from genesis.cli.terminal_summary import add_row

    what = "Ancestors" if found.level == "ancestors" else "Direct claims"
    genes = "1 gene" if len(found.genes) == 1 else f"{len(found.genes):,} genes"
    table = FittedTable(f"{what} against the truth, {genes}", ["over ordered pairs"], ["value"])
    metrics = found.metrics
    for name, meaning in _ROWS:
        has_no_scores = name in _OF_SCORES and metrics["auroc"] != metrics["auroc"]
        has_no_posteriors = name in _OF_POSTERIORS and found.reliability is None
        if has_no_scores or has_no_posteriors or (name == "shd" and found.level != "direct"):
            continue
        value = int(metrics[name]) if name == "shd" else metrics[name]
        add_row(table, meaning, value if isinstance(value, int) else _share(value))
    return table


def _kind_table(kinds: pd.DataFrame) -> Table:
    from genesis.cli.fitted_table import FittedTable
    from genesis.cli.terminal_summary import add_row

    table = FittedTable(
        "Claims of every kind, and what follows from them",
        ["claim"],
        ["claims", "false", "FDR claimed", "FDR"],
    )
    for row in kinds[kinds["n_claimed"] > 0].itertuples():
        rates = _share(row.claimed_fdr), _share(row.true_fdr)
        add_row(table, _KINDS[row.Index], row.n_claimed, row.n_false, *rates)
    return table


def _layer_table(layers: pd.DataFrame) -> Table:
    from genesis.cli.fitted_table import FittedTable
    from genesis.cli.terminal_summary import add_row

    table = FittedTable(
        "From layer to layer",
        ["from", "to"],
        ["pairs", "true", "claims", "AUPR", "F1", "FDR"],
    )
    for row in layers.itertuples():
        rates = _share(row.aupr), _share(row.f1), _share(row.true_fdr)
        counts = row.n_pairs, row.n_true, row.n_claimed
        add_row(table, row.from_layer, row.to_layer, *counts, *rates)
    return table


def _reliability_table(reliability: pd.DataFrame) -> Table:
    from genesis.cli.fitted_table import FittedTable
    from genesis.cli.terminal_summary import add_row

    table = FittedTable(
        "Posteriors against the truth",
        ["posterior"],
        ["pairs", "true", "mean posterior", "share true", "95 % interval"],
    )
    for row in reliability.itertuples():
        interval = f"{_share(row.rate_low)} to {_share(row.rate_high)}" if row.n else "-"
        add_row(
            table,
            f"{row.lower:g} to {row.upper:g}",
            row.n,
            row.n_true,
            _share(row.mean_posterior),
            _share(row.true_rate),
            interval,
        )
    return table


def _share(value: float) -> str:
    return "-" if value != value else f"{value:.3f}"


def _json(found: Evaluation, inputs: dict[str, str]) -> str:
    import json

    table = found.reliability
    record = {
        **inputs,
        "level": found.level,
        **_without_nan(found.metrics),
        "kinds": None
        if found.kinds is None
        else {kind: _without_nan(row) for kind, row in found.kinds.to_dict(orient="index").items()},
        "layers": None
        if found.layers is None
        else [_without_nan(row) for row in found.layers.to_dict("records")],
        "not_in_truth": list(found.not_in_truth),
        "not_in_claims": list(found.not_in_claims),
        "of_itself": list(found.of_itself),
        "reliability": None
        if table is None
        else [_without_nan(row) for row in table.to_dict("records")],
    }
    return json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)


def _without_nan(numbers: dict[str, float]) -> dict[str, float | None]:
    """Numbers with null for NaN, which JSON does not have."""
    return {name: None if value != value else value for name, value in numbers.items()}
