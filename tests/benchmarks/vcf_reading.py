"""Work and memory of reading a VCF, against a bare loop of cyvcf2 over the same calls.

    python tests/benchmarks/large_genotypes.py 1000000 large.vcf.gz
    python tests/benchmarks/vcf_reading.py large.vcf.gz

Each reading has a process of its own. Prints medians of those taken in turns: seconds of all
cores, their ratio to the bare loop's, seconds on the wall; the peak of memory, of which libraries
take what stands under "before"; and variants held of the records seen. `genesis.read_vcf` returns
all variants as float32; `genesis run` has genotypes packed, of many variants in a temporary file,
and no variants but those near genes: 20,000 of them, or 200, evenly over the autosomes of a human.
"screened" goes on until the variants that may anchor a gene are known: expression (of chance) is
normalised, samples are checked, and every variant near a gene is held against it.

Files of 1, 2 and 4 million records say how memory grows with them; one reading alone is measured by
`--only "run, 20,000 genes"`, which prints its numbers as JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

EXAMPLE = Path(__file__).parents[2] / "data" / "genotypes.vcf.gz"
WINDOW = 1_000_000


def bare(path: Path) -> dict[str, int]:
    """Touch the genotypes of every record and nothing else."""
    from cyvcf2 import VCF

    seen = 0
    for variant in VCF(str(path)):
        variant.genotype.array()
        seen += 1
    return {"seen": seen, "held": 0}


def whole(path: Path) -> dict[str, int]:
    """All variants that pass, by the public function."""
    import genesis

    genotypes = genesis.read_vcf(path)
    return {"seen": genotypes.counts["records_read"], "held": len(genotypes.variants)}


def near(n_genes: int) -> Callable[[Path], dict[str, int]]:
    """The variants near so many genes, as `genesis run` reads them."""

    def read(path: Path) -> dict[str, int]:
        genotypes, seen = near_variants(path, n_genes)
        return {"seen": seen, "held": len(genotypes.variants)}

    return read


def near_variants(path: Path, n_genes: int) -> tuple[Any, int]:
    """The variants near so many genes, and the records seen."""
    from genesis.io.genotype_source import read_genotypes
    from genesis.io.near_genes import NearGenes
    from genesis.io.variant_blocks import RecordFilter
    from genesis.io.vcf import open_vcf

    genotypes = read_genotypes(
        open_vcf(path), RecordFilter("GT", 0.05, 0.1, "split"), samples=None, region=None,
        sex=None, progress=None, near=NearGenes(gene_places(n_genes), WINDOW), packed=True,
    )  # fmt: skip
    seen = genotypes.counts["records_read"] + sum(genotypes.passed_over.values())
    return genotypes, seen


def screened(n_genes: int) -> Callable[[Path], dict[str, int]]:
    """The variants that may anchor one of so many genes, as `genesis run` finds them."""

    def read(path: Path) -> dict[str, int]:
        import pandas as pd

        from genesis.engine.progress import no_progress
        from genesis.engine.threads import one_blas_thread
        from genesis.inputs.collect import collect_inputs
        from genesis.inputs.screen import screen_variants
        from genesis.options import Options, PreparationOptions
        from genesis.posterior.model.candidates import room_for
        from genesis.prepare.preparation import prepare

        genotypes, seen = near_variants(path, n_genes)
        names = [f"G{k}" for k in range(n_genes)]
        places = gene_places(n_genes).assign(gene_id=names)
        values = np.random.default_rng(1).normal(size=(len(genotypes.samples), n_genes))
        expression = pd.DataFrame(values, genotypes.samples, names)
        prepared = prepare(
            genotypes, expression, genes=places, options=PreparationOptions(threads=1)
        )
        inputs = collect_inputs(
            prepared.genotypes, prepared.expression, None, places, None, None, force=True
        )
        most_own, _, _ = room_for(n_genes, cis=True)
        with one_blas_thread():
            found = screen_variants(
                inputs, Options(all_snps=False, threads=1), sort=True, at_least=most_own, threads=1,
                progress=no_progress,
            )  # fmt: skip
        return {"seen": seen, "held": len(found.variant)}

    return read


def gene_places(n_genes: int) -> Any:
    """Genes of 30,000 bases, evenly over the autosomes."""
    import pandas as pd
    from large_genotypes import LENGTHS

    ends = np.cumsum(LENGTHS) * 1_000_000
    place = np.linspace(0, ends[-1] - 1, n_genes).astype(np.int64)
    contig = np.searchsorted(ends, place, side="right")
    start = 1 + place - np.concatenate([[0], ends])[contig]
    names = [f"{one + 1}" for one in contig]  # as other files name them
    return pd.DataFrame({"chrom": names, "start": start, "end": start + 30_000})


WORKS: dict[str, Callable[[Path], dict[str, int]]] = {
    "bare loop": bare,
    "read_vcf": whole,
    "run, 20,000 genes": near(20_000),
    "run, 200 genes": near(200),
    "screened, 20,000 genes": screened(20_000),
}


def peak() -> int:
    """MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def measure(name: str, path: Path) -> None:
    """Print what one reading takes, once all is loaded and compiled."""
    WORKS[name](EXAMPLE)
    before, wall, cores = peak(), time.perf_counter(), time.process_time()
    found = WORKS[name](path)
    numbers = {
        "cores": time.process_time() - cores,
        "wall": time.perf_counter() - wall,
        "peak": peak(),
        "before": before,
    }
    print(json.dumps({**numbers, **found}))


def measured(path: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Medians of what each reading of one file takes."""
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in WORKS}
    for _ in range(rounds):
        for name, some in taken.items():
            command = [sys.executable, __file__, str(path), "--only", name]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            some.append(json.loads(done.stdout.splitlines()[-1]))
    return {
        name: {key: float(np.median([one[key] for one in some])) for key in some[0]}
        for name, some in taken.items()
    }


def main(path: Path, rounds: int) -> None:
    """Measure all on one file, and print it."""
    medians = measured(path, rounds)
    print("reading                 cores, s   ratio   wall, s   peak, MiB  before  held/seen")
    for name, one in medians.items():
        ratio = one["cores"] / medians["bare loop"]["cores"]
        memory = f"{one['peak']:8.0f} {one['before']:8.0f}" if one["held"] else f"{'-':>8} {'-':>8}"
        print(
            f"{name:22} {one['cores']:10.2f} {ratio:7.2f} {one['wall']:9.2f}    {memory}  "
            f"{one['held']:.0f}/{one['seen']:.0f}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=WORKS)
    given = parser.parse_args()
    if given.only:
        measure(given.only, given.path)
    else:
        main(given.path, given.rounds)
