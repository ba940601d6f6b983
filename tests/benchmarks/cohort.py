"""What a cohort takes: ``python tests/benchmarks/cohort.py [GENES …] [--factors SHARE]``.

The whole command `genesis run`, with its default method, on files of simulated cohorts of so many
genes, with two variants near each; every run is in a process of its own, after one that compiles.
Printed: CPU seconds, the largest memory, what was listed; and held against the simulated truth the
area under precision and recall, the share of claims at an FDR of 0.05 that is false, and of pairs
with posteriors from 0.05 to 0.95 how many are true for how many said. Beside it the score of a pair
that a user would have at hand: the product of the correlation of the cause with its strongest
variant nearby, and that variant's with the target.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse

import genesis
from genesis.findings.relations import RELATION_NAMES
from genesis.linear.unit_rows import unit_rows
from genesis.simulate.simulation import Simulation

HERE = Path(__file__).parents[2]
SEED = 8_100
SIZES = (1_250, 2_500, 5_000, 10_000, 20_000)
#: A variant of a gene's own is within so many base pairs of it.
NEAR = 500_000
_LEVELS = 1 << 16
_BINS = (0.05, 0.25, 0.5, 0.75, 0.95)


def average_precision(true: np.ndarray, n: np.ndarray) -> float:
    """Area under precision and recall of groups of equal scores, the highest first."""
    n_true, n_taken = np.cumsum(true), np.cumsum(n)
    return float(np.sum(true * (n_true / np.maximum(n_taken, 1))) / max(n_true[-1], 1))


def true_ancestors(data: Simulation) -> scipy.sparse.csr_array:
    """Row ancestor, column descendant."""
    place = pd.Series(np.arange(data.expression.shape[1]), index=data.expression.columns)
    ends = [place[data.truth[end]].to_numpy() for end in ("parent", "child")]
    shape = (len(place), len(place))
    edges = scipy.sparse.csr_array((np.ones(len(ends[0]), dtype=bool), ends), shape=shape)
    found, paths = edges, edges
    while paths.nnz:
        paths = paths @ edges
        found = found + paths
    return found.tocsr()


def by_product(data: Simulation, truth: scipy.sparse.csr_array) -> float:
    """Area under precision and recall of products of correlations, of all pairs of genes."""
    assert data.variants is not None
    assert data.genes is not None
    intercept = np.full((len(data.expression), 1), len(data.expression) ** -0.5)
    dosages = np.asarray(data.genotypes, dtype=np.float64)
    variants = unit_rows(dosages, intercept)[0].astype(np.float32)
    genes = unit_rows(data.expression.to_numpy(), intercept)[0].astype(np.float32)
    lead = np.full(len(genes), -1)
    strength = np.zeros(len(genes), dtype=np.float32)
    for gene, place in enumerate(data.genes.itertuples()):
        near = (data.variants["chrom"] == place.chrom).to_numpy()
        near &= np.abs(data.variants["pos"].to_numpy() - place.start) <= NEAR
        own = np.flatnonzero(near)
        if len(own):
            r = np.abs(variants[own] @ genes[gene])
            lead[gene], strength[gene] = own[r.argmax()], r.max()
    n, true = np.zeros(_LEVELS, dtype=np.int64), np.zeros(_LEVELS, dtype=np.int64)
    for gene in range(len(genes)):
        score = strength[gene] * np.abs(genes @ variants[lead[gene]])
        level = (np.sqrt(score) * (_LEVELS - 1)).astype(np.int64)
        of_others = np.arange(len(genes)) != gene
        n += np.bincount(level[of_others], minlength=_LEVELS)
        below = truth.indices[truth.indptr[gene] : truth.indptr[gene + 1]]
        true += np.bincount(level[below], minlength=_LEVELS)
    return average_precision(true[::-1], n[::-1])


def by_posterior(prefix: Path, data: Simulation, truth: scipy.sparse.csr_array) -> dict[str, Any]:
    """How the claims and posteriors of a run fare."""
    found = genesis.load(prefix)
    pairs, n_genes = found.pairs, len(found.genes)
    place = pd.Series(np.arange(n_genes), index=data.expression.columns)[found.gene_ids].to_numpy()
    a, b = place[pairs.gene_a].astype(np.int64), place[pairs.gene_b].astype(np.int64)
    # Where both directions of a pair have a row, each says the same of both.
    _, once = np.unique(np.append(a * n_genes + b, b * n_genes + a), return_index=True)
    score = np.nan_to_num(np.append(pairs.posterior, pairs.posterior_reverse))[once]
    forward = np.asarray(truth[a, b]).ravel().astype(bool)
    label = np.append(forward, np.asarray(truth[b, a]).ravel().astype(bool))[once]
    # What has no row has the least score of all.
    _, group = np.unique(-score[score > 0], return_inverse=True)
    n = np.append(np.bincount(group), 0)
    true = np.append(np.bincount(group, weights=label[score > 0]), 0)
    n[-1], true[-1] = n_genes * (n_genes - 1) - n.sum(), truth.nnz - true.sum()
    claimed = pairs.relation == RELATION_NAMES.index("ancestor")
    figures: dict[str, Any] = {
        "AUPR": average_precision(true, n),
        "false": 1.0 - forward[claimed].mean(),
        "recall": forward[claimed].sum() / truth.nnz,
    }
    for low, high in pairwise(_BINS):
        inside = (score >= low) & (score < high)
        said, is_so = score[inside].mean(), label[inside].mean()
        figures[f"{low}–{high}"] = f"{said:.2f}/{is_so:.2f} ({inside.sum()})"
    return figures


def simulate(n_genes: int, n_samples: int, factors: float) -> Simulation:
    """A cohort of so many genes; the same whoever asks for it."""
    return genesis.simulate.cis_eqtl(
        n_samples, n_genes, snps_per_gene=2, factor_variance=factors, seed=SEED
    )


def words_of_run(folder: Path, out: Path, threads: int) -> list[str]:
    """The command after its name, on the files of a cohort."""
    words = ["run", "--vcf", folder / "genotypes.vcf.gz"]
    words += ["--expression", folder / "expression.tsv.gz", "--genes", folder / "genes.bed"]
    words += ["--normalise", "none", "--threads", threads, "--out", out, "--force"]
    return [str(word) for word in words]


def measured_command(words: list[str], checkout: Path = HERE) -> tuple[float, float, float]:
    """CPU seconds, seconds and GiB of a whole command."""
    start = time.time()
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    process = subprocess.Popen(
        [sys.executable, "-m", "genesis", *words], env=environment, cwd=checkout
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"genesis {words[0]} failed")
    peak = used.ru_maxrss / (1 << 20) if sys.platform != "darwin" else used.ru_maxrss / (1 << 30)
    return used.ru_utime + used.ru_stime, time.time() - start, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("genes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--factors", type=float, default=0.0, help="share of hidden factors")
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        subprocess.run([sys.executable, "-m", "genesis", "compile"], check=True)
        for n_genes in asked.genes:
            data = simulate(n_genes, asked.samples, asked.factors)
            files = folder / str(n_genes)
            data.write(files)
            words = words_of_run(files, files / "run", asked.threads)
            cpu, seconds, peak = measured_command(words)
            truth = true_ancestors(data)
            run = json.loads((files / "run.run.json").read_text())
            row = {"genes": n_genes, "CPU s": cpu, "s": seconds, "GiB": peak}
            row |= by_posterior(files / "run", data, truth)
            row["product"] = by_product(data, truth)
            rows.append(row)
            print(row, run["seconds"], flush=True)
    print(f"{platform.node()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
    print(pd.DataFrame(rows).round(3).to_string(index=False), f"\n(this script: {used:.1f} GiB)")


if __name__ == "__main__":
    main()
