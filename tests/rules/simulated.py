"""Small two-tier data sets for tests."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd


def two_tier(rng, n=300, n_variants=12, n_genes=8, density=0.4, binomial=False):
    """Variants, genes of a linear DAG above them, and the DAG's adjacency [parent, child]."""
    z = rng.normal(size=(n, n_variants))
    if binomial:
        z = rng.binomial(2, rng.uniform(0.2, 0.5, n_variants), size=(n, n_variants)).astype(float)
    adjacency = np.triu(rng.random((n_genes, n_genes)) < density, 1)
    weights = adjacency * rng.choice([-1.0, 1.0], size=adjacency.shape)
    anchors = (rng.random((n_variants, n_genes)) < 0.2) * rng.choice([-1.0, 1.0], n_genes)
    x = z @ anchors + 1.5 * rng.normal(size=(n, n_genes))
    for child in range(n_genes):
        x[:, child] += x @ weights[:, child]
    shuffled = rng.permutation(n_genes)
    return z, x[:, shuffled], adjacency[np.ix_(shuffled, shuffled)]


def named(rng, z, x):
    """The same with names whose order is not the order of the columns."""
    samples = [f"s{k}" for k in rng.permutation(len(z))]
    variants = [f"rs{k}" for k in rng.permutation(z.shape[1])]
    genes = [f"G{k}" for k in rng.permutation(x.shape[1])]
    return (
        pd.DataFrame(z, index=samples, columns=variants),
        pd.DataFrame(x, index=samples, columns=genes),
    )


def ancestors(adjacency):
    """Ancestral relations [ancestor, descendant] of a DAG."""
    graph = nx.from_numpy_array(adjacency.astype(int), create_using=nx.DiGraph)
    closure = np.zeros(adjacency.shape, dtype=bool)
    for a, b in nx.transitive_closure(graph).edges:
        closure[a, b] = True
    return closure
