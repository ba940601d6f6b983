"""A small set of inputs in good order, as text, for tests to break."""

from __future__ import annotations

import numpy as np

N_SAMPLES, N_VARIANTS, N_GENES = 40, 24, 6

HEADER = [
    "##fileformat=VCFv4.2",
    '##FILTER=<ID=PASS,Description="All filters passed">',
    "##contig=<ID=1,length=100000000>",
    "##contig=<ID=2,length=100000000>",
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    '##FORMAT=<ID=DS,Number=A,Type=Float,Description="Dosage">',
]


def samples() -> list[str]:
    return [f"S{k:02d}" for k in range(N_SAMPLES)]


def dosages(seed: int = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.binomial(2, 0.4, size=(N_VARIANTS, N_SAMPLES))


def vcf_records() -> list[list[str]]:
    """Cells of each record, GT:DS."""
    calls = ["0/0:0", "0/1:1", "1/1:2"]
    return [
        [
            "1" if k < N_VARIANTS // 2 else "2",
            str(1000 * (k % (N_VARIANTS // 2) + 1)),
            f"rs{k}",
            "A",
            "G",
            ".",
            "PASS",
            ".",
            "GT:DS",
            *(calls[d] for d in row),
        ]
        for k, row in enumerate(dosages())
    ]


def vcf_text(records=None, header=None, names=None) -> str:
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"]
    lines = [*(HEADER if header is None else header)]
    lines.append("\t".join([*columns, *(samples() if names is None else names)]))
    lines += ["\t".join(cells) for cells in (vcf_records() if records is None else records)]
    return "\n".join(lines) + "\n"


def expression_cells() -> list[list[str]]:
    """Header and genes; gene k depends on variant 2k."""
    rng = np.random.default_rng(5)
    rows = [["gene_id", *samples()]]
    for k in range(N_GENES):
        values = dosages()[2 * k] + rng.normal(size=N_SAMPLES)
        rows.append([f"G{k}", *(f"{value:.4f}" for value in values)])
    return rows


def table_text(rows: list[list[str]], delimiter: str = "\t") -> str:
    return "\n".join(delimiter.join(cells) for cells in rows) + "\n"


def genes_text() -> str:
    return "".join(
        f"{1 + k % 2}\t{1000 * (k + 1)}\t{1000 * (k + 1) + 500}\tG{k}\n" for k in range(N_GENES)
    )


def covariates_cells() -> list[list[str]]:
    rng = np.random.default_rng(6)
    rows = [["sample", "age", "sex"]]
    for k, name in enumerate(samples()):
        rows.append([name, str(int(rng.integers(20, 70))), "male" if k % 2 else "female"])
    return rows


def write_all(folder) -> dict[str, str]:
    """Write a set in good order; return the options that name it."""
    (folder / "g.vcf").write_text(vcf_text())
    (folder / "x.tsv").write_text(table_text(expression_cells()))
    (folder / "genes.bed").write_text(genes_text())
    (folder / "c.tsv").write_text(table_text(covariates_cells()))
    return {
        "--vcf": str(folder / "g.vcf"),
        "--expression": str(folder / "x.tsv"),
        "--genes": str(folder / "genes.bed"),
        "--covariates": str(folder / "c.tsv"),
        "--out": str(folder / "out" / "run"),
    }
