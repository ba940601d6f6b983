"""Speed of `genesis.read_vcf` against a bare loop of cyvcf2 over the same field.

    python tests/benchmarks/vcf_reading.py genotypes.vcf.gz

Prints seconds of both, best of five taken in turns, and the speed as a share of the bare loop's.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

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
    for _ in range(5):
        theirs.append(seconds(lambda: bare(path)))
        ours.append(seconds(lambda: genesis.read_vcf(path)))
    print(f"bare loop {min(theirs):.2f} s, read_vcf {min(ours):.2f} s")
    print(f"speed {min(theirs) / min(ours):.2f} of the bare loop's")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
