"""Half of the samples say what the other half should show."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.errors import DegenerateDataError
from genesis.findings.relations import RESTS_ON
from genesis.graphs.codes import ANCESTOR
from genesis.linear.unit_rows import unit_rows
from genesis.posterior import half_fits, self_test
from genesis.posterior.chains import chain
from genesis.posterior.chains.posterior import Posterior
from genesis.posterior.claims.claim_rows import LEAST_NEAR
from genesis.posterior.claims.claims import make_claims
from genesis.posterior.claims.evidence import (
    SEEN_T,
    SHARED_R2,
    what_claims_rest_on,
    what_pairs_rest_on,
)
from genesis.posterior.claims.pair_table import PairTable
from genesis.posterior.model.candidates import Candidates
from genesis.posterior.model.state import GENE, N_KINDS, OWN
from genesis.replication import halves


@pytest.fixture
def quick(monkeypatch):
    """Short chains, but halves that are looked at."""
    monkeypatch.setattr(chain, "TEMPERING_STEPS", 30)
    monkeypatch.setattr(chain, "STEPS_A_FOLD", 0)
    monkeypatch.setattr(chain, "COUNTED_ROUNDS", 50)


def people(n, n_genes, loading, seed):
    """Genes in a row, each acts on the next of another chromosome; and hidden factors."""
    rng = np.random.default_rng(seed)
    names = [f"g{k:02d}" for k in range(n_genes)]
    z = rng.binomial(2, 0.4, size=(n, n_genes)).astype(float)
    x = 0.8 * z + rng.normal(size=(n, n_genes))
    x += loading * rng.normal(size=(n, 2)) @ rng.normal(size=(2, n_genes))
    for k in range(1, n_genes // 2):
        x[:, k] += 0.7 * x[:, k - 1]
    places = pd.DataFrame(
        {
            "gene_id": names,
            "chrom": [str(1 + k % 7) for k in range(n_genes)],
            "start": 10_000_000 * np.arange(1, n_genes + 1),
            "end": 10_000_000 * np.arange(1, n_genes + 1) + 1000,
        }
    )
    variants = pd.DataFrame(
        {
            "variant_id": [f"v{k:02d}" for k in range(n_genes)],
            "chrom": places["chrom"],
            "pos": places["start"] + 5,
        }
    )
    return (
        pd.DataFrame(z, columns=variants["variant_id"]),
        pd.DataFrame(x, columns=names),
        {"variants": variants, "genes": places, "normalise": "none"},
    )


def test_the_model_that_predicts_unseen_people_is_taken(quick):
    for loading, needed in ((1.5, True), (0.0, False)):
        z, x, more = people(200, 14, loading, 3)
        run = genesis.discover(z, x, **more).run
        found = run["self_test"]["hidden_factors"]
        assert (found["gain_in_unseen_samples"] > 3 * found["se"]) == needed
        assert (run["calibrated"]["hidden_factors_used"] > 0) == needed
        # What was clear is not looked at again.
        if abs(found["gain_in_unseen_samples"]) > 3 * found["se"]:
            models = {one["hidden_factors"] > 0 for one in run["calibrated"]["chains"]}
            assert models == {needed}


def test_true_claims_are_seen_again(quick):
    z, x, more = people(300, 14, 0.0, 5)
    result = genesis.discover(z, x, **more)
    bins = pd.DataFrame(result.run["self_test"]["bins"])
    sure = bins[(bins["rests_on"] == "all") & (bins["lower"] == 0.9)].iloc[0]
    assert sure["share"] == pytest.approx(1.0, abs=max(3 * sure["se"], 0.1))
    claims = result.relations.query("relation == 'ancestor'")
    assert (claims["posterior"] <= claims["posterior_uncalibrated"]).all()
    assert set(claims["rests_on"]) <= set(RESTS_ON)
    assert (claims["rests_on"] == "own anchor").sum() >= 6


def test_order_of_samples_genes_and_variants_is_of_no_account(quick, rng):
    z, x, more = people(100, 12, 0.5, 7)
    z.index = x.index = [f"s{k:03d}" for k in range(100)]
    first = genesis.discover(z, x, **more, threads=1)
    rows = rng.permutation(100)
    z, x = z.iloc[rows, ::-1], x.iloc[rows, ::-1]
    other = genesis.discover(z, x, **more, threads=2)
    one, two = (found.run["self_test"] for found in (first, other))
    assert one["hidden_factors"] == two["hidden_factors"]
    pd.testing.assert_frame_equal(pd.DataFrame(one["bins"]), pd.DataFrame(two["bins"]))
    ids = first.gene_ids
    pd.testing.assert_frame_equal(
        first.posterior, other.posterior.loc[ids, ids], check_names=False, atol=1e-5
    )


def test_without_a_self_test_posteriors_are_those_of_the_model(quick):
    z, x, more = people(100, 12, 0.0, 7)
    off = genesis.discover(z, x, **more, self_test="off")
    assert "self_test" not in off.run
    table = off.relations
    assert (table["posterior"] == table["posterior_uncalibrated"]).all()
    assert "self_test" not in genesis.discover(z, x, **more, self_test=0).run
    few = genesis.discover(z.iloc[:, :5], x.iloc[:, :5], **{**more, "normalise": "none"})
    assert "Not made" in few.run["self_test"]["verdict"]
    assert few.run["self_test"]["outcome"]["says"] == "not made"


@pytest.mark.parametrize(("loading", "seed", "decided"), [(1.5, 3, True), (0.25, 9, False)])
def test_a_second_chain_is_of_the_model_that_the_first_ones_say(
    quick, monkeypatch, loading, seed, decided
):
    asked, unseen = [], []
    begin_chains = half_fits.begin_chains

    def noted(start, factors, streams, *others, **looks):
        asked.append((len(factors) > 0, len(streams)))
        found = list(begin_chains(start, factors, streams, *others, **looks))
        unseen.append(np.concatenate([one.tally.unseen_log_density for one in found]))
        return found

    monkeypatch.setattr(half_fits, "begin_chains", noted)
    z, x, more = people(200, 14, loading, seed)
    found = genesis.discover(z, x, **more).run["self_test"]["hidden_factors"]
    is_open = -found["se"] < found["gain_in_unseen_samples"] < 3 * found["se"]
    assert is_open != decided
    without, within = (False, 1), (True, 1)
    if decided:
        # The other half has one model in question, whose chains run side by side.
        assert asked == [without, within, within, (True, 2)]
    else:
        assert asked == 2 * [without, within, without, within]
        # Both chains of each model are held against each other.
        gain = sum(
            chain.predictive(np.concatenate(unseen[first + 1 : first + 4 : 2])).sum()
            - chain.predictive(np.concatenate(unseen[first : first + 3 : 2])).sum()
            for first in (0, 4)
        )
        assert found["gain_in_unseen_samples"] == pytest.approx(gain, abs=0.01)


def test_where_any_variant_may_act_on_any_gene_nothing_is_tested(quick):
    z, x, _ = people(100, 12, 0.0, 7)
    found = genesis.discover(z, x, normalise="none").run["self_test"]
    assert found["bins"] == []
    assert "any variant may act on any gene" in found["verdict"]
    assert found["outcome"]["says"] == "any variant"
    assert found["hidden_factors"]["samples_predicted"] > 0


def test_a_cause_without_an_anchor_is_no_claim_where_nothing_can_be_tested():
    """A hidden cause of two genes, one of which has a SNP, looks like an effect of the other."""
    for seed in (3, 7):
        rng = np.random.default_rng(seed)
        z = rng.binomial(2, 0.4, size=(500, 3)).astype(float)
        hidden = rng.normal(size=500)
        x = np.column_stack(
            [0.7 * z[:, 0] + hidden, hidden, 0.7 * z[:, 1], 0.7 * z[:, 2]]
        ) + rng.normal(size=(500, 4))
        believed = genesis.discover(z, x, self_test="off")
        assert believed.ancestrality.loc["gene2", "gene1"] == 1
        found = genesis.discover(z, x)
        assert found.counts["ancestor"] == 0
        assert found.run["self_test"]["unsupported"] == 1
        assert found.posterior.loc["gene2", "gene1"] > 0.9


def slow_evidence(posterior, rows, n_variants, degrees, a, b):
    """One pair at a time, from the words."""

    def seen(variant, gene):
        r = float(rows[variant] @ rows[n_variants + gene])
        return np.sign(r) if abs(r) >= SEEN_T / np.sqrt(degrees + SEEN_T**2) else 0.0

    def value(name, cause, target):
        column = getattr(posterior.pairs, name)
        return posterior.pairs.at(column, np.array([cause]), np.array([target]))[0]

    def acting(gene):
        own = posterior.candidates.kind[gene] == OWN
        order = np.argsort(-posterior.acts[gene][own], kind="stable")
        return [
            posterior.candidates.variable[gene][own][k]
            for k in order
            if posterior.acts[gene][own][k] >= 0.5
        ]

    by_position, lead = posterior.candidates.has_positional_anchor, posterior.candidates.lead

    def supports(gene):
        if not (by_position[gene] or acting(gene)):
            return False
        variant = lead[gene] if by_position[gene] else acting(gene)[0]
        if any((rows[variant] @ rows[other]) ** 2 >= SHARED_R2 for other in acting(b)):
            return False
        signs = seen(variant, a) * seen(variant, b)
        if by_position[gene]:
            return seen(variant, b) != 0
        return signs != 0 and signs == np.sign(value("effect", a, b))

    if supports(a):
        return RESTS_ON.index("own anchor")
    for other in range(posterior.pairs.n_genes):
        if other != a and value("ancestor", other, a) >= 0.5 and supports(other):
            return RESTS_ON.index("anchors elsewhere")
    return RESTS_ON.index("expression alone")


def test_what_claims_rest_on_against_the_words(rng):
    counted = np.zeros(3, dtype=int)
    for _ in range(6):
        n_variants, n_genes, n = 6, 9, 80
        z = rng.normal(size=(n, n_variants))
        z[:, 1] = z[:, 0] + 0.3 * rng.normal(size=n)
        x = z @ (rng.random((n_variants, n_genes)) < 0.3) + rng.normal(size=(n, n_genes))
        rows, _ = unit_rows(np.column_stack([z, x]), np.full((n, 1), n**-0.5))
        variable, kind, acts = [], [], []
        for gene in range(n_genes):
            own = np.sort(rng.choice(n_variants, 2, replace=False))
            variable.append(np.append(own, n_variants + (gene + 1) % n_genes))
            kind.append(np.array([OWN, OWN, GENE], dtype=np.int8))
            acts.append(rng.choice([0.0, 0.3, 0.5, 0.9], 3).astype(np.float32))
        candidates = Candidates(
            variable, kind, [np.full(3, -1)] * n_genes, rng.random(n_genes) < 0.2,
            rng.integers(n_variants, size=n_genes), np.zeros(N_KINDS),
        )  # fmt: skip
        ancestor = rng.random((n_genes, n_genes)).astype(np.float32)
        effect = rng.normal(size=(n_genes, n_genes)).astype(np.float32)
        posterior = Posterior(PairTable.from_dense(ancestor, effect=effect), candidates, acts, {})
        a, b = np.nonzero(~np.eye(n_genes, dtype=bool))
        found = what_claims_rest_on(posterior, rows, n_variants, n - 1, a, b)
        expected = [
            slow_evidence(posterior, rows, n_variants, n - 1, *pair)
            for pair in zip(a, b, strict=True)
        ]
        assert found.tolist() == expected
        counted += np.bincount(found, minlength=3)
    assert (counted > 5).all()


def test_what_pairs_rest_on_is_said_of_all_that_may_be_claimed_or_listed(rng):
    """Also of claims that only follow from others, whatever their posterior."""
    n_genes, n = 12, 60
    rows, _ = unit_rows(rng.normal(size=(n, 3 + n_genes)), np.full((n, 1), n**-0.5))
    candidates = Candidates(
        [np.array([k % 3]) for k in range(n_genes)], [np.array([OWN], np.int8)] * n_genes,
        [np.full(1, -1)] * n_genes, np.zeros(n_genes, bool), np.full(n_genes, -1),
        np.zeros(N_KINDS),
    )  # fmt: skip
    acts = [np.array([0.9], np.float32)] * n_genes
    n_follow = n_open = 0
    for _ in range(5):
        ancestor = (rng.random((n_genes, n_genes)) ** 8).astype(np.float32)
        np.fill_diagonal(ancestor, 0.0)
        effect = rng.normal(size=ancestor.shape).astype(np.float32)
        posterior = Posterior(PairTable.from_dense(ancestor, effect=effect), candidates, acts, {})
        once = what_pairs_rest_on(posterior, rows, 3, n - 1).array().reshape(ancestor.shape)
        a, b = np.nonzero(once >= 0)
        expected = what_claims_rest_on(posterior, rows, 3, n - 1, a, b)
        assert once[a, b].tolist() == expected.tolist()
        calibrated = ancestor * rng.uniform(0.7, 1, ancestor.shape).astype(np.float32)
        pairs = PairTable.from_dense(calibrated, uncalibrated=ancestor)
        claimed = make_claims(pairs, 0.9, None).codes() == ANCESTOR
        assert (once[claimed | (calibrated >= LEAST_NEAR)] >= 0).all()
        n_follow += np.count_nonzero(claimed & (ancestor < LEAST_NEAR))
        n_open += np.count_nonzero(once < 0) - n_genes
    assert n_follow > 0
    assert n_open > 0


def test_unseen_density_is_that_of_a_normal_distribution(rng):
    """Against the density of all genes at once, of a chain without randomness left."""
    from scipy import stats

    from genesis.posterior.model.factor_kernels import log_density
    from tests.posterior.small_problems import problem_of, standardised

    z, x = rng.normal(size=(60, 2)), rng.normal(size=(60, 4))
    problem = problem_of(z, x, 1)
    state = chain.start_chain(problem, rng.normal(size=(1, 60)))
    state.coefficient[:, 0] = rng.normal(size=4)
    state.noise[:] = rng.uniform(0.5, 2, size=4)
    unseen = standardised(rng.normal(size=(25, 6)))
    found = log_density(problem._replace(data=unseen), state)
    loading = state.coefficient[:, :1]
    covariance = loading @ loading.T + np.diag(state.noise)
    expected = stats.multivariate_normal(np.zeros(4), covariance).logpdf(unseen[2:].T)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_halves_hold_nothing_of_each_other(rng):
    """Covariates that are constant in a half cost it nothing, and everybody is in one half."""
    z, x, more = people(90, 12, 0.0, 7)
    batch = pd.DataFrame({"batch": (np.arange(90) == 3).astype(float), "age": rng.normal(size=90)})
    from genesis.inputs.collect import collect_inputs

    inputs = collect_inputs(z, x, more["variants"], more["genes"], batch, None)
    first, second = (inputs.of_samples(rows) for rows in half_fits.halver_of(inputs, 1).halves(1))
    assert len(first.dosages) == len(second.dosages) == 45
    ranks = sorted(half.basis.shape[1] for half in (first, second))
    assert ranks == [2, 3]
    values = np.concatenate([first.expression, second.expression])
    assert sorted(values[:, 0]) == sorted(inputs.expression[:, 0])
    for half in (first, second):
        np.testing.assert_allclose(
            half.basis.T @ half.basis, np.eye(half.basis.shape[1]), atol=1e-12
        )


def test_of_two_models_the_one_clearly_ahead():
    noise = np.random.default_rng(1).normal(size=100)
    noise -= noise.mean()
    for mean, expected in ((1.0, True), (-1.0, False), (0.1, None)):
        needs, record = self_test._which_predicts_better([mean + noise[:50], mean + noise[50:]])
        assert needs is expected
        assert record["gain_in_unseen_samples"] == pytest.approx(100 * mean)
        # As often as the same people are predicted, no more is known.
        twice = self_test._which_predicts_better([mean + noise[:50], mean + noise[50:]] * 2)[1]
        assert twice["gain_in_unseen_samples"] == pytest.approx(100 * mean)
        assert twice["se"] == pytest.approx(record["se"])


def test_halves_that_are_too_small_are_refused(quick, rng):
    z, x, more = people(24, 12, 0.0, 7)
    covariates = pd.DataFrame(rng.normal(size=(24, 9)))
    with pytest.raises(DegenerateDataError, match="leave 3, and it takes 5"):
        genesis.discover(z, x, **more, covariates=covariates, self_test=1)
    found = genesis.discover(z, x, **more, covariates=covariates)
    assert "Not made" in found.run["self_test"]["verdict"]


def test_genes_and_variants_that_do_not_vary(quick):
    """In any half, or at all."""
    z, x, more = people(90, 12, 0.0, 7)
    x.iloc[:, 3:] = 0.0
    x.iloc[4, 5] = 1.0  # in one half alone
    z.iloc[:, 6:] = 1.0
    found = genesis.discover(z, x, **more)
    assert (found.excluded["kind"] == "gene").sum() == 8
    assert found.run["self_test"]["splits"] == 1
    none = genesis.discover(z, x * 0.0, **more)
    assert none.counts["ancestor"] == 0


def test_several_splits_are_of_the_same_people(quick, monkeypatch):
    """The same split twice says no more than once: errors do not shrink."""
    z, x, more = people(120, 12, 0.0, 5)
    once = genesis.discover(z, x, **more, hidden_factors="none", self_test=1)
    halve, fit = halves.split_samples, self_test.begin_split

    def the_first_split(n, seed, *given):
        return halve(n, 1, *given)

    def the_first_streams(first, second, samples, options, number, *given):
        return fit(first, second, samples, options, number % 2, *given)

    monkeypatch.setattr(halves, "split_samples", the_first_split)
    monkeypatch.setattr(self_test, "begin_split", the_first_streams)
    twice = genesis.discover(z, x, **more, hidden_factors="none", self_test=2)
    one, two = (pd.DataFrame(found.run["self_test"]["bins"]) for found in (once, twice))
    columns = ["n_loci", "mean_posterior", "share", "se"]
    pd.testing.assert_frame_equal(one[columns], two[columns], rtol=1e-6)
    assert (two["n_claims"] == 2 * one["n_claims"]).all()
