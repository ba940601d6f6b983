"""`genesis run --dry-run`: what is said, that nothing is written, and what it refuses."""

from __future__ import annotations

import dataclasses
import subprocess

import numpy as np
import pytest

from genesis.analysis import expect
from genesis.io.first_records import count_near, count_records, first_records
from genesis.io.genotype_source import read_genotypes
from genesis.io.joined_source import open_source
from genesis.io.near_genes import NearGenes
from genesis.io.plink1 import BedSource
from genesis.io.variant_blocks import RecordFilter
from genesis.io.vcf import open_vcf
from genesis.options import Options
from genesis.posterior.chain_forecast import seconds_by_stage
from genesis.posterior.chains.chain_memory import ChainWork
from genesis.posterior.chains.chain_time import chain_seconds
from tests.cli import small_inputs as good
from tests.cli.test_inputs import others, sources  # noqa: F401  (fixtures)
from tests.io import genotype_files as files


def listing(folder):
    return sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*"))


@pytest.fixture
def dry(tmp_path, genesis_command):
    """Run dry, and return the lines of what is said by their first word; nothing is written."""

    def dry(*words, code=0):
        before = listing(tmp_path)
        found, stdout, said = genesis_command(
            "run", "--genes", tmp_path / "genes.bed", "--out", tmp_path / "new" / "run",
            *words, "--dry-run",
        )  # fmt: skip
        assert found == code, said
        assert stdout == ""
        assert listing(tmp_path) == before
        assert not (tmp_path / "new").exists()
        lines = [line.strip() for line in said.splitlines()]
        return {line.split()[0]: line for line in lines if line}, said

    return dry


def test_what_meets_is_said(sources, others, tmp_path, dry):  # noqa: F811
    (tmp_path / "keep.txt").write_text("\n".join(good.samples()[:30]))
    lines, said = dry(*sources["vcf"], *others, "--include-samples", tmp_path / "keep.txt")
    assert lines["Samples"] == (
        "Samples    30 in common (40 with genotypes, 40 with expression, 40 with covariates)"
    )
    assert lines["Genes"] == "Genes      6 with expression, 6 of them with a place"
    assert lines["Contigs"] == ("Contigs    2 of 2 of the genes are among the 2 of the genotypes")
    assert lines["Variants"] == "Variants   not known before they are read"
    assert "of the first 24 records 24 are near a gene, and 24 pass the filters" in said
    assert "for each million variants near genes" in lines["Memory"]
    assert lines["Time"].startswith("Time       less than a minute on ")
    assert "nothing written" in said


def test_a_table_of_variants_tells_which_are_near(sources, others, tmp_path, dry):  # noqa: F811
    lines, said = dry(*sources["bed"], *others, "--cis-window", 2000, "--threads", 1)
    # Genes on 1 begin at 1000, 3000 and 5000 and are 501 long; those on 2 a thousand later. Of
    # twelve variants on each, a thousand apart, the last near one is at 7000, or 8000.
    assert (
        lines["Variants"] == "Variants   24 records, 15 of them no more than 2,000 bp from a gene"
    )
    assert "of the first 24 records 15 pass the filters" in said
    assert "million" not in lines["Memory"]
    assert "on 1 thread," in lines["Time"]


def test_an_index_tells_how_many_records_there_are(tmp_path, others, sources, dry):  # noqa: F811
    subprocess.run(["bgzip", str(tmp_path / "g.vcf")], check=True)
    subprocess.run(["tabix", str(tmp_path / "g.vcf.gz")], check=True)
    lines, _ = dry("--vcf", tmp_path / "g.vcf.gz", *others)
    assert lines["Variants"] == "Variants   24 records"


def test_contigs_and_genes_that_do_not_meet(sources, others, tmp_path, dry):  # noqa: F811
    text = (tmp_path / "genes.bed").read_text().splitlines()
    (tmp_path / "genes.bed").write_text(
        "".join(f"chr{line}\n" for line in text[:4]) + "7\t1\t9\tG4\n"
    )
    lines, _ = dry(*sources["vcf"], *others)
    assert lines["Genes"] == "Genes      6 with expression, 5 of them with a place"
    assert lines["Contigs"].startswith("Contigs    2 of 3 of the genes")
    (tmp_path / "genes.bed").write_text("7\t1\t9\tG4\n")
    _, said = dry(*sources["vcf"], *others, code=7)
    assert "no contig of the genes is among those of the variants" in said


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--field", "GP"], 8, "field GP is not declared"),
        (["--max-memory", "1M"], 2, "max_memory is 1 MiB"),
        (["--maf", "0.5", "--max-missing", "0"], 0, "none would be kept"),
    ],
)
def test_what_would_fail_fails_at_once(words, code, message, sources, others, dry):  # noqa: F811
    assert message in dry(*sources["vcf"], *others, *words, code=code)[1]


def test_outputs_that_exist_are_refused(sources, others, tmp_path, genesis_command):  # noqa: F811
    (tmp_path / "o.run.json").write_text("precious")
    words = ["run", *sources["vcf"], *others, "--out", tmp_path / "o", "--dry-run"]
    code, _, said = genesis_command(*words)
    assert code == 5
    assert "o.run.json exists" in said
    assert (tmp_path / "o.run.json").read_text() == "precious"


