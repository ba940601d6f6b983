"""How right the claims are: ``python tests/benchmarks/accuracy.py PART [SEEDS] [SHARED]``.

PART is one of

* ``two-tier``: twelve cells of the authors' design, claims with posterior above one half against
  the rules in profile `ascend`;
* ``fixtures``: the same on the reference data sets in SHARED/fixtures;
* ``cis-eqtl``: 30 and 100 genes, with and without latent factors: area under precision and
  recall, false discoveries at a claimed 0.05, and the reliability of all posteriors;
* ``kinds``: claims of every kind at a promised rate of 0.05, and what follows from them: the rate
  that the posteriors promise and the true one, on cis-eQTL data and on dense and sparse two-tier
  data, with intervals over the data sets, of which there should be 20 or more;
* ``null``: genotypes of chromosome 22 in SHARED/data and expression that follows nothing, and the
  two sets of human expression there with genotypes of other people, SEEDS shuffles of each;
* ``dream5``: direct edges of the DREAM5 systems genetics networks in SHARED/data;
* ``yeast``: the largest 500 posteriors of yeast segregants against gene deletions, SHARED/data.

No seed of the simulations here was used in the making of the method.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

import genesis
from genesis.evaluate import Evaluation, enrichment, evaluate, pool
from genesis.graphs.bit_matrix import as_matrix
from genesis.posterior.claims.claims import claim_ancestors
from genesis.posterior.claims.pair_table import PairTable

FIRST_SEED = 5_000


def analysed(simulation: genesis.simulate.Simulation, **options: object) -> genesis.Result:
    return genesis.discover(
        simulation.genotypes,
        simulation.expression,
        variants=simulation.variants,
        genes=simulation.genes,
        normalise="none",
        **options,
    )


def compared(genotypes: object, expression: object, truth: pd.DataFrame) -> dict[str, float]:
    """The rules, and calibrated claims above one half and at the false discovery rate of 0.05."""
    start = time.perf_counter()
    rules = genesis.discover(
        genotypes, expression, method="rules", profile="ascend", normalise="none"
    )
    between = time.perf_counter()
    calibrated = genesis.discover(genotypes, expression, keep_posterior=0.0, normalise="none")
    row = {"rules s": between - start, "calibrated s": time.perf_counter() - between}
    for name, found in (
        ("rules", evaluate(rules, truth)),
        ("calibrated", evaluate(above_one_half(calibrated), truth)),
        ("at fdr 0.05", evaluate(calibrated, truth)),
    ):
        row[f"{name} F1"], row[f"{name} orientation"] = found.f1, found.orientation_accuracy
    return row


def above_one_half(result: genesis.Result) -> pd.DataFrame:
    """Ancestor claims that --min-posterior 0.5 makes."""
    ids = result.gene_ids
    pairs = PairTable.from_dense(result.posterior.fillna(0).to_numpy())
    above = as_matrix(claim_ancestors(pairs, 0.05, 0.5).reach)
    return pd.DataFrame(above, index=ids, columns=ids)


def two_tier(n_seeds: int, shared: Path) -> None:
    rows = []
    for n in (300, 1000, 2000):
        for d_z in (20, 50):
            for sparsity in (0.5, 0.9):
                for seed in range(FIRST_SEED, FIRST_SEED + n_seeds):
                    data = genesis.simulate.two_tier(
                        n, d_z, sparsity=sparsity, background="network", seed=seed
                    )
                    row = compared(data.genotypes, data.expression, data.adjacency())
                    rows.append({"n": n, "d_z": d_z, "sparsity": sparsity, **row})
    show_cells(pd.DataFrame(rows), ["n", "d_z", "sparsity"])


def fixtures(n_seeds: int, shared: Path) -> None:
    rows = []
    for folder in sorted((shared / "fixtures" / "rules_ascend").glob("n*")):
        z, x = (pd.read_csv(folder / f"{name}.tsv.gz", sep="\t").to_numpy(float) for name in "ZX")
        edges = pd.read_csv(folder / "adjacency.tsv", sep="\t").select_dtypes("number").to_numpy()
        names = [f"gene{k + 1}" for k in range(len(edges))]
        truth = pd.DataFrame(edges == 1, index=names, columns=names)
        rows.append({"cell": folder.name.rsplit("_seed", 1)[0], **compared(z, x, truth)})
    show_cells(pd.DataFrame(rows), ["cell"])


def show_cells(table: pd.DataFrame, keys: list[str]) -> None:
    """Means of each cell, then over the cells."""
    cells = table.groupby(keys).mean()
    print(cells.round(3).to_string())
    print(cells.mean().round(3).to_string())
    worse = (cells["calibrated F1"] <= cells["rules F1"]).sum()
    print(f"{worse} of {len(cells)} cells in which the rules are as good or better")


def cis_eqtl(n_seeds: int, shared: Path) -> None:
    for n_genes in (30, 100):
        for n in (300, 1000):
            for share in (0.0, 0.3):
                found: list[Evaluation] = []
                start = time.perf_counter()
                for seed in range(FIRST_SEED, FIRST_SEED + n_seeds):
                    data = genesis.simulate.cis_eqtl(n, n_genes, factor_variance=share, seed=seed)
                    found.append(evaluate(analysed(data, keep_posterior=0.0), data.adjacency()))
                seconds = (time.perf_counter() - start) / n_seeds
                pooled = pool(found)
                print(f"\n{n_genes} genes, n {n}, latent factors {share}: {seconds:.1f} s each")
                means = pooled.metrics["mean"]
                names = ["f1", "orientation_accuracy", "aupr", "claimed_fdr", "true_fdr"]
                print(means[names].round(3).to_string())
                print(pooled.reliability.round(3).to_string(index=False))


def kinds(n_seeds: int, shared: Path) -> None:
    seeds = range(FIRST_SEED, FIRST_SEED + n_seeds)
    # In the last there is the least to learn from.
    for n, n_genes, share in (
        (300, 30, 0.0), (300, 30, 0.3), (300, 100, 0.0), (300, 100, 0.3), (150, 30, 0.5),
    ):  # fmt: skip
        show_kinds(f"cis-eQTL, {n_genes} genes, n {n}, latent factors {share}", [
            genesis.simulate.cis_eqtl(n, n_genes, factor_variance=share, seed=seed)
            for seed in seeds
        ])  # fmt: skip
    for n in (300, 1000):
        for sparsity in (0.5, 0.9):
            show_kinds(f"two-tier, n {n}, 20 variants, sparsity {sparsity}", [
                genesis.simulate.two_tier(n, 20, sparsity=sparsity, background="network", seed=seed)
                for seed in seeds
            ])  # fmt: skip


def show_kinds(title: str, data_sets: list[genesis.simulate.Simulation]) -> None:
    start = time.perf_counter()
    found = [evaluate(analysed(data, keep_posterior=0.0), data.adjacency()) for data in data_sets]
    seconds = (time.perf_counter() - start) / len(data_sets)
    print(f"\n{title}: {len(data_sets)} data sets, {seconds:.1f} s each")
    print(pool(found).kinds.drop(columns="n_unscored").round(3).to_string(), flush=True)


def null(n_seeds: int, shared: Path) -> None:
    folder = shared / "data" / "human_1000g_chr22"
    genotypes = genesis.read_vcf(folder / "genotypes.vcf.gz")
    expression = genesis.read_expression(folder / "expression.null.tsv.gz")
    start = time.perf_counter()
    result = genesis.discover(genotypes, expression, normalise="none")
    print(result.counts, f"{time.perf_counter() - start:.0f} s", result.run["seconds"], flush=True)
    for name, n_genes, covariates in (
        # Known covariates alone, no components of the expression.
        ("human_geuvadis_ceu", None, ["geno_PC1", "geno_PC2", "geno_PC3"]),
        ("human_geuvadis_360", 200, []),
    ):
        shuffled_people(shared / "data" / name, n_seeds, n_genes, covariates)


def shuffled_people(folder: Path, n_shuffles: int, n_genes: int | None, covariates: list[str]):
    """Everybody's expression beside the genotypes of somebody else: no claim is true."""
    genotypes = genesis.read_vcf(folder / "genotypes.vcf.gz")
    file = next(folder.glob("expression.tsv*"))
    expression = pd.read_csv(file, sep="\t", index_col=0).T
    known = None
    if covariates:
        known = pd.read_csv(folder / "covariates.tsv", sep="\t", index_col=0)[covariates]
    genes, counts = genesis.read_genes(folder / "genes.bed"), []
    for seed in range(n_shuffles):
        rng = np.random.default_rng(seed)
        others = [genotypes.samples[k] for k in rng.permutation(len(genotypes.samples))]
        chosen = expression
        if n_genes is not None:
            chosen = expression.iloc[:, np.sort(rng.choice(expression.shape[1], n_genes, False))]
        result = genesis.discover(
            replace(genotypes, samples=others), chosen, genes=genes, covariates=known,
            cis_window=100, normalise="int",
        )  # fmt: skip
        counts.append(result.counts["ancestor"])
    print(f"{folder.name}, {n_shuffles} shuffles: ancestors claimed {counts}", flush=True)


