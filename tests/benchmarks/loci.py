"""Which gene of a locus: ``python tests/benchmarks/loci.py PART [SEEDS or PREFIX] [SHARED]``.

PART is one of

* ``crosses``: lines and F2 with dense genes, hotspots and a fifth of the genes unmeasured: how
  often credible sets hold a gene that acts, over all loci that do, and how large they are;
* ``tuning``: the same of the seeds that constants were chosen by;
* ``yeast``: all genes of yeast segregants in SHARED/data: deletions' effects among pairs at 0.9
  and among the first 500. Its posteriors are kept in PREFIX.npz, and taken from there the next
  time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import genesis
from genesis.evaluate import enrichment, transitive_closure
from genesis.findings.loci_table import weighed_by_locus
from genesis.inputs.collect import collect_inputs
from genesis.linear.unit_rows import unit_rows
from genesis.loci.which_gene import find_loci
from genesis.options import Options
from genesis.prepare.normalise import normalise_inputs

#: Seeds of the simulations: those that constants were chosen by, and others.
TUNING, FIRST_SEED = 100, 7_000
CIS_WINDOW = 10_000
DESIGNS = [("ril", 112), ("ril", 300), ("f2", 112), ("f2", 300)]
VARIANTS_OF_DATA: dict[str, dict[str, float]] = {
    "plain": {},
    "factors 0.3": {"factor_variance": 0.3},
    "measurement noise 0.2": {"measurement_noise": 0.2},
}


def cross(population: str, n: int, seed: int, **more: object) -> genesis.simulate.Simulation:
    """A cross of 125 genes on five chromosomes, of which a fifth are not measured."""
    setting: dict[str, object] = {
        "n_genes": 125, "hotspots": 2, "hotspot_targets": 25, "unmeasured": 0.2,
        "snps_per_gene": 3, **more,
    }  # fmt: skip
    return genesis.simulate.cis_eqtl(n, population=population, seed=seed, **setting)


def loci_of(data: genesis.simulate.Simulation, window: int = CIS_WINDOW) -> pd.DataFrame:
    inputs = collect_inputs(data.genotypes, data.expression, data.variants, data.genes, None, None)
    return find_loci(inputs, Options(cis_window=window, all_snps=False))[0]


def scored(data: genesis.simulate.Simulation, table: pd.DataFrame) -> pd.DataFrame:
    """One row a locus and target: whether it acts, and whether its credible set holds what does.

    A gene of the locus acts if a variant of its own, or of an unmeasured gene, moves it and it
    is an ancestor of the target. "None of the measured" is true where a variant of an unmeasured
    gene at the locus reaches the target by no gene measured there. The gene that acts most is
    the one whose variants move the target most along all paths.
    """
    truth = _Truth(data)
    rows = []
    for (locus, target), members in table.groupby(["locus", "target"], sort=False):
        place = members.iloc[0]
        named = set(members["gene_id"].dropna())
        says_none = bool(members["gene_id"].isna().any())
        acting, none, most = truth.at(place["chrom"], place["start"], place["end"], target)
        most_found = says_none if most is None else most in named
        rows.append(
            {
                "locus": locus,
                "target": target,
                "posterior": place["posterior"],
                "acts": bool(acting) or none,
                "covered": bool(named & acting) or (none and says_none),
                "most covered": most_found,
                "size": len(members),
                "of": place["n_genes"],
                "first is right": (place["gene_id"] in acting)
                if pd.notna(place["gene_id"])
                else none,
            }
        )
    return pd.DataFrame(rows)


class _Truth:
    """What the network says of loci."""

    def __init__(self, data: genesis.simulate.Simulation) -> None:
        setting = {k: v for k, v in data.parameters.items() if k not in ("design", "unmeasured")}
        self.whole = genesis.simulate.cis_eqtl(**setting)
        ids = self.whole.expression.columns
        self.at_column = {str(gene): k for k, gene in enumerate(ids)}
        self.ids = ids
        self.measured = ids.isin(data.expression.columns)
        weight = np.zeros((len(ids), len(ids)))
        truth, anchors = self.whole.truth, self.whole.anchors
        weight[ids.get_indexer(truth["parent"]), ids.get_indexer(truth["child"])] = truth["weight"]
        self.edges = weight != 0
        self.above = transitive_closure(self.edges)
        self.total = np.linalg.inv(np.eye(len(ids)) - weight)
        spread = self.whole.genotypes[anchors["variant_id"]].to_numpy().std(axis=0)
        self.own = np.zeros(len(ids))
        np.add.at(
            self.own,
            ids.get_indexer(anchors["gene_id"]),
            (anchors["weight"].to_numpy() * spread) ** 2,
        )

    def at(
        self, chrom: str, start: int, end: int, target: str
    ) -> tuple[set[str], bool, str | None]:
        """Measured genes that act, whether one acts by none of them, and the one that acts most."""
        genes, b = self.whole.genes, self.at_column[target]
        here = (
            (genes["chrom"] == chrom)
            & (genes["start"] <= end + CIS_WINDOW)
            & (genes["end"] >= start - CIS_WINDOW)
        ).to_numpy()
        moved = here & (self.own > 0)
        varies = moved | (here & self.above[moved].any(axis=0))
        acting = varies & self.measured & self.above[:, b]
        hidden = np.flatnonzero(moved & ~self.measured & self.above[:, b])
        # Without the measured genes of the locus, does a path go on?
        open_ = self.edges & ~(here & self.measured)[None, :]
        none = bool(len(hidden)) and bool(transitive_closure(open_)[hidden, b].any())
        size = np.where(moved, np.sqrt(self.own) * np.abs(self.total[:, b]), 0.0)
        most = int(size.argmax())
        return set(self.ids[acting]), none, str(self.ids[most]) if self.measured[most] else None


def summary(rows: pd.DataFrame, least: float) -> dict[str, float]:
    """Of the pairs from a posterior on: are they true, and of the true ones, what is covered."""
    listed = rows[rows["posterior"] >= least]
    true = listed[listed["acts"]]
    return {
        "pairs": len(listed),
        "mean posterior": listed["posterior"].mean(),
        "true": listed["acts"].mean(),
        "covered": true["covered"].mean(),
        "strongest covered": true["most covered"].mean(),
        "first is right": true["first is right"].mean(),
        "mean size": true["size"].mean(),
        "of": true["of"].mean(),
    }


def crosses(first_seed: int, n_seeds: int) -> Iterator[dict[str, object]]:
    for name, more in VARIANTS_OF_DATA.items():
        for population, n in DESIGNS:
            rows = []
            for seed in range(first_seed, first_seed + n_seeds):
                data = cross(population, n, seed, **more)
                rows.append(scored(data, loci_of(data)))
            pooled = pd.concat(rows, ignore_index=True)
            for least in (0.2, 0.5, 0.9):
                yield {"data": name, "design": population, "n": n, "from": least} | summary(
                    pooled, least
                )


def show_crosses(first_seed: int, n_seeds: int) -> None:
    start = time.perf_counter()
    table = pd.DataFrame(crosses(first_seed, n_seeds))
    print(f"seeds {first_seed} to {first_seed + n_seeds - 1}")
    print(table.round(3).to_string(index=False))
    print(f"{time.perf_counter() - start:.0f} s")


def yeast(prefix: Path, shared: Path) -> None:
    folder = shared / "data" / "yeast_brem2005"
    genotypes = genesis.read_vcf(folder / "genotypes.vcf.gz")
    expression = genesis.read_expression(folder / "expression.tsv.gz")
    genes = genesis.read_genes(folder / "genes_R64.bed")
    gold = pd.read_csv(folder / "gold_knockout_247.tsv.gz", sep="\t").iloc[:, :2]
    gold.columns = ["parent", "child"]
    markers = pd.read_csv(folder / "anchorable_regulators_ko.tsv", sep="\t", index_col=0)
    kept = Path(f"{prefix}.npz")
    if not kept.exists():
        result = genesis.discover(
            genotypes, expression, genes=genes, cis_window=20_000, normalise="int",
            anchor_kind="both", hidden_factors="none",
        )  # fmt: skip
        np.savez(kept, p=result.posterior.to_numpy())
    inputs = collect_inputs(genotypes, expression, None, genes, None, None)
    inputs = normalise_inputs(inputs, "int")
    loci, learned = find_loci(inputs, Options(cis_window=20_000, all_snps=False))
    print(learned)
    ids = pd.Index(inputs.genes["gene_id"], name="gene_id")
    regulators = [gene for gene in markers.index if gene in ids]
    place = inputs.genes["start"].to_numpy(dtype=np.float64, na_value=np.nan)
    chrom = inputs.genes["chrom"].astype("string").fillna("?").to_numpy(dtype=object)
    near = (chrom[:, None] == chrom) & (np.abs(place[:, None] - place) < 50_000)
    near = pd.DataFrame(near, index=ids, columns=ids)
    rows, _ = unit_rows(inputs.expression, inputs.basis)
    size = pd.DataFrame(np.abs(rows @ rows.T), index=ids, columns=ids)
    column = pd.Index(inputs.variants["variant_id"]).get_indexer(
        markers.loc[regulators, "best_cis_marker"]
    )
    to_marker = np.abs(unit_rows(inputs.dosages[:, column], inputs.basis)[0] @ rows.T)
    posterior = pd.DataFrame(np.load(kept)["p"], index=ids, columns=ids).fillna(0)
    by_locus = weighed_by_locus(loci, ids).fillna(0)
    rankings = {
        "product of two correlations": (size.loc[regulators] * to_marker).reindex(ids).fillna(0),
        "posterior, then correlation": posterior.round(3) + 1e-4 * size,
        "posterior × correlation": posterior * size,
        "posterior by locus": by_locus,
        "posterior by locus × correlation": by_locus * size,
    }
    for name, scores in rankings.items():
        found = enrichment(scores, gold, top=500, rows=regulators, exclude=near, level="direct")
        print(f"enrichment of the first 500 by {name}: {found:.1f}")
    effects = np.zeros((len(ids), len(ids)), dtype=np.bool_)
    named = gold[gold["parent"].isin(ids) & gold["child"].isin(ids)]
    effects[ids.get_indexer(named["parent"]), ids.get_indexer(named["child"])] = True
    known = pd.DataFrame(effects, index=ids, columns=ids)
    targets = pd.unique(named["child"])
    is_far = ~near.loc[regulators, targets].to_numpy()
    for name, scores in (("posterior", posterior), ("posterior by locus", by_locus)):
        for least in (0.5, 0.9):
            sure = (scores.loc[regulators, targets].to_numpy() >= least) & is_far
            share = known.loc[regulators, targets].to_numpy()[sure].mean()
            print(f"{name} >= {least}: {sure.sum()} pairs, {share:.3f} effects of deletions")


if __name__ == "__main__":
    part = sys.argv[1]
    given = sys.argv[2] if len(sys.argv) > 2 else "10"
    shared = Path(sys.argv[3] if len(sys.argv) > 3 else "../shared")
    if part == "yeast":
        yeast(Path(given), shared)
    else:
        show_crosses(TUNING if part == "tuning" else FIRST_SEED, int(given))
