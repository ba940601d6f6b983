"""Sampled graphs made by hand or at random, and what they say by looking at every path."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from genesis.findings.sampled_graphs import GraphTables, SampledGraphs
from tests.handmade import result_of

GENES = list("ABCDEFGHIJ")


def tables_of(graphs, *, loci=None, n_genes=10, targets=None):
    """Tables of graphs, each a weight and edges (variant, gene, target, slope[, draw]).

    Variants are numbered from 0 on and lead a locus each, unless `loci` has a pair of the lead and
    the correlation with it for every one.
    """
    rows = [
        (number, *edge, *((edge[3],) if len(edge) == 4 else ()))
        for number, (_, edges) in enumerate(graphs)
        for edge in edges
    ]
    edges = pd.DataFrame(rows, columns=["graph", "variant", "gene", "target", "slope", "draw"])
    n = max((edge[0] for _, edges in graphs for edge in edges), default=-1) + 1
    loci = [(k, 1.0) for k in range(n)] if loci is None else loci
    kinds = dict.fromkeys(["graph", "variant", "gene", "target"], np.int32)
    return GraphTables(
        edges=edges.astype({**kinds, "slope": np.float32, "draw": np.float32}),
        graphs=pd.DataFrame({"weight": np.array([w for w, _ in graphs], dtype=np.int16)}),
        variants=pd.DataFrame(
            {
                "variant_id": pd.Series([f"rs{k}" for k in range(n)], dtype="str"),
                "chrom": pd.array(["chr1"] * n, dtype="string"),
                "pos": pd.array([1000 * (k + 1) for k in range(n)], dtype="Int64"),
                "locus": np.array([lead for lead, _ in loci], dtype=np.int32),
                "r": np.array([r for _, r in loci], dtype=float),
            }
        ),
        targets=pd.DataFrame({"gene": np.arange(n_genes) if targets is None else targets}),
    )


def result_with(tables, n_genes=10, **options):
    """A result that has these graphs."""
    result = result_of([], GENES[:n_genes], tables.variants["variant_id"].tolist())
    run = {"options": {"method": "calibrated", **options}, "genesis": "0.0.1"}
    return dataclasses.replace(result, graphs=SampledGraphs(tables), run=run)


def random_graphs(rng, *, n_graphs=6, n_genes=6, n_variants=5, by_product=True):
    """Graphs of a random order each, with effects of either sign."""
    graphs = []
    for _ in range(n_graphs):
        order = rng.permutation(n_genes)
        edges = []
        for at, target in enumerate(order.tolist()):
            slope = lambda: rng.normal(size=2).tolist()  # noqa: E731
            edges += [
                (v, -1, target, *slope()) for v in np.flatnonzero(rng.random(n_variants) < 0.25)
            ]
            for cause in order[:at].tolist():
                if rng.random() < 0.45:
                    edges.append((-1, cause, target, *slope()))
                elif by_product and cause < n_variants and rng.random() < 0.2:
                    edges.append((cause, cause, target, *slope()))
        graphs.append((int(rng.integers(1, 256)), edges))
    return graphs


def every_path(graph, target, loci, n_genes):
    """All paths of one graph: locus, nodes, and the product of coefficients, mean and drawn.

    Paths of linked variants along the same nodes are one, for their effects add up.
    """
    paths = {}

    def walk(node, nodes, product):
        for variant, gene, end, slope, draw in graph:
            if end != node:
                continue
            onward = product * np.float32([slope, draw]).astype(float)
            if variant >= 0 and gene >= 0:
                begin(variant, (gene + n_genes, *nodes), onward)
            elif variant >= 0:
                begin(variant, nodes, onward)
            else:
                walk(gene, (gene, *nodes), onward)

    def begin(variant, nodes, product):
        lead, r = loci[variant]
        paths[lead, nodes] = paths.get((lead, nodes), 0.0) + r * product

    walk(target, (target,), np.ones(2))
    return paths
