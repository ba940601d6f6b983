"""VCF and BCF at an address: regions by htslib, which asks for these alone; else a copy."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from genesis.engine.progress import Progress
from genesis.errors import InputOpenError
from genesis.io.bgzf_index import SUFFIXES, BgzfIndex, read_index
from genesis.io.genotype_source import Regions
from genesis.io.regions import Region, find_contigs, parse_regions
from genesis.io.remote import copy_of, copy_of_index
from genesis.io.variant_blocks import RecordBlock
from genesis.io.vcf_blocks import RecordBuffer
from genesis.io.vcf_header import parse_header
from genesis.io.vcf_source import (
    KINDS,
    UnparsedRecordError,
    VcfSource,
    inside,
    not_text,
    parsed,
    unparsed,
)
from genesis.io.vcf_text import TextCheck

__all__ = ["RemoteVcf"]


class RemoteVcf(VcfSource):
    """A VCF or BCF at an address.

    Its header, regions of it where there is an index beside it, and its first records come by
    htslib. All of it is copied first, so that its text is looked at as that of any file is.

    Parameters
    ----------
    url : str

    Raises
    ------
    InputOpenError
        There is nothing at the address.
    """

    def __init__(self, url: str) -> None:
        self.path, self.sexes = url, {}
        text = _open(url, None).raw_header
        lines = [f"{line}\n".encode() for line in text.rstrip("\n\x00").split("\n")]
        # Of a path only what it is called is of account here, and it would lose a slash.
        header = parse_header(cast(Path, url), False, "bgzf", lines)
        self.header, self.samples = header, header.samples
        self.fields = tuple(name for name in KINDS if name in header.formats)
        self.contigs, self.assembly = header.contigs, header.assembly
        self._index: BgzfIndex | None = None

    def read(
        self,
        field: str,
        region: Regions,
        take: Callable[[RecordBlock], None],
        progress: Progress | None,
    ) -> int:
        """Hand the records of the regions to `take`; returns how many others were passed over."""
        if region is not None and self._find_index():
            self.stream(field, region, take)
            return 0
        whole = VcfSource(copy_of(self.path))
        whole.path, whole.names, whole.near = self.path, self.names, self.near
        whole.select(self._wanted)
        return whole.read(field, region, take, progress)

    def stream(self, field: str, region: Regions, take: Callable[[RecordBlock], None]) -> None:
        """Hand out records as they come from the address: of regions by the index, or all."""
        vcf = _open(self.path, None if self._all else self._wanted)
        per_allele = self.header.formats[field][0] != "1"
        buffer = RecordBuffer(self.path, list(vcf.samples), field, per_allele, take)
        check = TextCheck(iter(()))
        by_index = region is not None
        records = parsed(vcf, check, False)
        if region is not None:
            records = self._fetch(vcf, parse_regions(region, self.header.contigs), check)
        try:
            buffer.collect(records)
        except UnparsedRecordError as error:
            raise unparsed(self.header, error.args[0], by_index) from error
        except UnicodeDecodeError as error:
            raise not_text(self.header, buffer.n_read, by_index) from error

    def _find_index(self) -> bool:
        if self._index is None:
            path = copy_of_index(self.path, SUFFIXES)
            if path is not None:
                # An index of a VCF names contigs, that of a BCF has them by their number.
                is_text = not self.path.partition("?")[0].endswith(".bcf")
                header = replace(self.header, is_text=is_text)
                self._index = read_index(path, header)
        return self._index is not None

    def _fetch(self, vcf: Any, regions: list[Region], check: TextCheck) -> Iterator[Any]:
        """Records of the regions by the index, each once."""
        assert self._index is not None
        vcf.set_index(str(self._index.path))
        known = [*self.header.contigs, *(one for one in self._index.bins if not one.isdecimal())]
        found = find_contigs(regions, self.names.including(known), self.path)
        mine = [one for one in found if one.chrom in set(known)]
        for number, region in enumerate(mine):
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="no intervals found")
                records = vcf(f"{region.chrom}:{region.start}-{region.end}")
                for variant in parsed(records, check, False):
                    if inside(variant, [region]) and not inside(variant, mine[:number]):
                        yield variant


def _open(url: str, samples: list[str] | None) -> Any:
    from cyvcf2 import VCF

    try:
        return VCF(url, samples=samples)
    except Exception as error:
        raise InputOpenError(
            f"{url}: htslib cannot open it ({error}); check the address, and whether a VCF or BCF "
            "is there"
        ) from error
