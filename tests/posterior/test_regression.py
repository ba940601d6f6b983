"""The evidence of a gene's regression against the density of the data itself."""

from __future__ import annotations

import numpy as np
import pytest

from genesis.posterior.model import regression_kernels
from genesis.posterior.model.state import FACTOR, GENE, OWN
from tests.inner_kernels import Called
from tests.posterior.small_problems import log_evidence, log_moment_part, standardised

kernels = Called(regression_kernels)

PRECISION = np.array([7.0, 4.0, 9.0, 2.0, 5.0])


@pytest.fixture
def one_gene(rng):
    """Rows of eight candidates and, last, the gene; two of the candidates are factors."""
    values = rng.normal(size=(60, 9))
    values[:, 3] += values[:, 2]
    values[:, 8] += values[:, :4] @ [0.8, -0.5, 0.6, 0.4]
    kind = np.array([FACTOR, FACTOR, OWN, OWN, GENE, GENE, GENE, OWN, OWN], dtype=np.int8)
    return standardised(values), kind


class Fitted:
    """A regression on some included candidates, as the kernels keep it."""

    def __init__(self, rows, kind, members, beta=1.0):
        self.gram = rows @ rows.T
        self.kind, self.beta = kind, beta
        self.degrees = beta * rows.shape[1]
        self.included = np.zeros(8, dtype=np.int32)
        self.included[: len(members)] = members
        self.size = len(members)
        self.inverse_gram, self.posterior_mean = np.zeros((8, 8)), np.zeros(8)
        self.work = np.zeros((2, 8))
        self.log_det, self.penalised_rss = kernels.refit(
            self.gram, kind, beta, PRECISION, self.included, self.size, self.inverse_gram,
            self.posterior_mean,
        )  # fmt: skip

    def arrays(self):
        return self.included, self.size, self.inverse_gram, self.posterior_mean

    def evidence(self):
        """Log marginal likelihood, up to a constant of the gene."""
        own = self.kind[self.included[: self.size]]
        log_prior = 0.5 * np.log(PRECISION[own]).sum()
        normal = log_prior - 0.5 * self.log_det - 0.5 * self.degrees * np.log(self.penalised_rss)
        return normal + self.log_moments()

    def log_moments(self):
        return kernels.log_moments(
            self.kind, self.degrees, PRECISION, *self.arrays(), self.penalised_rss
        )

    def look_at(self, candidate):
        variance, product = kernels.regress_candidate(
            self.gram, self.beta, self.gram[candidate, candidate],
            PRECISION[self.kind[candidate]], candidate, *self.arrays(),
            self.work,
        )  # fmt: skip
        gain = kernels.log_gain_of_adding(
            self.kind, self.degrees, PRECISION, candidate, *self.arrays(), self.penalised_rss,
            self.log_moments(), self.work[0], variance, product,
        )  # fmt: skip
        return variance, product, gain


@pytest.mark.parametrize("members", [[], [2], [0, 1], [3, 2, 4], [0, 2, 4, 5, 7]])
def test_evidence_is_the_density_of_the_data(one_gene, members):
    rows, kind = one_gene
    expected = log_evidence(rows[-1], rows[members], PRECISION[kind[members]])
    expected += log_moment_part(rows[-1], rows[members], PRECISION[kind[members]], kind[members])
    assert Fitted(rows, kind, members).evidence() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("beta", [1.0, 0.3])
def test_gains_are_differences_of_evidence(one_gene, beta):
    rows, kind = one_gene
    for members in ([], [2], [0, 3, 4], [1, 2, 3, 5, 6]):
        fitted = Fitted(rows, kind, members, beta)
        for candidate in set(range(8)) - set(members):
            larger = Fitted(rows, kind, [*members, candidate], beta)
            gain = larger.evidence() - fitted.evidence()
            assert fitted.look_at(candidate)[2] == pytest.approx(gain, abs=1e-9)
            place = len(members)
            removed = kernels.log_gain_of_removing(
                kind, larger.degrees, PRECISION, place, *larger.arrays(), larger.penalised_rss,
                larger.log_moments(),
            )  # fmt: skip
            assert removed == pytest.approx(-gain, abs=1e-9)


def test_updates_agree_with_fitting_anew(one_gene):
    rows, kind = one_gene
    fitted = Fitted(rows, kind, [0, 2])
    for candidate in (4, 3, 7):
        variance, product, _ = fitted.look_at(candidate)
        kernels.include(candidate, *fitted.arrays(), fitted.work[0], variance, product)
        fitted.size += 1
    kernels.exclude(1, *fitted.arrays())
    fitted.size -= 1
    members = fitted.included[:4].tolist()
    assert sorted(members) == [0, 3, 4, 7]
    anew = Fitted(rows, kind, members)
    np.testing.assert_allclose(fitted.inverse_gram[:4, :4], anew.inverse_gram[:4, :4], atol=1e-12)
    np.testing.assert_allclose(fitted.posterior_mean[:4], anew.posterior_mean[:4], atol=1e-12)


def test_a_copy_of_a_member_gains_nothing(one_gene):
    rows, kind = one_gene
    rows[-1] += rows[4]
    rows[5] = rows[4]
    rows[3] = rows[2]
    assert Fitted(rows, kind, []).look_at(4)[2] > 5
    assert Fitted(rows, kind, [4]).look_at(5)[2] < 0
    for twins in ([2, 3], [4, 5]):
        assert np.isfinite(Fitted(rows, kind, twins).evidence())
