"""The tables of variants and genes with what is known of their places, and anchors among them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from genesis.errors import InconsistentInputsError, MalformedInputError
from genesis.inputs.given_layers import Layer
from genesis.io.expression import Expression
from genesis.io.gene_places import place_genes, place_on_contigs
from genesis.io.genotypes import Genotypes
from genesis.io.ids import counted, first_few

__all__ = [
    "gene_table",
    "layer_places",
    "place_anchors",
    "place_trait_hits",
    "unplaced_genes",
    "variant_table",
]


def variant_table(genotypes: Any, variants: pd.DataFrame | None, names: list[str]) -> pd.DataFrame:
    """variant_id, chrom, pos, af, effect_allele, other_allele of the variants, as `names` go.

    A dosage counts ALT alleles, so that ALT is the effect allele and ``af`` its frequency. Alleles
    that are not known are missing.
    """
    if isinstance(genotypes, Genotypes):
        table = genotypes.variants[["variant_id", "chrom", "pos", "af"]].reset_index(drop=True)
        return _with_alleles(table, genotypes.variants)
    table = pd.DataFrame(
        {
            "variant_id": pd.Series(names, dtype="str"),
            "chrom": _missing_text(len(names)),
            "pos": _missing_numbers(len(names)),
            "af": np.full(len(names), np.nan),
        }
    )
    if variants is None:
        return _with_alleles(table, table)
    _require_columns(variants, ("variant_id", "chrom", "pos"), "variants")
    indexed = variants.set_index(pd.Index(variants["variant_id"].astype("string")))
    if indexed.index.duplicated().any():
        repeated = indexed.index[indexed.index.duplicated()][0]
        raise MalformedInputError(f"variants: {repeated!r} occurs more than once")
    unknown = pd.Index(names).difference(indexed.index)
    if len(unknown):
        raise InconsistentInputsError(
            f"variants: no position for {len(unknown)} of {len(names)} genotype columns, "
            f"the first being {unknown[0]!r}"
        )
    found = indexed.loc[names]
    table["chrom"] = found["chrom"].astype("string").array
    table["pos"] = pd.array(found["pos"].to_numpy(), dtype="Int64")
    return _with_alleles(table, found)


def _with_alleles(table: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The table with the alleles of columns ``alt`` and ``ref`` that are in the same order."""
    for name, column in (("effect_allele", "alt"), ("other_allele", "ref")):
        is_known = column in known.columns
        texts = known[column].astype("string").array if is_known else _missing_text(len(table))
        table[name] = texts
    return table


def gene_table(
    genotypes: Any,
    expression: Any,
    genes: pd.DataFrame | None,
    names: list[str],
    variants: pd.DataFrame,
    force: bool,
    notes: list[str],
) -> pd.DataFrame:
    """gene_id, chrom, start, end of the genes, their contigs named as those of the variants."""
    if genes is None and isinstance(expression, Expression):
        genes = expression.genes
    if genes is None:
        return unplaced_genes(names)
    _require_columns(genes, ("gene_id", "chrom", "start", "end"), "genes")
    repeated = genes["gene_id"][genes["gene_id"].duplicated()]
    if len(repeated):
        raise MalformedInputError(f"genes: {repeated.iloc[0]!r} occurs more than once")
    table, said = place_on_contigs(
        names,
        genes,
        variants,
        passed_over=genotypes.passed_over if isinstance(genotypes, Genotypes) else (),
        assembly=genotypes.assembly if isinstance(genotypes, Genotypes) else None,
        selected=isinstance(genotypes, Genotypes) and bool(genotypes.regions),
        force=force,
    )
    notes += said
    return table


def layer_places(
    genotypes: Any,
    layer: Layer,
    of_expression: pd.DataFrame | None,
    names: list[str],
    variants: pd.DataFrame,
    force: bool,
    notes: list[str],
) -> pd.DataFrame:
    """gene_id, chrom, start, end of the molecules of another layer than the first.

    Without places of their own they have those of `of_expression`, the genes of the first layer,
    where any of their ids is there. Traits have none.
    """
    if layer.is_trait:
        return unplaced_genes(names)
    places = layer.places
    said: list[str] = []
    if places is not None:
        _require_columns(places, ("gene_id", "chrom", "start", "end"), f"places of {layer.name}")
        if not place_genes(names, places)["chrom"].notna().any():
            raise InconsistentInputsError(
                f"layer {layer.name}: not one of its molecules has a position: it has "
                f"{first_few(names, 3)}, the positions have "
                f"{first_few([str(one) for one in places['gene_id']], 3)}"
            )
    elif of_expression is not None and not _has_places(layer.values):
        if not place_genes(names, of_expression)["chrom"].notna().any():
            notes.append(f"layer {layer.name}: no positions, and so no cis windows")
            return unplaced_genes(names)
        places = of_expression
    table = gene_table(genotypes, layer.values, places, names, variants, force, said)
    notes += [
        one.replace("Warning: ", f"Warning: layer {layer.name}: ", 1)
        if one.startswith("Warning: ")
        else f"layer {layer.name}: {one}"
        for one in said
    ]
    return table