def dream5(n_seeds: int, shared: Path) -> None:
    for number in range(1, 6):
        folder = shared / "data" / "dream5_sysgenA100" / f"net{number}"
        genotypes = genesis.read_vcf(folder / "genotypes.vcf.gz")
        expression = genesis.read_expression(folder / "expression.tsv.gz")
        gold = pd.read_csv(folder / "gold.tsv", sep="\t").iloc[:, :2]
        gold.columns = ["parent", "child"]
        for factors in ("auto", "none"):
            start = time.perf_counter()
            result = genesis.discover(
                genotypes,
                expression,
                genes=genesis.read_genes(folder / "genes.bed"),
                cis_window=CIS_OF_MARKERS,
                anchor_kind="positional",
                hidden_factors=factors,
                keep_posterior=0.0,
                normalise="int",
            )
            found = evaluate(result, gold, level="direct", unnamed="unrelated")
            print(
                f"net {number}, hidden factors {factors}: AUPR {found.aupr:.3f}, "
                f"{time.perf_counter() - start:.0f} s"
            )


#: Base pairs, one marker a gene: the gene's own marker alone is near it.
CIS_OF_MARKERS = 1000


def yeast(n_seeds: int, shared: Path) -> None:
    folder = shared / "data" / "yeast_brem2005"
    genotypes = genesis.read_vcf(folder / "genotypes.vcf.gz")
    expression = genesis.read_expression(folder / "expression.tsv.gz")
    genes = genesis.read_genes(folder / "genes_R64.bed")
    gold = pd.read_csv(folder / "gold_knockout_247.tsv.gz", sep="\t").iloc[:, :2]
    gold.columns = ["parent", "child"]
    regulators = pd.read_csv(folder / "anchorable_regulators_ko.tsv", sep="\t").iloc[:, 0]
    for factors in ("auto", "none"):
        start = time.perf_counter()
        result = genesis.discover(
            genotypes, expression, genes=genes, cis_window=20_000, normalise="int",
            anchor_kind="both", hidden_factors=factors,
        )  # fmt: skip
        print(f"hidden factors {factors}: {result.counts}, {time.perf_counter() - start:.0f} s")
        ids = result.gene_ids
        near = same_locus(result.genes, 50_000)
        tables = rankings(result)
        excluded = pd.DataFrame(near, index=ids, columns=ids)
        by_posterior = (
            tables["posterior"]
            .mask(excluded)
            .reindex(regulators)
            .reindex(columns=gold["child"].unique())
        )
        sure = int((by_posterior >= 0.9).to_numpy().sum())
        for name, top in [*((name, 500) for name in tables), ("posterior", sure)]:
            share = enrichment(
                tables[name], gold, top=top, rows=list(regulators), exclude=excluded,
                level="direct",
            )  # fmt: skip
            print(f"enrichment of the top {top} by {name}: {share:.1f}")


