"""Files with a byte too many, too few or in disorder: nothing of a sample goes to another.

Each file is cut, or changed by one byte that separates cells or lines (or belongs to no text).
Then it is either read, and every value that is read stands where it stood, or refused by a named
error. What is left out is in the exclusion table or counted.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pysam
import pytest

from genesis.errors import GenesisError
from genesis.io.bgen_file import read_bgen
from genesis.io.covariates import read_covariates
from genesis.io.expression import read_expression
from genesis.io.genes import read_genes
from genesis.io.vcf import read_vcf
from tests.io import genotype_files as files

SAMPLES = [f"S{k:02d}" for k in range(12)]
GENES = [f"ENSG{k:05d}" for k in range(10)]
#: Separators of cells, lines and calls, quotes, comments, and bytes that are no text.
BYTES = [bytes([code]) for code in b'\t\n\r,; "#\0|/:.\xff'] + [b"\xef\xbb\xbf", b"\t\t", b"\n\n"]
KINDS = ("insert", "delete", "replace", "cut", "repeat", "drop")


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """The bytes with one change in their structure."""
    kind = KINDS[rng.integers(len(KINDS))]
    byte = BYTES[rng.integers(len(BYTES))]
    at = int(rng.integers(len(data)))
    places = [k for k in range(len(data)) if data[k : k + 1] in b'\t\n,"/:']
    separator = places[rng.integers(len(places))]
    lines = data.splitlines(keepends=True)
    line = int(rng.integers(len(lines)))
    return {
        "insert": lambda: data[:at] + byte + data[at:],
        "delete": lambda: data[:separator] + data[separator + 1 :],
        "replace": lambda: data[:separator] + byte + data[separator + 1 :],
        "cut": lambda: data[:at],
        "repeat": lambda: b"".join([*lines[: line + 1], *lines[line:]]),
        "drop": lambda: b"".join(lines[:line] + lines[line + 1 :]),
    }[kind]()


def expression_bytes() -> bytes:
    """A table in which no value occurs twice."""
    values = np.arange(120).reshape(10, 12) * 1.25 + 100.5
    frame = pd.DataFrame(values, index=pd.Index(GENES, name="gene_id"), columns=SAMPLES)
    return frame.to_csv(sep="\t").encode()


def check_expression(path, original):
    found = read_expression(path, samples=SAMPLES)
    values = pd.DataFrame(found.values, found.samples, found.genes["gene_id"])
    check_values(values, pd.DataFrame(original.values, SAMPLES, GENES))
    # The header, and a line that became a comment or blank.
    n_lines = len(path.read_bytes().splitlines()) - 2
    assert len(values.columns) + len(found.excluded) >= n_lines


def check_values(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Every value of a sample and variable that bear their names is what it was.

    One cell may have become a missing or another value, as by a byte within it.
    """
    rows = [name for name in found.index if name in expected.index]
    columns = [name for name in found.columns if name in expected.columns]
    now, then = found.loc[rows, columns].to_numpy(), expected.loc[rows, columns].to_numpy()
    assert (now != then).sum() <= 1


def covariate_bytes() -> bytes:
    values = np.arange(36).reshape(12, 3) * 1.25 + 100.5
    frame = pd.DataFrame(values, index=pd.Index(SAMPLES, name="id"), columns=["c1", "c2", "c3"])
    return frame.to_csv(sep="\t").encode()


def check_covariates(path, original):
    check_values(read_covariates(path, SAMPLES).values, original.values)


def gtf_bytes() -> bytes:
    lines = [
        f"1\tx\tgene\t{1000 * k + 1}\t{1000 * k + 500}\t.\t+\t.\t"
        f'gene_id "{gene}"; gene_name "n{k}";\n'
        for k, gene in enumerate(GENES)
    ]
    return ("#!genome-build GRCh38\n" + "".join(lines)).encode()


