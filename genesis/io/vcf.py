"""Genotypes from VCF, VCF.gz and BCF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from genesis.engine.progress import Progress
from genesis.io.file_patterns import Paths
from genesis.io.genotype_source import GenotypeSource, read_genotypes
from genesis.io.genotypes import Genotypes
from genesis.io.joined_source import open_source
from genesis.io.remote import STDIN, copy_of, url_of
from genesis.io.variant_blocks import RecordFilter
from genesis.io.vcf_remote import RemoteVcf
from genesis.io.vcf_source import VcfSource
from genesis.io.vcf_zarr import StoreSource, is_store

__all__ = ["open_vcf", "read_vcf"]


def open_vcf(path: str | Path) -> GenotypeSource:
    """Open a VCF, VCF.gz, BCF or Zarr store, or a VCF or BCF at an address."""
    url = url_of(path)
    if url is not None:
        return RemoteVcf(url)
    if str(path) == STDIN:
        source = VcfSource(copy_of(path))
        source.path = STDIN
        return source
    return StoreSource(path) if is_store(path) else VcfSource(path)


def read_vcf(
    path: Paths,
    *,
    samples: Sequence[str] | None = None,
    region: str | Sequence[str] | None = None,
    field: str = "GT",
    maf: float = 0.05,
    max_missing: float = 0.1,
    multiallelic: str = "split",
    include_variants: Sequence[str] | None = None,
    exclude_variants: Sequence[str] | None = None,
    sex: str | Path | None = None,
    contigs: Sequence[str] = (),
    pass_only: bool = False,
    progress: Progress | None = None,
) -> Genotypes:
    """Read the genotypes of a VCF, VCF.gz, BCF or Zarr store as ALT allele dosages.

    Records are streamed; only the variants that pass the filters are held. The filters see the
    samples asked for and no others.

    Parameters
    ----------
    path : str, Path or sequence of these
        A VCF, bgzip or gzip compressed or not, or a BCF; or a store in the VCF Zarr layout
        (``.zarr``), as `genesis convert` writes it. Several are read as one, as `bcftools concat`
        joins them: of the same samples, matched by id. ``{chrom}`` or ``@`` in a path stands for
        every chromosome that there is a file of. An address (https, s3, gs) of a VCF or BCF is
        good too: of it regions are read alone, where there is an index, and else a copy.
    samples : sequence of str, optional
        Samples to read, in the order wanted. Default: all, in the order of the file.
    region : str or sequence of str, optional
        ``chrom`` or ``chrom:start-end`` (1-based, both ends included; a record belongs to it by
        its POS), in any spelling of the contig (``chr1``, ``01``, ``NC_000001.11``). An index
        beside the file is used where there is one, and refused where it is damaged or not of the
        file as it is now.
    field : {"GT", "DS", "GP", "PL", "GL"}, default "GT"
        FORMAT field to read: called genotypes, imputed dosages, genotype probabilities, of which
        the expected dosage is taken, or genotype likelihoods (PL phred-scaled, GL log10), which
        become probabilities with every genotype as likely beforehand; where all of a sample's
        are equal, it is missing. Never chosen silently; a record without it is excluded with
        reason ``field_absent``.
    maf : float, default 0.05
        Smallest minor allele frequency kept, among called alleles.
    max_missing : float, default 0.1
        Largest fraction of samples without a call kept. What is missing in the variants kept
        is set to the variant's mean dosage.
    multiallelic : {"split", "drop", "error"}, default "split"
        Records of several ALT alleles: a variant for each ALT allele whose dosage counts that
        allele, excluded with reason ``multiallelic``, or an error.
    include_variants, exclude_variants : sequence of str, optional
        Variants to keep, others being excluded with reason ``not_included``, and to leave out
        (``excluded_by_list``): ids as the file has them, or ``chrom:pos:ref:alt``.
    sex : str or Path, optional
        Sex of the samples, a sample and its sex a line: 1, M or male; 2, F or female; 0, NA
        or unknown. Called genotypes of males on X have one allele outside the pseudo-autosomal
        regions, coded 0 or 2 however it is written; a heterozygous one is missing.
    contigs : sequence of str, optional
        Contigs as the positions of genes call them. PLINK numbers contigs of a human 23 (X), 24
        (Y), 25 (X and Y) and 26 (MT), which are autosomes of other species: they become letters
        where these names, a region or the header of the file say so, and else stay as they are.
    pass_only : bool, default False
        Leave out variants with a FILTER other than PASS or ``.``, with reason
        ``filter_not_pass``. They are kept and counted in a note otherwise, as by plink2 and
        tensorQTL: FILTER says what the caller thought of a site, of which the limits of maf and
        missing calls judge these samples anew, and many callers fill it in never or always.
    progress : callable, optional
        Called as ``progress("reading genotypes", done, total)`` in records; without an index
        the total is not known and 0. Of several files, in files.

    Returns
    -------
    Genotypes
        Half-calls (``./1``) are missing. Haploid calls have dosage 0 or 1, but for males on X.

    Raises
    ------
    InputOpenError
        If the file cannot be opened.
    InputReadError
        If it is truncated or damaged.
    MalformedInputError
        If the header or a record breaks the format; the message has the line or record.
    InconsistentInputsError
        For samples, or a region's contig, that the file does not have, for files of different
        samples, and for an index that does not belong to its file.
    CommandLineError
        For options that cannot be used, such as a field that the file does not declare.
    DegenerateDataError
        If there are no samples or no variant passes; the message counts the reasons.

    Examples
    --------
    >>> genotypes = read_vcf("genotypes.vcf.gz", region="chr2:1-5000000")  # doctest: +SKIP
    >>> genotypes.dosages.shape                                            # doctest: +SKIP
    (300, 4100)
    """
    limits = RecordFilter(
        field, maf, max_missing, multiallelic, include_variants, exclude_variants, pass_only
    )
    return read_genotypes(
        open_source(path, open_vcf), limits, samples=samples, region=region, sex=sex,
        contigs=contigs, progress=progress,
    )  # fmt: skip
