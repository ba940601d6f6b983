"""Genotype dosages of the samples and variants that are analysed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.errors import DegenerateDataError
from genesis.io.assembly import Assembly
from genesis.io.exclusions import combine, exclusions, no_exclusions
from genesis.io.ids import counted, positions_of
from genesis.io.packed_dosages import PackedDosages
from genesis.io.rows_on_disk import RowsOnDisk
from genesis.showing import Shown

__all__ = ["Genotypes"]


@dataclass(frozen=True, eq=False, repr=False)
class Genotypes(Shown):
    """Allele dosages of samples at variants, with what is known of the variants.

    Attributes
    ----------
    dosages : numpy.ndarray of float32, shape (n_samples, n_variants), Fortran order
        Number of ALT alleles (0, 1, 2; 0 or 1 for a haploid call; a fraction for imputed
        dosages). Never NaN: missing calls hold the mean of the variant's called samples. The
        commands hold called genotypes as `PackedDosages`, which are indexed alike.
    samples : list of str
        Sample ids, the rows.
    variants : pandas.DataFrame
        One row a column of `dosages`: ``variant_id`` (unique), ``chrom``, ``pos`` (int64,
        1-based), ``ref``, ``alt``, ``af`` (float64, ALT frequency among the called alleles of
        the samples that were read), ``n_missing`` (int64, calls imputed among `samples`),
        ``ploidy`` (int64, the largest among the called samples).
    excluded : pandas.DataFrame
        Exclusion table: every variant that was read and dropped, with its reason.
    notes : list of str
        What was done, in sentences.
    counts : dict of str to int
        The numbers behind the notes: ``records_read``, ``variants_read``, ``variants_kept``,
        ``half_calls``, ``haploid_calls``, ``imputed_calls`` and more.
    missing : numpy.ndarray of uint8, shape (n_variants, ceil(n_samples / 8)), or None
        Which calls are imputed, packed as `numpy.packbits` does; None where none is. The commands
        have it in `RowsOnDisk` where there are too many to be held.
    assembly : Assembly
        What the file says of the genome that the positions are of.
    regions : tuple of str
        Regions that were asked for; empty where all was read.
    passed_over : dict of str to int
        Records that are near no gene and so were not read, by contig; empty where all was read.
    """

    dosages: NDArray[np.float32] | PackedDosages
    samples: list[str]
    variants: pd.DataFrame
    excluded: pd.DataFrame = field(default_factory=no_exclusions)
    notes: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    missing: NDArray[np.uint8] | RowsOnDisk | None = None
    assembly: Assembly = field(default_factory=Assembly)
    regions: tuple[str, ...] = ()
    passed_over: dict[str, int] = field(default_factory=dict)

    def take_samples(self, samples: Sequence[str]) -> Genotypes:
        """Return the genotypes of these samples, in this order.

        Missing calls are imputed anew from the samples taken. Variants that do not vary among
        them are excluded with reason ``monomorphic``; the frequency and missingness limits of
        the reading are not applied again, and ``af`` stays that of the samples read.

        Parameters
        ----------
        samples : sequence of str
            Ids to keep, in the order wanted.

        Raises
        ------
        InconsistentInputsError
            For an id that is not among the samples, or is repeated.
        DegenerateDataError
            Where no sample is asked for or no variant is left.

        Examples
        --------
        >>> variants = pd.DataFrame({"variant_id": ["rs1"], "chrom": ["1"], "pos": [10],
        ...     "ref": ["A"], "alt": ["C"], "af": [0.5], "n_missing": [0], "ploidy": [2]})
        >>> dosages = np.array([[0], [1], [2]], dtype=np.float32, order="F")
        >>> Genotypes(dosages, ["a", "b", "c"], variants).take_samples(["c", "a"]).samples
        ['c', 'a']
        """
        from genesis.io.vcf_kernels import impute_missing

        wanted = list(samples)
        if wanted == self.samples:
            return self
        rows = positions_of(wanted, self.samples, "samples", "the genotypes")
        by_variant = np.ascontiguousarray(self.dosages.T[:, rows])
        variants = self.variants.copy()
        packed = None
        if self.missing is not None:
            mask = np.unpackbits(np.asarray(self.missing), axis=1, count=len(self.samples))[:, rows]
            by_variant[mask.astype(bool)] = np.nan
            packed = np.packbits(mask, axis=1)
            variants["n_missing"] = mask.sum(axis=1, dtype=np.int64)
        varies = np.zeros(len(variants), dtype=np.bool_)
        impute_missing(by_variant, varies)
        if not varies.any():
            raise DegenerateDataError(
                f"none of the {len(variants)} variants varies among the {len(wanted)} samples "
                "taken; take more samples"
            )
        lost = exclusions(
            "variant",
            variants.loc[~varies, "variant_id"].tolist(),
            "monomorphic",
            f"does not vary among the {len(wanted)} samples taken",
        )
        notes = list(self.notes)
        if len(lost):
            notes.append(
                f"{counted(len(lost), 'variant')} without variation among the {len(wanted)} "
                "samples taken: excluded."
            )
        kept = by_variant if varies.all() else by_variant[varies]
        variants = variants[varies].reset_index(drop=True)
        counts = dict(self.counts)
        counts["variants_kept"] = len(variants)
        counts["imputed_calls"] = int(variants["n_missing"].sum())
        return replace(
            self,
            dosages=kept.T,
            samples=wanted,
            variants=variants,
            excluded=combine([self.excluded, lost]),
            notes=notes,
            counts=counts,
            missing=None if packed is None else packed[varies],
        )