def _has_places(values: Any) -> bool:
    return isinstance(values, Expression) and values.has_positions


def unplaced_genes(names: list[str]) -> pd.DataFrame:
    """gene_id, chrom, start, end of genes of which only the names are known."""
    return pd.DataFrame(
        {
            "gene_id": pd.Series(names, dtype="str"),
            "chrom": _missing_text(len(names)),
            "start": _missing_numbers(len(names)),
            "end": _missing_numbers(len(names)),
        }
    )


def _missing_text(size: int) -> Any:
    return pd.array(np.full(size, pd.NA, dtype=object), dtype="string")


def _missing_numbers(size: int) -> pd.arrays.IntegerArray:
    return pd.arrays.IntegerArray(np.zeros(size, dtype=np.int64), np.ones(size, dtype=np.bool_))


def _require_columns(table: pd.DataFrame, columns: tuple[str, ...], what: str) -> None:
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise MalformedInputError(
            f"{what}: column {missing[0]!r} is missing; needed are {', '.join(columns)}"
        )


def place_anchors(anchors: pd.DataFrame, genes: list[str], variants: list[str]) -> list[np.ndarray]:
    """The variants that a list of anchors gives each gene, as positions."""
    _require_columns(anchors, ("gene_id", "variant_id"), "anchors")
    gene = pd.Index(genes).get_indexer(pd.Index(anchors["gene_id"].astype("string")))
    variant = pd.Index(variants).get_indexer(pd.Index(anchors["variant_id"].astype("string")))
    for what, found in (("gene", gene), ("variant", variant)):
        lost = np.flatnonzero(found < 0)
        if len(lost) == len(found):
            raise InconsistentInputsError(
                f"anchors: not one {what} of the list is among the data; the first is "
                f"{anchors[f'{what}_id'].iloc[0]!r}"
                if len(found)
                else "anchors: the list is empty"
            )
    known = (gene >= 0) & (variant >= 0)
    return [np.unique(variant[known & (gene == g)]).astype(np.int64) for g in range(len(genes))]


def place_trait_hits(
    hits: pd.DataFrame,
    traits: dict[str, str],
    genes: list[str],
    variants: list[str],
    notes: list[str],
) -> list[np.ndarray]:
    """The variants that the caller names for traits, as positions: a list for every gene.

    Parameters
    ----------
    hits : pandas.DataFrame
        trait, variant_id.
    traits : dict of str to str
        Id among `genes` of each trait.
    genes, variants : list of str
    notes : list of str
        Which hits are not among the data is added.

    Raises
    ------
    MalformedInputError
        A column is missing.
    InconsistentInputsError
        It names what is no trait, or not one variant is among the data.
    """
    _require_columns(hits, ("trait", "variant_id"), "trait hits")
    if not len(hits):
        raise InconsistentInputsError("trait hits: the list is empty; leave it out")
    named = [str(one) for one in hits["trait"]]
    unknown = sorted({one for one in named if one not in traits})
    if unknown:
        raise InconsistentInputsError(
            f"trait hits: {first_few(unknown)} is no trait; there are {first_few(list(traits))}"
        )
    wanted = hits["variant_id"].astype("string")
    lost = wanted[~wanted.isin(variants)].drop_duplicates().tolist()
    if len(lost) == wanted.nunique():
        raise InconsistentInputsError(
            f"trait hits: not one variant is among those of the genotypes; the first is "
            f"{lost[0]!r}. Name them as the genotypes do, and read the regions where they lie"
        )
    if lost:
        notes.append(
            f"trait hits: {counted(len(lost), 'variant')} not among the genotypes that are used: "
            f"{first_few(lost)}"
        )
    anchors = pd.DataFrame(
        {"gene_id": [traits[one] for one in named], "variant_id": wanted.to_numpy()}
    )
    return place_anchors(anchors, genes, variants)
