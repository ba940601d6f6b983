"""Writes a VCF as large as wanted, a block at a time: what `vcf_reading.py` reads.

    python tests/benchmarks/large_genotypes.py 1000000 large.vcf.gz

Called genotypes of 500 people on the autosomes of a human, records as far apart as the genome
and their number say; minor allele frequencies from 0.01 to 0.5, their logarithm uniform, so that
three in five records pass ``--maf 0.05``, as in imputed genotypes. One call in a thousand is
missing. Needs bgzip and tabix.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import IO

import numpy as np

N_SAMPLES = 500
BLOCK = 4096
#: Millions of bases of the autosomes.
LENGTHS = (
    248, 242, 198, 190, 181, 171, 159, 145, 138, 134, 135, 133, 114, 107, 102, 90, 83, 80, 59, 64,
    47, 51,
)  # fmt: skip
CALLS = np.frombuffer(b"0|0\t0|1\t1|0\t1|1\t.|.\t", dtype="S4")


def contig_records(n_records: int) -> list[int]:
    """Records of each autosome, by its length."""
    ends = np.rint(np.cumsum(LENGTHS) / sum(LENGTHS) * n_records).astype(int)
    return np.diff(ends, prepend=0).tolist()


def header(n_samples: int = N_SAMPLES) -> str:
    """The header, up to the first record."""
    contigs = "".join(
        f"##contig=<ID=chr{k},length={n}000000>\n" for k, n in enumerate(LENGTHS, start=1)
    )
    samples = "\t".join(f"S{k:04d}" for k in range(n_samples))
    return (
        f"##fileformat=VCFv4.2\n{contigs}"
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
        f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{samples}\n"
    )


def write_records(file: IO[bytes], n_records: int, seed: int = 1) -> None:
    """Write header and records."""
    rng = np.random.default_rng(seed)
    file.write(header().encode())
    for contig, n in enumerate(contig_records(n_records), start=1):
        positions = np.sort(rng.integers(1, LENGTHS[contig - 1] * 1_000_000, size=n))
        for start in range(0, n, BLOCK):
            block = positions[start : start + BLOCK]
            frequency = np.exp(rng.uniform(np.log(0.01), np.log(0.5), size=(len(block), 1)))
            alleles = rng.random((2, len(block), N_SAMPLES), dtype=np.float32) < frequency
            calls = 2 * alleles[0] + alleles[1].astype(np.int8)
            absent = rng.random(calls.shape, dtype=np.float32) < 0.001
            text = CALLS[np.where(absent, 4, calls)].tobytes()
            width = 4 * N_SAMPLES
            lines = bytearray()
            for k, position in enumerate(block.tolist()):
                name = f"rs{contig}_{start + k}"
                lines += f"chr{contig}\t{position}\t{name}\tA\tG\t.\tPASS\t.\tGT\t".encode()
                lines += text[k * width : (k + 1) * width - 1] + b"\n"
            file.write(lines)


def write_vcf(path: Path, n_records: int) -> None:
    """Write and index a VCF."""
    with path.open("wb") as out:
        packer = subprocess.Popen(["bgzip", "-c", "-l", "1"], stdin=subprocess.PIPE, stdout=out)
        assert packer.stdin is not None
        write_records(packer.stdin, n_records)
        packer.stdin.close()
        if packer.wait():
            raise SystemExit("bgzip failed")
    subprocess.run(["tabix", "-f", "-p", "vcf", str(path)], check=True)


if __name__ == "__main__":
    write_vcf(Path(sys.argv[2]), int(sys.argv[1]))
