"""Claims by the names of their genes, with the anchors that these had where they were made."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genesis.errors import DegenerateDataError, InconsistentInputsError, MalformedInputError
from genesis.findings.findings import Findings
from genesis.inputs.layer_order import TRAIT
from genesis.io.ids import counted, first_few
from genesis.io.tables import read_rows
from genesis.replication.bins import EDGES

__all__ = ["CLAIM_COLUMNS", "Claimed", "claims_of_result", "claims_of_table", "with_layers"]

CLAIM_COLUMNS = ("gene_a", "gene_b", "effect", "posterior", "rests_on")
_NEEDED = CLAIM_COLUMNS[:3]


@dataclass(frozen=True, eq=False)
class Claimed:
    """Claims, and what is known of their genes where they were made.

    Attributes
    ----------
    claims : pandas.DataFrame
        gene_a, gene_b, effect (of a on b given that there is one, in standard deviations),
        posterior, rests_on (missing where it is not known); layer_a and layer_b where there are
        several layers (missing for a gene of none). Posteriors are those of the lowest bin or more.
    n_below : int
        Claims below that.
    anchors : pandas.DataFrame
        gene_id, variant_id, strength (correlation), chrom, and whether it counts as an anchor
        (nearest); of a gene the one to be preferred first.
    degrees : int
        Degrees of freedom of those correlations.
    contigs : dict of str to str
        Contig of each gene, where it is known.
    layers : list of str
        Names of the layers, empty where there is one.
    """

    claims: pd.DataFrame
    n_below: int
    anchors: pd.DataFrame
    degrees: int
    contigs: dict[str, str]
    layers: list[str] = field(default_factory=list)

    @property
    def traits(self) -> set[str]:
        """Genes of the claims that are traits."""
        if TRAIT not in self.layers:
            return set()
        table = self.claims
        return {
            name
            for end in "ab"
            for name in table.loc[table[f"layer_{end}"] == TRAIT, f"gene_{end}"]
        }


def claims_of_result(result: Findings) -> Claimed:
    """What a run says of ancestors, from the lowest posterior that is tested on.

    Parameters
    ----------
    result : Findings
        Of method ``calibrated``.

    Raises
    ------
    InconsistentInputsError
        The result is of the rules, whose claims have no effects.
    """
    if "calibrated" not in result.run:
        raise InconsistentInputsError(
            "claims of --method rules have neither effects nor posteriors, so that nothing is "
            "predicted that could be seen again: use a run of --method calibrated"
        )
    posterior = result.pairs.posterior
    likely = np.round(posterior.astype(np.float64), 6) >= EDGES[0]
    rows = result.pairs.rows(np.flatnonzero(likely)).frame(result.gene_ids, result.variables)
    # Effects are means over all graphs, also over those without a path from a to b.
    drawn = (
        rows["posterior_uncalibrated"] if "posterior_uncalibrated" in rows else rows["posterior"]
    )
    effect = rows["effect"].astype(np.float64) / drawn.astype(np.float64)
    claims = pd.DataFrame(
        {
            "gene_a": rows["gene_a"].astype("str"),
            "gene_b": rows["gene_b"].astype("str"),
            "effect": effect,
            "posterior": rows["posterior"].astype(np.float64),
            "rests_on": rows["rests_on"].astype(object) if "rests_on" in rows else None,
        }
    )
    counts = result.run["counts"]
    degrees = counts["samples"] - counts["covariate_rank"] - 2
    known = result.genes["chrom"].notna()
    contigs = result.genes.loc[known].set_index("gene_id")["chrom"].astype("str").to_dict()
    # Rows of what is unrelated or no descendant say nothing of an ancestor below the lowest bin.
    claims, layers = with_layers(claims, result.genes)
    return Claimed(claims, 0, _anchors_of_result(result, degrees), degrees, contigs, layers)


def with_layers(claims: pd.DataFrame, genes: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Claims with layer_a and layer_b, and the names of all layers, where there are several.

    Parameters
    ----------
    claims : pandas.DataFrame
        gene_a, gene_b.
    genes : pandas.DataFrame
        gene_id, and layer where there are several.
    """
    if "layer" not in genes:
        return claims, []
    layer = genes.set_index("gene_id")["layer"].astype(object)
    added = {f"layer_{end}": claims[f"gene_{end}"].map(layer).astype(object) for end in "ab"}
    return claims.assign(**added), layer.unique().tolist()


