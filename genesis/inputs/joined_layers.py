"""Several layers as columns of one matrix, with one table of their nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from genesis.errors import DegenerateDataError
from genesis.inputs.given_layers import GivenLayers, Layer
from genesis.inputs.layer_order import Layers, node_ids
from genesis.inputs.missing_values import complete_expression
from genesis.inputs.named_tables import NamedTable, as_table, refuse_turned, upright
from genesis.inputs.places import place_trait_hits
from genesis.inputs.traits import complete_traits, trait_table, without_covariates
from genesis.io.ids import counted

__all__ = ["join_layers", "layer_table"]


def layer_table(layer: Layer, genotypes: NamedTable, notes: list[str]) -> NamedTable:
    """A layer beside the first as a table with samples in its rows.

    Raises
    ------
    InconsistentInputsError
        The genotypes have samples in their columns.
    MalformedInputError
        It is no table of numbers, or of traits.
    DegenerateDataError
        There is nothing in it.
    """
    if layer.is_trait:
        table = trait_table(layer.values, genotypes, notes)
    else:
        table = as_table(layer.values, layer.name)
        refuse_turned(genotypes, table)
        table = upright(table, genotypes, layer.name, notes)
    if not table.names:
        raise DegenerateDataError(f"layer {layer.name}: there is no column in it; leave it out")
    return table


def join_layers(
    given: GivenLayers,
    expression: np.ndarray,
    tables: Sequence[NamedTable],
    places: Sequence[pd.DataFrame],
    n_before: list[int],
    variants: list[str],
    basis: np.ndarray,
    notes: list[str],
) -> dict[str, Any]:
    """The fields of `Inputs` that differ where there are several layers.

    Parameters
    ----------
    given : GivenLayers
    expression : (n_samples, n_genes) float64
        The first layer.
    tables : sequence of NamedTable
        The others, of the same samples.
    places : sequence of pandas.DataFrame
        gene_id, chrom, start, end of each layer, the first one first.
    n_before : list of int
        Samples of each layer before they were matched.
    variants : list of str
        Ids of the variants.
    basis : (n_samples, q + 1) float64
        Of the covariates.
    notes : list of str
        What was done is added.

    Returns
    -------
    dict
        expression, genes and layers.
    """
    names = [given.first, *(one.name for one in given.others)]
    values, as_it_is = [expression], [np.zeros(expression.shape[1], dtype=np.bool_)]
    for layer, table in zip(given.others, tables, strict=True):
        if layer.is_trait:
            numbers, is_binary = complete_traits(table, notes)
            without_covariates(numbers, table.names, basis, notes)
        else:
            numbers = complete_expression(table, notes, kind=f"{layer.name} molecule")
            is_binary = np.zeros(numbers.shape[1], dtype=np.bool_)
        values.append(numbers)
        as_it_is.append(is_binary)
    of_gene = np.repeat(np.arange(len(names)), [part.shape[1] for part in values])
    ids = node_ids(names, [one["gene_id"].tolist() for one in places])
    every_id = [one for some in ids for one in some]
    genes = pd.concat(places, ignore_index=True)
    genes["gene_id"] = pd.Series(every_id, dtype="str")
    genes["layer"] = pd.Series([names[at] for at in of_gene], dtype="str")
    notes += _samples_in_words(names, of_gene, n_before, len(expression))
    own_variants = None
    if given.trait_hits is not None:
        traits = dict(zip(tables[-1].names, ids[-1], strict=True))
        own_variants = place_trait_hits(given.trait_hits, traits, every_id, variants, notes)
    layers = Layers(
        names,
        given.ranks,
        given.is_firm,
        of_gene,
        [None, *(one.steps for one in given.others)],
        np.concatenate(as_it_is),
        own_variants,
        n_before,
    )
    return {"expression": np.concatenate(values, axis=1), "genes": genes, "layers": layers}


def _samples_in_words(
    names: list[str], of_gene: np.ndarray, n_before: list[int], n_used: int
) -> list[str]:
    notes = [
        f"layer {name}: {counted(int(size), 'node')}, {counted(n, 'sample')}, of which {n_used} "
        "are used"
        for name, size, n in zip(names, np.bincount(of_gene), n_before, strict=True)
    ]
    if max(n_before) > n_used:
        notes.append(
            f"only the {counted(n_used, 'sample')} that every layer has are used: correlations of "
            "other people for every pair would not fit together (be no covariance matrix)"
        )
    return notes
