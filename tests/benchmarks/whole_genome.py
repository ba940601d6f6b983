"""How fast and in how much memory all pairs of genes and all variants are gone through.

    python tests/benchmarks/whole_genome.py [--quick]

Prints a table: what was done, what it was held against, what it took. Every line that measures
memory runs in a process of its own. `--quick` takes a tenth of the genes and variants.
"""

from __future__ import annotations

import json
import math
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import numpy as np

import genesis
from genesis.anchors.blankets import NearestAncestors
from genesis.engine.memory import PairWork, human_size
from genesis.engine.runner import Runner
from genesis.engine.threads import one_blas_thread
from genesis.graphs.codes import empty_matrix
from genesis.linear.partial_correlation import critical_squares
from genesis.rules import pair_evidence, pair_kernels
from genesis.rules import search as rules
from genesis.rules.pair_evidence import (
    CorrelationEvidence,
    PairData,
    Question,
    evaluate_tile,
)

N_SAMPLES = 500
LOG_ALPHA = math.log(0.05)
TILE = 256


def network(n_genes: int, n_anchors: int, common: float = 0.0) -> tuple[PairData, NearestAncestors]:
    """Genes with anchors of their own, half of them with a regulator; unit rows.

    With `common`, a factor of that strength makes all genes depend on one another.
    """
    rng = np.random.default_rng(1)
    n_variants = n_genes * n_anchors
    rows = np.empty((n_variants + n_genes, N_SAMPLES))
    z, x = rows[:n_variants], rows[n_variants:]
    z[:] = rng.binomial(2, 0.3, size=z.shape)
    x[:] = rng.normal(size=x.shape) + common * rng.normal(size=N_SAMPLES)
    for anchor in range(n_anchors):
        x += 0.7 * z[anchor::n_anchors]
    for gene in range(1, n_genes):
        if rng.random() < 0.5:
            x[gene] += 0.7 * x[rng.integers(gene)]
    rows -= rows.mean(axis=1, keepdims=True)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    anchors = NearestAncestors(np.arange(n_genes + 1) * n_anchors, np.arange(n_variants))
    return PairData(rows, n_variants, N_SAMPLES, TILE), anchors


@numba.njit(nogil=True, error_model="numpy")
def plain_log_p(rho, n, size):
    """Fisher's z by the functions of the mathematical library."""
    z = math.sqrt(n - size - 3) * math.atanh(rho)
    return math.log(math.erfc(abs(z) / math.sqrt(2.0)))


@numba.njit(nogil=True, error_model="numpy")
def inverted_pairs(correlation, sets, gene_i, gene_j, n, log_alpha, log_p, count):
    """Test and votes of pairs, each from an inverse by np.linalg.inv."""
    k = sets.shape[1]
    block = np.empty((k + 2, k + 2))
    variables = np.empty(k + 2, dtype=np.int64)
    for pair in range(len(gene_i)):
        variables[:k] = sets[pair]
        variables[k], variables[k + 1] = gene_i[pair], gene_j[pair]
        for a in range(k + 2):
            for b in range(k + 2):
                block[a, b] = correlation[variables[a], variables[b]]
        p = np.linalg.inv(block)
        rho = -p[k, k + 1] / math.sqrt(p[k, k] * p[k + 1, k + 1])
        log_p[pair] = plain_log_p(rho, n, k)
        if log_p[pair] > log_alpha:
            continue
        for w in range(k):
            ww, wi, wj = p[w, w], p[w, k], p[w, k + 1]
            ii, ij, jj = p[k, k], p[k, k + 1], p[k + 1, k + 1]
            s_ww, s_ii, s_jj = ii * jj - ij * ij, ww * jj - wj * wj, ww * ii - wi * wi
            i = plain_log_p((wj * ij - wi * jj) / math.sqrt(s_ww * s_ii), n, k - 1)
            j = plain_log_p((wi * ij - wj * ii) / math.sqrt(s_ww * s_jj), n, k - 1)
            i_given_j = plain_log_p(-wi / math.sqrt(ww * ii), n, k)
            j_given_i = plain_log_p(-wj / math.sqrt(ww * jj), n, k)
            count[pair, 0] += j <= log_alpha and j_given_i > log_alpha
            count[pair, 1] += i <= log_alpha and i_given_j > log_alpha
            count[pair, 2] += i > log_alpha and i_given_j <= log_alpha
            count[pair, 3] += j > log_alpha and j_given_i <= log_alpha


