"""Traits made of the expression of yeast: a gene with noise is found, a permuted gene is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.options import Options
from genesis.replicating.half_anchors import anchors_of_half
from genesis.replicating.second_samples import SecondSamples

WINDOW = 20_000


@pytest.fixture(scope="module")
def yeast(shared):
    """Of each chromosome the gene with the strongest anchor, and traits made of six of them."""
    folder = shared / "data" / "yeast_brem2005"
    genotypes = genesis.read_vcf(folder / "genotypes.vcf.gz")
    genes = genesis.read_genes(folder / "genes_R64.bed")
    expression = pd.read_csv(folder / "expression.tsv.gz", sep="\t", index_col=0).T
    expression = expression[sorted(set(expression.columns) & set(genes["gene_id"]))]
    whole = SecondSamples(genotypes, expression, None, genes=genes, steps="int")
    options = Options(cis_window=WINDOW, threads=1)
    found = anchors_of_half(whole, list(expression.columns), None, options)
    strong = found.drop_duplicates("chrom")["gene_id"].tolist()
    expression = expression[sorted(strong)]
    rng = np.random.default_rng(1)
    some = expression.iloc[:, ::3]
    noise = 0.7 * some.std().to_numpy() * rng.normal(size=some.shape)
    permuted = some.iloc[rng.permutation(len(some))].set_axis(some.index)
    traits = (some + noise).add_prefix("noisy_").join(permuted.add_prefix("permuted_"))
    return {
        "genotypes": genotypes, "expression": expression, "genes": genes, "traits": traits,
        "cis_window": WINDOW, "hidden_factors": "none", "threads": 1, "self_test": "off",
    }  # fmt: skip


def test_a_gene_with_noise_is_found_and_a_permuted_gene_is_not(yeast):
    result = genesis.discover(**yeast)
    claims = result.relations.query("relation == 'ancestor'")
    claimed = set(zip(claims["gene_a"], claims["gene_b"], strict=True))
    noisy = [name for name in yeast["traits"] if name.startswith("noisy")]
    true = {(name.removeprefix("noisy_"), name) for name in noisy}
    # A variant that the gene follows closely may be taken for the trait's own.
    assert len(true & claimed) >= len(true) - 1 == 5
    assert claimed <= true
    permuted = [name for name in yeast["traits"] if name.startswith("permuted")]
    assert (result.posterior[permuted].max() < 0.5).all()


def test_what_is_claimed_of_them_is_seen_in_the_other_half(yeast):
    found = genesis.replicate(**yeast, splits=2)
    row = found.by_layers.query(
        "from_layer == 'expression' and to_layer == 'trait' and lower == 0.9"
    ).iloc[0]
    assert row["n_claims"] >= 6
    sure = found.claims.query("posterior >= 0.5 and layer_b == 'trait'")
    assert (sure["gene_b"] == "noisy_" + sure["gene_a"]).all()
    # What a variant does to both is not quite linear on the scale of ranks.
    assert 0.9 < row["share"] < 1.35
    assert row["se"] < 0.1
