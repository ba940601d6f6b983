"""A small data set on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

N_SAMPLES, N_GENES, N_VARIANTS = 120, 6, 18


@pytest.fixture
def inputs(tmp_path: Path, rng: np.random.Generator) -> Path:
    """A folder with genotypes, expression, genes and covariates; gene 2 follows gene 1."""
    folder = tmp_path / "in"
    folder.mkdir()
    dosages = rng.binomial(2, 0.4, size=(N_SAMPLES, N_VARIANTS))
    samples = [f"S{k:03d}" for k in range(N_SAMPLES)]
    head = "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"])
    lines = [
        "##fileformat=VCFv4.2",
        "##contig=<ID=chr1,length=1000000>",
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
        f"{head}\t" + "\t".join(samples),
    ]
    calls = np.array(["0/0", "0/1", "1/1"])
    for k in range(N_VARIANTS):
        fixed = f"chr1\t{1000 * k + 500}\trs{k}\tA\tC\t.\tPASS\t.\tGT\t"
        lines.append(fixed + "\t".join(calls[dosages[:, k]]))
    (folder / "g.vcf").write_text("\n".join(lines) + "\n")
    x = 1.2 * dosages[:, :N_GENES] + rng.normal(size=(N_SAMPLES, N_GENES))
    x[:, 1] += 1.5 * x[:, 0]
    genes = [f"GENE{k}" for k in range(N_GENES)]
    table = pd.DataFrame(x.T, index=pd.Index(genes, name="gene_id"), columns=samples)
    table.loc["FLAT"] = 1.0
    table.to_csv(folder / "e.tsv", sep="\t")
    bed = [f"chr1\t{1000 * k}\t{1000 * k + 900}\t{gene}" for k, gene in enumerate(genes)]
    (folder / "genes.bed").write_text("\n".join(bed) + "\n")
    covariates = pd.DataFrame({"age": rng.integers(20, 80, N_SAMPLES)}, index=samples)
    covariates.to_csv(folder / "c.tsv", sep="\t", index_label="sample")
    return folder
