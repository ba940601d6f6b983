"""Genotypes as preparation needs them: from tables too, some of the variants, as calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.errors import DegenerateDataError, MalformedInputError
from genesis.inputs.missing_values import column_means
from genesis.inputs.named_tables import as_table
from genesis.io.contigs import NUMBERED, contig_key
from genesis.io.genotypes import Genotypes
from genesis.io.packed_dosages import PackedDosages
from genesis.io.rows_on_disk import marked_rows
from genesis.prepare import genotype_kernels

__all__ = [
    "as_genotypes",
    "calls_of",
    "columns_of",
    "diploid_autosomal",
    "genome_order",
    "on_autosomes",
    "spread_out",
    "take_variants",
]

# The numbers are those of PLINK: also where they may be autosomes, as nobody knows which.
_NOT_AUTOSOMES = {"X", "Y", "MT", *NUMBERED}


def as_genotypes(genotypes: Any, variants: pd.DataFrame | None = None) -> Genotypes:
    """Genotypes as they are, or of a table of dosages.

    Parameters
    ----------
    genotypes : Genotypes or pandas.DataFrame, shape (n_samples, n_variants)
        Of a table: dosages from 0 to 2, NaN where missing.
    variants : pandas.DataFrame, optional
        variant_id, chrom, pos of the columns of a table.
    """
    if isinstance(genotypes, Genotypes):
        return genotypes
    if not isinstance(genotypes, pd.DataFrame):
        raise MalformedInputError("genotypes are neither Genotypes nor a table of dosages")
    given = as_table(genotypes, "variant")
    dosages, names = given.values.astype(np.float32), given.names
    known = dosages[~np.isnan(dosages)]
    if len(known) and not (known.min() >= 0 and known.max() <= 2):
        raise MalformedInputError("dosages lie outside 0 to 2: count one allele of each variant")
    absent = np.isnan(dosages)
    mean = column_means(dosages, absent)
    table = pd.DataFrame({"variant_id": pd.Series(names, dtype="str")})
    places = None if variants is None else variants.set_index("variant_id").reindex(names)
    table["chrom"] = pd.NA if places is None else places["chrom"].array
    table["pos"] = 0 if places is None else places["pos"].to_numpy()
    table["af"] = mean / 2
    table["n_missing"] = absent.sum(axis=0)
    table["ploidy"] = 2
    return Genotypes(
        dosages=np.asfortranarray(np.where(absent, mean, dosages), dtype=np.float32),
        samples=given.samples or [],
        variants=table,
        missing=np.packbits(absent.T, axis=1) if absent.any() else None,
    )


def take_variants(genotypes: Genotypes, kept: NDArray[np.bool_]) -> Genotypes:
    """Genotypes of the variants that are marked.

    Raises
    ------
    DegenerateDataError
        None is.
    """
    if kept.all():
        return genotypes
    if not kept.any():
        raise DegenerateDataError("no variant is left; loosen the filters")
    variants = genotypes.variants[kept].reset_index(drop=True)
    counts = dict(genotypes.counts)
    counts["variants_kept"] = len(variants)
    counts["imputed_calls"] = int(variants["n_missing"].sum())
    return replace(
        genotypes,
        dosages=_columns(genotypes.dosages, kept),
        variants=variants,
        counts=counts,
        missing=None if genotypes.missing is None else marked_rows(genotypes.missing, kept),
    )


def _columns(
    dosages: NDArray[np.float32] | PackedDosages, kept: NDArray[np.bool_]
) -> NDArray[np.float32] | PackedDosages:
    """The columns that are marked, held as the others were."""
    if isinstance(dosages, PackedDosages):
        return dosages.take_columns(kept)
    return np.ascontiguousarray(dosages.T)[kept].T


def columns_of(
    genotypes: Genotypes, chosen: NDArray[np.int64]
) -> NDArray[np.float32] | PackedDosages:
    """The dosages at these positions, held as the others were."""
    if isinstance(genotypes.dosages, PackedDosages):
        return genotypes.dosages.some_columns(chosen)
    return genotypes.dosages[:, chosen]


def on_autosomes(genotypes: Genotypes) -> NDArray[np.bool_]:
    """Which variants are not on a sex chromosome or in mitochondria."""
    code, names = pd.factorize(genotypes.variants["chrom"])
    keys = [contig_key(str(name)) for name in names]
    others = _NOT_AUTOSOMES
    if any(key.upper() == "IX" for key in keys):
        others = others - {"X"}  # the tenth, in Roman numerals, as of yeast
    # The last is of those whose contig is not known.
    is_autosome = np.array([*(key not in others for key in keys), True])
    return is_autosome[code]


def diploid_autosomal(genotypes: Genotypes) -> NDArray[np.bool_]:
    """Which variants are on autosomes and have samples with two alleles."""
    diploid: NDArray[np.bool_] = genotypes.variants["ploidy"].to_numpy() == 2
    return on_autosomes(genotypes) & diploid


def genome_order(genotypes: Genotypes) -> NDArray[np.int64]:
    """Variants by contig, position and id, whatever their order in the file."""
    table = genotypes.variants
    ids = table["variant_id"].to_numpy(dtype=object).astype(str)
    contigs = table["chrom"].astype(str).to_numpy(dtype=object).astype(str)
    return np.lexsort((ids, table["pos"].to_numpy(dtype=np.int64), contigs))


def spread_out(places: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most so many of these places, evenly from the first to the last."""
    if len(places) <= most:
        return places
    return places[np.linspace(0, len(places) - 1, most).round().astype(np.int64)]


def calls_of(genotypes: Genotypes, columns: NDArray[np.int64]) -> NDArray[np.int8]:
    """Calls of some variants, variants x samples: 0, 1, 2, or -1 where missing."""
    dosages = np.ascontiguousarray(genotypes.dosages[:, columns].T, dtype=np.float32)
    calls = np.empty(dosages.shape, dtype=np.int8)
    if genotypes.missing is None:
        genotype_kernels.nearest_calls(dosages, np.zeros((1, 1), np.uint8), False, calls)
    else:
        genotype_kernels.nearest_calls(dosages, genotypes.missing[columns], True, calls)
    return calls
