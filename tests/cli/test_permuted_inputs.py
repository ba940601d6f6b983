"""`genesis run` on the same data in another order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

VCF_FIXED = 9


def shuffle_vcf_samples(folder: Path, rng: np.random.Generator) -> None:
    lines = (folder / "g.vcf").read_text().splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith("#CHROM"))
    order = rng.permutation(len(lines[start].split("\t")) - VCF_FIXED) + VCF_FIXED
    for k in range(start, len(lines)):
        cells = lines[k].split("\t")
        lines[k] = "\t".join([*cells[:VCF_FIXED], *(cells[j] for j in order)])
    (folder / "g.vcf").write_text("\n".join(lines) + "\n")


def shuffle_expression_samples(folder: Path, rng: np.random.Generator) -> None:
    """Put the columns behind the first into another order, cells as they are."""
    lines = [line.split("\t") for line in (folder / "e.tsv").read_text().splitlines()]
    order = rng.permutation(len(lines[0]) - 1) + 1
    shuffled = ["\t".join([cells[0], *(cells[j] for j in order)]) for cells in lines]
    (folder / "e.tsv").write_text("\n".join(shuffled) + "\n")


def shuffle_expression_genes(folder: Path, rng: np.random.Generator) -> None:
    header, *rows = (folder / "e.tsv").read_text().splitlines()
    shuffled = [rows[k] for k in rng.permutation(len(rows))]
    (folder / "e.tsv").write_text("\n".join([header, *shuffled]) + "\n")


def shuffle_gene_positions(folder: Path, rng: np.random.Generator) -> None:
    rows = (folder / "genes.bed").read_text().splitlines()
    (folder / "genes.bed").write_text("\n".join(rows[k] for k in rng.permutation(len(rows))) + "\n")


SHUFFLES: dict[str, list[Callable[[Path, np.random.Generator], None]]] = {
    "samples of the genotypes": [shuffle_vcf_samples],
    "samples of the expression": [shuffle_expression_samples],
    "genes of the expression": [shuffle_expression_genes],
    "gene positions": [shuffle_gene_positions],
    "everything": [
        shuffle_vcf_samples,
        shuffle_expression_samples,
        shuffle_expression_genes,
        shuffle_gene_positions,
    ],
}


@pytest.fixture
def chained(inputs: Path) -> Path:
    """The small inputs with a chain of genes: claims both direct and indirect."""
    table = pd.read_csv(inputs / "e.tsv", sep="\t", index_col=0)
    table.loc["GENE2"] += 1.2 * table.loc["GENE1"]
    table.loc["GENE4"] += 1.2 * table.loc["GENE2"] - table.loc["GENE3"]
    table.to_csv(inputs / "e.tsv", sep="\t")
    return inputs


@pytest.fixture
def outcome(chained, tmp_path, genesis_command):
    """Run on the inputs as they are and return the tables, genes and pairs sorted by name."""

    def run(name: str, method: str, threads: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
        out = tmp_path / name
        code, _, stderr = genesis_command(
            "run", "--vcf", chained / "g.vcf", "--expression", chained / "e.tsv",
            "--genes", chained / "genes.bed", "--covariates", chained / "c.tsv",
            "--out", out, "--threads", threads, "--method", method,
        )  # fmt: skip
        assert code == 0, stderr
        matrix = pd.read_csv(f"{out}.ancestrality.tsv.gz", sep="\t", index_col="gene_id")
        relations = pd.read_parquet(f"{out}.relations.parquet")
        return matrix.sort_index().sort_index(axis=1), in_order(relations)

    return run


def in_order(relations: pd.DataFrame) -> pd.DataFrame:
    """Rows by their pair; a relation without direction has the genes in alphabetical order."""
    # The categories of a column come in the order of the genes.
    names = relations.select_dtypes("category").columns
    relations = relations.astype(dict.fromkeys(names, "str")).drop(columns="witness_position")
    either = relations["relation"].isin(["unrelated", "unresolved"])
    turned = either & (relations["gene_a"] > relations["gene_b"])
    for pair in (
        ["gene_a", "gene_b"],
        ["posterior", "posterior_reverse"],
        ["posterior_direct", "posterior_direct_reverse"],
        ["effect", "effect_reverse"],
    ):
        ends = relations[pair].to_numpy(dtype=object)
        ends[turned] = ends[turned][:, ::-1]
        relations = relations.assign(**dict(zip(pair, ends.T, strict=True)))
    # Of one direction only, and which of them is listed depends on the order of the genes.
    one_way = ["posterior_uncalibrated", "posterior_chain", "posterior_instrument"]
    relations.loc[either, one_way] = np.nan
    return relations.sort_values(["gene_a", "gene_b"], ignore_index=True)


@pytest.mark.parametrize("method", ["rules", "calibrated"])
@pytest.mark.parametrize("shuffles", SHUFFLES.values(), ids=SHUFFLES.keys())
def test_another_order_gives_the_same_result(shuffles, method, chained, outcome, rng):
    matrix, relations = outcome("as_given", method)
    assert {"ancestor", "unrelated"} <= set(relations["relation"])
    for shuffle in shuffles:
        shuffle(chained, rng)
    found_matrix, found_relations = outcome("shuffled", method)
    assert_frame_equal(found_matrix, matrix)
    assert_frame_equal(found_relations, relations, rtol=1e-9)


@pytest.mark.parametrize("method", ["rules", "calibrated"])
def test_the_number_of_threads_changes_nothing(method, chained, outcome):
    one, two = outcome("one", method, threads=1), outcome("two", method, threads=2)
    for first, second in zip(one, two, strict=True):
        assert_frame_equal(first, second, check_exact=True)
