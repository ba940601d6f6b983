"""Gene positions, contigs, covariates, anchor lists, and the matching of samples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.errors import DegenerateDataError, InconsistentInputsError, MalformedInputError
from genesis.inputs.align import match_samples
from genesis.io.anchor_list import read_anchors
from genesis.io.contigs import match_contigs
from genesis.io.covariates import read_covariates
from genesis.io.gene_places import place_genes
from genesis.io.genes import read_genes
from tests.cli import small_inputs


def write(tmp_path, text, name="t.tsv"):
    path = tmp_path / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1\t99\t200\tA\t0\t+\n", ("1", 100, 200)),
        ("#chrom\tstart\tend\tgene_id\n1\t99\t200\tA\n", ("1", 100, 200)),
        ("gene_id\tchrom\tstart\tend\nA\t1\t100\t200\n", ("1", 100, 200)),
        ("gene_id\tchromosome\tphenotype_pos\tstrand\nA\t1\t150\t1\n", ("1", 150, 150)),
        ("gene,chr,pos\nA,X,150\n", ("X", 150, 150)),
        (
            "Gene stable ID\tGene name\tChromosome/scaffold name\tGene start (bp)\tGene end (bp)\n"
            "A\tNAME\t1\t100\t200\n",
            ("1", 100, 200),
        ),
        (
            "ensembl_gene_id,chromosome_name,start_position,end_position,strand\nA,1,100,200,-1\n",
            ("1", 100, 200),
        ),
    ],
    ids=["bed", "bed with header", "table", "midpoints", "csv", "BioMart", "biomaRt"],
)
def test_positions_are_one_based_and_inclusive(tmp_path, text, expected):
    genes = read_genes(write(tmp_path, text))
    assert tuple(genes.loc[0, ["chrom", "start", "end"]]) == expected
    placed = place_genes(["Z", "A"], genes)
    assert placed["chrom"].isna().tolist() == [True, False]


def test_an_export_of_biomart_with_names_and_rows_of_transcripts(tmp_path):
    text = (
        "Gene stable ID,Transcript stable ID,Gene name,Gene start (bp),Gene end (bp),"
        "Chromosome/scaffold name\n"
        "ENSG1,T1,ONE,100,200,1\nENSG1,T2,ONE,100,200,1\nENSG2,T3,,300,400,CHR_HSCHR6_MHC\n"
    )
    genes = read_genes(write(tmp_path, text, "mart_export.csv"))
    assert genes.values.tolist() == [
        ["ENSG1", "1", 100, 200, "ONE"],
        ["ENSG2", "CHR_HSCHR6_MHC", 300, 400, ""],
    ]
    assert "taken as 1-based" in genes.attrs["notes"][0]
    assert "1 identical repeat was passed over" in genes.attrs["notes"][1]
    assert place_genes(["ONE"], genes)["start"].tolist() == [100]


@pytest.mark.parametrize(
    ("variants", "genes", "expected"),
    [
        (["1", "2"], ["1", "2"], {"1": "1", "2": "2"}),
        (["chr1", "chr2"], ["1", "2"], {"1": "chr1", "2": "chr2"}),
        (["1", "2"], ["chr1"], {"chr1": "1"}),
    ],
)
def test_contigs_are_matched_and_said(variants, genes, expected):
    mapping, note = match_contigs(variants, genes)
    assert {gene: mapping.get(gene, gene) for gene in genes} == expected
    assert bool(note) == (variants != genes)


def test_contigs_that_do_not_meet_name_both_sides():
    with pytest.raises(InconsistentInputsError, match=r"(?s)NC_01.*scaf1|scaf1.*NC_01"):
        match_contigs(["NC_01", "NC_02"], ["scaf1"])


def test_covariates_lie_either_way(tmp_path):
    text = "sample\tage\tsex\na\t30\tmale\nb\t40\tfemale\nc\t50\tmale\n"
    upright = read_covariates(write(tmp_path, text), ["c", "a"])
    rows = [line.split("\t") for line in text.splitlines()]
    turned = "\n".join("\t".join(column) for column in zip(*rows, strict=True)) + "\n"
    lying = read_covariates(write(tmp_path, turned, "u.tsv"), ["c", "a"])
    pd.testing.assert_frame_equal(upright.values, lying.values)
    assert upright.values.index.tolist() == ["c", "a"]
    assert upright.values["age"].tolist() == [50, 30]


def test_words_become_indicators_and_constants_go(tmp_path):
    text = "sample\tsex\tbatch\na\tmale\tx\nb\tfemale\tx\nc\tmale\tx\n"
    found = read_covariates(write(tmp_path, text), ["a", "b", "c"])
    assert found.values.to_dict("list") == {"sex=male": [1.0, 0.0, 1.0]}
    assert found.excluded["id"].tolist() == ["batch"]


def test_anchor_lists(tmp_path):
    tensorqtl = "phenotype_id\tvariant_id\tpval_nominal\nG1\trs1\t0.1\nG1\trs2\t0.2\n"
    found = read_anchors(write(tmp_path, tensorqtl))
    assert found.values.tolist() == [["G1", "rs1"], ["G1", "rs2"]]
    with pytest.raises(MalformedInputError, match="variant_id"):
        read_anchors(write(tmp_path, "gene_id\tsnp\nG1\trs1\n"))


def ids(start, stop):
    return [f"s{k:03d}" for k in range(start, stop)]


def test_samples_are_matched_by_id_and_losses_named():
    match = match_samples(ids(0, 50)[::-1], ids(10, 60), ids(5, 55))
    assert match.samples == ids(10, 50)
    assert set(match.excluded["id"]) == set(ids(0, 10)) | set(ids(50, 60))


def test_contigs_that_are_numbers_keep_their_names_beside_unknown_genes():
    known = pd.DataFrame({"gene_id": ["A"], "chrom": [7], "start": [5], "end": [9]})
    placed = place_genes(["Z", "A"], known)
    assert placed["chrom"].dtype == "string"
    assert placed["chrom"].tolist() == [pd.NA, "7"]


def test_losses_are_said_in_words():
    match = match_samples(ids(0, 21), ids(0, 22))
    assert match.notes == [
        "21 samples are in common.",
        "1 of 22 samples of the expression left out: s021.",
    ]
    with pytest.raises(DegenerateDataError, match=r"only 1 sample is in common \(s000\), too few"):
        match_samples(ids(0, 1), ids(0, 1), force=True)


@pytest.mark.parametrize(("n_common", "refused"), [(19, True), (20, False)])
def test_small_overlaps_are_refused_unless_forced(n_common, refused):
    left, right = ids(0, 30), ids(30 - n_common, 60 - n_common)
    if refused:
        with pytest.raises(InconsistentInputsError, match=r"s000.*s0[3-6]"):
            match_samples(left, right)
        assert len(match_samples(left, right, force=True).samples) == n_common
    else:
        assert len(match_samples(left, right).samples) == n_common


def test_less_than_half_of_the_smaller_side_is_refused():
    with pytest.raises(InconsistentInputsError, match="half"):
        match_samples(ids(0, 100), ids(60, 160))
    with pytest.raises(InconsistentInputsError, match="no sample in common"):
        match_samples(ids(0, 30), ids(30, 60), force=True)
    with pytest.raises(DegenerateDataError, match="3 samples"):
        match_samples(ids(0, 30), ids(27, 57), force=True)


def test_align_puts_all_inputs_in_one_order(tmp_path):
    options = small_inputs.write_all(tmp_path)
    genotypes = genesis.read_vcf(options["--vcf"])
    expression = genesis.read_expression(options["--expression"])
    backwards = expression.take_samples(expression.samples[::-1])
    aligned = genesis.align(genotypes, backwards)
    assert aligned.genotypes.samples == aligned.expression.samples == sorted(genotypes.samples)
    np.testing.assert_array_equal(aligned.expression.values, expression.values)


def test_order_of_samples_and_records_in_files_changes_nothing(tmp_path, rng):
    options = small_inputs.write_all(tmp_path)
    expected = genesis.discover(
        genesis.read_vcf(options["--vcf"]),
        genesis.read_expression(options["--expression"]),
        method="rules",
        normalise="none",
    )
    shuffled = rng.permutation(small_inputs.N_SAMPLES)
    records = [
        [*cells[:9], *(cells[9 + k] for k in shuffled)] for cells in small_inputs.vcf_records()
    ]
    names = [small_inputs.samples()[k] for k in shuffled]
    path = write(tmp_path, small_inputs.vcf_text(records, names=names), "shuffled.vcf")
    found = genesis.discover(
        genesis.read_vcf(path),
        genesis.read_expression(options["--expression"]),
        method="rules",
        normalise="none",
    )
    pd.testing.assert_frame_equal(found.relations, expected.relations, check_exact=True)
    pd.testing.assert_frame_equal(found.anchors, expected.anchors, check_exact=True)
