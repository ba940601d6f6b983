"""Are claims on real data seen again? ``python tests/benchmarks/real_data.py DATA [options]``.

DATA is ``geuvadis`` (360 people; subsets of 60 genes with a strong anchor and 140 others) or
``yeast`` (112 segregants; subsets of 200 genes), in the folder ``data`` of --shared. On the same
halves, with the same anchors: GENESIS, and three obvious comparators, written from their
descriptions:

* product: a and b are correlated and a is anchored; the predicted effect of the anchor on b is the
  product of its correlation with a and that of a and b;
* 2sls: the anchor of a is correlated with b; the effect is the ratio of its correlations (two-stage
  least squares with one instrument);
* mediation: as in the causal inference test (Millstein 2009): the anchor goes with b, with a given
  b, and a with b given the anchor, while the anchor and b are not seen to go together given a. The
  equivalence test of the last part is replaced by a test at a level of 0.05.

Those three claim at a Benjamini–Hochberg FDR of 0.05. Printed are claims, those that could be
tested, λ with its errors, and what was expected.

DATA may also be ``mirna``: 150 genes of geuvadis (60 with a strong anchor) and the microRNAs of the
same people, as two layers without an order. Printed are claims within and between layers by their
posteriors, and the self-test's λ by what claims rest on; then the same with the microRNAs of the
people shuffled, together with the genotypes near them, where no claim between layers is true. Of
both also λ by layers and posterior of half of the people, looked for in the others (--splits).

Or ``traits``: 200 genes of yeast (100 with a strong anchor), of which --traits at random are given
as traits: they lie nowhere and act on no gene. Printed is λ by layers; then the same with the
traits of the segregants shuffled, of which no claim of a gene on a trait is true.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

import genesis
from genesis.anchors.leads import p_of_r
from genesis.options import Options
from genesis.replicating.claimed import CLAIM_COLUMNS, Claimed
from genesis.replicating.half_anchors import anchors_of_half
from genesis.replicating.held_against import Held, hold_against, pool
from genesis.replicating.matched_data import match_data
from genesis.replicating.second_samples import SecondSamples
from genesis.replication.halves import Halver

LEVEL = 0.05
FOLDERS = {"geuvadis": "human_geuvadis_360", "yeast": "yeast_brem2005"}
WINDOWS = {"geuvadis": 100, "yeast": 20_000}
STRONG_T = 6.0
POSTERIORS = (0.0, 0.5, 0.9, 0.95, 0.99, 1.0)


def read(name: str, shared: Path, subset: int, n_anchored: int | None = None):
    """Genotypes, expression of a random subset of genes, and positions.

    Of the 200 genes so many have a strong anchor, by default as many as it happens in yeast.
    """
    folder = shared / "data" / FOLDERS[name]
    genotypes = genesis.read_vcf(folder / "genotypes.vcf.gz")
    genes = genesis.read_genes(folder / ("genes.bed" if name == "geuvadis" else "genes_R64.bed"))
    expression = pd.read_csv(folder / "expression.tsv.gz", sep="\t", index_col=0).T
    expression = expression.loc[:, expression.std() > 0]
    expression = expression[sorted(set(expression.columns) & set(genes["gene_id"]))]
    rng = np.random.default_rng(subset)
    if n_anchored is None:
        chosen = rng.choice(expression.columns, 200, replace=False)
    else:
        whole = SecondSamples(genotypes, expression, None, genes=genes, steps="int")
        options = Options(cis_window=WINDOWS[name], threads=1)
        found = anchors_of_half(whole, list(expression.columns), None, options)
        r = found["strength"].to_numpy()
        strong = found["gene_id"][np.abs(r) * np.sqrt(whole.degrees / (1 - r * r)) >= STRONG_T]
        first = rng.choice(sorted(set(strong)), n_anchored, replace=False)
        rest = sorted(set(expression.columns) - set(first))
        chosen = [*first, *rng.choice(rest, 200 - n_anchored, replace=False)]
    return genotypes, expression[sorted(chosen)], genes


def read_mirna(shared: Path, subset: int, n_genes: int):
    """Dosages of both files of variants, variants, expression, microRNAs and the places of both."""
    folder = shared / "data" / FOLDERS["geuvadis"]
    genotypes, expression, genes = read("geuvadis", shared, subset, 60)
    anchored = set(genotypes.variants["variant_id"].str.split("|").str[1])
    first = sorted(set(expression.columns) & anchored)
    expression = expression[[*first, *sorted(set(expression.columns) - set(first))][:n_genes]]
    second = genesis.read_vcf(folder / "mirna_genotypes.vcf.gz")
    mirna = pd.read_csv(folder / "mirna.tsv.gz", sep="\t", index_col=0).T
    return genotypes, second, expression, mirna, genes, genesis.read_genes(folder / "mirna.bed")


def dosage_table(genotypes) -> pd.DataFrame:
    return pd.DataFrame(
        np.asarray(genotypes.dosages), genotypes.samples, genotypes.variants["variant_id"]
    )


def say_layers(
    what: str, genotypes, second, expression, mirna, genes, places, *, splits: int, **given
) -> None:
    """Claims of one analysis of both layers, the self-test, and λ by layers."""
    started = time.perf_counter()
    dosages = dosage_table(genotypes).join(dosage_table(second))
    inputs = {
        "variants": pd.concat([genotypes.variants, second.variants], ignore_index=True),
        "genes": genes, "layers": {"mirna": (mirna, places)}, "cis_window": WINDOWS["geuvadis"],
    }  # fmt: skip
    result = genesis.discover(dosages, expression, **inputs, **given)
    layer = result.genes.set_index("gene_id")["layer"]
    claims = result.relations.query("relation == 'ancestor'")
    pair = claims["gene_a"].map(layer) + " -> " + claims["gene_b"].map(layer)
    bins = pd.cut(claims["posterior"], POSTERIORS)
    print(f"{what} ({time.perf_counter() - started:.0f} s)", layer.value_counts().to_dict())
    print(pd.crosstab(pair, bins) if len(claims) else "no claims")
    tested = result.run.get("self_test") or {}
    between = claims["gene_a"].map(layer) != claims["gene_b"].map(layer)
    print(claims.loc[between, ["gene_a", "gene_b", "posterior", "rests_on"]].to_string())
    print({name: tested.get(name) for name in ("verdict", "splits", "not_tested")})
    for name in ("bins", "by_layers"):
        print(pd.DataFrame(tested.get(name) or []).round(3).to_string(index=False), flush=True)
    say_replicated(what, dosages, expression, splits=splits, **inputs, **given)


def say_replicated(what: str, genotypes, expression, *, splits: int, **given) -> None:
    """λ by layers of claims of half of the samples, and what could not be tested."""
    started = time.perf_counter()
    found = genesis.replicate(genotypes, expression, splits=splits, **given)
    print(f"{what}, λ of {splits} splits ({time.perf_counter() - started:.0f} s)")
    print(found.by_layers.round(3).to_string(index=False))
    print(found.counts, flush=True)


def say_traits(shared: Path, subset: int, n_traits: int, splits: int, **given) -> None:
    """Genes of yeast as traits, as they are and shuffled."""
    genotypes, expression, genes = read("yeast", shared, subset, 100)
    chosen = np.random.default_rng(subset).choice(expression.columns, n_traits, replace=False)
    traits = expression[sorted(chosen)]
    rest = expression.drop(columns=chosen)
    at = np.random.default_rng(subset + 1).permutation(len(traits))
    others = traits.iloc[at].set_axis(traits.index)
    for what, one in (("as measured", traits), ("traits shuffled", others)):
        say_replicated(
            what, genotypes, rest, genes=genes, traits=one, splits=splits,
            cis_window=WINDOWS["yeast"], **given,
        )  # fmt: skip


def shuffled(second, mirna: pd.DataFrame, seed: int):
    """The microRNAs of the people and their variants, given to other people."""
    at = np.random.default_rng(seed).permutation(len(mirna))
    people = mirna.index[at]
    rows = pd.Index(second.samples).get_indexer(people)
    other = dataclasses.replace(second, dosages=np.asarray(second.dosages)[rows])
    return (
        dataclasses.replace(other, samples=list(mirna.index)),
        mirna.loc[people].set_axis(mirna.index),
    )


def within_fdr(p: np.ndarray) -> np.ndarray:
    """What Benjamini and Hochberg reject."""
    return stats.false_discovery_control(p) <= LEVEL if len(p) else np.zeros(0, dtype=bool)


def partial(r_xy, r_xz, r_yz):
    """Correlation of x and y given z."""
    return (r_xy - r_xz * r_yz) / np.sqrt(np.maximum((1 - r_xz**2) * (1 - r_yz**2), 1e-12))


def peers(half: SecondSamples, genes: list[str], anchors: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Claims of the comparators, each with its effects."""
    lead = anchors.drop_duplicates("gene_id").set_index("gene_id")
    anchored = [name for name in genes if name in lead.index]
    z = half.variant_rows(lead.loc[anchored, "variant_id"].tolist())
    x = half.gene_rows(genes)
    at = [genes.index(name) for name in anchored]
    r_za = np.einsum("ij,ij->i", z, x[at])[:, None]
    keep = (p_of_r(r_za, half.degrees) < 1e-4) & (np.array(at)[:, None] != np.arange(len(genes)))
    r_zb, r_ab = z @ x.T, x[at] @ x.T
    r_za = np.broadcast_to(r_za, r_zb.shape)
    a, b = np.nonzero(keep)
    r_za, r_zb, r_ab = (one[a, b] for one in (r_za, r_zb, r_ab))
    less = half.degrees - 1
    mediated = np.max(
        [
            p_of_r(r_zb, half.degrees),
            p_of_r(partial(r_za, r_zb, r_ab), less),
            p_of_r(partial(r_ab, r_za, r_zb), less),
        ],
        axis=0,
    )
    rest = p_of_r(partial(r_zb, r_za, r_ab), less)
    found = {
        "product": (within_fdr(p_of_r(r_ab, half.degrees)), r_ab),
        "2sls": (within_fdr(p_of_r(r_zb, half.degrees)), r_zb / r_za),
        "mediation": (within_fdr(mediated) & (rest > LEVEL), r_ab),
    }
    names = np.array(genes, dtype=object)
    return {
        name: pd.DataFrame(
            {
                "gene_a": np.array(anchored, dtype=object)[a[claimed]],
                "gene_b": names[b[claimed]],
                "effect": effect[claimed],
                "posterior": 1.0,
                "rests_on": None,
            },
            columns=list(CLAIM_COLUMNS),
        )
        for name, (claimed, effect) in found.items()
    }