def best(work: Callable[[], object], repeats: int = 7) -> float:
    """Seconds of the fastest of several runs, after one that compiles."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def kernel_line(what: str, common: float) -> None:
    """The kernel of one tile against inverses, with the same work on both sides."""
    data, anchors = network(2 * TILE, 2, common)
    question = asked(data, anchors)
    gene_i, gene_j = question.due(TILE, 0, TILE)
    m = len(gene_i)
    block_i, rows_i = pair_evidence._block(data, anchors, TILE, gene_i)
    block_j, rows_j = pair_evidence._block(data, anchors, 0, gene_j)
    across = rows_i @ rows_j.T
    critical = critical_squares(LOG_ALPHA, N_SAMPLES, 4)
    setting = pair_kernels.Setting(data.n_variants, N_SAMPLES, LOG_ALPHA, critical)
    tests, dependent = pair_kernels.Tests.empty(m), pair_kernels.Dependent.empty(m)
    votes = pair_kernels.Votes.empty(m)
    correlation = data.rows @ data.rows.T
    sets = np.column_stack([2 * gene_i, 2 * gene_i + 1, 2 * gene_j, 2 * gene_j + 1])
    log_p, count = np.empty(m), np.zeros((m, 4), dtype=np.int64)
    ours = best(
        lambda: pair_kernels.evaluate_pairs(
            gene_i, gene_j, TILE, 0, block_i, block_j, across, question.codes,
            setting, tests, dependent, votes,
        )
    )  # fmt: skip
    theirs = best(
        lambda: inverted_pairs(
            correlation, sets, data.n_variants + gene_i, data.n_variants + gene_j, N_SAMPLES,
            LOG_ALPHA, log_p, count,
        )
    )  # fmt: skip
    exact = log_p > -700.0  # beyond, erfc underflows
    assert np.allclose(tests.log_p[exact], log_p[exact], rtol=1e-6)
    line(f"pair kernel, 4 anchors, {what}", f"np.linalg.inv {1e6 * theirs / m:.2f} µs a pair",
         f"{1e6 * ours / m:.2f} µs a pair", f"{theirs / ours:.1f} ×")  # fmt: skip


def asked(data: PairData, anchors: NearestAncestors) -> Question:
    """A first sweep."""
    n = data.n_genes
    return Question(
        1, data.n_variants, empty_matrix(n), anchors, np.ones(n, dtype=np.bool_),
        np.zeros(n * (n - 1) // 2, dtype=np.int8), LOG_ALPHA, True,
    )  # fmt: skip


def thread_lines() -> None:
    """Whole tiles, products of correlations included, on one thread and on two."""
    data, anchors = network(2000, 2)
    question = asked(data, anchors)
    n_pairs = data.n_genes * (data.n_genes - 1) // 2

    def work(threads: int) -> None:
        with one_blas_thread(), ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda tile: evaluate_tile(data, question, tile), data.tiles()))

    one, two = best(lambda: work(1)), best(lambda: work(2))
    line("tiles of 2,000 genes, 4 anchors a pair, 2 threads", "1 thread "
         f"{n_pairs / one / 1e6:.2f} million pairs/s", f"{n_pairs / two / 1e6:.2f} million pairs/s",
         f"{one / two:.2f} ×")  # fmt: skip


def in_new_process(*words: object) -> dict[str, float]:
    """What this program prints when it is run with other words."""
    done = subprocess.run(
        [sys.executable, __file__, *map(str, words)], check=True, capture_output=True, text=True
    )
    return dict(json.loads(done.stdout))


def peak_bytes() -> int:
    """Most memory that this process has used."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def search_all(n_genes: int) -> dict[str, float]:
    """Method rules, profile stable, with two anchors a gene, on two threads."""
    search(600)
    data, seconds = search(n_genes)
    work = PairWork(n_genes, data.n_variants, N_SAMPLES, 0, 2, 0)
    return {"seconds": seconds, "peak": peak_bytes(), "estimate": work.peak(TILE)}