@pytest.fixture
def cohort(rng):
    return files.draw(rng, n_variants=60)


def kept_of(source, **more):
    limits = RecordFilter("GT", 0.0, 1.0, "split")
    return read_genotypes(
        source, limits, samples=None, region=None, sex=None, progress=None, **more
    )


def test_the_first_records_are_those_of_a_file_and_no_more(tmp_path, cohort):
    files.write_bed(tmp_path / "g", cohort)
    files.write_vcf(tmp_path / "g.vcf", cohort)
    every = kept_of(BedSource(tmp_path / "g"))
    for source in (BedSource(tmp_path / "g"), open_vcf(tmp_path / "g.vcf")):
        found = kept_of(first_records(source, 10))
        assert found.counts["records_read"] == 10
        # Of the ten some are left out, as they are where all are read.
        n = len(found.variants)
        assert 3 < n < 10
        assert found.variants["variant_id"].tolist() == every.variants["variant_id"].tolist()[:n]
        assert every.variants["pos"][n] > cohort.pos[9]
        np.testing.assert_array_equal(found.dosages[:, :3], every.dosages[:, :3])


def test_of_several_files_the_first_records_of_each(tmp_path, rng):
    cohorts = [files.draw(rng, n_variants=n) for n in (20, 30)]
    for number, one in enumerate(cohorts, start=1):
        files.write_bed(tmp_path / f"chr{number}", one)
    source = open_source(str(tmp_path / "chr@"), BedSource, ".bed")
    assert count_records(source, None) == 50
    found = kept_of(first_records(source, 4))
    assert found.counts["records_read"] == 8
    assert found.variants["pos"].max() <= 4000
    assert max(cohorts[0].pos) > 4000


def test_records_near_genes_are_counted_as_they_are_read(tmp_path, cohort):
    import pandas as pd

    files.write_bed(tmp_path / "g", cohort)
    source = BedSource(tmp_path / "g")
    middle = sorted(cohort.pos)[30]
    genes = pd.DataFrame({"chrom": [cohort.chrom[0]], "start": [middle], "end": [middle]})
    expected = kept_of(source, near=NearGenes(genes, 5000)).counts["records_read"]
    assert count_near(source, None, NearGenes(genes, 5000)) == expected
    assert 0 < expected < 60
    assert count_near(open_vcf(files.write_vcf(tmp_path / "g.vcf", cohort)), None,
                      NearGenes(genes, 5000)) is None  # fmt: skip


def work(**changed):
    given = {
        "n_genes": 2000, "n_variants": 10_000, "n_samples": 400, "input_bytes": 0, "threads": 1,
        "on_cluster": False, "cis": True, "anchor_kind": "effect", "hidden_factors": "auto",
        "every_pair": False,
    }  # fmt: skip
    return ChainWork(**{**given, **changed})


def test_time_grows_with_what_takes_it():
    one = chain_seconds(2000, 400, 0)
    assert 2 * one < chain_seconds(4000, 400, 0) < 2.3 * one
    assert chain_seconds(2000, 400, 25) > chain_seconds(2000, 400, 10) > one
    assert one < chain_seconds(2000, 400, 0, 4) < 2 * one
    whole, half = chain_seconds(2000, 400, 25), [chain_seconds(2000, 200, k) for k in (0, 20)]
    assert work(n_samples=200).most_factors() == 20
    alone, seven = (seconds_by_stage(work(threads=n), 1) for n in (1, 7))
    # Which model it is takes one chain of each.
    assert alone["self-test"] == pytest.approx(sum(half))
    assert seven["self-test"] == pytest.approx(chain_seconds(2000, 200, 20, 2))
    assert alone["sampling"] == pytest.approx(3 * half[1] + 4 * whole)
    assert seven["sampling"] == pytest.approx(chain_seconds(2000, 400, 25, 7))
    nothing_open = seconds_by_stage(work(hidden_factors=20), 1)
    assert nothing_open["self-test"] == 0
    assert nothing_open["sampling"] == pytest.approx(4 * half[1] + 4 * chain_seconds(2000, 400, 20))
    # All splits but the last are at their end before chains of all samples begin.
    assert seconds_by_stage(work(hidden_factors="none"), 2)["self-test"] == pytest.approx(
        4 * half[0]
    )
    assert seconds_by_stage(work(), 0)["self-test"] == 0


def test_where_nothing_decides_on_factors_both_models_are_counted():
    both = seconds_by_stage(work(), 0)["sampling"]
    assert both == pytest.approx(4 * chain_seconds(2000, 400, 25) + 2 * chain_seconds(2000, 400, 0))


def test_graphs_that_are_kept_up_to_traits_are_counted():
    sizes = {"n_variants": 40_000, "n_samples": 300, "rank": 5, "input_bytes": 0}
    asked = Options(all_snps=False, threads=2)
    plain, with_traits = (
        expect(asked, n_genes=20_000, has_traits=one, **sizes).memory for one in (False, True)
    )
    asked = dataclasses.replace(asked, paths_to="A")
    assert expect(asked, n_genes=20_000, **sizes).memory == with_traits > plain
