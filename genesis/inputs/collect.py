"""Whatever the caller has, as matrices with names, matched by sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from genesis.errors import DegenerateDataError, InconsistentInputsError, MalformedInputError
from genesis.inputs.align import match_samples
from genesis.io.covariates import Covariates
from genesis.io.exclusions import exclusions
from genesis.io.expression import Expression, read_expression
from genesis.io.expression_stores import is_anndata
from genesis.io.gene_places import place_on_contigs
from genesis.io.genotypes import Genotypes
from genesis.io.ids import counted, first_few
from genesis.linear.covariate_basis import covariate_basis

__all__ = ["Inputs", "collect_inputs"]

_VARIANT_BLOCK = 4096


@dataclass(frozen=True, eq=False)
class Inputs:
    """Genotypes, expression and covariates of the same samples, without NaN.

    Attributes
    ----------
    dosages : (n_samples, n_variants) float32 or float64
    variants : pandas.DataFrame
        variant_id, chrom, pos, af.
    expression : (n_samples, n_genes) float64
    genes : pandas.DataFrame
        gene_id, chrom, start, end.
    basis : (n_samples, q + 1) float64
        Orthonormal basis of the covariates and the intercept.
    given_anchors : list of int64 arrays or None
        Variants that the caller names for each gene.
    excluded : list of pandas.DataFrame
        Exclusion tables.
    notes : list of str
    samples : list of str or None
        The rows; None where neither side has names.
    """

    dosages: np.ndarray
    variants: pd.DataFrame
    expression: np.ndarray
    genes: pd.DataFrame
    basis: np.ndarray
    given_anchors: list[np.ndarray] | None
    excluded: list[pd.DataFrame]
    notes: list[str]
    samples: list[str] | None

    @property
    def n_effective(self) -> int:
        """Samples less the rank of the covariates."""
        return len(self.dosages) - (self.basis.shape[1] - 1)

    @property
    def has_positions(self) -> bool:
        """Whether variants and at least one gene have positions."""
        return bool(self.variants["pos"].notna().any() and self.genes["start"].notna().any())


@dataclass(frozen=True, eq=False)
class _Table:
    """A samples × variables matrix with names; `samples` is None for a bare array."""

    values: np.ndarray
    samples: list[str] | None
    names: list[str]


def collect_inputs(
    genotypes: Any,
    expression: Any,
    variants: pd.DataFrame | None,
    genes: pd.DataFrame | None,
    covariates: Any,
    anchors: pd.DataFrame | None,
    force: bool = False,
) -> Inputs:
    """Bring the arguments of `discover` into one form.

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
    if is_anndata(expression):
        expression = read_expression(expression)
        notes += expression.notes
        left_out.append(expression.excluded)
    z, x = _as_table(genotypes, "variant"), _as_table(expression, "gene")
    _refuse_turned(z, x)
    x = _upright(x, z, "gene", notes)
    c = None if covariates is None else _as_table(_covariate_values(covariates), "covariate")
    c = None if c is None else _upright(c, z, "covariate", notes)
    tables, excluded = _match_rows([z, x] if c is None else [z, x, c])
    z, x = tables[:2]
    dosages, flat = _complete_dosages(z, notes)
    excluded = [*left_out, *excluded, *flat]
    values = _complete_expression(x, notes)
    basis = _basis(len(values), tables[2] if c is not None else None, notes)
    variant_table = _variant_table(genotypes, variants, z.names)
    gene_table = _gene_table(genotypes, expression, genes, x.names, variant_table, force, notes)
    inputs = Inputs(
        dosages,
        variant_table,
        values,
        gene_table,
        basis,
        None if anchors is None else _place_anchors(anchors, x.names, z.names),
        excluded,
        notes,
        next((table.samples for table in tables if table.samples is not None), None),
    )
    if inputs.n_effective < 5:
        raise DegenerateDataError(
            f"{counted(len(dosages), 'sample')} less covariates of rank {basis.shape[1] - 1} leave "
            f"{inputs.n_effective}: at least 5 are needed, and some hundreds to find anything"
        )
    return inputs


