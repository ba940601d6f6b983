"""Broken inputs: each has its named error and exit code, and none leaves an output.

Every case takes a set of inputs in good order and breaks one thing. A case is the options
and files that it changes, the exit code, and words that the message must hold.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from genesis.cli import main as command_line
from tests.cli import small_inputs as good

OPEN, READ, WRITE, MALFORMED, INCONSISTENT, COMMAND, DEGENERATE = 3, 4, 5, 6, 7, 8, 13


@dataclass(frozen=True)
class Case:
    """What is broken, and what must be said."""

    name: str
    code: int
    words: list[str]
    files: dict[str, str | bytes] = field(default_factory=dict)
    options: dict[str, str | None] = field(default_factory=dict)


def records(change: Callable[[list[list[str]]], object]) -> str:
    """The VCF after a change to its records."""
    rows = good.vcf_records()
    change(rows)
    return good.vcf_text(rows)


def expression(change: Callable[[list[list[str]]], object]) -> str:
    rows = good.expression_cells()
    change(rows)
    return good.table_text(rows)


def covariates(change: Callable[[list[list[str]]], object]) -> str:
    rows = good.covariates_cells()
    change(rows)
    return good.table_text(rows)


def cell(row: int, column: int, value: str) -> Callable[[list[list[str]]], None]:
    def change(rows: list[list[str]]) -> None:
        rows[row][column] = value

    return change


def every(column: int, value: str) -> Callable[[list[list[str]]], None]:
    def change(rows: list[list[str]]) -> None:
        for row in rows:
            row[column] = value

    return change


def calls(row: int, value: str) -> Callable[[list[list[str]]], None]:
    def change(rows: list[list[str]]) -> None:
        rows[row][9:] = [value] * good.N_SAMPLES

    return change


def all_calls(value: str) -> Callable[[list[list[str]]], None]:
    def change(rows: list[list[str]]) -> None:
        for row in rows:
            row[9:] = [value] * good.N_SAMPLES

    return change


def renamed(prefix: str) -> list[str]:
    return [prefix + name for name in good.samples()]


VCF = good.vcf_text()
EXPRESSION = good.table_text(good.expression_cells())
NO_FORMAT = [line for line in good.HEADER if "FORMAT" not in line]

OLD_MAC = {
    "x.tsv": good.table_text(good.expression_cells()).replace("\n", "\r").encode(),
    "c.tsv": good.table_text(good.covariates_cells()).replace("\n", "\r").encode(),
    "genes.bed": good.genes_text().replace("\n", "\r").encode(),
}

CASES = [
    # the VCF
    Case("vcf_missing", OPEN, ["nowhere.vcf"], options={"--vcf": "nowhere.vcf"}),
    Case("vcf_folder", OPEN, ["d.vcf", "directory"], {"d.vcf/x": ""}, {"--vcf": "d.vcf"}),
    Case("vcf_empty", MALFORMED, ["g.vcf", "empty"], {"g.vcf": ""}),
    Case("vcf_prose", MALFORMED, ["g.vcf"], {"g.vcf": "dear reader\n" * 50}),
    Case("vcf_binary_noise", MALFORMED, ["g.vcf"], {"g.vcf": bytes(range(256)) * 40}),
    Case("vcf_header_only", DEGENERATE, ["g.vcf"], {"g.vcf": good.vcf_text([])}),
    Case(
        "vcf_no_samples",
        DEGENERATE,
        ["g.vcf", "sample"],
        {"g.vcf": good.vcf_text([r[:9] for r in good.vcf_records()], names=[])},
    ),
    Case("vcf_no_column_line", MALFORMED, ["g.vcf"], {"g.vcf": "\n".join(good.HEADER) + "\n"}),
    Case(
        "vcf_duplicate_samples",
        MALFORMED,
        ["S00"],
        {"g.vcf": good.vcf_text(names=["S00", *good.samples()[:-1]])},
    ),
    Case(
        "vcf_truncated_gzip",
        READ,
        ["g.vcf.gz"],
        {"g.vcf.gz": gzip.compress(VCF.encode())[:-300]},
        {"--vcf": "g.vcf.gz"},
    ),
    Case(
        "vcf_gzip_of_prose",
        MALFORMED,
        ["g.vcf.gz"],
        {"g.vcf.gz": gzip.compress(b"dear reader\n")},
        {"--vcf": "g.vcf.gz"},
    ),
    Case(
        "vcf_named_gz_but_damaged",
        READ,
        ["g.vcf.gz"],
        {"g.vcf.gz": b"\x1f\x8b" + b"\0" * 400},
        {"--vcf": "g.vcf.gz"},
    ),
    Case(
        "vcf_record_too_short",
        MALFORMED,
        ["g.vcf", "line 10"],
        {"g.vcf": records(lambda rows: rows[2].__delitem__(slice(20, None)))},
    ),
    Case(
        "vcf_record_too_long",
        MALFORMED,
        ["g.vcf", "line 10"],
        {"g.vcf": records(lambda rows: rows[2].append("0/1"))},
    ),
    Case(
        "vcf_zero_byte_in_a_genotype",
        MALFORMED,
        ["g.vcf", "line 10", "NUL byte in the column of sample S03"],
        {"g.vcf": records(cell(2, 12, "0/1\0"))},
    ),
    Case(
        "vcf_not_utf8",
        MALFORMED,
        ["g.vcf", "line 10", "ALT is not UTF-8"],
        {"g.vcf": records(cell(2, 4, "~~")).encode().replace(b"~~", b"\xe9")},
    ),
    Case(
        "vcf_byte_order_mark",
        MALFORMED,
        ["g.vcf", "line 1", "byte order mark"],
        {"g.vcf": b"\xef\xbb\xbf" + VCF.encode()},
    ),
    Case(
        "vcf_likelihoods_not_declared",
        COMMAND,
        ["field PL is not declared"],
        options={"--field": "PL"},
    ),
    Case(
        "sample_without_bgen",
        COMMAND,
        ["--sample", "--bgen only"],
        {"s.sample": "ID_1 ID_2 missing\n0 0 0\n"},
        {"--sample": "s.sample"},
    ),
    Case("vcf_position_is_text", MALFORMED, ["g.vcf"], {"g.vcf": records(cell(2, 1, "here"))}),
    Case(
        "vcf_genotype_is_text", MALFORMED, ["g.vcf", "line 10"], {"g.vcf": records(calls(2, "A/G"))}
    ),
    Case(
        "vcf_allele_number_too_high", MALFORMED, ["1:3000"], {"g.vcf": records(calls(2, "0/5:1"))}
    ),
    Case(
        "vcf_field_not_in_header",
        COMMAND,
        ["DS"],
        {
            "g.vcf": good.vcf_text(
                header=[line for line in good.HEADER if "ID=DS" not in line],
                records=[
                    [*r[:8], "GT", *(c.split(":")[0] for c in r[9:])] for r in good.vcf_records()
                ],
            )
        },
        {"--field": "DS"},
    ),
    Case(
        "vcf_no_format_at_all",
        DEGENERATE,
        ["g.vcf", "samples"],
        {
            "g.vcf": good.vcf_text(
                header=NO_FORMAT, records=[r[:8] for r in good.vcf_records()], names=None
            ).replace("\tFORMAT\t" + "\t".join(good.samples()), "")
        },
    ),
    Case(
        "vcf_dosage_out_of_range",
        MALFORMED,
        ["DS", "1:3000"],
        {"g.vcf": records(calls(2, "0/1:7.5"))},
        {"--field": "DS"},
    ),
    Case(
        "vcf_dosage_negative",
        MALFORMED,
        ["DS"],
        {"g.vcf": records(calls(2, "0/1:-1"))},
        {"--field": "DS"},
    ),
    Case(
        "vcf_all_monomorphic", DEGENERATE, ["monomorphic"], {"g.vcf": records(all_calls("0/0:0"))}
    ),
    Case("vcf_all_missing", DEGENERATE, ["missing"], {"g.vcf": records(all_calls("./.:."))}),
    Case("vcf_all_rare", DEGENERATE, ["low_maf"], options={"--maf": "0.5"}),
    Case(
        "vcf_multiallelic_refused",
        MALFORMED,
        ["1:3000"],
        {"g.vcf": records(cell(2, 4, "G,T"))},
        {"--multiallelic": "error"},
    ),
    Case("vcf_region_elsewhere", INCONSISTENT, ["7", "1"], options={"--region": "7:1-1000"}),
    Case("vcf_region_malformed", COMMAND, ["region"], options={"--region": "1:abc-def"}),
    Case("vcf_region_backwards", COMMAND, ["region"], options={"--region": "1:5000-100"}),
    Case(
        "vcf_region_empty", DEGENERATE, ["1:90000000"], options={"--region": "1:90000000-91000000"}
    ),
    # expression
    Case("expression_missing", OPEN, ["nowhere.tsv"], options={"--expression": "nowhere.tsv"}),
    Case("expression_folder", OPEN, ["d.tsv"], {"d.tsv/x": ""}, {"--expression": "d.tsv"}),
    Case("expression_empty", DEGENERATE, ["x.tsv", "empty"], {"x.tsv": ""}),
    Case("expression_blank", DEGENERATE, ["x.tsv"], {"x.tsv": "\n\n\n"}),
    Case(
        "expression_header_only",
        DEGENERATE,
        ["x.tsv"],
        {"x.tsv": expression(lambda rows: rows.__delitem__(slice(1, None)))},
    ),
    Case("expression_one_column", MALFORMED, ["x.tsv"], {"x.tsv": "gene_id\nG0\nG1\n"}),
    Case(
        "expression_not_utf8",
        MALFORMED,
        ["x.tsv"],
        {"x.tsv": EXPRESSION.encode().replace(b"G3", b"G\xff")},
    ),
    Case(
        "expression_word",
        MALFORMED,
        ["x.tsv", "G2", "S04", "high"],
        {"x.tsv": expression(cell(3, 5, "high"))},
    ),
    Case(
        "expression_infinite",
        MALFORMED,
        ["x.tsv", "G2", "S04"],
        {"x.tsv": expression(cell(3, 5, "inf"))},
    ),
    Case(
        "expression_decimal_comma",
        MALFORMED,
        ["x.tsv", "G2", "1,5"],
        {"x.tsv": expression(cell(3, 5, "1,5"))},
    ),
    Case(
        "expression_ragged",
        MALFORMED,
        ["x.tsv", "4"],
        {"x.tsv": expression(lambda rows: rows[3].pop())},
    ),
    Case(
        "expression_row_too_long",
        MALFORMED,
        ["x.tsv", "4"],
        {"x.tsv": expression(lambda rows: rows[3].append("1"))},
    ),
    Case(
        "expression_duplicate_gene",
        MALFORMED,
        ["x.tsv", "G1"],
        {"x.tsv": expression(cell(3, 0, "G1"))},
    ),
    Case(
        "expression_duplicate_sample",
        MALFORMED,
        ["x.tsv", "S04"],
        {"x.tsv": expression(cell(0, 6, "S04"))},
    ),
    Case("expression_unnamed_gene", MALFORMED, ["x.tsv"], {"x.tsv": expression(cell(3, 0, ""))}),
    Case(
        "expression_all_constant",
        DEGENERATE,
        ["constant"],
        {
            "x.tsv": expression(
                lambda rows: [row.__setitem__(slice(1, None), ["5"] * 40) for row in rows[1:]]
            )
        },
    ),
    Case(
        "expression_all_missing",
        DEGENERATE,
        ["missing"],
        {
            "x.tsv": expression(
                lambda rows: [row.__setitem__(slice(1, None), ["NA"] * 40) for row in rows[1:]]
            )
        },
    ),
    Case(
        "expression_truncated_gzip",
        READ,
        ["x.tsv.gz"],
        {"x.tsv.gz": gzip.compress(EXPRESSION.encode())[:-200]},
        {"--expression": "x.tsv.gz"},
    ),
    Case(
        "expression_other_samples",
        INCONSISTENT,
        ["S00", "ERR00"],
        {"x.tsv": EXPRESSION.replace("\tS", "\tERR")},
    ),
    Case(
        "expression_few_in_common",
        INCONSISTENT,
        ["10", "--force"],
        {"x.tsv": expression(lambda rows: rows[0].__setitem__(slice(11, None), renamed("T")[10:]))},
    ),
    # genes
    Case("genes_missing", OPEN, ["nowhere.bed"], options={"--genes": "nowhere.bed"}),
    Case("genes_empty", DEGENERATE, ["genes.bed"], {"genes.bed": ""}),
    Case("genes_three_columns", MALFORMED, ["genes.bed"], {"genes.bed": "1\t100\t200\n"}),
    Case(
        "genes_start_is_text",
        MALFORMED,
        ["genes.bed", "2"],
        {"genes.bed": "1\t100\t200\tG0\n1\there\t200\tG1\n"},
    ),
    Case(
        "genes_end_before_start",
        MALFORMED,
        ["genes.bed", "2"],
        {"genes.bed": "1\t100\t200\tG0\n1\t300\t200\tG1\n"},
    ),
    Case("genes_negative", MALFORMED, ["genes.bed"], {"genes.bed": "1\t-5\t200\tG0\n"}),
    Case(
        "genes_two_places",
        MALFORMED,
        ["genes.bed", "G0"],
        {"genes.bed": "1\t100\t200\tG0\n2\t100\t200\tG0\n"},
    ),
    Case(
        "genes_other_contigs",
        INCONSISTENT,
        ["scaffold_9", "1"],
        {
            "genes.bed": good.genes_text()
            .replace("1\t", "scaffold_9\t", 1)
            .replace("\n1\t", "\nscaffold_9\t")
            .replace("\n2\t", "\nscaffold_9\t")
        },
    ),
    Case(
        "genes_table_without_position",
        MALFORMED,
        ["genes.tsv"],
        {"genes.tsv": "gene_id\tchrom\nG0\t1\n"},
        {"--genes": "genes.tsv"},
    ),
    Case(
        "genes_none_known",
        INCONSISTENT,
        ["G0", "OTHER0"],
        {"genes.bed": good.genes_text().replace("\tG", "\tOTHER")},
    ),
    # covariates
    Case("covariates_missing", OPEN, ["nowhere.tsv"], options={"--covariates": "nowhere.tsv"}),
    Case("covariates_empty", DEGENERATE, ["c.tsv"], {"c.tsv": ""}),
    Case(
        "covariates_other_samples",
        INCONSISTENT,
        ["c.tsv", "S00"],
        {"c.tsv": covariates(lambda rows: [row.__setitem__(0, "P" + row[0]) for row in rows[1:]])},
    ),
    Case(
        "covariates_missing_value",
        MALFORMED,
        ["c.tsv", "S02"],
        {"c.tsv": covariates(cell(3, 1, "NA"))},
    ),
    Case(
        "covariates_duplicate_sample",
        MALFORMED,
        ["c.tsv", "S02"],
        {"c.tsv": covariates(cell(4, 0, "S02"))},
    ),
    Case(
        "covariates_ragged",
        MALFORMED,
        ["c.tsv", "4"],
        {"c.tsv": covariates(lambda rows: rows[3].pop())},
    ),
    Case(
        "covariates_more_than_samples",
        DEGENERATE,
        ["covariate"],
        {
            "c.tsv": good.table_text(
                [
                    [row[0], *(str((k * j * j + 7 * j) % 97) for j in range(1, 40))]
                    if k
                    else ["sample", *(f"c{j}" for j in range(1, 40))]
                    for k, row in enumerate(good.covariates_cells())
                ]
            )
        },
    ),
    # lists
    Case(
        "samples_list_missing", OPEN, ["nowhere.txt"], options={"--include-samples": "nowhere.txt"}
    ),
    Case(
        "samples_list_empty", DEGENERATE, ["s.txt"], {"s.txt": ""}, {"--include-samples": "s.txt"}
    ),
    Case(
        "samples_list_unknown",
        INCONSISTENT,
        ["Q1"],
        {"s.txt": "Q1\nQ2\n"},
        {"--include-samples": "s.txt"},
    ),
    Case(
        "variants_list_unknown",
        INCONSISTENT,
        ["rs999", "rs0"],
        {"v.txt": "rs999\n"},
        {"--include-variants": "v.txt"},
    ),
    Case(
        "every_sample_excluded",
        INCONSISTENT,
        ["no sample in common"],
        {"s.txt": "\n".join(good.samples())},
        {"--exclude-samples": "s.txt"},
    ),
    Case(
        "every_variant_excluded",
        DEGENERATE,
        ["excluded_by_list 24"],
        {"v.txt": "\n".join(f"rs{k}" for k in range(24))},
        {"--exclude-variants": "v.txt"},
    ),
    Case(
        "every_gene_excluded",
        DEGENERATE,
        ["excluded_by_list 6"],
        {"i.txt": "\n".join(f"G{k}" for k in range(6))},
        {"--exclude-genes": "i.txt"},
    ),
    Case("sex_missing", OPEN, ["nowhere.tsv"], options={"--sex": "nowhere.tsv"}),
    Case(
        "sex_is_no_sex", MALFORMED, ["line 2", "blue"], {"s": "S00 1\nS01 blue\n"}, {"--sex": "s"}
    ),
    Case("chrom_elsewhere", INCONSISTENT, ["chr9"], options={"--chrom": "chr9"}),
    # other formats
    Case("two_sources", COMMAND, ["--vcf and --bed"], options={"--bed": "g"}),
    Case("bed_missing", OPEN, ["nowhere.bed"], options={"--vcf": None, "--bed": "nowhere"}),
    Case(
        "bed_without_magic",
        MALFORMED,
        ["g.bed", "no PLINK 1"],
        {"g.bed": b"chr1\t1\t2\n", "g.bim": "1 rs1 0 5 A C\n", "g.fam": "0 S00 0 0 0 -9\n"},
        {"--vcf": None, "--bed": "g.bed"},
    ),
    Case(
        "bed_truncated",
        MALFORMED,
        ["g.bed", "truncated"],
        {"g.bed": b"\x6c\x1b\x01", "g.bim": "1 rs1 0 5 A C\n", "g.fam": "0 S00 0 0 0 -9\n"},
        {"--vcf": None, "--bed": "g.bed"},
    ),
    Case(
        "bim_ragged",
        MALFORMED,
        ["g.bim", "line 2", "5 columns"],
        {
            "g.bed": b"\x6c\x1b\x01",
            "g.bim": "1 rs1 0 5 A C\n1 rs2 5 A C\n",
            "g.fam": "0 S00 0 0 0 -9\n",
        },
        {"--vcf": None, "--bed": "g.bed"},
    ),
    Case("pfile_missing", OPEN, ["nowhere.pgen"], options={"--vcf": None, "--pfile": "nowhere"}),
    Case(
        "pgen_is_text",
        MALFORMED,
        ["g.pgen", "no .pgen"],
        {
            "g.pgen": "text",
            "g.pvar": "#CHROM\tPOS\tID\tREF\tALT\n1\t5\trs1\tA\tC\n",
            "g.psam": "#IID\n" + "\n".join(good.samples()) + "\n",
        },
        {"--vcf": None, "--pfile": "g.pgen"},
    ),
    Case("bgen_missing", OPEN, ["no.bgen"], options={"--vcf": None, "--bgen": "no.bgen"}),
    Case(
        "bgen_is_text",
        READ,
        ["g.bgen"],
        {"g.bgen": "text"},
        {"--vcf": None, "--bgen": "g.bgen", "--field": "GP"},
    ),
    Case(
        "gct_truncated",
        MALFORMED,
        ["x.gct", "line 2"],
        {"x.gct": "#1.2\n9\t2\nName\tDescription\tS00\tS01\nA\ta\t1\t2\n"},
        {"--expression": "x.gct"},
    ),
    Case(
        "parquet_damaged", READ, ["x.parquet"], {"x.parquet": "PAR1"}, {"--expression": "x.parquet"}
    ),
    Case("h5ad_damaged", READ, ["x.h5ad"], {"x.h5ad": b"\x89HDF"}, {"--expression": "x.h5ad"}),
    Case(
        "gtf_two_columns",
        MALFORMED,
        ["x.gtf", "line 1"],
        {"x.gtf": "chr1\tgene\n"},
        {"--genes": "x.gtf"},
    ),
    Case(
        "genes_list_empty",
        DEGENERATE,
        ["i.txt"],
        {"i.txt": "# nothing\n"},
        {"--include-genes": "i.txt"},
    ),
    Case(
        "genes_list_unknown",
        INCONSISTENT,
        ["NOSUCH"],
        {"i.txt": "NOSUCH\n"},
        {"--include-genes": "i.txt"},
    ),
    Case("anchors_missing", OPEN, ["nowhere.tsv"], options={"--anchors": "nowhere.tsv"}),
    Case(
        "anchors_wrong_columns",
        MALFORMED,
        ["a.tsv", "variant_id"],
        {"a.tsv": "gene\tsnp\nG0\trs0\n"},
        {"--anchors": "a.tsv"},
    ),
    Case(
        "anchors_unknown_variants",
        INCONSISTENT,
        ["rs999"],
        {"a.tsv": "gene_id\tvariant_id\nG0\trs999\n"},
        {"--anchors": "a.tsv"},
    ),
    # odd files, of every kind of input
    *(
        Case(f"{name}_old_mac_line_ends", MALFORMED, [name, "carriage"], {name: text})
        for name, text in OLD_MAC.items()
    ),
    *(
        Case(f"{option}_name_too_long", OPEN, ["cannot be opened"], options={option: "n" * 300})
        for option in ("--vcf", "--expression", "--genes", "--covariates")
    ),
    *(
        Case(f"{option}_device", OPEN, ["regular file"], options={option: "/dev/null"})
        for option in ("--vcf", "--expression", "--genes", "--covariates")
    ),
    Case(
        "expression_underscore",
        MALFORMED,
        ["line 2", "1_000"],
        {"x.tsv": expression(cell(1, 3, "1_000"))},
    ),
    Case(
        "covariates_quote_in_header",
        MALFORMED,
        ["c.tsv", "line 1", "quotes"],
        {"c.tsv": covariates(cell(0, 1, '"age'))},
    ),
    Case(
        "covariates_huge_cell",
        MALFORMED,
        ["c.tsv", "line 1", "131,072"],
        {"c.tsv": covariates(cell(0, 1, "a" * 200_000))},
    ),
    Case(
        "genes_position_too_large",
        MALFORMED,
        ["genes.bed", "line 1", "whole numbers"],
        {"genes.bed": f"1\t1\t{10**20}\tG0\n"},
    ),
    *(
        Case(
            f"vcf_{name}",
            MALFORMED,
            ["g.vcf", "line 10", name.split("_")[0]],
            {"g.vcf": records(cell(2, column, value))},
        )
        for name, column, value in (
            ("POS_empty", 1, ""),
            ("POS_beyond_what_cyvcf2_holds", 1, "99999999999"),
            ("ID_empty", 2, ""),
            ("REF_empty", 3, ""),
            ("ALT_empty", 4, ""),
        )
    ),
    # samples by other ids
    Case(
        "map_of_an_id_twice",
        MALFORMED,
        ["m.tsv, line 2", "R1"],
        {"m.tsv": "S00\tR1\nS01\tR1\n"},
        {"--sample-map": "m.tsv"},
    ),
    Case(
        "map_with_an_empty_cell",
        MALFORMED,
        ["m.tsv, line 2", "empty"],
        {"m.tsv": "S00\tS01\nS01\t\n"},
        {"--sample-map": "m.tsv"},
    ),
    Case(
        "map_of_one_sample_twice",
        INCONSISTENT,
        ["m.tsv", "S00 and S01", "S02"],
        {"m.tsv": "S02\tS00\nS02\tS01\nS00\tS02\n"},
        {"--sample-map": "m.tsv"},
    ),
    Case(
        "map_the_other_way_round",
        INCONSISTENT,
        ["m.tsv", "exchange the columns"],
        {"m.tsv": "R0\tS00\nR1\tS01\n"},
        {"--sample-map": "m.tsv"},
    ),
    Case(
        "list_that_excludes_nobody",
        INCONSISTENT,
        ["none of the 2 samples to exclude", "--force"],
        {"l.txt": "F1 Q1\nF2 Q2\n"},
        {"--exclude-samples": "l.txt"},
    ),
    Case(
        "list_of_pairs",
        MALFORMED,
        ["l.txt, line 1", "S00", "S01"],
        {"l.txt": "S00 S01\n"},
        {"--exclude-samples": "l.txt"},
    ),
    Case(
        "pattern_without_files",
        OPEN,
        ["none{chrom}.vcf", "no such file"],
        options={"--vcf": "none{chrom}.vcf"},
    ),
    # the command line
    Case("no_vcf", COMMAND, ["--vcf"], options={"--vcf": None}),
    Case("no_out", COMMAND, ["--out"], options={"--out": None}),
    Case("unknown_option", COMMAND, ["--vfc"], options={"--vfc": "x"}),
    Case("maf_too_high", COMMAND, ["--maf"], options={"--maf": "0.7"}),
    Case("maf_is_text", COMMAND, ["--maf"], options={"--maf": "low"}),
    Case("alpha_zero", COMMAND, ["--alpha"], options={"--alpha": "0"}),
    Case("alpha_nan", COMMAND, ["alpha"], options={"--alpha": "nan"}),
    Case("threads_zero", COMMAND, ["--threads"], options={"--threads": "0"}),
    Case("window_negative", COMMAND, ["--cis-window"], options={"--cis-window": "-5"}),
    Case("unknown_profile", COMMAND, ["--profile"], options={"--profile": "best"}),
    Case("out_is_in_a_file", WRITE, ["x.tsv"], options={"--out": "x.tsv/run"}),
]


PATHS = (
    "--vcf", "--bed", "--pfile", "--bgen", "--expression", "--genes", "--covariates", "--out"
)  # fmt: skip


def arguments(folder, case):
    options = good.write_all(folder)
    for name, content in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            path.write_text(content)
        else:
            path.write_bytes(content)
    words = ["run", "--threads", "1"]
    for option, value in {**options, **case.options}.items():
        if value is not None:
            is_path = option in PATHS
            is_file = is_path or (folder / value).exists()
            words += [option, str(folder / value) if is_file else value]
    return words


def run(words, capsys):
    with pytest.raises(SystemExit) as ended:
        command_line.main(words)
    return ended.value.code, capsys.readouterr()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_broken_input_has_its_error(case, tmp_path, capsys):
    code, said = run(arguments(tmp_path, case), capsys)
    last = said.err.strip().splitlines()[-1]
    assert code == case.code, said.err
    assert "Traceback" not in said.err
    assert "defect" not in said.err
    assert last.startswith("genesis: error: ")
    for word in case.words:
        assert word in said.err[said.err.index("genesis: error: ") :], said.err
    assert not list(tmp_path.glob("out/**/*"))


def test_there_are_enough_cases_and_the_unbroken_set_runs(tmp_path, capsys):
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)
    code, said = run(arguments(tmp_path, Case("none", 0, [])), capsys)
    assert code == 0, said.err
    assert (tmp_path / "out" / "run.relations.parquet").exists()


@pytest.mark.parametrize("option", ["--n", "--n-genes", "--n-chromosomes"])
def test_counts_that_nothing_can_hold_are_refused(option, tmp_path, capsys):
    words = ["simulate", "cis-eqtl", option, "9" * 30, "--out", str(tmp_path / "made")]
    code, said = run(words, capsys)
    assert code == COMMAND
    assert f"'{option}'" in said.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ("hello", MALFORMED),
        ("[" * 100_000, MALFORMED),
        ('{"schema": "genesis.run"}', INCONSISTENT),
        ('{"schema": "genesis.run", "schema_version": 1, "options": 5}', MALFORMED),
        ('{"schema": "genesis.run", "schema_version": 1, "self_test": []}', MALFORMED),
        (None, OPEN),
    ],
)
@pytest.mark.parametrize("command", ["show", "export"])
def test_damaged_record_of_a_run(record, code, command, tmp_path, capsys):
    path = tmp_path / "run.run.json"
    if record is None:
        os.mkfifo(path)
    else:
        path.write_text(record)
    prefix = str(tmp_path / "run")
    words = ["show", prefix]
    if command == "export":
        words = ["export", "--run", prefix, "--to", "sif", "--out", str(tmp_path / "x.sif")]
    ended, said = run(words, capsys)
    assert ended == code, said.err
    assert "run.run.json" in said.err
    assert "defect" not in said.err


@pytest.mark.parametrize("option", ["--vcf", "--expression", "--genes", "--covariates"])
def test_a_pipe_is_refused_and_not_waited_for(option, tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    code, said = run(arguments(tmp_path, Case("pipe", OPEN, [], options={option: "pipe"})), capsys)
    assert code == OPEN
    assert "not a regular file" in said.err


def test_what_is_wrong_far_down_is_found_too(tmp_path, capsys):
    """Only the first records are looked through as text; a sign in the others has all read."""
    rows = good.vcf_records()
    for cells in rows:
        cells[7] = "X=" + "x" * 100_000
    for column, value in ((1, "99999999999"), (1, ""), (3, ""), (4, "")):
        kept = rows[-1][column]
        rows[-1][column] = value
        case = Case("far", MALFORMED, [], {"g.vcf": good.vcf_text(rows)})
        code, said = run(arguments(tmp_path, case), capsys)
        assert (code, "line 31" in said.err) == (MALFORMED, True), said.err
        rows[-1][column] = kept


def test_track_lines_and_windows_larger_than_any_contig(tmp_path, capsys):
    case = Case(
        "none",
        0,
        [],
        {"genes.bed": 'track name="x"\n' + good.genes_text()},
        {"--cis-window": "9" * 30},
    )
    code, said = run(arguments(tmp_path, case), capsys)
    assert code == 0, said.err
