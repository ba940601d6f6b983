"""How many times faster than the authors' R program, on the same data sets.

    python tests/benchmarks/rules_speed.py ../shared/fixtures/rules_ascend

Prints a line a data set and the median ratio. The seconds of the R program are those in
``times.tsv`` beside the data; ours are the best of five runs of `genesis.discover`, compiled
before, and timed with the construction of the ancestrality matrix, which is what the R
program returns too.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import genesis


def seconds(z: np.ndarray, x: np.ndarray) -> float:
    """Best of five."""
    runs = []
    for _ in range(5):
        start = time.perf_counter()
        result = genesis.discover(z, x, profile="ascend", threads=1, method="rules")
        _ = result.ancestrality
        runs.append(time.perf_counter() - start)
    return min(runs)


def main(folder: Path) -> None:
    """Run all data sets of a folder."""
    theirs = pd.read_csv(folder / "times.tsv", sep="\t", index_col="fixture")["r_seconds"]
    start = time.perf_counter()
    ratios = []
    for name, r_seconds in theirs.items():
        z = pd.read_csv(folder / str(name) / "Z.tsv.gz", sep="\t").to_numpy()
        x = pd.read_csv(folder / str(name) / "X.tsv.gz", sep="\t").to_numpy()
        if not ratios:
            genesis.discover(z, x, profile="ascend", threads=1, method="rules")
            print(f"first call, with compilation or its cache: {time.perf_counter() - start:.1f} s")
        ours = seconds(z, x)
        ratios.append(r_seconds / ours)
        print(f"{name}  R {r_seconds:.3f} s  genesis {1000 * ours:6.2f} ms  {ratios[-1]:7.0f} ×")
    order = theirs.rank(method="first")
    median = np.array(ratios)[(order == len(theirs) // 2).to_numpy()][0]
    print(f"median ratio {np.median(ratios):.0f}, at the fixture of median R time {median:.0f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
