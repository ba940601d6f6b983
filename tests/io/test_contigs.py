"""Names of contigs: what they have in common, and that different ones stay apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis.errors import InconsistentInputsError
from genesis.io.assembly import Assembly, build_by_lengths, find_build, read_assembly
from genesis.io.contigs import ContigNames, contig_key, match_contigs
from genesis.io.regions import Region, find_contigs


@pytest.mark.parametrize(
    ("key", "names"),
    [
        (
            "1",
            "1 01 001 chr1 CHR01 Chr1 NC_000001.11 NC_000001.10 NC_000001 CM000663.2 NC_000067.7",
        ),
        ("9", "9 09 chr9 chr09 NC_000009.12"),
        ("22", "22 chr22 NC_000022.11 CM000684.2"),
        ("19", "19 NC_000085.6 CM001012.3"),
        ("X", "X x chrX chrx 0X XY chrXY PAR1 PAR2 chrPAR1 NC_000023.10 CM000685.2 NC_000086.8"),
        ("Y", "Y chrY 0Y NC_000024.10 CM000686.2 NC_000087.8"),
        ("MT", "M MT chrM chrMT m mt NC_012920.1 NC_005089.1"),
        ("23", "23 chr23 023"),
        ("XII", "XII chrXII"),
        ("NC_000025.1", "NC_000025.1"),
        ("chr", "chr"),
        ("0", "0 chr0"),
    ],
)
def test_names_of_one_contig(key, names):
    assert {contig_key(name) for name in names.split()} == {key}


def test_names_of_other_contigs():
    names = "1 10 100 X XI Y MT 1_KI270706v1_random HLA-A*01:01 GL000191.1 2L 2l scaffold_01 1.1"
    assert len({contig_key(name) for name in names.split()}) == len(names.split())


numbers = st.integers(1, 40).map(str)
plain = st.one_of(numbers, st.sampled_from(["X", "Y", "MT", "M", "XII", "2L", "NC_000007.14"]))
spelled = st.builds(
    lambda prefix, zeros, name: prefix + (zeros + name if name.isdecimal() else name),
    st.sampled_from(["", "chr", "Chr", "CHR"]),
    st.sampled_from(["", "0", "00"]),
    plain,
)
anything = st.one_of(spelled, st.text("chrCHR0123XYMT_.é", min_size=1, max_size=8))


@given(name=anything)
def test_a_key_is_its_own_key_and_prefixes_and_zeros_change_nothing(name):
    key = contig_key(name)
    assert contig_key(key) == key
    assert contig_key(f"chr{name}") == key
    if key.isascii() and key.isdecimal() and int(key):
        assert contig_key(f"chr0{key}") == key


@given(variants=st.lists(anything, min_size=1, unique=True), genes=st.lists(anything, unique=True))
def test_contigs_of_one_file_are_never_taken_for_each_other(variants, genes):
    try:
        mapping, _ = match_contigs(variants, genes)
    except InconsistentInputsError:
        assert not set(variants) & set(genes)
        return
    assert set(mapping) <= set(genes)
    assert set(mapping.values()) <= set(variants)
    for name in set(variants) & set(genes):
        assert mapping[name] == name
    # Only names of X and of its parts may meet the same contig.
    of_x = {"X", "23", "25"}
    apart = [other for name, other in mapping.items() if contig_key(name) not in of_x]
    assert len(set(apart)) == len(apart)


@given(names=st.lists(plain, min_size=1, unique_by=contig_key), data=st.data())
def test_every_spelling_of_every_contig_meets(names, data):
    spellings = [
        data.draw(
            st.sampled_from([name, f"chr{name}", f"Chr0{name}" if name.isdecimal() else name])
        )
        for name in names
    ]
    mapping, _ = match_contigs(names, spellings)
    assert mapping == dict(zip(spellings, names, strict=True))


@pytest.mark.parametrize(
    ("variants", "genes", "mapping"),
    [
        # A file that has both has two contigs, and these meet their equals only.
        (["1", "chr1"], ["chr1", "01"], {"chr1": "chr1"}),
        (["01", "2"], ["1", "chr1", "2"], {"2": "2"}),
        (["1", "2"], ["NC_000001.11", "NC_000002.12"], {"NC_000001.11": "1", "NC_000002.12": "2"}),
        (["NC_000023.11"], ["chrX"], {"chrX": "NC_000023.11"}),
        # Numbers of PLINK, on either side.
        (["1", "23", "24", "26"], ["chr1", "chrX", "chrY", "chrM"],
         {"chr1": "1", "chrX": "23", "chrY": "24", "chrM": "26"}),
        (["1", "X", "MT"], ["1", "23", "26"], {"1": "1", "23": "X", "26": "MT"}),
        # Those of zebrafish, sheep with X, cattle and dogs.
        (["1", "23", "25"], ["1", "23", "24", "25"], {"1": "1", "23": "23", "25": "25"}),
        (["1", "23", "X"], ["1", "X"], {"1": "1", "X": "X"}),
        (["1", "23"], ["1", "23", "X"], {"1": "1", "23": "23"}),
        (["1", "23", "29"], ["1", "X"], {"1": "1"}),
        (["1", "23"], ["1", "X", "38"], {"1": "1"}),
        (["1", "23", "9" * 5000], ["1", "X"], {"1": "1"}),
    ],
)  # fmt: skip
def test_what_meets(variants, genes, mapping):
    assert match_contigs(variants, genes)[0] == mapping


def test_contigs_beside_those_asked_for_say_what_numbers_mean():
    assert match_contigs(["1", "23"], ["1", "X"], ["23"])[0] == {"1": "1"}


@pytest.mark.parametrize(
    ("contigs", "asked", "found"),
    [
        (["01", "02"], ["1"], ["01"]),
        (["01", "02"], ["chr2", "NC_000001.11"], ["02", "01"]),
        (["NC_000001.11"], ["chr1"], ["NC_000001.11"]),
        (["1", "chr1"], ["chr1"], ["chr1"]),
        (["chrX", "chrM"], ["x", "MT"], ["chrX", "chrM"]),
        (["X", "XY", "PAR1"], ["X"], ["X", "XY", "PAR1"]),
        (["X", "XY", "PAR1"], ["XY"], ["XY"]),
        (["1", "X"], ["23"], ["X"]),
        (["1", "23"], ["23"], ["23"]),
    ],
)
def test_regions_in_every_spelling(contigs, asked, found):
    regions = [Region(name, 1, 9) for name in asked]
    assert [one.chrom for one in find_contigs(regions, ContigNames(contigs), "it")] == found


@pytest.mark.parametrize(
    ("contigs", "asked", "words"),
    [
        (["1", "chr1"], "01", "region 01: it has 1 and chr1, any of which it could be"),
        (["1", "2"], "3", "region 3: it has no such contig; its contigs are 1, 2"),
        (["1", "29", "X"], "23", "no such contig"),
        (["1", "23"], "X", "no such contig"),
    ],
)
def test_regions_that_no_contig_is(contigs, asked, words):
    with pytest.raises(InconsistentInputsError, match=words):
        find_contigs([Region(asked, 1, 9)], ContigNames(contigs), "it")


@pytest.mark.parametrize(
    ("text", "build"),
    [
        ("GRCh37", "GRCh37"), ("grch38.p13", "GRCh38"), ("b37", "GRCh37"), ("hs37d5.fa", "GRCh37"),
        ("1000GenomesPilot-NCBI36", "NCBI36"), ("T2T-CHM13v2.0", "T2T-CHM13"), ("mm10", "GRCm38"),
        ("GRCz11", "GRCz11"), ("file:///a/Homo_sapiens/UCSC/hg19/genome.fa", "GRCh37"),
        ("hg19 or hg38", ""), ("sacCer3", ""), ("ab37c", ""),
    ],
)  # fmt: skip
def test_builds_that_texts_name(text, build):
    assert find_build(text) == build


def test_what_a_header_says_of_the_genome():
    lines = ['##contig=<ID=23,assembly=b37,species="Homo sapiens">']
    assert read_assembly(lines) == Assembly("GRCh37", True)
    assert read_assembly(['##contig=<ID=23,species="Homo sapiens">']) == Assembly("", True)
    assert read_assembly(["##contig=<ID=23,length=46223584>"]) == Assembly(
        "", False, {"23": 46223584}
    )
    lengths = {"chr1": 248956422, "23": 156040895}
    # Lengths count for more than a name that was left when positions were lifted.
    lines = [f"##contig=<ID={name},length={length}>" for name, length in lengths.items()]
    assert read_assembly([*lines, "##reference=hg19"]) == Assembly("GRCh38", True, lengths)
    assert read_assembly(["##reference=GRCz11"]) == Assembly("GRCz11", False)
    # PLINK writes the last position in place of the length.
    lines = ["##source=PLINKv1.90", "##contig=<ID=1,length=5001>"]
    assert read_assembly(lines) == Assembly()
    assert build_by_lengths({"1": 248956422, "2": 243199373, "3": 198022430}) == "GRCh37"
