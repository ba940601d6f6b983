"""Records of cyvcf2 in, blocks of records out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import methodcaller
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genesis.errors import MalformedInputError
from genesis.io.probability_kernels import expected_dosages, flat_posteriors
from genesis.io.variant_blocks import RecordBlock

__all__ = ["RecordBuffer", "dosages_from_likelihoods", "dosages_from_probabilities"]

BLOCK_BYTES = 4 << 20
BLOCK_RECORDS = 2048
# Records that are copied into the block together, which takes a third of one by one.
BATCH = 32
_N_COLUMNS = 6


class RecordBuffer:
    """Takes the records of a VCF one after the other and hands them on in blocks.

    Parameters
    ----------
    path : str
        The file, for messages.
    samples : list of str
        Samples in the order of the records.
    field : {"GT", "DS", "GP", "PL", "GL"}
    per_allele : bool
        DS has one value an ALT allele (Number=A); otherwise one a record.
    take : callable
        Called with each `RecordBlock`, whose values are good until it returns.
    """

    def __init__(
        self,
        path: str,
        samples: list[str],
        field: str,
        per_allele: bool,
        take: Callable[[RecordBlock], None],
    ) -> None:
        self.path = path
        self.samples = samples
        self.field = field
        self.per_allele = per_allele
        self.take = take
        self._rows: list[Any] = []  # chrom, name, ref, alt, pos, filter of each record, end to end
        self._without_field: list[int] = []
        self._buffer: NDArray[Any] = np.empty((0, 0), dtype=np.int32)
        self._shape = (0, 0)
        self._capacity = self._batch_size = 0
        self._stored = 0
        self._batch: list[NDArray[Any]] = []
        self.n_read = 0

    def collect(self, variants: Iterable[Any], n_before: int = 0) -> None:
        """Take the records of cyvcf2, one after the other; so many of the file come before."""
        # BCF's own coding of the genotypes: cyvcf2's `genotype` takes time to recode them.
        calls = methodcaller("format", "GT", int)
        readers: dict[str, Callable[[Any], Any]] = {
            "GT": calls,
            "DS": self._dosages,
            "GP": self._probabilities,
            "PL": self._likelihoods,
            "GL": self._likelihoods,
        }
        read = readers[self.field]
        # One long list of texts and positions: the garbage collector would look at a tuple for
        # every record again and again.
        rows, batch = self._rows, self._batch
        for self.n_read, variant in enumerate(variants, start=n_before + 1):
            alts = variant.ALT
            values = read(variant)
            alt = alts[0] if len(alts) == 1 else ",".join(alts) or "."
            if values is None:
                self._without_field.append(len(rows) // _N_COLUMNS)
            else:
                if values.shape != self._shape or self._stored == self._capacity:
                    self._flush()
                    self._fit_buffer(values)
                batch.append(values)
                if len(batch) == self._batch_size:
                    self._copy_batch()
            rows += (variant.CHROM, variant.ID, variant.REF, alt, variant.POS, variant.FILTER)
        self._flush()

    def _dosages(self, variant: Any) -> NDArray[np.float32] | None:
        """The imputed dosages of all samples (samples x alleles), or None."""
        values = variant.format("DS")
        if values is None:
            return None
        if values.dtype != np.float32:
            # Whole-number dosages: the two smallest int32 stand for missing and padding.
            missing = values < np.iinfo(np.int32).min + 2
            values = np.where(missing, np.nan, values).astype(np.float32)
        n_wanted = max(1, len(variant.ALT)) if self.per_allele else 1
        if values.shape[1] == n_wanted:
            return values
        if np.isnan(values).all():
            return np.full((len(values), n_wanted), np.nan, dtype=np.float32)
        raise MalformedInputError(
            f"{self._where(variant)}: {values.shape[1]} dosages (DS) a sample for "
            f"{len(variant.ALT)} ALT alleles; repair the record or read GT"
        )

    def _probabilities(self, variant: Any) -> NDArray[np.float32] | None:
        """The expected dosages of all samples (samples x alleles), or None."""
        values = variant.format("GP")
        if values is None:
            return None
        n_alleles = 1 + len(variant.ALT)
        return dosages_from_probabilities(values, n_alleles, self.samples, self._where(variant))

    def _likelihoods(self, variant: Any) -> NDArray[np.float32] | None:
        """The expected dosages that likelihoods give with a flat prior, or None."""
        values = variant.format(self.field)
        if values is None:
            return None
        if values.dtype != np.float32:
            missing = values < np.iinfo(np.int32).min + 2
            values = np.where(missing, np.nan, values)
        n_alleles, where = 1 + len(variant.ALT), self._where(variant)
        return dosages_from_likelihoods(values, self.field, n_alleles, self.samples, where)

    def _where(self, variant: Any) -> str:
        return f"{self.path}, record {self.n_read} ({variant.CHROM}:{variant.POS})"

    def _fit_buffer(self, values: NDArray[Any]) -> None:
        if values.shape != self._shape:
            self._shape = values.shape
            capacity = max(1, min(BLOCK_RECORDS, BLOCK_BYTES // max(1, values.nbytes)))
            self._batch_size = min(BATCH, capacity)
            self._capacity = capacity - capacity % self._batch_size
            n_samples, width = values.shape
            self._buffer = np.empty((self._capacity * n_samples, width), dtype=values.dtype)

    def _copy_batch(self) -> None:
        if self._batch:
            start = self._stored * self._shape[0]
            self._stored += len(self._batch)
            end = self._stored * self._shape[0]
            np.concatenate(self._batch, out=self._buffer[start:end])
            self._batch.clear()

    def _flush(self) -> None:
        """Hand on the records collected."""
        self._copy_batch()
        if self._rows:
            columns = (self._rows[at::_N_COLUMNS] for at in range(_N_COLUMNS))
            chrom, name, ref, alt, pos, filters = columns
            end = self._stored * self._shape[0]
            values = self._buffer[:end].reshape(self._stored, *self._shape)
            has_field = np.ones(len(pos), dtype=np.bool_)
            has_field[self._without_field] = False
            slot = np.where(has_field, np.cumsum(has_field) - 1, -1)
            positions = np.array(pos, dtype=np.int64)
            self.take(RecordBlock(chrom, positions, name, ref, alt, values, slot, filters))
        self._rows.clear()
        self._without_field.clear()
        self._stored = 0


def dosages_from_probabilities(
    given: NDArray[np.float32], n_alleles: int, samples: list[str], where: str
) -> NDArray[np.float32]:
    """Expected dosages (samples x ALT alleles) of genotype probabilities (samples x genotypes).

    Raises
    ------
    MalformedInputError
        Where the probabilities of a sample are of neither one nor two alleles, negative, or do
        not sum to one.
    """
    out = np.empty((len(given), max(1, n_alleles - 1)), dtype=np.float32)
    bad = expected_dosages(np.ascontiguousarray(given, dtype=np.float32), n_alleles, out)
    if bad >= 0:
        shown = ", ".join(f"{value:g}" for value in given[bad])
        raise MalformedInputError(
            f"{where}, sample {samples[bad]}: the genotype probabilities (GP) {shown} are none of "
            f"{n_alleles} alleles that sum to 1; repair the record, or read another field"
        )
    return out


def dosages_from_likelihoods(
    given: NDArray[Any], field: str, n_alleles: int, samples: list[str], where: str
) -> NDArray[np.float32]:
    """Expected dosages (samples x ALT alleles) of genotype likelihoods, every genotype as likely.

    A sample whose likelihoods are all equal is missing.

    Parameters
    ----------
    given : numpy.ndarray, shape (n_samples, n_genotypes)
        Genotypes in the order of the VCF specification; NaN is missing.
    field : {"PL", "GL"}
        Phred-scaled, which is -10 log10, or log10.
    n_alleles : int
    samples, where : list of str, str
        For messages.

    Raises
    ------
    MalformedInputError
        Where the likelihoods of a sample are of neither one nor two alleles, or above one.
    """
    log10 = np.ascontiguousarray(given, dtype=np.float64) * (-0.1 if field == "PL" else 1.0)
    probabilities = np.empty(log10.shape, dtype=np.float32)
    says_nothing = np.empty(len(given), dtype=np.bool_)
    out = np.empty((len(given), max(1, n_alleles - 1)), dtype=np.float32)
    bad = flat_posteriors(log10, probabilities, says_nothing)
    if bad < 0:
        bad = expected_dosages(probabilities, n_alleles, out)
    if bad >= 0:
        shown = ", ".join(f"{value:g}" for value in given[bad])
        limit = "negative" if field == "PL" else "positive"
        raise MalformedInputError(
            f"{where}, sample {samples[bad]}: the genotype likelihoods ({field}) {shown} are none "
            f"of {n_alleles} alleles, of which none is {limit}; repair the record, or read another "
            "field"
        )
    out[says_nothing] = np.nan
    return out
