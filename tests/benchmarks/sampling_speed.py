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
import sys, time
import genesis
genes, n, share, seed = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
small = genesis.simulate.cis_eqtl(60, 12, factor_variance=0.3, seed=1)
data = genesis.simulate.cis_eqtl(n, genes, factor_variance=share, seed=seed)
def run(data):
    return genesis.discover(
        data.genotypes, data.expression, variants=data.variants, genes=data.genes,
        normalise="none", threads=1)
run(small)
start = time.process_time()
result = run(data)
took = time.process_time() - start
found = genesis.evaluate.evaluate(result, data.adjacency()).metrics
print(took, found["aupr"], found["true_fdr"])
"""
COMMAND = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "genesis", *sys.argv[1:]], check=True,
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, "nan", "nan")
"""


def measured(checkout: Path, script: str, *words: object) -> list[float]:
    """CPU seconds, area under precision and recall, and share of false claims."""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, words)],
        capture_output=True, text=True, env=environment, check=False, cwd=checkout,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    return [float(word) for word in done.stdout.split()[-3:]]


def data_run(checkout: Path, out: Path) -> list[float]:
    data = checkout / "data"
    words = ["run", "--vcf", data / "genotypes.vcf.gz", "--expression", data / "expression.tsv.gz"]
    words += [
        "--genes",
        data / "genes.bed",
        "--covariates",
        data / "covariates.tsv",
        "--out",
        out,
        "--force",
        "--threads",
        1,
    ]
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
                rows.append((row, name, *found))
    table = pd.DataFrame(rows, columns=["row", "checkout", "CPU s", "AUPR", "false"])
    means = table.groupby(["row", "checkout"], sort=False).mean().unstack()
    if asked.other is not None:
        means["ratio"] = means["CPU s", "other"] / means["CPU s", "this"]
    print(f"{platform.node()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(means.round(3).to_string())


if __name__ == "__main__":
    main()
