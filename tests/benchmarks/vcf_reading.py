"""Speed of `genesis.read_vcf` against a bare loop of cyvcf2 over the same field.

    python tests/benchmarks/vcf_reading.py genotypes.vcf.gz

Prints medians of eleven taken in turns, each with its ratio to the bare loop's: seconds on the
wall, and of all cores; and what the check of every line of the text takes by itself.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from cyvcf2 import VCF

import genesis
from genesis.io.vcf_header import read_header
from genesis.io.vcf_text import check_text


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """On the wall, and of all cores."""
    wall, cores = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cores


def bare(path: Path) -> None:
    """Touch the genotypes of every record and nothing else."""
    for variant in VCF(str(path)):
        variant.genotype.array()


def check(path: Path) -> None:
    """Look through every line, with nothing beside it."""
    for _ in check_text(read_header(path)):
        pass


def main(path: Path) -> None:
    """Time all on one file."""
    works = {"bare loop": bare, "read_vcf": genesis.read_vcf, "check alone": check}
    genesis.read_vcf(path)
    rounds = [[seconds(lambda work=work: work(path)) for work in works.values()] for _ in range(11)]
    medians = np.median(np.array(rounds), axis=0)
    for name, (wall, cores) in zip(works, medians, strict=True):
        ratios = wall / medians[0, 0], cores / medians[0, 1]
        print(
            f"{name:12} {wall:7.3f} s, {ratios[0]:.2f} x;"
            f"  of all cores {cores:7.3f} s, {ratios[1]:.2f} x"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
