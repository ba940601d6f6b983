"""Genes of GTF and GFF3, and ids with and without their version."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import genesis
from genesis.errors import (
    DegenerateDataError,
    InputOpenError,
    InputReadError,
    MalformedInputError,
)
from genesis.io import gene_annotation
from genesis.io.gene_places import place_genes

GENCODE = """\
##description: evidence-based annotation
chr1\tHAVANA\tgene\t11869\t14409\t.\t+\t.\tgene_id "ENSG00000290825.1"; gene_name "DDX11L2";
chr1\tHAVANA\ttranscript\t11869\t14000\t.\t+\t.\tgene_id "ENSG00000290825.1"; transcript_id "T1";
chr2\tHAVANA\tgene\t500\t900\t.\t-\t.\tgene_type "lncRNA"; gene_id "ENSG00000000005.6";
chrX\tHAVANA\tgene\t276324\t303356\t.\t+\t.\tgene_id "ENSG00000182378.15";
chrY\tHAVANA\tgene\t276324\t303356\t.\t+\t.\tgene_id "ENSG00000182378.15_PAR_Y";
"""
ENSEMBL = """\
##gff-version 3
1\thavana\tgene\t11869\t14409\t.\t+\t.\tID=gene:ENSG00000290825;Name=DDX11L2;gene_id=ENSG00000290825
1\thavana\tncRNA_gene\t20\t40\t.\t+\t.\tID=gene:ENSG00000000007;version=1
1\thavana\tmRNA\t11869\t14409\t.\t+\t.\tID=transcript:T1;Parent=gene:ENSG00000290825
##FASTA
>1
ACGT
"""
PARTS = """\
chr1\tucsc\texon\t300\t400\t.\t+\t.\tgene_id "A"; transcript_id "a1";
chr1\tucsc\texon\t100\t150\t.\t+\t.\tgene_id "A"; transcript_id "a1";
chrX\tucsc\texon\t5\t9\t.\t+\t.\tgene_id "P"; transcript_id "p1";
chrY\tucsc\texon\t5\t9\t.\t+\t.\tgene_id "P"; transcript_id "p2";
chr3\tucsc\texon\t5\t9\t.\t+\t.\tgene_id "Q"; transcript_id "q1";
chr4\tucsc\texon\t5\t9\t.\t+\t.\tgene_id "Q"; transcript_id "q2";
"""


def read(tmp_path, text, name="genes.gtf"):
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return genesis.read_genes(path)


@pytest.mark.parametrize("name", ["g.gtf", "g.gtf.gz", "G.GTF"])
def test_genes_of_a_gtf_from_start_to_end(tmp_path, name):
    found = read(tmp_path, GENCODE, name)
    assert found.columns.tolist() == ["gene_id", "chrom", "start", "end", "gene_name"]
    assert found.values.tolist() == [
        ["ENSG00000290825.1", "chr1", 11869, 14409, "DDX11L2"],
        ["ENSG00000000005.6", "chr2", 500, 900, ""],
        ["ENSG00000182378.15", "chrX", 276324, 303356, ""],
        ["ENSG00000182378.15_PAR_Y", "chrY", 276324, 303356, ""],
    ]


def test_genes_of_a_gff3(tmp_path):
    found = read(tmp_path, ENSEMBL, "g.gff3")
    assert found.values.tolist() == [
        ["ENSG00000290825", "1", 11869, 14409, "DDX11L2"],
        ["ENSG00000000007", "1", 20, 40, ""],
    ]


def test_genes_from_their_parts(tmp_path):
    found = read(tmp_path, PARTS)
    assert found.values.tolist() == [["A", "chr1", 100, 400], ["P", "chrX", 5, 9]]
    assert "from transcripts and exons" in found.attrs["notes"][0]
    assert "1 gene at several places (on several contigs" in found.attrs["notes"][1]
    assert found.attrs["notes"][1].endswith("left without a position: Q.")


FAR = gene_annotation.LONGEST_INTRON


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ([(100, 200, "+"), (200 + FAR, 300 + FAR, "+")], (100, 300 + FAR)),
        ([(100, 200, "+"), (201 + FAR, 300 + FAR, "+")], None),
        ([(100, 200, "+"), (90_000_000, 90_000_100, "+")], None),
        # Small ones in between, or a transcript that reaches over them, make one gene of it.
        ([(100, 200, "+"), (2 * FAR, 2 * FAR + 9, "+"), (FAR, FAR + 9, "+")], (100, 2 * FAR + 9)),
        ([(1, 3 * FAR, "-"), (3 * FAR - 9, 3 * FAR, "-"), (1, 9, "-")], (1, 3 * FAR)),
        ([(100, 200, "+"), (150, 250, "-")], None),
        ([(100, 200, "."), (150, 250, "-")], (100, 250)),
    ],
    ids=["longest-intron", "farther", "copies", "between", "transcript", "strands", "no-strand"],
)
def test_parts_of_one_gene_and_copies_of_it(tmp_path, parts, place):
    lines = [
        f'1\tucsc\texon\t{start}\t{end}\t.\t{strand}\t.\tgene_id "A"; gene_name "a";\n'
        for start, end, strand in parts
    ]
    found = read(tmp_path, "".join(lines) + '2\tucsc\texon\t1\t9\t.\t+\t.\tgene_id "B";\n')
    assert found["gene_id"].tolist() == (["B"] if place is None else ["A", "B"])
    if place is None:
        assert found.attrs["notes"][1].endswith("left without a position: A.")
    else:
        assert found.loc[0, ["start", "end", "gene_name"]].tolist() == [*place, "a"]
        assert len(found.attrs["notes"]) == 1


@pytest.mark.parametrize(
    ("line", "build"),
    [
        ("#!genome-build GRCh38.p14\n#!genome-version GRCh38", "GRCh38"),
        ("#!genome-build-accession GCA_000001405.14\n#!genome-build GRCh37.p13", "GRCh37"),
        ("##genome-build hg19", "GRCh37"),
        ("##description: evidence-based annotation of the human genome (GRCh38), v44", "GRCh38"),
        ("##description: the human genome (GRCh37), v44, mapped from GRCh38 by it", "GRCh37"),
        ("#!genome-build GRCz11", "GRCz11"),
        ("##date: 2020-01-01", ""),
    ],
)
def test_the_build_of_an_annotation(tmp_path, line, build):
    assert read(tmp_path, f"{line}\n{GENCODE}").attrs["build"] == build


def test_versions_do_not_keep_ids_apart(tmp_path):
    known = read(tmp_path, GENCODE)
    asked = ["ENSG00000290825", "ENSG00000000005.9", "ENSG00000182378.15_PAR_Y", "DDX11L2.1"]
    placed = place_genes(asked, known)
    assert placed["start"].isna().tolist() == [False, False, False, True]
    assert placed["chrom"].tolist()[:3] == ["chr1", "chr2", "chrY"]
    assert placed["gene_id"].tolist() == asked
    assert placed.attrs["note"].startswith("2 genes matched by the id without its version")
    assert "ENSG00000290825 = ENSG00000290825.1" in placed.attrs["note"]
    assert "note" not in place_genes(["ENSG00000290825.1"], known).attrs


def test_what_lifting_adds_to_a_version_does_not_keep_ids_apart(tmp_path):
    lifted = GENCODE.replace("825.1", "825.1_2").replace("378.15", "378.15_7")
    known = read(tmp_path, lifted)
    assert known["gene_id"].tolist()[3] == "ENSG00000182378.15_7_PAR_Y"
    asked = ["ENSG00000290825", "ENSG00000182378.14", "ENSG00000182378.14_PAR_Y", "ENSG00000000005"]
    placed = place_genes(asked, known)
    assert placed["chrom"].tolist() == ["chr1", "chrX", "chrY", "chr2"]
    back = place_genes(lifted_ids := known["gene_id"].tolist(), read(tmp_path, GENCODE, "h.gtf"))
    assert back["start"].tolist() == [11869, 500, 276324, 276324]
    assert back["gene_id"].tolist() == lifted_ids


def named_genes():
    import pandas as pd

    ids = [*(f"ENSG{k:011d}.1" for k in range(40)), "ENSG00000000007.1_PAR_Y"]
    names = [*(f"N{k}" for k in range(38)), "Y_RNA", "Y_RNA", "N7"]
    start = [*range(100, 140), 500]
    chrom = ["1"] * 40 + ["Y"]
    return pd.DataFrame(
        {"gene_id": ids, "chrom": chrom, "start": start, "end": start, "gene_name": names}
    )


def test_names_of_genes_where_ids_meet_nothing():
    placed = place_genes(["N7", "N3", "Y_RNA", "unknown"], named_genes())
    assert placed["gene_id"].tolist() == ["N7", "N3", "Y_RNA", "unknown"]
    assert placed["start"].fillna(0).tolist() == [107, 103, 0, 0]
    assert placed.attrs["note"] == (
        "2 of 4 genes matched by gene_name, for 0 met by gene_id: N7 = ENSG00000000007.1, "
        "N3 = ENSG00000000003.1; 1 name of several genes each met none: Y_RNA"
    )


@pytest.mark.parametrize(("n_ids", "n_named"), [(1, 10), (2, 0), (10, 0)])
def test_names_of_genes_are_used_only_where_hardly_an_id_meets(n_ids, n_named):
    asked = [f"ENSG{k:011d}" for k in range(20, 20 + n_ids)] + [f"N{k}" for k in range(10)]
    placed = place_genes(asked, named_genes())
    assert placed["start"].notna().sum() == n_ids + n_named
    assert ("gene_name" in placed.attrs["note"]) == bool(n_named)


def test_an_id_that_meets_several_versions_meets_none():
    import pandas as pd

    known = pd.DataFrame({"gene_id": ["ENSG1.1", "ENSG1.2"], "chrom": "1", "start": 1, "end": 2})
    placed = place_genes(["ENSG1", "ENSG1.2"], known)
    assert placed["chrom"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("", DegenerateDataError, "genes.gtf"),
        ("# nothing\n", DegenerateDataError, "genes.gtf"),
        (GENCODE.replace("\t", " "), MalformedInputError, "line 2: 1 column where"),
        (GENCODE.replace("11869", "x"), MalformedInputError, "line 2, gene ENSG00000290825.1"),
        (GENCODE.replace("\t500\t", "\t5000\t"), MalformedInputError, "line 4.*5000 to 900"),
        (GENCODE.replace('gene_id "ENSG00000000005.6"', "x 1"), MalformedInputError, "line 4"),
    ],
)
def test_broken_annotations(tmp_path, text, error, words):
    with pytest.raises(error, match=words):
        read(tmp_path, text)


def test_annotations_that_cannot_be_read(tmp_path):
    with pytest.raises(InputOpenError, match="no such file"):
        genesis.read_genes(tmp_path / "none.gtf")
    path = tmp_path / "g.gtf.gz"
    path.write_bytes(gzip.compress(GENCODE.encode())[:-20])
    with pytest.raises(InputReadError, match="truncated"):
        genesis.read_genes(path)


names = st.text("ABCabc019_-", min_size=1, max_size=6)
places = st.tuples(st.sampled_from(["chr1", "2"]), st.integers(1, 10**9), st.integers(0, 10**6))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    genes=st.dictionaries(names, places, min_size=1, max_size=6),
    form=st.sampled_from(["gtf", "gff3"]),
)
def test_what_is_written_is_read(tmp_path, genes, form):
    lines = []
    for gene, (chrom, start, length) in genes.items():
        named = f'gene_id "{gene}"; gene_name "x";' if form == "gtf" else f"ID=gene:{gene};Name=x"
        cells = [chrom, "s", "gene", start, start + length, ".", "+", ".", named]
        lines.append("\t".join(map(str, cells)))
    found = read(tmp_path, "\n".join(lines) + "\n", f"g.{form}")
    expected = [
        [gene, chrom, start, start + more, "x"] for gene, (chrom, start, more) in genes.items()
    ]
    assert found.values.tolist() == expected