def _as_table(given: Any, kind: str) -> _Table:
    if isinstance(given, Genotypes):
        return _Table(given.dosages, list(given.samples), list(given.variants["variant_id"]))
    if isinstance(given, Expression):
        return _Table(given.values, list(given.samples), list(given.genes["gene_id"]))
    samples: list[str] | None = None
    if isinstance(given, pd.DataFrame):
        samples = [str(sample) for sample in given.index]
        names = [str(name) for name in given.columns]
        values = given.to_numpy()
    else:
        values = np.asarray(given)
        if values.ndim != 2:
            raise MalformedInputError(
                f"{kind}s are an array of {counted(values.ndim, 'dimension')}: "
                f"samples × {kind}s are needed"
            )
        names = [f"{kind}{k + 1}" for k in range(values.shape[1])]
    if values.dtype.kind not in "fiub":
        try:
            values = values.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise MalformedInputError(
                f"{kind}s hold a value that is not a number: {error}"
            ) from None
    for what, ids in ((kind, names), ("sample", samples or [])):
        if len(set(ids)) < len(ids):
            repeated = pd.Index(ids)[pd.Index(ids).duplicated()]
            raise MalformedInputError(
                f"{what} {repeated[0]!r} occurs more than once among the {kind}s: "
                "names must be unique"
            )
    return _Table(values, samples, names)


def _upright(table: _Table, genotypes: _Table, kind: str, notes: list[str]) -> _Table:
    """The table with samples in its rows: turned where only its columns are those genotyped."""
    if table.samples is None or genotypes.samples is None:
        return table
    known = set(genotypes.samples)
    if known.isdisjoint(table.names) or not known.isdisjoint(table.samples):
        return table
    notes.append(f"the table of {kind}s has samples in its columns, and was turned")
    return _Table(table.values.T, table.names, table.samples)


def _refuse_turned(genotypes: _Table, expression: _Table) -> None:
    """Genotypes are not turned for the caller: there may be millions of variants."""
    if genotypes.samples is None or expression.samples is None:
        return
    known = {*expression.samples, *expression.names}
    if known.isdisjoint(genotypes.samples) and not known.isdisjoint(genotypes.names):
        raise InconsistentInputsError(
            "the genotypes have samples in their columns: "
            f"{first_few(genotypes.names, 3)}; samples × variants are needed (genotypes.T)"
        )


def _covariate_values(covariates: Any) -> Any:
    return covariates.values if isinstance(covariates, Covariates) else covariates


def _match_rows(tables: list[_Table]) -> tuple[list[_Table], list[pd.DataFrame]]:
    """Match by sample name where all tables have names, else row by row."""
    named = [table.samples for table in tables]
    if any(samples is None for samples in named):
        sizes = [len(table.values) for table in tables]
        if len(set(sizes)) > 1:
            raise InconsistentInputsError(
                f"genotypes, expression and covariates have {sizes} rows: arrays without sample "
                "names must have the same samples in the same order"
            )
        return tables, []
    # Sorted by name, so that the order of the samples in the inputs changes no sum.
    if all(samples == named[0] for samples in named) and named[0] == sorted(named[0] or []):
        return tables, []
    matched = match_samples(*named, force=True)  # type: ignore[arg-type]
    return [_take_rows(table, matched.samples) for table in tables], [matched.excluded]


def _take_rows(table: _Table, samples: list[str]) -> _Table:
    rows = pd.Index(table.samples).get_indexer(pd.Index(samples))
    return _Table(table.values[rows], samples, table.names)


