"""Which build of a genome a file is of, by what it says of itself, and builds that differ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from genesis.io.contigs import contig_key

__all__ = ["Assembly", "find_build", "read_assembly"]

CONTIG = re.compile(r"##contig=<.*?\bID=([^,>]+)")
_LENGTH = re.compile(r"\blength=(\d{1,12})\b")
_SAID = re.compile(
    r"##(?:reference|assembly)=(.*)|##contig=<.*?\b(?:assembly|species)=(\"[^\"]*\"|[^,>]+)"
)
# A build is named by the Genome Reference Consortium, by UCSC, or by those who share its file.
_BUILDS = {
    "GRCh38": r"hg38|b38|hs38(?:d1|DH)?",
    "GRCh37": r"hg19|b37|hs37(?:d5)?|g1k_v37",
    "NCBI36": r"NCBI36|hg18|b36",
    "T2T-CHM13": r"T2T-CHM13[\w.]*|CHM13[\w.]*|hs1",
    "GRCm39": r"mm39",
    "GRCm38": r"mm10",
    "NCBIM37": r"NCBIM37|mm9",
}
_NAMES = {
    build: re.compile(rf"(?<![a-z0-9])(?:{names})(?![a-z0-9])", re.IGNORECASE)
    for build, names in _BUILDS.items()
}
_CONSORTIUM = re.compile(r"GRC([a-z])([0-9]+)", re.IGNORECASE)
_HUMAN = re.compile(r"GRCh|NCBI36|T2T")
_HUMAN_SPECIES = re.compile(r"homo[ _]sapiens", re.IGNORECASE)
# Of chromosomes 1 to 22, X and Y.
_LENGTHS = {
    "GRCh37": (
        249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022,
        141213431, 135534747, 135006516, 133851895, 115169878, 107349540, 102531392, 90354753,
        81195210, 78077248, 59128983, 63025520, 48129895, 51304566, 155270560, 59373566,
    ),
    "GRCh38": (
        248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636,
        138394717, 133797422, 135086622, 133275309, 114364328, 107043718, 101991189, 90338345,
        83257441, 80373285, 58617616, 64444167, 46709983, 50818468, 156040895, 57227415,
    ),
}  # fmt: skip
_CHROMOSOMES = (*map(str, range(1, 23)), "X", "Y")
# PLINK's numbers of X and Y may stand for the letters among lengths, which tell them apart.
_BY_LENGTH = {
    (name, length): build
    for build, lengths in _LENGTHS.items()
    for name, length in zip((*_CHROMOSOMES, "23", "24"), (*lengths, *lengths[-2:]), strict=True)
}


@dataclass(frozen=True)
class Assembly:
    """What a file says of the genome that its positions are of.

    Attributes
    ----------
    build : str
        Such as ``"GRCh38"``; empty where the file does not say it.
    is_human : bool
        Whether it says that it is of a human.
    lengths : mapping of str to int
        Lengths of contigs, as far as they are declared and those of a genome: PLINK declares the
        last position of each contig instead.
    """

    build: str = ""
    is_human: bool = False
    lengths: Mapping[str, int] = field(default_factory=dict)


def find_build(text: str) -> str:
    """The build that a text names, empty where it names none or several.

    Examples
    --------
    >>> find_build("/data/human_g1k_v37.fasta"), find_build("GRCh38.p14"), find_build("hg19ToHg38")
    ('GRCh37', 'GRCh38', '')
    >>> find_build("the human genome (GRCh37), version 44, mapped from GRCh38")
    'GRCh37'
    """
    text = re.split(r"\b(?:mapped|lifted)\b(?:\s+over)?\s+from\b", text)[0]
    found = {f"GRC{species.lower()}{number}" for species, number in _CONSORTIUM.findall(text)}
    found |= {build for build, names in _NAMES.items() if names.search(text)}
    return found.pop() if len(found) == 1 else ""


def build_by_lengths(lengths: Mapping[str, int]) -> str:
    """The build of a human that contigs have the lengths of.

    Examples
    --------
    >>> build_by_lengths({"chr22": 51304566}), build_by_lengths({"chr22": 51304567})
    ('GRCh37', '')
    """
    met = [_BY_LENGTH.get((contig_key(name), length)) for name, length in lengths.items()]
    counts = Counter(build for build in met if build is not None)
    return counts.most_common(1)[0][0] if counts else ""


def read_assembly(lines: Iterable[str]) -> Assembly:
    """What the header lines of a VCF say of the genome; lengths count for more than words.

    Examples
    --------
    >>> read_assembly(["##reference=file:///refs/hg19.fa", "##contig=<ID=23>"])
    Assembly(build='GRCh37', is_human=True, lengths={})
    """
    lengths, texts, by_plink = {}, [], False
    for line in lines:
        contig, length = CONTIG.match(line), _LENGTH.search(line)
        if contig and length:
            lengths[contig[1]] = int(length[1])
        if said := _SAID.match(line):
            texts.append(said[1] or said[2])
        by_plink |= line.startswith("##source=PLINK")
    return assembly_of(lengths, texts, by_plink)


def assembly_of(
    lengths: Mapping[str, int], texts: Iterable[str] = (), by_plink: bool = False
) -> Assembly:
    """What lengths of contigs and words on the genome say of it."""
    by_lengths = build_by_lengths(lengths)
    texts = list(dict.fromkeys(texts))
    named = {build for text in texts if (build := find_build(text))}
    build = by_lengths or (named.pop() if len(named) == 1 else "")
    is_human = bool(_HUMAN.match(build)) or any(_HUMAN_SPECIES.search(text) for text in texts)
    return Assembly(build, is_human, lengths if by_lengths or not by_plink else {})
