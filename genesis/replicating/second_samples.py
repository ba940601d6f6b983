"""The samples that claims are held against, as unit rows of the variants and genes asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.inputs.collect import collect_inputs
from genesis.inputs.given_layers import GivenLayers
from genesis.linear.unit_rows import UnitRows
from genesis.options import PreparationOptions
from genesis.prepare.normalise import normalise_inputs, with_steps
from genesis.prepare.preparation import prepare
from genesis.replicating.same_nodes import named_as_in_run

__all__ = ["SecondSamples"]


class SecondSamples:
    """Samples that had no part in the claims: normalised by themselves, without covariates.

    Parameters
    ----------
    genotypes, expression, covariates, variants, genes : as for `genesis.discover`
    steps : str
        Steps of normalisation.
    preparation : PreparationOptions, optional
        Components that are covariates, by their number. Variants and genes stay all.
    names : sequence of str, optional
        Names of the samples where the inputs have none.
    given : GivenLayers, optional
        What there is beside the expression.
    nodes : pandas.DataFrame, optional
        gene_id, and layer where there are several, of the run whose claims are tested: what is the
        same there is called as it is there, and what is not is not known here.

    Raises
    ------
    GenesisError
        As `genesis.discover` where inputs cannot be used.
    """

    def __init__(
        self,
        genotypes: Any,
        expression: Any,
        covariates: Any,
        *,
        variants: pd.DataFrame | None = None,
        genes: pd.DataFrame | None = None,
        steps: str = "none",
        preparation: PreparationOptions | None = None,
        names: Sequence[str] | None = None,
        given: GivenLayers | None = None,
        nodes: pd.DataFrame | None = None,
    ) -> None:
        if preparation is not None:
            asked = dataclasses.replace(
                preparation, normalise=steps, min_expression=None, hwe=None, ld_prune=None,
                check_samples=False,
            )  # fmt: skip
            prepared = prepare(
                genotypes, expression, genes=genes, variants=variants, covariates=covariates,
                options=asked,
            )  # fmt: skip
            genotypes, expression = prepared.genotypes, prepared.expression
            covariates, variants, steps = prepared.covariates, None, "none"
        if given is not None:
            given = dataclasses.replace(with_steps(given), trait_hits=None)
        inputs = collect_inputs(
            genotypes, expression, variants, genes, covariates, None, force=True, given=given
        )
        self.inputs = normalise_inputs(inputs, steps)
        if nodes is not None:
            self.inputs = named_as_in_run(self.inputs, nodes)
        self.samples = self.inputs.samples or (None if names is None else list(names))
        self.n_samples = len(self.inputs.dosages)
        self.degrees = self.inputs.n_effective - 2
        self._variant_at = pd.Index(self.inputs.variants["variant_id"])
        self._gene_at = pd.Index(self.inputs.genes["gene_id"])

    def has_variants(self, ids: Sequence[str]) -> NDArray[np.bool_]:
        """Which of these variants are among those of the samples."""
        return np.asarray(pd.Index(ids).isin(self._variant_at))

    def has_genes(self, ids: Sequence[str]) -> NDArray[np.bool_]:
        """Which of these genes are among those of the samples."""
        return np.asarray(pd.Index(ids).isin(self._gene_at))

    def contigs(self) -> dict[str, str]:
        """The contig of each gene, where it is known."""
        table = self.inputs.genes[self.inputs.genes["chrom"].notna()]
        return dict(zip(table["gene_id"], table["chrom"].astype(str), strict=True))

    def variant_rows(self, ids: Sequence[str]) -> NDArray[np.float64]:
        """Unit rows of variants, zeros for those that are missing or constant."""
        return _rows(self.inputs.dosages, self.inputs.basis, self._variant_at, ids)

    def gene_rows(self, ids: Sequence[str]) -> NDArray[np.float64]:
        """The same of genes."""
        return _rows(self.inputs.expression, self.inputs.basis, self._gene_at, ids)


def _rows(
    matrix: np.ndarray, basis: np.ndarray, names: pd.Index, ids: Sequence[str]
) -> NDArray[np.float64]:
    at = names.get_indexer(pd.Index(list(ids), dtype=object))
    rows = np.zeros((len(at), len(matrix)))
    known = at >= 0
    if known.any():
        rows[known] = UnitRows(matrix, basis)(at[known])[0]
    return rows
