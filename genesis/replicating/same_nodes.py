"""Which node of other samples is which node of a run, where either has several layers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from genesis.inputs.collect import Inputs
from genesis.inputs.layer_order import EXPRESSION

__all__ = ["named_as_in_run"]


def named_as_in_run(inputs: Inputs, nodes: pd.DataFrame) -> Inputs:
    """The nodes that the run has, too, called as they are there.

    An id bears the name of its layer where another layer has the same id, which depends on what
    else was measured: the protein ``LDLR`` of a run may be ``LDLR@protein`` in other samples,
    whose ``LDLR`` is the gene. So layers are compared, and ids without the names of layers.

    Parameters
    ----------
    inputs : Inputs
        Normalised.
    nodes : pandas.DataFrame
        gene_id of the run, and layer where there are several.

    Returns
    -------
    Inputs
        As inputs of one layer.
    """
    of_run = _keys(nodes, _first_layer(inputs.genes))
    called = dict(zip(of_run, nodes["gene_id"], strict=True))
    names = [called.get(key) for key in _keys(inputs.genes, EXPRESSION)]
    known = np.flatnonzero([name is not None for name in names])
    genes = inputs.genes.iloc[known].reset_index(drop=True)
    genes["gene_id"] = pd.Series([names[k] for k in known], dtype="str")
    return replace(inputs, genes=genes, expression=inputs.expression[:, known], layers=None)


def _first_layer(genes: pd.DataFrame) -> str:
    """What the only layer of a run is held against."""
    return str(genes["layer"].iloc[0]) if "layer" in genes and len(genes) else EXPRESSION


def _keys(nodes: pd.DataFrame, only: str) -> list[tuple[str, str]]:
    """The layer of each node, and its id without the layer's name."""
    layers = nodes["layer"] if "layer" in nodes else [only] * len(nodes)
    return [
        (layer, name if layer == EXPRESSION else name.removesuffix(f"@{layer}"))
        for layer, name in zip(layers, nodes["gene_id"], strict=True)
    ]
