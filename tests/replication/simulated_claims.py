"""Data sets with anchored claims of which is known how much of them is true.

Nothing is fitted: genes, variants and their claims are drawn with NumPy, in two halves of the same
people. What is claimed is what the first half shows, the correlation of a and b, whether a acts on
b or both follow a hidden cause.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genesis.replication.anchor_loci import anchor_loci
from genesis.replication.statistic import AnchoredClaims, Replicated, replicated_share

KINDS = ("independent", "hidden factors", "population structure", "linkage", "weak anchors",
         "heavy tails")  # fmt: skip
N_ANCHORS, N_TARGETS, N_BACKGROUND = 10, 3, 100


def unit_rows(rows: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Rows without what the columns of a basis explain, of length one."""
    q, _ = np.linalg.qr(np.column_stack([np.ones(rows.shape[1]), basis]))
    rest = rows - (rows @ q) @ q.T
    return rest / np.linalg.norm(rest, axis=1, keepdims=True)


@dataclass(frozen=True)
class Drawn:
    """Claims, unit rows of the second half, and the λ that people without end would show."""

    claims: AnchoredClaims
    variants: np.ndarray
    genes: np.ndarray
    truth: float

    def share(self) -> Replicated:
        return replicated_share(self.claims, self.variants, self.genes)


def draw(
    rng: np.random.Generator,
    kind: str = "independent",
    *,
    n: int = 150,
    share_true: float = 0.5,
    components: bool = True,
    shuffled: bool = False,
) -> Drawn:
    """One data set: `n` people in each half, of each anchored gene `N_TARGETS` claims.

    `components` says whether genotype components are projected out, `shuffled` whether the
    genotypes of the second half are those of others.
    """
    k, m = N_ANCHORS, N_ANCHORS * N_TARGETS
    people = rng.permutation(np.arange(2 * n) % 2)  # the population of each
    has_structure = kind == "population structure"
    z, background = _genotypes(rng, people if has_structure else None, 2 * n, kind == "linkage")
    slope = rng.choice([-1, 1], k) * (0.6 if kind == "weak anchors" else 1.0)
    noise = _noise(rng, kind, (k + m, 2 * n))
    if has_structure:
        noise = noise + rng.normal(0.0, 0.8, (k + m, 1)) * people
    cause = np.repeat(np.arange(k), N_TARGETS)
    is_true = rng.random(m) < share_true
    strength = rng.choice([-1, 1], m) * rng.uniform(0.4, 0.8, m)
    hidden = rng.normal(size=(k, 2 * n))
    a = slope[:, None] * z + noise[:k] + hidden
    b = strength[:, None] * np.where(is_true[:, None], a[cause], 1.5 * hidden[cause]) + noise[k:]
    genes = np.concatenate([a, b])
    claimed = rng.permutation(2 * n) < n
    covariates = np.empty((2 * n, 0))
    if has_structure and components:
        covariates = np.linalg.svd(background - background.mean(axis=0), full_matrices=False)[0]
        covariates = covariates[:, :1]
    first, second = (
        [unit_rows(rows[:, half], covariates[half]) for rows in (z, genes)]
        for half in (claimed, ~claimed)
    )
    degrees = n - 2 - covariates.shape[1]
    alpha0 = np.einsum("ij,ij->i", first[0], first[1][:k])
    strong = np.abs(alpha0) * np.sqrt(degrees / (1 - alpha0**2)) >= 4.0
    if shuffled:
        second[0] = second[0][:, rng.permutation(n)]
    kept = np.flatnonzero(strong[cause])
    effect = np.einsum("ij,ij->i", first[1][cause], first[1][k:])
    claims = AnchoredClaims(
        cause=cause[kept],
        target=k + kept,
        anchor=cause[kept],
        strength=alpha0[cause[kept]],
        effect=effect[kept],
        posterior=np.ones(len(kept)),
        locus=anchor_loci(second[0])[cause[kept]],
    )
    # As it is among people of one population, whose variances are known.
    alpha, total = _population(rng, kind, slope, strength * is_true, cause, z, genes, people)
    weight = claims.strength * claims.effect
    seen = weight @ (total[kept] * alpha[cause[kept]])
    truth = seen / ((weight * claims.effect) @ alpha[cause[kept]]) if len(kept) else np.nan
    return Drawn(claims, *second, 0.0 if shuffled else float(truth))


def _genotypes(rng, people, n, linked):
    frequency = rng.uniform(0.25, 0.5, (N_ANCHORS + N_BACKGROUND, 1))
    if people is not None:
        frequency = np.clip(frequency + rng.normal(0, 0.15, frequency.shape) * people, 0.05, 0.95)
    dosages = rng.binomial(2, np.broadcast_to(frequency, (N_ANCHORS + N_BACKGROUND, n))).astype(
        float
    )
    if linked:  # neighbours share most of their alleles
        for first in range(0, N_ANCHORS, 3):
            for other in (first + 1, first + 2):
                same = rng.random(n) < 0.8
                dosages[other] = np.where(same, dosages[first], dosages[other])
    return dosages[:N_ANCHORS], dosages[N_ANCHORS:].T


def _noise(rng, kind, shape):
    if kind == "heavy tails":
        return rng.standard_t(3, shape) / np.sqrt(3.0)
    noise = rng.normal(size=shape)
    if kind == "hidden factors":
        noise += rng.normal(0.0, 0.5, (shape[0], 5)) @ rng.normal(size=(5, shape[1]))
    return noise


def _population(rng, kind, slope, effect, cause, z, genes, people):
    """Correlation of each anchor with its gene, and total effects in standard deviations.

    Deviations are those of all people drawn, within populations: next to those of people without
    end the error of their ratio is small.
    """
    groups = people if kind == "population structure" else np.zeros(len(people))
    within = [rows - _group_means(rows, groups) for rows in (z, genes)]
    sd_z, sd_x = (rows.std(axis=1) for rows in within)
    k = len(slope)
    return slope * sd_z / sd_x[:k], effect * sd_x[cause] / sd_x[k:]


def _group_means(rows, groups):
    means = np.zeros_like(rows)
    for group in np.unique(groups):
        means[:, groups == group] = rows[:, groups == group].mean(axis=1, keepdims=True)
    return means
