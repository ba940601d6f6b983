"""Speed of `genesis.read_vcf` against a bare loop of cyvcf2 over the same field.

    python tests/benchmarks/vcf_reading.py genotypes.vcf.gz

Prints seconds of both, medians of eleven taken in turns, and the speed as a share of the bare
loop's.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from cyvcf2 import VCF

import genesis


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bare(path: Path) -> None:
    """Touch the genotypes of every record and nothing else."""
    for variant in VCF(str(path)):
        variant.genotype.array()


def main(path: Path) -> None:
    """Time both on one file."""
    genesis.read_vcf(path)
    ours, theirs = [], []
    for _ in range(11):
        theirs.append(seconds(lambda: bare(path)))
        ours.append(seconds(lambda: genesis.read_vcf(path)))
    bare_time, our_time = median(theirs), median(ours)
    print(f"bare loop {bare_time:.3f} s, read_vcf {our_time:.3f} s")
    print(f"speed {bare_time / our_time:.2f} of the bare loop's")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
