"""CPU seconds of the calibrated method: ``python tests/benchmarks/sampling_speed.py [OTHER]``.

OTHER is a checkout of another revision, which is measured in the same run, one after the other for
each size, so that a machine that is slow by turns is so for both. Every run is in a process of its
own, after one that compiles; `--rows` picks rows of the table, of which `data` is the whole command
on the example. Printed: CPU seconds of both, their ratio, the area under precision and recall, and
the share of claims at an FDR of 0.05 that is false.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pandas as pd

HERE = Path(__file__).parents[2]
#: Genes, samples, share of hidden factors in the variance.
CELLS = {
    "15": (15, 300, 0.0),
    "50": (50, 300, 0.0),
    "150": (150, 300, 0.0),
    "50 factors": (50, 300, 0.3),
    "1000 factors": (1000, 500, 0.3),
}
SEED = 8_000
SIMULATED = """
import resource, sys, time
import genesis
genes, n, share, seed = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
small = genesis.simulate.cis_eqtl(60, 12, factor_variance=0.3, seed=1)
data = genesis.simulate.cis_eqtl(n, genes, factor_variance=share, seed=seed)
def run(data):
    return genesis.discover(
        data.genotypes, data.expression, variants=data.variants, genes=data.genes,
        normalise="none", threads=1)
run(small)
start, wall = time.process_time(), time.perf_counter()
result = run(data)
took, wall = time.process_time() - start, time.perf_counter() - wall
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
factors = result.run["calibrated"]["hidden_factors_used"]
found = genesis.evaluate.evaluate(result, data.adjacency()).metrics
print(took, wall, peak, factors, found["aupr"], found["true_fdr"])
"""
COMMAND = """
import resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run([sys.executable, "-m", "genesis", *sys.argv[1:]], check=True,
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
wall = time.perf_counter() - start
print(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / (1 << 20), "nan nan nan")
"""


class Measured(NamedTuple):
    """CPU seconds, seconds on the wall, largest memory, and how right claims are.

    `factors` are the hidden factors that were used, `aupr` the area under precision and recall,
    `false` the share of false claims; what is not known is NaN.
    """

    cpu: float
    wall: float
    gib: float
    factors: float
    aupr: float
    false: float


def measured(checkout: Path, script: str, *words: object) -> Measured:
    """What a script says of itself, run with the code of a checkout."""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, words)],
        capture_output=True, text=True, env=environment, check=False, cwd=checkout,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    return Measured(*map(float, done.stdout.split()[-6:]))


def words_of_data(checkout: Path, out: Path) -> list[str]:
    """The command on the example, after its name."""
    data = checkout / "data"
    words = ["run", "--vcf", data / "genotypes.vcf.gz", "--expression", data / "expression.tsv.gz"]
    words += ["--genes", data / "genes.bed", "--covariates", data / "covariates.tsv"]
    return [str(word) for word in [*words, "--out", out, "--force", "--threads", 1]]


def data_run(checkout: Path, out: Path) -> Measured:
    words = words_of_data(checkout, out)
    measured(checkout, COMMAND, *words)
    return measured(checkout, COMMAND, *words)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("other", nargs="?", type=Path, help="checkout of another revision")
    parser.add_argument("--rows", nargs="+", default=[*CELLS, "data"])
    parser.add_argument("--sets", type=int, default=2, help="data sets of each size")
    parser.add_argument("--out", type=Path, default=Path("/tmp/sampling_speed"))
    asked = parser.parse_args()
    checkouts = {"this": HERE}
    if asked.other is not None:
        checkouts["other"] = asked.other.resolve()
    rows = []
    for row in asked.rows:
        for number in range(1 if row == "data" else asked.sets):
            for name, checkout in checkouts.items():
                found = (
                    data_run(checkout, asked.out)
                    if row == "data"
                    else measured(checkout, SIMULATED, *CELLS[row], SEED + number)
                )
                rows.append((row, name, found.cpu, found.aupr, found.false))
    table = pd.DataFrame(rows, columns=["row", "checkout", "CPU s", "AUPR", "false"])
    means = table.groupby(["row", "checkout"], sort=False).mean().unstack()
    if asked.other is not None:
        means["ratio"] = means["CPU s", "other"] / means["CPU s", "this"]
    print(f"{platform.node()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(means.round(3).to_string())


if __name__ == "__main__":
    main()