def check_genes(path, original):
    found = read_genes(path).set_index("gene_id")
    expected = original.set_index("gene_id")
    common = [gene for gene in found.index if gene in expected.index]
    columns = ["chrom", "start", "end"]
    apart = found.loc[common, columns] != expected.loc[common, columns]
    # A byte within a contig's name or before a digit changes this gene and no other.
    assert apart.any(axis=1).sum() <= 1


def cohort_of(rng) -> files.Cohort:
    cohort = files.draw(rng, n_variants=16, n_samples=12)
    cohort.counts[cohort.counts < 0] = 0
    cohort.names = [f"rs{k}" for k in range(16)]
    return cohort


def vcf_bytes(tmp_path, rng) -> bytes:
    return files.write_vcf(tmp_path / "x.vcf", cohort_of(rng)).read_bytes()


def vcf_gz_bytes(tmp_path, rng) -> bytes:
    text = vcf_bytes(tmp_path, rng)
    (tmp_path / "plain.vcf").write_bytes(text)
    pysam.tabix_compress(str(tmp_path / "plain.vcf"), str(tmp_path / "x.vcf.gz"), force=True)
    return (tmp_path / "x.vcf.gz").read_bytes()


def bgen_bytes(tmp_path, rng) -> bytes:
    return files.write_bgen(tmp_path / "x.bgen", cohort_of(rng)).read_bytes()


def check_vcf(path, original):
    check_values(dosage_frame(read_vcf(path, maf=0)), dosage_frame(original))


def check_bgen(path, original):
    """The probabilities of one variant may be others: nothing in a BGEN tells that a byte is."""
    found, expected = dosage_frame(read_bgen(path, maf=0)), dosage_frame(original)
    common = [name for name in found if name in expected]
    assert found.index.tolist() == [*expected.index] or len({*expected.index} - {*found.index}) == 1
    apart = found[common].to_numpy() != expected[common].to_numpy()
    assert apart.any(axis=0).sum() <= 1


def dosage_frame(genotypes) -> pd.DataFrame:
    return pd.DataFrame(genotypes.dosages, genotypes.samples, genotypes.variants["variant_id"])


CASES = {
    "table": ("x.tsv", lambda tmp_path, rng: expression_bytes(), read_expression, check_expression),
    "covariates": (
        "c.tsv", lambda tmp_path, rng: covariate_bytes(),
        lambda path: read_covariates(path, SAMPLES), check_covariates,
    ),
    "gtf": ("g.gtf", lambda tmp_path, rng: gtf_bytes(), read_genes, check_genes),
    "vcf": ("x.vcf", vcf_bytes, lambda path: read_vcf(path, maf=0), check_vcf),
    "vcf.gz": ("x.vcf.gz", vcf_gz_bytes, lambda path: read_vcf(path, maf=0), check_vcf),
    "bgen": ("x.bgen", bgen_bytes, lambda path: read_bgen(path, maf=0), check_bgen),
}  # fmt: skip


def run_case(tmp_path, rng, name, n_mutants):
    file, make, read, check = CASES[name]
    data = make(tmp_path, rng)
    path = tmp_path / file
    path.write_bytes(data)
    original = read(path)
    check(path, original)
    read_well = 0
    for _ in range(n_mutants):
        changed = mutated(data, rng)
        path.write_bytes(changed)
        message = ""
        try:
            check(path, original)
            read_well += 1
        except GenesisError as error:
            message = str(error)
        except Exception as error:
            raise AssertionError(f"{error!r} with {changed!r}") from error
        assert not message or str(path) in message, (message, changed)
    assert read_well < n_mutants
    assert read_well or name == "vcf.gz"  # any byte breaks its checksum


@pytest.mark.parametrize("name", CASES)
def test_some_mutated_files(tmp_path, rng, name):
    run_case(tmp_path, rng, name, 100)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_many_mutated_files(tmp_path, rng, name):
    run_case(tmp_path, rng, name, 3000)
