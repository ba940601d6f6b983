"""What a head start is worth: ``python tests/benchmarks/head_start.py CELLS [SEEDS] [LIMIT]``.

CELLS is a comma-separated list of DESIGN:GENES:HIDDEN, such as ``two-tier:15:0``. Each learner is
run on genotypes and expression side by side, once with tiers only (no gene causes a variant) and
once with the constraint graph of a default `genesis.discover`, with the same code, options and
data. Every run has a process of its own, ended after LIMIT seconds (600). One row a run is
written to stdout as tab-separated text:

tests, scores   independence tests, or regressions scored
seconds         of the learner alone; `discover` is a row of its own
f1              directed, of the ancestral relations among genes
shd             structural Hamming distance of the edges among genes that have a direction
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from multiprocessing.connection import Connection

import numpy as np
import pandas as pd

import genesis
from genesis.learners.learners import LEARNERS

FIRST_SEED = 7_000
N = 500
ROW = ("design", "genes", "hidden", "seed", "learner", "start", "variables", "tests", "scores",
       "seconds", "f1", "shd")  # fmt: skip


def simulated(design: str, n_genes: int, hidden: bool, seed: int) -> genesis.simulate.Simulation:
    """500 samples; three parents a gene (two-tier) or one and a half (cis-eQTL)."""
    if design == "cis-eqtl":
        return genesis.simulate.cis_eqtl(
            N, n_genes, factor_variance=0.3 if hidden else 0.0, seed=seed
        )
    data = genesis.simulate.two_tier(
        N, 2 * n_genes, n_genes, sparsity=max(0.0, 1 - 4 / n_genes), p_zx=1 / n_genes,
        genotypes="binomial", seed=seed,
    )  # fmt: skip
    if hidden:
        hide_genes(data, n_genes // 5, seed)
    return data


def hide_genes(data: genesis.simulate.Simulation, n_hidden: int, seed: int) -> None:
    """Add factors that each act on a quarter of the genes, with 30 % of the variance in all."""
    rng = np.random.default_rng(seed)
    x = data.expression
    loadings = rng.normal(size=(max(n_hidden, 1), x.shape[1]))
    loadings *= rng.random(loadings.shape) < 0.25
    shared = rng.normal(size=(len(x), len(loadings))) @ loadings
    spread = shared.std(axis=0)
    shared[:, spread > 0] *= np.sqrt(0.3 / 0.7) * x.std().to_numpy()[spread > 0]
    shared[:, spread > 0] /= spread[spread > 0]
    x += shared


def compared(ancestors: pd.DataFrame, marks: pd.DataFrame, data: genesis.simulate.Simulation):
    """Directed F1 of ancestors, and structural Hamming distance of directed edges."""
    genes = data.expression.columns
    found, truth = ancestors.loc[genes, genes].to_numpy(), data.ancestry().to_numpy()
    f1 = 2 * (found & truth).sum() / max(found.sum() + truth.sum(), 1)
    edges, real = marks.loc[genes, genes].to_numpy(), data.adjacency().to_numpy()
    differs = (edges != real) | (edges != real).T
    return round(float(f1), 4), int(np.triu(differs).sum())


def learn(
    learner: str, start: str, cell: tuple[str, int, bool, int], constraints: str, to: Connection
) -> None:
    """One run, in a process of its own."""
    data = simulated(*cell)
    table = pd.concat([data.genotypes, data.expression], axis=1)
    if start == "tiers":
        tiers = [list(data.genotypes), list(data.expression)]
        graph = genesis.ConstraintGraph([*tiers[0], *tiers[1]], tiers=tiers)
    else:
        graph = genesis.ConstraintGraph.from_json(constraints)
    begin = time.perf_counter()
    found = LEARNERS[learner](table, graph)
    seconds = time.perf_counter() - begin
    directed = (found.marks == 2) & (found.marks.T == 3)
    edges = pd.DataFrame(directed, index=found.names, columns=found.names)
    f1, shd = compared(found.ancestors(), edges, data)
    counts = found.counts
    to.send((len(found.names), counts["tests"], counts["scores"], round(seconds, 2), f1, shd))


def timed(learner: str, start: str, cell: tuple, constraints: str, limit: float) -> tuple:
    """The row of a run; what did not end in time is missing."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=learn, args=(learner, start, cell, constraints, there))
    process.start()
    there.close()
    row = ("NA", "NA", "NA", f">{limit:g}", "NA", "NA")
    try:
        # Some seconds for the process to begin and to draw its data.
        if here.poll(limit + 10):
            row = here.recv()
    except EOFError:
        row = ("NA", "NA", "NA", "failed", "NA", "NA")
    process.terminate()
    process.join()
    return row


def main(cells: list[str], n_seeds: int, limit: float, learners: list[str]) -> None:
    print("\t".join(ROW), flush=True)
    for name in cells:
        design, genes, hidden = name.split(":")
        for seed in range(FIRST_SEED, FIRST_SEED + n_seeds):
            cell = (design, int(genes), hidden == "1", seed)
            data = simulated(*cell)
            begin = time.perf_counter()
            result = genesis.discover(
                data.genotypes,
                data.expression,
                variants=data.variants,
                genes=data.genes,
                normalise="none",
            )
            seconds = round(time.perf_counter() - begin, 2)
            constraints = result.constraints()
            matrix = result.ancestrality.to_numpy() == 1
            ids = list(result.gene_ids)
            claims = pd.DataFrame(matrix, index=ids, columns=ids)
            direct = pd.DataFrame(False, index=ids, columns=ids)
            order = constraints.required_order
            order = order[order["direct"].fillna(False).astype(bool)]
            for a, b in zip(order["before"], order["after"], strict=True):
                direct.loc[a, b] = True
            f1, shd = compared(claims, direct, data)
            own = (data.genotypes.shape[1] + len(ids), "NA", "NA", seconds, f1, shd)
            print(*cell, "discover", "none", *own, sep="\t", flush=True)
            for learner in learners:
                for start in ("constraints", "tiers"):
                    row = timed(learner, start, cell, constraints.to_json(), limit)
                    print(*cell, learner, start, *row, sep="\t", flush=True)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(
        given[0].split(","),
        int(given[1]) if len(given) > 1 else 3,
        float(given[2]) if len(given) > 2 else 600.0,
        given[3].split(",") if len(given) > 3 else list(LEARNERS),
    )