def _anchors_of_result(result: Findings, degrees: int) -> pd.DataFrame:
    table = result.anchors
    slope, error = (table[name].to_numpy(dtype=np.float64) for name in ("slope", "slope_se"))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = slope / error
        strength = np.where(np.isfinite(t), t / np.sqrt(t * t + degrees), np.sign(slope))
    anchors = pd.DataFrame(
        {
            "gene_id": table["gene_id"].astype("str"),
            "variant_id": table["variant_id"].astype("str"),
            "strength": strength,
            "chrom": table["chrom"].astype(object),
            "nearest": table["nearest"].to_numpy(dtype=np.bool_),
        }
    )
    # Those that count as anchors come before what is merely listed.
    order = np.lexsort((anchors["variant_id"], -np.abs(strength), ~anchors["nearest"]))
    return anchors.iloc[order].reset_index(drop=True)


def claims_of_table(given: Any) -> pd.DataFrame:
    """Another program's claims in one form.

    Parameters
    ----------
    given : pandas.DataFrame, str or Path
        Columns ``gene_a``, ``gene_b``, ``effect`` (standard deviations of b for one of a), and
        perhaps ``posterior`` (1 where it is missing) and ``rests_on``; other columns are passed
        over. A file is TSV or CSV, and may be gzipped.

    Returns
    -------
    pandas.DataFrame
        `CLAIM_COLUMNS`, in the order of the names of the genes.

    Raises
    ------
    MalformedInputError
        A column is missing, or a value is none; with its row.
    DegenerateDataError
        There is no claim.

    Examples
    --------
    >>> claims_of_table(pd.DataFrame({"gene_a": ["A"], "gene_b": ["B"], "effect": [0.4]}))[
    ...     ["gene_a", "gene_b", "posterior"]
    ... ].to_numpy().tolist()
    [['A', 'B', 1.0]]
    """
    is_file = isinstance(given, str | Path)
    where = os.fspath(given) if is_file else "claims"
    table, lines = _read(given) if is_file else (given, None)
    if not isinstance(table, pd.DataFrame):
        raise MalformedInputError(
            f"claims are a {type(given).__name__}: give a table, or the path of one"
        )
    missing = [name for name in _NEEDED if name not in table.columns]
    if missing:
        raise MalformedInputError(
            f"{where}: column {missing[0]} is missing; needed are {', '.join(_NEEDED)}, and "
            f"there are {first_few([str(name) for name in table.columns], 8)}"
        )
    if not len(table):
        raise DegenerateDataError(f"{where}: there is no claim")

    def refuse(bad: np.ndarray, what: str) -> None:
        if bad.any():
            row = int(np.argmax(bad))
            place = f"line {lines[row]}" if lines else f"row {row + 1}"
            raise MalformedInputError(f"{where}, {place}: {what}")

    genes = {name: _names(table[name]) for name in _NEEDED[:2]}
    refuse((genes["gene_a"] == "") | (genes["gene_b"] == ""), "a gene has no name")
    refuse(genes["gene_a"] == genes["gene_b"], "a gene does not act on itself")
    effect = pd.to_numeric(table["effect"], errors="coerce").to_numpy(dtype=np.float64)
    refuse(~np.isfinite(effect), "effect is no number")
    posterior = np.ones(len(table))
    if "posterior" in table:
        posterior = pd.to_numeric(table["posterior"], errors="coerce").to_numpy(dtype=np.float64)
        refuse(~((posterior >= 0) & (posterior <= 1)), "posterior is no number from 0 to 1")
    claims = pd.DataFrame(
        {
            **genes,
            "effect": effect,
            "posterior": posterior,
            "rests_on": table["rests_on"].astype(object).to_numpy()
            if "rests_on" in table
            else None,
        }
    )
    refuse(claims.duplicated(["gene_a", "gene_b"]).to_numpy(), "the claim is there a second time")
    return claims.sort_values(["gene_a", "gene_b"]).reset_index(drop=True)


def _names(column: pd.Series) -> np.ndarray:
    names = column.astype(object).where(column.notna(), "").astype(str).str.strip()
    return np.asarray(names.to_numpy(dtype=object))


def _read(path: str | Path) -> tuple[pd.DataFrame, list[int]]:
    """A file as text, and the line of each row."""
    header, *rows = read_rows(path)
    names = [cell.strip().lstrip("#") for cell in header.cells]
    for row in rows:
        if len(row.cells) != len(names):
            raise MalformedInputError(
                f"{path}, line {row.line}: {counted(len(row.cells), 'column')} where the header "
                f"has {len(names)}"
            )
    table = pd.DataFrame([row.cells for row in rows], columns=names, dtype=object)
    return table, [row.line for row in rows]
