"""Which claims are tested, at which loci, and why others are not."""

from __future__ import annotations

import numpy as np
import pytest

from genesis.replication.anchor_loci import anchor_loci
from genesis.replication.anchored import NOT_TESTED, GeneAnchors, anchored_claims


def unit(rows: np.ndarray) -> np.ndarray:
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


N = 300
Z = np.random.default_rng(1).normal(size=(6, N))
Z[1] = 0.3 * Z[1] + Z[0]  # linked
VARIANTS = unit(np.vstack([Z, np.zeros(N)]))
GENES = unit(np.vstack([np.random.default_rng(2).normal(size=(8, N)), np.zeros(N)]))


def anchors(**changed) -> GeneAnchors:
    given = {
        #                    a  b  c  weak none lost flat  h  constant
        "variant": np.array([0, 2, 3, 4, -1, -2, 6, 1, 5]),
        "strength": np.array([0.5, 0.5, -0.5, 0.2, 0.0, 0.5, 0.5, 0.5, 0.5]),
        "degrees": 200,
        "contig": np.array([0, 1, 2, 3, 4, 5, 6, 0, 8]),
        "anchor_contig": np.array([0, 1, 2, 3, 4, 5, 6, 0, 8]),
    }
    return GeneAnchors(**{**given, **changed})


def what_is_tested(pairs, effect=0.5, **changed):
    a, b = (np.array(side) for side in zip(*pairs, strict=True))
    ones = np.ones(len(a))
    return anchored_claims(a, b, effect * ones, ones, anchors(**changed), VARIANTS, GENES)


@pytest.mark.parametrize(
    ("pair", "effect", "why"),
    [
        ((0, 1), np.nan, 0),
        ((0, 1), 0.0, 0),
        ((0, -1), 0.5, 1),
        ((-1, 0), 0.5, 1),
        ((0, 8), 0.5, 1),
        ((8, 0), 0.5, 1),
        ((4, 0), 0.5, 2),
        ((3, 0), 0.5, 3),
        ((5, 0), 0.5, 4),
        ((6, 0), 0.5, 4),
        ((0, 7), 0.5, 5),
    ],
)
def test_what_is_not_tested_is_counted_by_its_reason(pair, effect, why):
    claims, kept, counts = what_is_tested([pair], effect)
    assert len(claims) == len(kept) == 0
    assert {reason: n for reason, n in counts.items() if n} == {NOT_TESTED[why]: 1}


def test_what_is_tested_keeps_its_numbers():
    claims, kept, counts = what_is_tested([(0, 1), (0, 7), (2, 1)])
    assert kept.tolist() == [0, 2]
    assert claims.cause.tolist() == [0, 2]
    assert claims.target.tolist() == [1, 1]
    assert claims.anchor.tolist() == [0, 3]
    assert claims.strength.tolist() == [0.5, -0.5]
    assert claims.locus.tolist() == [0, 1]
    assert counts["on the chromosome of the anchor"] == 1


@pytest.mark.parametrize(
    ("t", "is_tested"), [(3.99, False), (4.01, True), (-3.99, False), (-4.01, True)]
)
def test_anchors_are_strong_from_a_t_value_of_4_on(t, is_tested):
    r = t / np.sqrt(t * t + 200)
    claims, _, _ = what_is_tested([(0, 1)], strength=np.full(9, r))
    assert len(claims) == is_tested


def test_without_contigs_the_other_genes_variant_must_not_be_linked():
    unknown = {"contig": np.full(9, -1), "anchor_contig": np.full(9, -1)}
    claims, _, counts = what_is_tested([(0, 1), (0, 7), (0, 4)], **unknown)
    assert claims.target.tolist() == [1, 4]
    assert counts["linked with a variant of the other gene"] == 1


def test_a_distant_anchor_counts_by_its_own_contig():
    place = np.array([1, 1, 2, 3, 4, 5, 6, 0, 8])
    claims, _, _ = what_is_tested([(0, 1), (0, 7)], anchor_contig=place)
    assert claims.target.tolist() == [7]


def test_no_genes_at_all():
    claims, _, counts = anchored_claims(
        np.array([-1]), np.array([-1]), np.ones(1), np.ones(1), anchors(), VARIANTS[:0], GENES[:0]
    )
    assert len(claims) == 0
    assert counts["a gene is missing or constant in the other samples"] == 1


def test_loci_are_chains_of_linked_anchors():
    rng = np.random.default_rng(3)
    a = rng.normal(size=2000)
    b = a + rng.normal(size=2000)
    c = b + 1.5 * rng.normal(size=2000)
    rows = unit(np.stack([a, rng.normal(size=2000), c, b]))
    assert (rows[0] @ rows[2]) ** 2 < 0.25 < (rows[0] @ rows[3]) ** 2
    assert anchor_loci(rows).tolist() == [0, 1, 0, 0]
    assert anchor_loci(rows[[0, 2]], np.array([0, 1])).tolist() == [0, 1]


def test_few_samples_do_not_make_one_locus_of_all():
    rows = unit(np.random.default_rng(4).normal(size=(300, 30)))
    r2 = (rows @ rows.T)[np.triu_indices(300, 1)] ** 2
    assert (r2 > 0.2).sum() > 300  # by chance
    assert len(np.unique(anchor_loci(rows))) > 290
    # Where contigs are known, those of another are not linked.
    assert len(np.unique(anchor_loci(rows, np.arange(300)))) == 300


def test_many_anchors_are_linked_as_all_at_once(monkeypatch):
    rows = unit(np.repeat(np.random.default_rng(5).normal(size=(40, 100)), 2, axis=0))
    whole = anchor_loci(rows)
    monkeypatch.setattr("genesis.replication.anchor_loci._BLOCK", 7)
    assert anchor_loci(rows).tolist() == whole.tolist() == np.repeat(np.arange(40), 2).tolist()
    assert anchor_loci(rows[:0]).tolist() == []


def test_of_a_trait_every_variant_that_acts_counts_and_its_strongest_alone_does_not():
    trait, nowhere = 1, {"contig": np.array([0, -1, 2, 3, 4, 5, 6, 0, 8])}
    # The strongest variant of the trait is the anchor of gene 0: seen because the gene acts.
    own = nowhere | {"variant": np.array([0, 0, 3, 4, -1, -2, 6, 1, 5])}
    assert len(what_is_tested([(0, trait)], **own)[0]) == 0
    for acting, n_tested in (([], 1), ([2, 3], 1), ([2, 1], 0), ([0], 0)):
        known = {trait: np.array(acting, dtype=np.int64)}
        claims, _, why = what_is_tested([(0, trait)], **own, acting=known)
        assert len(claims) == n_tested
        assert why["linked with a variant of the other gene"] == 1 - n_tested
