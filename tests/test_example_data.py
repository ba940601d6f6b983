"""The example data: made by their script, sound, and with the blemishes that it promises."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import cyvcf2
import networkx as nx
import numpy as np
import pandas as pd
import pytest

TABLES = [
    "covariates.tsv",
    "expression.tsv.gz",
    "genes.bed",
    "truth.tsv",
    "genotypes.vcf.gz",
    "protein.tsv",
    "traits.tsv",
    "layers_truth.tsv",
]


def content(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def test_script_makes_the_committed_files(example, tmp_path):
    pytest.importorskip("msprime", reason="msprime makes the genotypes")
    pytest.importorskip("pysam", reason="pysam compresses and indexes the VCF")
    subprocess.run([sys.executable, str(example / "make_example.py"), str(tmp_path)], check=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [*TABLES, "genotypes.vcf.gz.tbi"]
    )
    for name in TABLES:
        made, committed = content(tmp_path / name), content(example / name)
        # Compared as a whole; shown by line, since a megabyte of difference helps nobody.
        lines = zip(made.splitlines(), committed.splitlines(), strict=False)
        assert made == committed, next((pair for pair in lines if pair[0] != pair[1]), "length")


@pytest.fixture(scope="module")
def expression(example) -> pd.DataFrame:
    return pd.read_csv(example / "expression.tsv.gz", sep="\t", index_col=0)


@pytest.fixture(scope="module")
def covariates(example) -> pd.DataFrame:
    return pd.read_csv(example / "covariates.tsv", sep="\t", index_col=0)


@pytest.fixture(scope="module")
def truth(example) -> pd.DataFrame:
    return pd.read_csv(example / "truth.tsv", sep="\t")


@pytest.fixture(scope="module")
def genotypes(example) -> tuple[list[str], pd.DataFrame, np.ndarray]:
    """Samples, one row a record, and alleles as records × samples × 2 with -1 for uncalled."""
    reader = cyvcf2.VCF(str(example / "genotypes.vcf.gz"))
    records, alleles = [], []
    for record in reader:
        records.append((record.CHROM, record.POS, record.ID, record.REF, tuple(record.ALT)))
        alleles.append(record.genotype.array()[:, :2])
    table = pd.DataFrame(records, columns=["chrom", "pos", "id", "ref", "alt"])
    return list(reader.samples), table, np.stack(alleles)


def test_samples_meet_in_three_hundred_and_differ_on_both_sides(expression, genotypes, covariates):
    genotyped, measured = set(genotypes[0]), set(expression.columns)
    assert len(genotyped & measured) == 300
    assert len(genotyped - measured) == len(measured - genotyped) == 5
    assert set(covariates.index) == genotyped
    common = [sample for sample in genotypes[0] if sample in measured]
    assert common != [sample for sample in expression.columns if sample in genotyped]


def test_genotypes_have_the_blemishes_of_real_ones(genotypes):
    _, records, alleles = genotypes
    assert 5_000 < len(records) < 10_000
    assert records["chrom"].nunique() == 5
    missing = alleles == -1
    assert (records["alt"].map(len) > 1).sum() > 20
    assert records["id"].isna().sum() == 30
    assert records.duplicated(["chrom", "pos", "ref", "alt"]).sum() == 1
    assert missing.all(axis=2).sum() > 1000
    assert (missing.any(axis=2) & ~missing.all(axis=2)).sum() > 50
    assert (missing.all(axis=2).mean(axis=1) > 0.1).sum() >= 25


def test_the_index_finds_records(example):
    reader = cyvcf2.VCF(str(example / "genotypes.vcf.gz"))
    positions = [record.POS for record in reader("chr5:2000000-3000000")]
    assert len(positions) > 50
    assert 2_000_000 <= min(positions) <= max(positions) <= 3_000_000


def test_near_sites_are_in_linkage_disequilibrium(genotypes):
    _, records, alleles = genotypes
    kept = np.flatnonzero((records["chrom"] == "chr1") & (records["alt"].map(len) == 1))
    dosages = np.where((alleles[kept] < 0).any(axis=2), 0, alleles[kept].sum(axis=2))
    squared = np.corrcoef(dosages) ** 2
    position = records["pos"].to_numpy()[kept]
    distance = np.abs(position[:, None] - position)
    near = squared[(distance > 0) & (distance < 20_000)].mean()
    far = squared[distance > 2_000_000].mean()
    assert near > 0.1
    assert far < 0.01


def test_positions_and_expression_overlap_but_for_a_few(example, expression):
    positions = pd.read_csv(
        example / "genes.bed", sep="\t", names=["chrom", "start", "end", "gene", "score", "strand"]
    )
    assert positions.equals(positions.sort_values(["chrom", "start", "end"]))
    assert (positions["start"] < positions["end"]).all()
    assert len(set(positions["gene"]) - set(expression.index)) == 3
    assert len(set(expression.index) - set(positions["gene"])) == 3
    assert (expression.nunique(axis=1) == 1).sum() == 1
    assert 0 < expression.isna().sum().sum() <= 4


def test_truth_is_the_closure_of_an_acyclic_sparse_graph(truth, expression):
    direct = nx.from_pandas_edgelist(
        truth[truth["direct"] == 1], "ancestor", "descendant", create_using=nx.DiGraph
    )
    assert nx.is_directed_acyclic_graph(direct)
    closure = nx.transitive_closure_dag(direct)
    assert set(closure.edges) == set(zip(truth["ancestor"], truth["descendant"], strict=True))
    assert truth["effect"].notna().equals(truth["direct"] == 1)
    assert 0.9 * 150 < direct.number_of_edges() < 1.5 * 150
    assert set(direct) <= set(expression.index)


def test_direct_edges_show_in_expression(truth, expression):
    correlation = expression.T.corr()
    direct = truth[truth["direct"] == 1]
    observed = [
        correlation.loc[a, b] for a, b in zip(direct["ancestor"], direct["descendant"], strict=True)
    ]
    assert np.corrcoef(observed, direct["effect"])[0, 1] > 0.9


@pytest.fixture(scope="module")
def proteins(example) -> pd.DataFrame:
    return pd.read_csv(example / "protein.tsv", sep="\t", index_col=0)


@pytest.fixture(scope="module")
def traits(example) -> pd.DataFrame:
    return pd.read_csv(example / "traits.tsv", sep="\t", index_col=0)


@pytest.fixture(scope="module")
def layers_truth(example) -> pd.DataFrame:
    return pd.read_csv(example / "layers_truth.tsv", sep="\t")


def test_layers_are_of_the_people_and_genes_of_the_others(proteins, traits, expression, genotypes):
    both = set(genotypes[0]) & set(expression.columns)
    assert set(proteins.columns) == set(traits.index) == both
    assert list(proteins.columns) != list(traits.index)
    assert len(proteins) == 20
    assert set(proteins.index) <= set(expression.index)
    assert list(traits.columns) == ["ldl", "disease", "height"]
    assert sorted(traits["disease"].dropna().unique()) == [0, 1]
    assert 0 < proteins.isna().sum().sum() <= 6
    assert 0 < traits.isna().sum().sum() <= 5


def test_truth_of_layers_shows_in_them(layers_truth, truth, proteins, traits, expression):
    nodes = pd.concat(
        [expression.T, proteins.T.add_suffix("@protein"), traits], axis="columns", join="inner"
    )
    assert layers_truth.iloc[: len(truth)].equals(truth)
    added = layers_truth.iloc[len(truth) :]
    edges = added[(added["direct"] == 1) & added["ancestor"].isin(nodes)]
    assert len(edges) == 20 + 2
    observed = [
        nodes[a].corr(nodes[b]) for a, b in zip(edges["ancestor"], edges["descendant"], strict=True)
    ]
    assert min(observed) > 0.4
    of_ldl = layers_truth[layers_truth["descendant"] == "ldl"].set_index("ancestor")["direct"]
    assert of_ldl.loc[["GENE126@protein", "GENE126", "GENE001"]].tolist() == [1, 0, 0]
    assert of_ldl[of_ldl == 1].index.drop("GENE126@protein").tolist() == ["chr2_snp0657"]
    direct = layers_truth.query("direct == 1")
    closure = nx.transitive_closure_dag(
        nx.from_pandas_edgelist(direct, "ancestor", "descendant", create_using=nx.DiGraph)
    )
    assert set(closure.edges) == set(
        zip(layers_truth["ancestor"], layers_truth["descendant"], strict=True)
    )


def test_example_stays_small(example):
    assert sum(path.stat().st_size for path in example.iterdir() if path.is_file()) < 5_000_000