def search(n_genes: int) -> tuple[PairData, float]:
    """The search alone, and the seconds that it takes."""
    data, anchors = network(n_genes, 2)
    evidence = CorrelationEvidence(
        data, anchors, given=True, alpha_blanket=0.05, strongest_first=True, runner=Runner(2)
    )
    start = time.perf_counter()
    with one_blas_thread():
        rules.search(
            evidence,
            rules.PROFILES["stable"],
            alpha=0.05,
            max_sweeps=10,
            progress=lambda *_: None,
            keep_tests=False,
        )
    return data, time.perf_counter() - start


def search_lines(sizes: list[int]) -> None:
    """Time and memory by the number of genes."""
    first = None
    for n_genes in sizes:
        found = in_new_process("search", n_genes)
        per_pair = found["seconds"] / (n_genes * (n_genes - 1) / 2)
        first = first or per_pair
        line(f"rules, all pairs of {n_genes:,} genes, 2 threads",
             f"memory estimate {human_size(found['estimate'])}",
             f"{found['seconds']:.1f} s, {human_size(found['peak'])}",
             f"{per_pair / first:.2f} × the time a pair")  # fmt: skip


def scan_all(n_variants: int, n_genes: int) -> dict[str, float]:
    """The scan and one product of the same shapes, in turn; memory above the inputs."""
    rng = np.random.default_rng(1)
    dosages = rng.integers(0, 3, size=(n_variants, N_SAMPLES), dtype=np.int8).astype(np.float32).T
    expression = rng.normal(size=(N_SAMPLES, n_genes))
    expression[:, : n_genes // 5] += 0.5 * dosages[:, : n_genes // 5]
    genesis.scan(dosages[:, :600], expression[:, :50], threads=2)
    before = peak_bytes()
    scan = best(lambda: genesis.scan(dosages, expression, threads=2), 3)
    above = peak_bytes() - before
    rows, columns = np.ascontiguousarray(dosages.T), expression.astype(np.float32)
    product = best(lambda: rows @ columns, 3)
    return {"scan": scan, "product": product, "above": above}


def scan_lines(n_variants: int, n_genes: int) -> None:
    """The scan against one product of matrices."""
    found = in_new_process("scan", n_variants, n_genes)
    line(f"scan, {n_variants:,} variants × {n_genes:,} genes, 2 threads",
         f"one float32 product {found['product']:.1f} s",
         f"{found['scan']:.1f} s, {human_size(found['above'])} above the inputs",
         f"{found['scan'] / found['product']:.2f} ×")  # fmt: skip


def line(*cells: str) -> None:
    """A row of the table."""
    print("| " + " | ".join(cells) + " |", flush=True)


def machine() -> str:
    """Processor, cores and versions."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [
            x.split(":")[1].strip() for x in info.read_text().splitlines() if "model name" in x
        ]
        name = f"{models[0]}, {len(models)} cores" if models else name
    versions = f"NumPy {np.__version__}, numba {numba.__version__}"
    return f"{name}; Python {platform.python_version()}, {versions}"


def main(words: list[str]) -> None:
    """Print the table, or do the work of one line of it."""
    if words[:1] == ["search"]:
        print(json.dumps(search_all(int(words[1]))))
        return
    if words[:1] == ["scan"]:
        print(json.dumps(scan_all(int(words[1]), int(words[2]))))
        return
    part = 10 if "--quick" in words else 1
    print(f"{machine()}\n")
    line("work", "against", "took", "ratio")
    line("---", "---", "---", "---")
    kernel_line("independent", 0.0)
    kernel_line("dependent: all witnesses vote", 1.0)
    thread_lines()
    search_lines([n // part for n in (5_000, 10_000, 20_000)])
    scan_lines(100_000 // part, 5_000)


if __name__ == "__main__":
    main(sys.argv[1:])
