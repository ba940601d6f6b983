"""Names of contigs, which every file spells in its own way.

Genotypes, genes and regions meet through this module alone. A contig is compared by its key:
without a ``chr`` prefix and leading zeros, ``M`` as ``MT``, and RefSeq and GenBank accessions of
human and mouse as the chromosomes that they are. PLINK's numbers of human contigs, 23 to 26, are
autosomes of other species; they count as letters only where something says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

from genesis.errors import InconsistentInputsError
from genesis.io.ids import first_few

__all__ = ["NUMBERED", "ContigNames", "contig_key", "match_contigs"]

#: PLINK's numbers of the contigs of a human that have no number; 25 is what X shares with Y.
NUMBERED = {"23": "X", "24": "Y", "25": "X", "26": "MT"}
LARGEST = 26
#: Names of the part of X that Y has too; positions there are those of X.
PSEUDO_AUTOSOMAL = ("XY", "PAR1", "PAR2")
_LETTERS = ("X", "Y", "MT", *PSEUDO_AUTOSOMAL)
_PREFIX = re.compile(r"(?:chr)+(?=.)", re.IGNORECASE)
# "0X" and "0Y" are written by programs that pad every name to two characters.
_PADDED = re.compile(r"0+([1-9][0-9]*|[XY])")
_ACCESSION = re.compile(r"(NC_[0-9]{6}|CM[0-9]{6})(\.[0-9]+)?")


@cache
def _accessions() -> dict[str, str]:
    found = {"NC_012920": "MT", "NC_005089": "MT"}
    human, mouse = 22, 19
    for prefix, first, n in (
        ("NC_", 1, human), ("CM", 663, human), ("NC_", 67, mouse), ("CM", 994, mouse)
    ):  # fmt: skip
        names = [*map(str, range(1, n + 1)), "X", "Y"]
        found |= {f"{prefix}{first + k:06d}": name for k, name in enumerate(names)}
    return found


@cache
def contig_core(name: str) -> str:
    """The key of a name, but XY, PAR1 and PAR2 as they are."""
    core = name[match.end() :] if (match := _PREFIX.match(name)) else name
    if accession := _ACCESSION.fullmatch(core):
        return _accessions().get(accession[1], core)
    upper = "MT" if core.upper() == "M" else core.upper()
    if upper in _LETTERS:
        return upper
    padded = _PADDED.fullmatch(upper)
    return padded[1] if padded else core


def contig_key(name: str) -> str:
    """What names of the same contig have in common.

    Examples
    --------
    >>> [contig_key(name) for name in ("chr1", "01", "NC_000001.11", "chrM", "XY", "chr1_alt")]
    ['1', '1', '1', 'MT', 'X', '1_alt']
    """
    core = contig_core(name)
    return "X" if core in PSEUDO_AUTOSOMAL else core


def _largest(cores: set[str]) -> int:
    numbers = (core for core in cores if core.isascii() and core.isdecimal())
    return max((int(number[:9]) for number in numbers), default=0)


class ContigNames:
    """The contigs of one file, and what they are called beside those of another.

    Parameters
    ----------
    contigs : sequence of str
        Of the file.
    others : sequence of str
        Of the other file: the genes', or those of the regions asked for. Where it has X and no
        contig 23, and this file has 23 and no X, 23 is X; likewise 24 is Y, 25 is X, 26 is MT. Not
        where either file has larger numbers.
    is_human : bool
        The file says that it is of a human, so that 23 to 26 are letters whatever the other has.

    Examples
    --------
    >>> names = ContigNames(["01", "23", "25"], ["chr1", "chrX"])
    >>> names.called("23"), names.find("chr1"), names.find("chrX")
    ('X', ['01'], ['23', '25'])
    >>> ContigNames(["1", "23"], ["1", "23", "24", "25"]).called("23")  # of a zebrafish
    '23'
    """

    def __init__(
        self, contigs: Sequence[str] = (), others: Sequence[str] = (), *, is_human: bool = False
    ) -> None:
        self.contigs = list(dict.fromkeys(contigs))
        self.others, self.is_human = list(others), is_human
        self._known = set(self.contigs)
        mine = {contig_core(name) for name in self.contigs}
        theirs = {contig_core(name) for name in self.others}
        their_keys = {contig_key(name) for name in self.others}
        # Numbers that may be letters, and those of them that something says to be.
        self._open = {}
        if max(_largest(mine), _largest(theirs)) <= LARGEST:
            self._open = {n: one for n, one in NUMBERED.items() if one not in mine}
        self._letters = {
            number: letter
            for number, letter in self._open.items()
            if is_human or (letter in their_keys and number not in theirs)
        }
        self._open = {n: one for n, one in self._open.items() if n not in {*self._letters, *theirs}}
        self._by_key: dict[str, list[str]] = {}
        for name in self.contigs:
            self._by_key.setdefault(contig_key(self.called(name)), []).append(name)

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def called(self, name: str) -> str:
        """What a contig of the file is called: as there, but X where it is a part of X, and so on.

        The name may be one that was not known to be in the file.
        """
        core = contig_core(name)
        letter = "X" if core in PSEUDO_AUTOSOMAL else self._letters.get(core)
        if letter is None:
            return name
        has_prefix = name[:3].lower() == "chr"
        spellings = (f"chr{letter}", letter) if has_prefix else (letter, f"chr{letter}")
        return next((one for one in spellings if one in self._known), spellings[0])

    def find(self, name: str) -> list[str]:
        """Contigs of the file that another file's name means.

        A name of the file means itself, whatever else is spelled alike; X means its
        pseudo-autosomal parts too. None are found where the name could mean one or another.
        """
        if name in self._known and self.called(name) != name:
            return [name]
        meant = {name} if name in self._known else self.spellings(name)
        if len(meant) != 1:
            return []
        found = [one for one in self._by_key[contig_key(name)] if self.called(one) in meant]
        return sorted(found, key=lambda one: one not in meant)

    def spellings(self, name: str) -> set[str]:
        """What the contigs with the key of a name are called."""
        return {self.called(one) for one in self._by_key.get(contig_key(name), [])}

    def including(self, contigs: Sequence[str]) -> ContigNames:
        """The names with more contigs of the file."""
        return ContigNames([*self.contigs, *contigs], self.others, is_human=self.is_human)

    def undecided(self, contigs: Sequence[str]) -> list[str]:
        """Which of these contigs have a number of PLINK's that nothing says the meaning of."""
        return [name for name in contigs if contig_core(name) in self._open]


