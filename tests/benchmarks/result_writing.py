"""Seconds and memory that writing and loading a genome-wide result takes.

Run as ``python tests/benchmarks/result_writing.py [GENES] [SHARE]``: all pairs of GENES genes
(6,200) have a relation, SHARE (0.01) of them a claim.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import genesis
from genesis.findings.claim_graph import choose_claims
from genesis.findings.graphml import write_graphml
from genesis.findings.relations import CALIBRATED_COLUMNS, Relations
from genesis.result import files as result_files
from genesis.result.result import Result
from tests.handmade import result_of


def large_result(n_genes: int, share: float) -> Result:
    """Relations of all pairs, in the order of the genes."""
    rng = np.random.default_rng(1)
    a, b = (index.astype(np.int32) for index in np.triu_indices(n_genes, 1))
    relation = np.where(rng.random(len(a)) < share, 0, 2).astype(np.int8)
    order = np.argsort(relation, kind="stable")
    a, b, relation = a[order], b[order], relation[order]
    n, claim = len(a), relation == 0
    log_p = np.log(rng.uniform(0.05, 1, n))
    minus = np.full(n, -1, dtype=np.int8)
    pairs = Relations(
        gene_a=a,
        gene_b=b,
        relation=relation,
        direct=minus,
        follows=minus,
        rule=np.where(claim, 0, 2).astype(np.int8),
        rests_on=minus,
        sweep=rng.integers(1, 4, n).astype(np.int16),
        n_witnesses=claim.astype(np.int32),
        n_conditioning=rng.integers(0, 9, n).astype(np.int32),
        witness=np.where(claim, 0, -1).astype(np.int32),
        log_p=np.where(claim, -20.0, log_p),
        log_p_without=np.where(claim, log_p, np.nan),
        log_p_with=np.where(claim, log_p, np.nan),
        log_p_direct=np.full(n, np.nan),
        **dict.fromkeys(CALIBRATED_COLUMNS, np.full(n, np.nan, dtype=np.float32)),
    )
    small = result_of([], [f"YAL{k:04d}C" for k in range(n_genes)], ["rs1"])
    return Result(
        small.genes, small.anchors, small.excluded, pairs, small.variables,
        small.conditioning, small.ordered_since, small.run,
    )  # fmt: skip


def say(what: str, start: float) -> None:
    """One line: seconds since `start` and the most memory used so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{what:28} {time.perf_counter() - start:7.1f} s   peak {peak:5.1f} GiB", flush=True)


if __name__ == "__main__":
    start = time.perf_counter()
    n_genes = int(sys.argv[1]) if len(sys.argv) > 1 else 6_200
    result = large_result(n_genes, float(sys.argv[2]) if len(sys.argv) > 2 else 0.01)
    say(f"{len(result.pairs):,} relations made", start)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tables = (result.pairs, result.gene_ids, result.variables)
        start = time.perf_counter()
        result_files.write_text(folder / "m.tsv.gz", result_files.matrix_lines(result))
        say("matrix as text", start)
        start = time.perf_counter()
        result_files.write_relations_parquet(folder / "r.parquet", *tables)
        say("relations as Parquet", start)
        start = time.perf_counter()
        result_files.write_relations_text(folder / "r.tsv.gz", *tables)
        say("relations as text", start)
        start = time.perf_counter()
        write_graphml(choose_claims(result), folder / "g.graphml")
        say("GraphML", start)
        start = time.perf_counter()
        constraints = result.constraints()
        say("constraint graph", start)
        start = time.perf_counter()
        constraints.write(folder / "c.json")
        say("constraints as JSON", start)
        del constraints
        start = time.perf_counter()
        result.save(folder / "run")
        say("all outputs", start)
        for path in sorted(folder.glob("run.*")):
            print(f"    {path.name:28} {path.stat().st_size / 2**20:8.1f} MiB")
        del result
        start = time.perf_counter()
        genesis.load(folder / "run")
        say("load", start)
