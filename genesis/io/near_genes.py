"""Which records lie near a gene; the others are passed over while genotypes are read."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from genesis.io.contigs import NUMBERED, contig_key
from genesis.io.ids import counted, were
from genesis.io.text_columns import hashes_of, is_among

__all__ = ["NearGenes", "thinned"]

#: No contig is longer.
WHOLE_CONTIG = 1 << 40


#: Of so many base pairs the last so many are those of the thinned genome.
STRIDE, THIN = 5000, 100


def thinned(pos: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which positions are among the one in fifty that stand for the whole genome.

    It is told from the position alone, so that the variants there are the same whatever else is
    held.

    Examples
    --------
    >>> thinned(np.array([4899, 4900, 4999, 5000, 9950])).tolist()
    [False, True, True, False, True]
    """
    return pos % STRIDE >= STRIDE - THIN


class NearGenes:
    """The stretches of the genome within reach of a gene, and what was found elsewhere.

    Of the records elsewhere those at `thinned` positions are taken for near ones, for what asks how
    the samples are related.

    A contig is taken for any that its name could mean (``chr1`` for ``1``, ``23`` for ``X``), so
    that nothing is missed that lies in the cis window of a gene, whatever the contigs turn out to
    be called.

    Parameters
    ----------
    genes : pandas.DataFrame
        chrom, start, end (1-based, inclusive), missing where unknown.
    window : int
        Base pairs on either side of a gene.

    Attributes
    ----------
    passed_over : dict of str to int
        Records that are near no gene, by contig as the files call it.

    Examples
    --------
    >>> genes = pd.DataFrame({"chrom": ["chr1"], "start": [500], "end": [600]})
    >>> near = NearGenes(genes, 100)
    >>> near.among(["1", "1", "2"], np.array([400, 701, 500])).tolist()
    [True, False, False]
    >>> near.pass_over(["1", "2"], ["rs2", "rs3"], ["A", "T"])
    >>> near.passed_over
    {'1': 1, '2': 1}
    """

    def __init__(self, genes: pd.DataFrame, window: int) -> None:
        known = genes[genes[["chrom", "start", "end"]].notna().all(axis=1)]
        self.window = window
        reach = min(window, WHOLE_CONTIG)
        self._start = known["start"].to_numpy(dtype=np.int64) - reach
        self._end = known["end"].to_numpy(dtype=np.int64) + reach
        self._key = np.array([contig_key(str(name)) for name in known["chrom"]], dtype=object)
        self._on: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        self._names: list[pa.Array] = []
        self.passed_over: dict[str, int] = {}

    def among(self, chrom: Any, pos: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which records are near a gene, or stand for the whole genome.

        Parameters
        ----------
        chrom : sequence of str, or pyarrow array
        pos : (n,) int64
        """
        coded = _texts(chrom).dictionary_encode()
        codes = coded.indices.to_numpy()
        near = thinned(pos)
        for code, contig in enumerate(coded.dictionary.to_pylist()):
            mine = np.flatnonzero(codes == code)
            start, end = self._stretches(contig)
            at = np.searchsorted(start, pos[mine], side="right") - 1
            near[mine] |= (at >= 0) & (pos[mine] <= np.append(end, -1)[at])
        return near

    def pass_over(self, chrom: Any, name: Any, alt: Any) -> None:
        """Count records that are near no gene, and keep their ids.

        Parameters
        ----------
        chrom, name, alt : sequence of str, or pyarrow array
            As in `RecordBlock`.
        """
        for one in _texts(chrom).value_counts().to_pylist():
            contig = one["values"]
            self.passed_over[contig] = self.passed_over.get(contig, 0) + one["counts"]
        # Variants of a record with several ALT alleles are not called by its id.
        self._names.append(_texts(name).filter(pc.invert(pc.match_substring(_texts(alt), ","))))

    def anew(self) -> NearGenes:
        """The same, with nothing passed over, of a file that is read beside others."""
        other = copy(self)
        other._on, other._names, other.passed_over = {}, [], {}
        return other

    def join(self, part: NearGenes) -> None:
        """Count what was passed over in a file that was read beside others."""
        for contig, n in part.passed_over.items():
            self.passed_over[contig] = self.passed_over.get(contig, 0) + n
        self._names += part._names

    def ids_elsewhere(self, ids: pd.Series) -> NDArray[np.bool_]:
        """Which of these ids a record that was passed over has too."""
        found = np.zeros(len(ids), dtype=np.bool_)
        if not self._names:
            return found
        elsewhere = pa.chunked_array(self._names, pa.string())
        hashes = hashes_of(elsewhere)
        rows = np.flatnonzero(is_among(hashes_of(ids), np.sort(hashes)))
        # Of these few the texts are compared.
        mine = pa.array(ids.iloc[rows].tolist(), pa.string())
        may_be = elsewhere.filter(pa.array(is_among(hashes, np.sort(hashes_of(mine)))))
        found[rows] = pc.is_in(mine, may_be.combine_chunks()).to_numpy(zero_copy_only=False)
        return found

    def note(self) -> list[str]:
        """What was passed over, in a sentence; none where nothing was."""
        n = sum(self.passed_over.values())
        if not n:
            return []
        listed = ", ".join(f"{contig} {k}" for contig, k in self.passed_over.items())
        return [
            f"{counted(n, 'record')} more than {self.window:,} bp from every gene of the "
            f"expression {were(n)} passed over: {listed}."
        ]

    def _stretches(self, contig: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Starts and ends of the stretches on a contig, apart from each other and in order."""
        if contig not in self._on:
            key = contig_key(contig)
            meant = {key, NUMBERED.get(key), *(n for n, one in NUMBERED.items() if one == key)}
            here = np.array([one in meant for one in self._key], dtype=np.bool_)
            order = np.argsort(self._start[here], kind="stable")
            start, end = self._start[here][order], np.maximum.accumulate(self._end[here][order])
            first = np.ones(len(start), dtype=np.bool_)
            first[1:] = start[1:] > end[:-1]
            self._on[contig] = start[first], end[np.roll(first, -1)]
        return self._on[contig]


def _texts(column: Any) -> pa.Array:
    return column if isinstance(column, pa.Array) else pa.array(column, pa.string())
