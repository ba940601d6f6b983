"""Where the genes of an expression table lie, and whether that fits the variants."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from genesis.errors import InconsistentInputsError
from genesis.io.assembly import Assembly
from genesis.io.contigs import match_contigs
from genesis.io.ids import counted, first_few

__all__ = ["place_genes", "place_on_contigs"]

# A version, what lifting to another build adds to it, and the mark of copies on Y.
VERSION = re.compile(r"^(ENS[A-Z]*\d+)(?:\.\d+(?:_\d+)?)?(_PAR_Y)?$")
#: Names are used where fewer ids than this share of the genes meet.
FEW = 0.1


def place_genes(gene_ids: Sequence[str], positions: pd.DataFrame) -> pd.DataFrame:
    """Positions of these genes, missing where they are not known.

    Ids of Ensembl also meet where they differ in what follows the number: a version (``.5``) or
    what lifting to another build adds to it (``.5_2``), unless several genes meet then. Where
    hardly any id meets and ``gene_name`` meets more, genes are found by that, but for names that
    several genes have.

    Parameters
    ----------
    gene_ids : sequence of str
    positions : pandas.DataFrame
        As `genesis.read_genes` returns it.

    Returns
    -------
    pandas.DataFrame
        ``gene_id``, ``chrom`` (string, ``pd.NA`` where not known), ``start``, ``end`` (Int64), one
        row a gene in the order given. ``attrs["note"]`` says which met otherwise than by the whole
        id, if any.

    Examples
    --------
    >>> known = pd.DataFrame({"gene_id": ["a"], "chrom": ["1"], "start": [5], "end": [9]})
    >>> place_genes(["b", "a"], known)["start"].tolist()
    [<NA>, 5]
    """
    # As text before it gets gaps, which turn whole numbers into fractions.
    positions = positions.assign(chrom=positions["chrom"].astype("string"))
    known, other = meet_without_version(gene_ids, positions["gene_id"].tolist())
    notes = []
    if other:
        notes.append(
            f"{counted(len(other), 'gene')} matched by the id without its version: "
            f"{first_few([f'{gene} = {found}' for gene, found in other.items()])}"
        )
    if "gene_name" in positions:
        known, note = _by_name(gene_ids, known, positions)
        notes += note
    placed = positions.set_index("gene_id")[["chrom", "start", "end"]].reindex(known)
    table = pd.DataFrame(
        {
            "gene_id": pd.Series(list(gene_ids), dtype="str"),
            "chrom": placed["chrom"].array,
            "start": pd.array(placed["start"].to_numpy(), dtype="Int64"),
            "end": pd.array(placed["end"].to_numpy(), dtype="Int64"),
        }
    )
    if notes:
        table.attrs["note"] = "; ".join(notes)
    return table


def meet_without_version(
    gene_ids: Sequence[str], known: Sequence[str]
) -> tuple[list[str], dict[str, str]]:
    """What each gene is called among the known ones, and which of these names are other ones.

    Examples
    --------
    >>> meet_without_version(["ENSG01", "TP53"], ["ENSG01.7_2", "TP53"])
    (['ENSG01.7_2', 'TP53'], {'ENSG01': 'ENSG01.7_2'})
    """
    exact = set(known)
    by_stem: dict[str, list[str]] = {}
    for name in known:
        by_stem.setdefault(_stem(name), []).append(name)
    names, other = [], {}
    for gene in gene_ids:
        found = [] if gene in exact else by_stem.get(_stem(gene), [])
        if len(found) == 1:
            other[gene] = found[0]
        names.append(other.get(gene, gene))
    return names, other


def _stem(gene: str) -> str:
    return VERSION.sub(r"\1\2", gene)


def _by_name(
    gene_ids: Sequence[str], known: list[str], positions: pd.DataFrame
) -> tuple[list[str], list[str]]:
    """The known ids, found by name where hardly one is known, and what to say of it."""
    ids = set(positions["gene_id"])
    n_met = sum(gene in ids for gene in known)
    if n_met >= FEW * len(known):
        return known, []
    by_name: dict[str, list[str]] = {}
    for name, gene in zip(positions["gene_name"].fillna(""), positions["gene_id"], strict=True):
        if not gene.endswith("_PAR_Y"):  # the same gene as on X
            by_name.setdefault(str(name), []).append(str(gene))
    by_name.pop("", None)
    named = [gene for gene, found in zip(gene_ids, known, strict=True) if found not in ids]
    named = [gene for gene in named if gene in by_name]
    if len(named) <= n_met:
        return known, []
    of_one = {gene: by_name[gene][0] for gene in named if len(by_name[gene]) == 1}
    several = [gene for gene in named if gene not in of_one]
    note = (
        f"{len(of_one)} of {counted(len(known), 'gene')} matched by gene_name, for {n_met} met by "
        f"gene_id: {first_few([f'{gene} = {found}' for gene, found in of_one.items()])}"
    )
    if several:
        note += (
            f"; {counted(len(several), 'name')} of several genes each met none: "
            f"{first_few(several)}"
        )
    found = [of_one.get(gene, name) for gene, name in zip(gene_ids, known, strict=True)]
    return found, [note]


def place_on_contigs(
    gene_ids: Sequence[str],
    positions: pd.DataFrame,
    variants: pd.DataFrame,
    *,
    passed_over: Iterable[str] = (),
    assembly: Assembly | None = None,
    selected: bool = False,
    force: bool = False,
) -> tuple[pd.DataFrame, list[str]]:
    """Positions of these genes on the contigs as the variants call them.

    Parameters
    ----------
    gene_ids : sequence of str
    positions : pandas.DataFrame
        As `genesis.read_genes` returns it.
    variants : pandas.DataFrame
        ``chrom``, missing where unknown.
    passed_over : iterable of str
        Contigs that the file of the variants has records on that are near no gene.
    assembly : Assembly, optional
        Of the variants.
    selected : bool
        Variants of some regions only were asked for.
    force : bool
        Go on where most genes lie on contigs without a variant.

    Returns
    -------
    table : pandas.DataFrame
        As `place_genes`.
    notes : list of str
        What differs or is lacking; what is likely a mistake starts with "Warning:".

    Raises
    ------
    InconsistentInputsError
        If no gene has a position, no contig meets, or more than half of the genes with a position
        lie on contigs without a variant, unless `selected` or `force`.
    """
    table = place_genes(gene_ids, positions)
    notes = [table.attrs.pop("note")] if "note" in table.attrs else []
    placed = table["chrom"].notna()
    if len(positions) and not placed.any() and positions["chrom"].notna().any():
        raise InconsistentInputsError(
            f"not one gene of the expression has a position: it has {', '.join(gene_ids[:3])}, "
            f"the positions have {', '.join(map(str, positions['gene_id'].head(3)))}"
        )
    if 0 < placed.sum() < len(placed):
        lost = table.loc[~placed, "gene_id"]
        notes.append(
            f"{counted(len(lost), 'gene')} {'has' if len(lost) == 1 else 'have'} no position and "
            f"so no cis window: {first_few(lost.tolist())}"
        )
    contigs = variants["chrom"].drop_duplicates().dropna().tolist()
    contigs = list(dict.fromkeys([*contigs, *passed_over]))
    if not placed.any() or not contigs:
        return table, notes
    on = table.loc[placed, "chrom"].drop_duplicates().tolist()
    mapping, note = match_contigs(
        contigs, on, positions["chrom"].dropna().astype("string").drop_duplicates().tolist()
    )
    notes += [note] if note else []
    if not selected:
        notes += _require_most(table[placed], mapping, contigs, force)
    renamed = [mapping.get(name, name) for name in table["chrom"]]
    table["chrom"] = pd.array(renamed, dtype="string")
    notes += _other_builds(table[placed], positions.attrs.get("build", ""), assembly or Assembly())
    return table, notes


def _require_most(
    placed: pd.DataFrame, mapping: dict[str, str], contigs: list[str], force: bool
) -> list[str]:
    """Refuse genes most of which lie on contigs without a variant, or say it."""
    n_on = placed["chrom"].value_counts()
    lost = n_on[[name not in mapping for name in n_on.index]]
    if 2 * lost.sum() <= len(placed):
        return []
    shown = [f"{name} ({counted(n, 'gene')})" for name, n in lost.items()]
    said = (
        f"{lost.sum()} of {counted(len(placed), 'gene')} with a position lie on contigs without a "
        f"variant: genes on {first_few(shown)}, variants on {first_few(contigs)}"
    )
    if not force:
        raise InconsistentInputsError(
            f"{said}. Give the variants of all contigs, name the contigs alike (bcftools annotate "
            "--rename-chrs), or ask for a part by --chrom; --force (force=True) goes on without "
            "anchors near those genes"
        )
    return [f"Warning: {said}"]


def _other_builds(placed: pd.DataFrame, build: str, assembly: Assembly) -> list[str]:
    """What says that genes and variants are of different builds of the genome."""
    notes = []
    if build and assembly.build and build != assembly.build:
        notes.append(
            f"Warning: variants have positions of {assembly.build} and genes of {build}, by their "
            "headers: cis windows and anchors are wrong. Give the genes of the variants' build"
        )
    lengths: Any = placed["chrom"].map(dict(assembly.lengths))
    beyond = placed[(placed["end"].astype("Float64") > lengths.astype("Float64")).fillna(False)]
    if len(beyond):
        first = beyond.iloc[0]
        notes.append(
            f"Warning: {counted(len(beyond), 'gene')} end{'s' if len(beyond) == 1 else ''} beyond "
            f"the contig, such as {first['gene_id']} at {first['chrom']}:{first['end']:,} of "
            f"{assembly.lengths[first['chrom']]:,} bases in the header of the genotypes: genes and "
            "variants are of different builds of the genome"
        )
    return notes