def _complete_dosages(table: _Table, notes: list[str]) -> tuple[np.ndarray, list[pd.DataFrame]]:
    """Mean-impute missing dosages; list the variants that do not vary."""
    values = table.values if table.values.dtype.kind == "f" else table.values.astype(np.float32)
    flat: list[int] = []
    n_missing = 0
    copied = False
    for start in range(0, values.shape[1], _VARIANT_BLOCK):
        block = values[:, start : start + _VARIANT_BLOCK]
        if np.isinf(block).any():
            column = start + int(np.isinf(block).any(axis=0).argmax())
            raise MalformedInputError(f"variant {table.names[column]!r} holds an infinite dosage")
        missing = np.isnan(block)
        if missing.any():
            if not copied:
                values, copied = values.copy(order="F"), True
                block = values[:, start : start + _VARIANT_BLOCK]
            n_missing += int(missing.sum())
            count = (~missing).sum(axis=0)
            mean = np.where(missing, 0, block).sum(axis=0) / np.maximum(count, 1)
            block[...] = np.where(missing, mean, block)
        if len(block):
            flat.extend((start + np.flatnonzero((block == block[0]).all(axis=0))).tolist())
    if n_missing:
        notes.append(
            f"{counted(n_missing, 'missing dosage')} {_were(n_missing)} replaced by the mean of "
            "the variant"
        )
    if not flat:
        return values, []
    names = [table.names[k] for k in flat]
    detail = "no variance among the samples used"
    return values, [exclusions("variant", names, "monomorphic", detail)]


def _complete_expression(table: _Table, notes: list[str]) -> np.ndarray:
    values = table.values.astype(np.float64)
    if np.isinf(values).any():
        gene = table.names[int(np.isinf(values).any(axis=0).argmax())]
        raise MalformedInputError(f"gene {gene!r} holds an infinite value")
    missing = np.isnan(values)
    empty = missing.all(axis=0)
    if empty.any() and len(values):
        # Nothing to put in: it becomes a constant and is excluded as one.
        values[:, empty], missing[:, empty] = 0.0, False
    if missing.any():
        n_missing, n_genes = int(missing.sum()), int(missing.any(axis=0).sum())
        notes.append(
            f"{counted(n_missing, 'missing expression value')} in {counted(n_genes, 'gene')} "
            f"{_were(n_missing)} replaced by the mean of the gene"
        )
    return values


def _basis(n_samples: int, covariates: _Table | None, notes: list[str]) -> np.ndarray:
    if covariates is None:
        return np.full((n_samples, 1), 1 / np.sqrt(max(n_samples, 1)))
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


def _variant_table(genotypes: Any, variants: pd.DataFrame | None, names: list[str]) -> pd.DataFrame:
    if isinstance(genotypes, Genotypes):
        return genotypes.variants[["variant_id", "chrom", "pos", "af"]].reset_index(drop=True)
    table = pd.DataFrame(
        {
            "variant_id": pd.Series(names, dtype="str"),
            "chrom": _missing_text(len(names)),
            "pos": _missing_numbers(len(names)),
            "af": np.full(len(names), np.nan),
        }
    )
    if variants is None:
        return table
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
    return table


def _gene_table(
    genotypes: Any,
    expression: Any,
    genes: pd.DataFrame | None,
    names: list[str],
    variants: pd.DataFrame,
    force: bool,
    notes: list[str],
) -> pd.DataFrame:
    if genes is None and isinstance(expression, Expression):
        genes = expression.genes
    if genes is None:
        return pd.DataFrame(
            {
                "gene_id": pd.Series(names, dtype="str"),
                "chrom": _missing_text(len(names)),
                "start": _missing_numbers(len(names)),
                "end": _missing_numbers(len(names)),
            }
        )
    _require_columns(genes, ("gene_id", "chrom", "start", "end"), "genes")
    repeated = genes["gene_id"][genes["gene_id"].duplicated()]
    if len(repeated):
        raise MalformedInputError(f"genes: {repeated.iloc[0]!r} occurs more than once")
    table, said = place_on_contigs(
        names,
        genes,
        variants,
        assembly=genotypes.assembly if isinstance(genotypes, Genotypes) else None,
        selected=isinstance(genotypes, Genotypes) and bool(genotypes.regions),
        force=force,
    )
    notes += said
    return table


def _were(n: int) -> str:
    return "was" if n == 1 else "were"


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


def _place_anchors(
    anchors: pd.DataFrame, genes: list[str], variants: list[str]
) -> list[np.ndarray]:
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
