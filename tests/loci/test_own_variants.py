"""The variants that may act on each gene by themselves, held against one gene at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from genesis.inputs.collect import collect_inputs
from genesis.linear.unit_rows import UnitRows, unit_rows
from genesis.loci import own_variants as module
from genesis.loci.own_variants import VARIANT_SLABS, log_bayes_factor, own_variants

WINDOW = 20_000


def tables(n=60, n_variants=120, n_genes=40, seed=1):
    """Two contigs, copies of variants among them, one variant and one gene that do not vary."""
    rng = np.random.default_rng(seed)
    z = rng.binomial(2, 0.4, size=(n, n_variants)).astype(float)
    z[:, 1::7] = z[:, 0::7][:, : len(range(1, n_variants, 7))]
    z[:, 5] = 1.0
    x = rng.normal(size=(n, n_genes)) + 0.8 * z[:, rng.integers(n_variants, size=n_genes)]
    samples = [f"s{k}" for k in range(n)]
    ids = [f"v{k:03d}" for k in rng.permutation(n_variants)]
    names = [f"g{k:02d}" for k in rng.permutation(n_genes)]
    variants = pd.DataFrame(
        {
            "variant_id": ids,
            "chrom": np.where(np.arange(n_variants) % 2, "1", "2"),
            "pos": 1 + rng.integers(30, size=n_variants) * 5_000,
        }
    )
    start = 1 + rng.integers(60, size=n_genes) * 5_000
    genes = pd.DataFrame(
        {"gene_id": names, "chrom": rng.choice(["1", "2", "3"], n_genes), "start": start}
    )
    genes["end"] = genes["start"] + 1000
    return pd.DataFrame(z, samples, ids), pd.DataFrame(x, samples, names), variants, genes


def own_of(z, x, variants, genes, anchors=None):
    """The outcome, with genes and variants by name."""
    inputs = collect_inputs(z, x, variants, genes, None, anchors)
    gene = np.argsort(inputs.genes["gene_id"].to_numpy(dtype=object))
    rows, _ = unit_rows(inputs.expression[:, gene], inputs.basis)
    own = own_variants(inputs, WINDOW, gene, rows, UnitRows(inputs.dosages, inputs.basis))
    return own, rows, inputs, inputs.variants["variant_id"].to_numpy(dtype=object)


def slowly(pool, row, inputs):
    """Lead, its squared correlation, and the evidence, from unit rows of the whole pool."""
    if not len(pool):
        return -1, 0.0, -np.inf
    r2 = (UnitRows(inputs.dosages, inputs.basis)(pool)[0] @ row) ** 2
    if r2.max() == 0.0:
        return -1, 0.0, -np.inf
    best = np.flatnonzero(r2 >= r2.max() - 1e-9)[0]
    each = log_bayes_factor(r2, inputs.n_effective - 1, VARIANT_SLABS)
    return pool[best], r2[best], np.logaddexp.reduce(each) - np.log(len(each))


@pytest.mark.parametrize("at_a_time", [(64, 1 << 17, 1024), (3, 20, 4), (1, 1, 1)])
@pytest.mark.parametrize("given", [False, True])
def test_blocks_of_genes_against_one_gene_at_a_time(monkeypatch, at_a_time, given):
    names = ("_GENES_AT_A_TIME", "_LISTED_AT_A_TIME", "_VARIANTS_AT_A_TIME")
    for name, number in zip(names, at_a_time, strict=True):
        monkeypatch.setattr(module, name, number)
    z, x, variants, genes = tables()
    x["g07"] = 2.0
    anchors = None
    if given:
        rng = np.random.default_rng(2)
        anchors = pd.DataFrame(
            {"gene_id": rng.choice(genes["gene_id"], 60), "variant_id": rng.choice(z.columns, 60)}
        ).drop_duplicates()
    own, rows, inputs, ids = own_of(z, x, variants, genes, anchors)
    assert sum(len(pool) for pool in own.pools) > (50 if given else 200)
    expected = [slowly(pool, row, inputs) for pool, row in zip(own.pools, rows, strict=True)]
    lead, strength, log_factor = (np.array(one) for one in zip(*expected, strict=True))
    assert own.lead.tolist() == lead.tolist()
    assert 3 < (lead < 0).sum() < 30
    np.testing.assert_allclose(own.strength, strength, rtol=1e-12)
    np.testing.assert_allclose(own.log_factor, log_factor, rtol=1e-12, atol=1e-12)
    for pool in own.pools:
        assert ids[pool].tolist() == sorted(ids[pool])


def test_the_order_of_the_input_changes_no_bit():
    """Nor which of copies is the lead, nor which of variants that are as near is taken."""
    z, x, variants, genes = tables()
    rng = np.random.default_rng(3)
    shuffled = (
        z.iloc[:, rng.permutation(z.shape[1])],
        x.iloc[:, rng.permutation(x.shape[1])],
        variants.sample(frac=1, random_state=1).reset_index(drop=True),
        genes.sample(frac=1, random_state=2).reset_index(drop=True),
    )
    (one, _, _, ids), (other, _, _, other_ids) = own_of(z, x, variants, genes), own_of(*shuffled)
    for a, b in zip(one.pools, other.pools, strict=True):
        assert ids[a].tolist() == other_ids[b].tolist()
    assert (
        np.append(ids, None)[one.lead].tolist() == np.append(other_ids, None)[other.lead].tolist()
    )
    assert one.strength.tolist() == other.strength.tolist()
    assert one.log_factor.tolist() == other.log_factor.tolist()
    assert one.share == other.share


def test_of_variants_as_near_the_first_by_id_is_taken():
    z, x, variants, genes = tables(n_variants=20, n_genes=4)
    variants["chrom"], variants["pos"] = "1", [200_000] * 10 + [1_000_000] * 10
    genes["chrom"], genes["start"], genes["end"] = "1", 599_000, 601_000
    own, _, _, ids = own_of(z, x, variants, genes)
    assert [ids[pool].tolist() for pool in own.pools] == [[min(variants["variant_id"])]] * 4
