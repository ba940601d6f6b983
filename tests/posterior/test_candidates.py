"""Which genes and anchors are candidates of which."""

from __future__ import annotations

import numpy as np
import pytest

from genesis.posterior.model.candidates import ANCHORED_T, choose_candidates
from genesis.posterior.model.packed_candidates import pack, unpack
from genesis.posterior.model.state import GENE, OWN, PLEIOTROPIC, POSITIONAL

N, N_GENES = 60, 90


@pytest.fixture
def rows(rng):
    """One variant a gene, then the genes, some of which go along with other variants."""
    z = rng.normal(size=(N_GENES, N))
    x = z[rng.permutation(N_GENES)] * rng.uniform(0, 1, size=(N_GENES, 1))
    x += rng.normal(size=(N_GENES, N)) + rng.normal(size=N)
    values = np.concatenate([z, x])
    values -= values.mean(axis=1, keepdims=True)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def chosen(rows, anchor_kind, n_considered=N_GENES):
    pools = [np.array([gene]) for gene in range(N_GENES)]
    return choose_candidates(
        rows, N_GENES, pools, n_considered, rows[N_GENES:], anchor_kind, anchors_of_others=True
    )


def partners(candidates, gene):
    return set(candidates.parent_gene[gene][candidates.kind[gene] == GENE].tolist())


def test_partners_are_the_same_both_ways_and_the_strongest(rows):
    candidates = chosen(rows, "effect")
    r = np.abs(rows[N_GENES:] @ rows[N_GENES:].T)
    for gene in range(N_GENES):
        mine = partners(candidates, gene)
        assert all(gene in partners(candidates, other) for other in mine)
        top = set(np.argsort(-r[gene])[1:6].tolist())
        assert len(top & mine) >= 4
    assert candidates.considered[GENE] == N_GENES * (N_GENES - 1)
    assert candidates.considered[PLEIOTROPIC] == N_GENES * (N_GENES - 1)
    assert chosen(rows, "effect", 5000).considered[OWN] == 5000


def test_a_gene_acts_on_none_that_goes_without_its_positional_anchor(rows):
    candidates = chosen(rows, "positional")
    least = ANCHORED_T / np.sqrt(N + ANCHORED_T**2)
    with_anchor = np.abs(rows[:N_GENES] @ rows[N_GENES:].T) >= least
    for gene in range(N_GENES):
        found = partners(candidates, gene)
        assert found
        assert with_anchor[list(found), gene].all()
    n_edges = with_anchor.sum() - with_anchor.diagonal().sum()
    assert candidates.considered[GENE] == n_edges < N_GENES * (N_GENES - 1)
    assert candidates.considered[POSITIONAL] == N_GENES * (N_GENES - 1)


def test_candidates_are_the_same_once_packed_for_a_cluster(rows):
    """Bits and types, for kernels are compiled anew for others; genes may have none."""
    candidates = chosen(rows, "positional")
    for values in candidates[:3]:
        values[3] = values[-1] = values[3][:0]
    found = unpack(pack(candidates))
    for name, values in candidates._asdict().items():
        for one, other in zip(getattr(found, name), values, strict=True):
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype
            assert one.flags.c_contiguous
    assert max(np.ndim(values) for values in pack(candidates)) == 1