def match_contigs(
    variant_chroms: Sequence[str], gene_chroms: Sequence[str], beside: Sequence[str] = ()
) -> tuple[dict[str, str], str | None]:
    """Find the variants' name of each contig of the genes.

    Names meet where they are equal, or else have the same key: ``chr1``, ``01`` and
    ``NC_000001.11`` are ``1``. Contigs of one file are never taken for each other: where a file
    has both ``1`` and ``chr1``, these meet their equals only.

    Parameters
    ----------
    variant_chroms, gene_chroms : sequence of str
        Contigs, in any order and number.
    beside : sequence of str
        More contigs of the genes' file, which show how it names contigs.

    Returns
    -------
    mapping : dict of str to str
        From the genes' name to the variants' name; contigs without a counterpart are not in it.
    note : str or None
        What did not meet or is named differently, for the log.

    Raises
    ------
    InconsistentInputsError
        If no contig meets.

    Examples
    --------
    >>> match_contigs(["1", "2"], ["chr1"])[0]
    {'chr1': '1'}
    >>> match_contigs(["01", "23"], ["1", "X"])[0]
    {'1': '01', 'X': '23'}
    """
    genes = ContigNames([*gene_chroms, *beside], variant_chroms)
    variants = ContigNames(variant_chroms, genes.contigs)
    wanted, known = list(dict.fromkeys(gene_chroms)), set(variants.contigs)
    alike = Counter(contig_core(name) for name in genes.contigs)
    mapping = {}
    for name in wanted:
        if name in known:
            mapping[name] = name
        elif alike[contig_core(name)] == 1 and (found := variants.find(genes.called(name))):
            mapping[name] = found[0]
    if not mapping:
        raise InconsistentInputsError(
            f"no contig of the genes is among those of the variants: genes have "
            f"{first_few(wanted)}, variants have {first_few(variants.contigs)}; name them "
            "alike (bcftools annotate --rename-chrs)"
        )
    return mapping, _meeting_note(mapping, variants.contigs, wanted)


def _meeting_note(mapping: dict[str, str], variants: list[str], genes: list[str]) -> str | None:
    notes = []
    respelled = [f"{gene} = {variant}" for gene, variant in mapping.items() if gene != variant]
    if respelled:
        notes.append(f"contigs named differently (genes = variants): {first_few(respelled)}")
    alone = [name for name in genes if name not in mapping]
    if alone:
        notes.append(f"contigs with genes and no variants: {first_few(alone)}")
    met = set(mapping.values())
    alone = [name for name in variants if name not in met]
    if alone:
        notes.append(f"contigs with variants and no genes: {first_few(alone)}")
    return "; ".join(notes) or None