def held_by_peers(name, genotypes, expression, genes, splits, seed) -> dict[str, list[Held]]:
    data = match_data(genotypes, expression, None)
    halver = Halver.of(data.take(np.arange(data.n_samples))[0], data.samples, threads=1)
    options = Options(cis_window=WINDOWS[name], threads=1)
    tests: dict[str, list[Held]] = {}
    for number in range(splits):
        halves = halver.halves(seed + number // 2)
        first, second = (
            SecondSamples(*data.take(rows), genes=genes, steps="int")
            for rows in (halves if number % 2 == 0 else halves[::-1])
        )
        ids = list(expression.columns)
        anchors = anchors_of_half(first, ids, None, options)
        for peer, claims in peers(first, ids, anchors).items():
            claimed = Claimed(claims, 0, anchors, first.degrees, first.contigs())
            tests.setdefault(peer, []).append(hold_against(claimed, second))
    return tests


def line(name: str, table: pd.DataFrame, n_claims: int, lower: float) -> dict[str, object]:
    row = table[(table["rests_on"] == "all") & (table["lower"] == lower)].iloc[0]
    return {
        "method": name, "claims": n_claims, "tested": row["n_claims"], "loci": row["n_loci"],
        "expected": row["mean_posterior"], "seen": row["share"], "se": row["se"],
        "se_between": row["se_between"],
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", choices=[*FOLDERS, "mirna", "traits"])
    parser.add_argument("--shared", type=Path, default=Path(__file__).parents[3] / "shared")
    parser.add_argument("--subset", type=int, default=11, help="seed of the genes drawn")
    parser.add_argument("--seed", type=int, default=11, help="seed of the first split")
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--hidden-factors", default="auto")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--peers-only", action="store_true")
    parser.add_argument("--genes", type=int, default=150, help="of mirna")
    parser.add_argument("--traits", type=int, default=50, help="genes that are traits")
    asked = parser.parse_args()
    factors = asked.hidden_factors
    given = {
        "threads": asked.threads, "seed": asked.seed,
        "hidden_factors": int(factors) if factors.isdigit() else factors,
    }  # fmt: skip
    if asked.data == "traits":
        say_traits(asked.shared, asked.subset, asked.traits, asked.splits, **given)
        raise SystemExit
    if asked.data == "mirna":
        first, second, expression, mirna, *places = read_mirna(
            asked.shared, asked.subset, asked.genes
        )
        given["splits"] = asked.splits
        say_layers("as measured", first, second, expression, mirna, *places, **given)
        second, mirna = shuffled(second, mirna, asked.seed)
        say_layers("microRNAs shuffled", first, second, expression, mirna, *places, **given)
        raise SystemExit
    genotypes, expression, genes = read(
        asked.data, asked.shared, asked.subset, 60 if asked.data == "geuvadis" else None
    )
    tests = held_by_peers(asked.data, genotypes, expression, genes, asked.splits, asked.seed)
    lines = [
        line(peer, pool(held)[0], sum(len(one.claimed.claims) for one in held), 0.9)
        for peer, held in tests.items()
    ]
    if not asked.peers_only:
        started = time.perf_counter()
        found = genesis.replicate(
            genotypes, expression, genes=genes, splits=asked.splits,
            cis_window=WINDOWS[asked.data], **given,
        )  # fmt: skip
        seconds = time.perf_counter() - started
        for lower in (0.9, 0.5, 0.1):
            n = found.counts["claims"][f"{lower:g}"]
            lines.append(line(f"genesis, from {lower:g}", found.table, n, lower))
        print(found.verdict, f"({seconds:.0f} s)")
        print(found.counts)
    print(pd.DataFrame(lines).round(3).to_string(index=False))