def rankings(result: genesis.Result) -> dict[str, pd.DataFrame]:
    """Scores of ordered pairs: posteriors, these with ties broken, and by size as well."""
    posterior, pairs = result.posterior.fillna(0), result.pairs
    size = np.zeros(posterior.shape, dtype=np.float32)
    size[pairs.gene_b, pairs.gene_a] = np.abs(np.nan_to_num(pairs.correlation))
    size[pairs.gene_a, pairs.gene_b] = size[pairs.gene_b, pairs.gene_a]
    return {
        "posterior": posterior,
        # As `genesis show` lists claims, posteriors to three digits.
        "posterior, then correlation": posterior.round(3) + 1e-4 * size,
        "posterior × correlation": posterior * size,
    }


def same_locus(genes: pd.DataFrame, distance: int) -> np.ndarray:
    start = genes["start"].to_numpy(dtype=np.float64, na_value=np.nan)
    chrom = genes["chrom"].astype("string").fillna("?").to_numpy(dtype=object)
    return (chrom[:, None] == chrom) & (np.abs(start[:, None] - start) < distance)


PARTS: dict[str, Callable[[int, Path], None]] = {
    "two-tier": two_tier,
    "fixtures": fixtures,
    "cis-eqtl": cis_eqtl,
    "kinds": kinds,
    "null": null,
    "dream5": dream5,
    "yeast": yeast,
}

if __name__ == "__main__":
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    PARTS[sys.argv[1]](seeds, Path(sys.argv[3] if len(sys.argv) > 3 else "../shared"))
