"""Which gene of a locus acts: what is found, and that every input has a defined answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import genesis
from genesis.findings.loci_table import empty_loci
from genesis.inputs.collect import collect_inputs
from genesis.linear.unit_rows import UnitRows, unit_rows
from genesis.loci import linked_genes, which_gene
from genesis.loci.own_variants import likeliest_share, log_bayes_factor, own_variants
from genesis.loci.shared_causes import shared_causes
from genesis.loci.which_gene import find_loci
from genesis.options import Options
from genesis.simulate import cis_eqtl

WINDOW = Options(cis_window=10_000, all_snps=False)
NUMBERS = ["posterior", "share", "cis_correlation", "partial_correlation", "mediated"]


def found(z, x, variants, genes, options=WINDOW, **more):
    inputs = collect_inputs(z, x, variants, genes, None, more.get("anchors"))
    return find_loci(inputs, options)[0]


def locus_of_three(n=300, *, acting="b", seed=1):
    """Genes a, b and c with linked variants, and a target on another chromosome.

    Neighbouring variants differ in one sample of ten. `acting` names the gene that acts on the
    target, or is None where a variant beside b's acts by something that is not measured.
    """
    rng = np.random.default_rng(seed)
    z = np.empty((n, 3))
    z[:, 0] = rng.integers(2, size=n)
    for k in (1, 2):
        z[:, k] = np.where(rng.random(n) < 0.1, 1 - z[:, k - 1], z[:, k - 1])
    x = 1.2 * z + rng.normal(size=(n, 3))
    hidden = 1.2 * z[:, 1] + rng.normal(size=n)
    acts = hidden if acting is None else x[:, "abc".index(acting)]
    others = rng.normal(size=(n, 12))
    expression = np.column_stack([x, acts + rng.normal(size=n), others])
    names = ["a", "b", "c", "target", *(f"o{k:02d}" for k in range(12))]
    z = np.column_stack([z, rng.integers(2, size=(n, 13))])
    samples = [f"s{k}" for k in range(n)]
    ids = [f"v{k:02d}" for k in range(16)]
    variants = pd.DataFrame(
        {
            "variant_id": ids,
            "chrom": ["1"] * 3 + [str(k) for k in range(2, 15)],
            "pos": [5_000, 30_000, 55_000] + [5_000] * 13,
        }
    )
    genes = pd.DataFrame({"gene_id": names, "chrom": variants["chrom"], "start": variants["pos"]})
    genes["end"] = genes["start"] + 1000
    return (
        pd.DataFrame(z, samples, ids), pd.DataFrame(expression, samples, names), variants, genes
    )  # fmt: skip


def members(table, target="target"):
    rows = table[table["target"] == target]
    return dict(zip(rows["gene_id"].fillna("none"), rows["share"], strict=True))


@pytest.mark.parametrize("acting", ["a", "b", "c"])
def test_the_gene_that_acts_has_most_of_the_posterior(acting):
    table = found(*locus_of_three(acting=acting))
    assert set(table["target"]) == {"target"}
    assert table["posterior"].min() > 0.99
    shares = members(table)
    assert shares[acting] > 0.9
    row = table[table["gene_id"] == acting].iloc[0]
    assert row["mediated"] == pytest.approx(1, abs=0.2)
    assert row["partial_correlation"] > 0.5


def test_none_of_the_measured_genes_has_it_where_another_acts():
    shares = members(found(*locus_of_three(acting=None)))
    assert shares["none"] > 0.9


def test_a_credible_set_is_the_fewest_that_reach_the_probability():
    data = cis_eqtl(150, 75, population="ril", hotspots=2, snps_per_gene=3, seed=3)
    table = found(data.genotypes, data.expression, data.variants, data.genes)
    sets = table.groupby(["locus", "target"], sort=False)["share"]
    assert len(sets) > 20
    assert (sets.sum() >= 0.95 - 1e-9).all()
    assert (sets.sum() - sets.min() < 0.95).all()
    assert sets.apply(lambda share: share.is_monotonic_decreasing).all()
    sizes = table.groupby(["locus", "target"], sort=False)["n_members"]
    assert (sizes.first() == sizes.size()).all()
    assert table["n_members"].le(table["n_genes"] + 1).all()


def test_orders_of_genes_samples_and_variants_change_nothing():
    data = cis_eqtl(120, 60, population="f2", hotspots=2, snps_per_gene=3, unmeasured=0.2, seed=4)
    z, x, variants, genes = data.genotypes, data.expression, data.variants, data.genes
    rng = np.random.default_rng(5)
    other = [
        z.iloc[rng.permutation(len(z)), rng.permutation(z.shape[1])],
        x.iloc[:, rng.permutation(x.shape[1])],
        variants.sample(frac=1, random_state=1).reset_index(drop=True),
        genes.sample(frac=1, random_state=2).reset_index(drop=True),
    ]
    first, second = found(z, x, variants, genes), found(*other)
    assert len(first) > 20
    assert_frame_equal(first, second, rtol=1e-7)


@pytest.mark.parametrize("unknown", [0.0, 0.3, 1.0])
def test_genes_are_linked_within_their_contig_or_where_that_is_not_known(rng, unknown):
    data = cis_eqtl(60, 40, n_chromosomes=3, snps_per_gene=2, seed=3)
    inputs = collect_inputs(data.genotypes, data.expression, data.variants, data.genes, None, None)
    looked_at = which_gene._data(inputs, WINDOW)
    own, contig = looked_at.own, which_gene._contigs(inputs, looked_at.gene)
    contig[rng.random(len(contig)) < unknown] = -1
    lead_rows = looked_at.variants(np.maximum(own.lead, 0))[0]
    loci = [locus for locus, _ in linked_genes.linked_loci(own, contig, looked_at.variants)]
    assert len(loci) > 10
    for locus in loci:
        first = next(gene for gene in locus.genes if own.lead[gene] == locus.lead)
        r2 = (lead_rows @ lead_rows[first]) ** 2
        apart = (contig != contig[first]) & (contig >= 0) & (contig[first] >= 0)
        r2[apart | (own.lead < 0)] = 0.0
        assert locus.genes.tolist() == np.flatnonzero(r2 >= linked_genes.LINKED_R2).tolist()
        assert locus.elsewhere.tolist() == (r2 < linked_genes.ELSEWHERE_R2).tolist()


def test_nothing_depends_on_threads_or_on_what_is_looked_at_together(monkeypatch):
    data = cis_eqtl(150, 40, seed=3)
    inputs = collect_inputs(data.genotypes, data.expression, data.variants, data.genes, None, None)
    one, learned = find_loci(inputs, WINDOW)
    assert len(one) > 3
    monkeypatch.setattr(which_gene, "_VARIANTS_AT_A_TIME", 1)
    for threads in (1, 3):
        other, also = find_loci(inputs, WINDOW, threads)
        assert_frame_equal(other, one)
        assert also == learned


def test_perfect_linkage_leaves_expression_to_decide():
    z, x, variants, genes = locus_of_three()
    z["v00"] = z["v02"] = z["v01"]
    x["a"] += 1.2 * (z["v01"] - z["v00"])
    table = found(z, x, variants, genes)
    assert members(table)["b"] > 0.9


def test_genes_that_are_copies_share_alike():
    z, x, variants, genes = locus_of_three()
    z["v02"], x["c"] = z["v01"], x["b"]
    shares = members(found(z, x, variants, genes))
    assert shares["b"] == pytest.approx(shares["c"])
    assert shares["b"] > 0.4


def test_one_gene_has_no_targets():
    z, x, variants, genes = locus_of_three()
    assert_frame_equal(found(z, x[["b"]], variants, genes.iloc[[1]]), empty_loci())


def test_without_positions_and_anchors_there_are_no_loci():
    z, x, _, _ = locus_of_three()
    assert_frame_equal(found(z, x, None, None, Options(all_snps=True)), empty_loci())


def test_anchors_that_are_given_make_loci_without_positions():
    z, x, _, _ = locus_of_three()
    anchors = pd.DataFrame({"gene_id": list("abc"), "variant_id": ["v00", "v01", "v02"]})
    table = found(z, x, None, None, Options(all_snps=True), anchors=anchors)
    assert members(table)["b"] > 0.9
    assert table["chrom"].isna().all()


def test_a_gene_that_no_variant_is_near_has_the_nearest_one():
    z, x, variants, genes = locus_of_three()
    genes.loc[1, ["start", "end"]] = [200_000, 201_000]
    inputs = collect_inputs(z, x, variants, genes, None, None)
    rows, _ = unit_rows(inputs.expression, inputs.basis)
    own = own_variants(inputs, 10_000, np.arange(16), rows, UnitRows(inputs.dosages, inputs.basis))
    assert [pool.tolist() for pool in own.pools[:3]] == [[0], [2], [2]]


def test_constant_genes_and_variants_are_passed_over():
    z, x, variants, genes = locus_of_three()
    z["v00"] = 1.0
    x["o00"] = 2.0
    table = found(z, x, variants, genes)
    assert "o00" not in set(table["target"])
    assert members(table)["b"] > 0.9


def test_nothing_acts_on_expression_that_follows_nothing():
    data = cis_eqtl(200, 100, population="ril", n_parents=0, snps_per_gene=2, seed=6)
    table = found(data.genotypes, data.expression, data.variants, data.genes)
    assert (table["posterior"] >= 0.5).sum() == 0


def test_genes_are_candidates_where_their_leads_are_linked():
    z, x, variants, genes = locus_of_three()
    inputs = collect_inputs(z, x, variants, genes, None, None)
    rows, _ = unit_rows(inputs.expression, inputs.basis)
    every = UnitRows(inputs.dosages, inputs.basis)
    own = own_variants(inputs, 10_000, np.arange(16), rows, every)
    contig = pd.factorize(inputs.genes["chrom"])[0]
    loci = [one for one, _ in linked_genes.linked_loci(own, contig, every)]
    first = next(one for one in loci if one.lead in (0, 1, 2))
    r2 = np.corrcoef(z.to_numpy().T[:3]) ** 2
    assert first.genes.tolist() == np.flatnonzero(r2[first.lead] >= 0.3).tolist()
    assert not first.elsewhere[first.genes].any()
    assert first.elsewhere[3:].all()
    assert sum(len(one.variants) for one in loci) == sum(len(one.linked) for one in loci)


def test_bayes_factors_of_many_tell_how_many_are_true():
    rng = np.random.default_rng(7)
    is_true = rng.random(4000) < 0.2
    r = np.tanh(rng.normal(0, np.sqrt(1 / 100 + 0.1 * is_true)))
    factors = log_bayes_factor(r**2, 100, np.array([0.1]))
    share = likeliest_share(factors, np.ones(4000), (0.01, 0.9))
    assert share == pytest.approx(is_true.mean(), abs=0.04)
    assert likeliest_share(factors[:0], np.ones(0), (0.01, 0.9)) == 0.01


def test_shared_causes_widen_the_prior():
    rng = np.random.default_rng(8)
    factor = rng.normal(size=300)
    plain = rng.normal(size=(80, 300))
    confounded = plain + factor

    def mean_spread(rows):
        rows = rows / np.sqrt((rows**2).sum(axis=1, keepdims=True))
        spread, weight = shared_causes(rows, 0 * rows, 300)
        return spread @ weight

    assert mean_spread(plain) < 0.01
    assert mean_spread(confounded) > 0.15


def test_a_run_has_its_loci_and_keeps_them(tmp_path):
    z, x, variants, genes = locus_of_three(120)
    x, genes = x.iloc[:, :8], genes[:8]
    result = genesis.discover(
        z, x, variants=variants, genes=genes, cis_window=10_000, normalise="none", threads=1
    )
    alone = found(z, x, variants, genes)
    assert_frame_equal(result.loci.drop(columns="posterior_ancestor"),
                       alone.drop(columns="posterior_ancestor"))  # fmt: skip
    row = result.loci.set_index("gene_id").loc["b"]
    assert row["share"] > 0.5
    assert row["posterior_ancestor"] == result.posterior.loc["b", "target"]
    weighed = result.posterior_by_locus
    assert weighed.loc["b", "target"] == pytest.approx(row["posterior"] * row["share"])
    assert np.isnan(weighed.loc["target", "b"])
    assert result.run["loci"]["pairs"] == 1
    result.save(tmp_path / "run")
    assert_frame_equal(genesis.load(tmp_path / "run").loci, result.loci)
    text = pd.read_csv(tmp_path / "run.loci.tsv.gz", sep="\t", keep_default_na=False)
    assert text.columns.tolist() == empty_loci().columns.tolist()
    assert text["gene_id"].tolist() == result.loci["gene_id"].fillna("NA").tolist()
