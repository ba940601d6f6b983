"""The arguments of `discover` in one form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from genesis.errors import DegenerateDataError, MalformedInputError
from genesis.inputs.given_layers import GivenLayers, Layer
from genesis.inputs.joined_layers import join_layers, layer_table
from genesis.inputs.layer_order import Layers
from genesis.inputs.missing_values import complete_dosages, complete_expression
from genesis.inputs.named_tables import NamedTable, as_table, match_rows, refuse_turned, upright
from genesis.inputs.places import (
    gene_table,
    layer_places,
    place_anchors,
    variant_table,
)
from genesis.io.covariates import Covariates
from genesis.io.expression import read_expression
from genesis.io.expression_stores import is_anndata
from genesis.io.genotype_memory import ROW_BYTES
from genesis.io.ids import counted
from genesis.linear.covariate_basis import covariate_basis, intercept_basis

__all__ = ["Inputs", "collect_inputs"]

#: A direction of the covariates that is shorter than this share of the longest is none.
_NO_LENGTH = 1e-8


@dataclass(frozen=True, eq=False)
class Inputs:
    """Genotypes, expression and covariates of the same samples, without NaN.

    Attributes
    ----------
    dosages : (n_samples, n_variants) float32 or float64
        An array, or `PackedDosages`: an index of columns gives an array, one of rows the same kind.
    variants : pandas.DataFrame
        variant_id, chrom, pos, af, effect_allele, other_allele.
    expression : (n_samples, n_genes) float64
    genes : pandas.DataFrame
        gene_id, chrom, start, end; layer too, where there are several.
    basis : (n_samples, q + 1) float64
        Orthonormal basis of the covariates and the intercept.
    given_anchors : list of int64 arrays or None
        Variants that the caller names for each gene.
    excluded : list of pandas.DataFrame
        Exclusion tables.
    notes : list of str
    samples : list of str or None
        The rows; None where neither side has names.
    layers : Layers or None
        None where there is one layer.
    """

    dosages: Any
    variants: pd.DataFrame
    expression: np.ndarray
    genes: pd.DataFrame
    basis: np.ndarray
    given_anchors: list[np.ndarray] | None
    excluded: list[pd.DataFrame]
    notes: list[str]
    samples: list[str] | None
    layers: Layers | None = None

    @property
    def nbytes(self) -> int:
        """Bytes held: dosages, tables of variants, and expression before and after."""
        tables = ROW_BYTES * len(self.variants)
        return int(self.dosages.nbytes) + tables + 2 * self.expression.nbytes

    @property
    def n_effective(self) -> int:
        """Samples less the rank of the covariates."""
        return len(self.dosages) - (self.basis.shape[1] - 1)

    def of_samples(self, rows: np.ndarray) -> Inputs:
        """The same of some of the samples; nothing is known any more of what was left out.

        Parameters
        ----------
        rows : (k,) int64
        """
        # Columns that are combinations of others in these samples alone are left out.
        basis, triangle = np.linalg.qr(self.basis[rows])
        diagonal = np.abs(np.diagonal(triangle))
        return replace(
            self,
            dosages=self.dosages[rows],
            expression=self.expression[rows],
            basis=np.ascontiguousarray(basis[:, diagonal > _NO_LENGTH * diagonal.max()]),
            excluded=[],
            notes=[],
            samples=None if self.samples is None else [self.samples[row] for row in rows],
        )

    def record(self, steps: str | None) -> dict[str, Any]:
        """What the record of a run says of the layers, where there are several.

        Parameters
        ----------
        steps : str or None
            Steps of normalisation of layers that have none of their own.
        """
        return {} if self.layers is None else {"layers": self.layers.record(steps or "none")}

    @property
    def has_positions(self) -> bool:
        """Whether variants and at least one gene have positions."""
        return bool(self.variants["pos"].notna().any() and self.genes["start"].notna().any())


def collect_inputs(
    genotypes: Any,
    expression: Any,
    variants: pd.DataFrame | None,
    genes: pd.DataFrame | None,
    covariates: Any,
    anchors: pd.DataFrame | None,
    force: bool = False,
    given: GivenLayers | None = None,
) -> Inputs:
    """Bring the arguments of `discover` into one form.

    Parameters
    ----------
    genotypes, expression, variants, genes, covariates, anchors, force : as for `discover`
    given : GivenLayers, optional
        What there is beside the expression.

    Raises
    ------
    InconsistentInputsError
        Row numbers differ, too few samples are shared, contigs do not meet or, without `force`,
        most genes lie on contigs without a variant, or an anchor names an unknown gene or variant.
    MalformedInputError
        Names repeat, values are not numbers, or positions are incomplete.
    DegenerateDataError
        Fewer than five samples remain beyond the covariates.
    """
    notes: list[str] = []
    left_out: list[pd.DataFrame] = []
    given = given or GivenLayers()
    others = [_opened(one, notes, left_out) for one in given.others]
    expression = _opened(Layer(given.first, expression), notes, left_out).values
    z, x = as_table(genotypes, "variant"), as_table(expression, "gene")
    refuse_turned(z, x)
    x = upright(x, z, "gene", notes)
    beside = [layer_table(one, z, notes) for one in others]
    before = [len(table.values) for table in (x, *beside)]
    c = None if covariates is None else as_table(_covariate_values(covariates), "covariate")
    c = None if c is None else upright(c, z, "covariate", notes)
    tables, excluded = match_rows(
        [z, x, *beside] if c is None else [z, x, *beside, c], [one.name for one in others]
    )
    z, x, beside = tables[0], tables[1], tables[2 : 2 + len(others)]
    dosages, flat = complete_dosages(z, notes)
    excluded = [*left_out, *excluded, *flat]
    values = complete_expression(x, notes)
    basis = _basis(len(values), tables[-1] if c is not None else None, notes)
    variants = variant_table(genotypes, variants, z.names)
    places = genes
    genes = gene_table(genotypes, expression, genes, x.names, variants, force, notes)
    inputs = Inputs(
        dosages,
        variants,
        values,
        genes,
        basis,
        None,
        excluded,
        notes,
        next((table.samples for table in tables if table.samples is not None), None),
    )
    if others:
        tables_of_genes = [genes]
        for one, table in zip(others, beside, strict=True):
            tables_of_genes.append(
                layer_places(genotypes, one, places, table.names, variants, force, notes)
            )
        joined = join_layers(given, values, beside, tables_of_genes, before, z.names, basis, notes)
        inputs = replace(inputs, **joined)
    if anchors is not None:
        found = place_anchors(anchors, inputs.genes["gene_id"].tolist(), z.names)
        inputs = replace(inputs, given_anchors=found)
    if inputs.n_effective < 5:
        raise DegenerateDataError(
            f"{counted(len(dosages), 'sample')} less covariates of rank {basis.shape[1] - 1} leave "
            f"{inputs.n_effective}: at least 5 are needed, and some hundreds to find anything"
        )
    return inputs


def _opened(layer: Layer, notes: list[str], left_out: list[pd.DataFrame]) -> Layer:
    """The layer with its AnnData read; what that says and leaves out is added."""
    if not is_anndata(layer.values):
        return layer
    values = read_expression(layer.values)
    notes += values.notes
    left_out.append(values.excluded)
    return replace(layer, values=values)


def _covariate_values(covariates: Any) -> Any:
    return covariates.values if isinstance(covariates, Covariates) else covariates


def _basis(n_samples: int, covariates: NamedTable | None, notes: list[str]) -> np.ndarray:
    if covariates is None:
        return intercept_basis(n_samples)
    if not np.isfinite(covariates.values.astype(np.float64)).all():
        raise MalformedInputError("covariates hold a missing or infinite value: fill or drop it")
    frame = pd.DataFrame(covariates.values.astype(np.float64), columns=covariates.names)
    basis, rank, dropped = covariate_basis(frame)
    notes.append(
        f"covariates: {counted(len(covariates.names), 'column')} of rank {rank} projected out"
    )
    if dropped:
        notes.append(f"covariates dropped as constant or collinear: {', '.join(dropped)}")
    return basis
