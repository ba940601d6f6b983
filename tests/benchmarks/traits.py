"""Which molecules act on traits: ``python -m tests.benchmarks.traits SETTING [SEEDS] [N ...]``.

SETTING is ``default`` (shares of variance as the simulator has them: mediators are the strongest
correlates of a trait), ``even`` (mediators, pleiotropic loci and hidden factors are more alike) or
``unconfounded`` (the same without hidden factors).
120 transcripts and 80 proteins, and five traits with molecules that mediate, molecules of loci
that act on the trait by themselves (pleiotropic), and molecules with a hidden factor in common
with the trait (confounded). For each number N of people (300, 1000, 3000) a table of what each
method says of all pairs molecule → trait:

AUPR      of its scores, where a pair is true if the molecule is an ancestor of the trait
loci      the same among the molecules that the simulation gave a kind: mediators against others
claims    at a false discovery rate of 0.05: by Benjamini and Hochberg of p-values, or as many as
          have a mean posterior of at least 0.95
FDR       share of the claims of all seeds that are false; and how many claims are on molecules
          of each kind (other: beside those that have one)

then posteriors against the truth by bins, over all seeds, and λ of claims on traits that half of
the people make and the others are asked for (`traits_seen_again.py`): seen is to be what is true.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, norm

import genesis
from genesis.evaluate import average_precision
from genesis.options import Options
from tests.benchmarks import mediation_baselines as baselines
from tests.benchmarks.traits_seen_again import rows_seen_again, seen_again

FIRST_SEED = 7_000
PEOPLE = (300, 1_000, 3_000)
KINDS = {"mediated": 2, "partly_mediated": 1, "pleiotropic": 3, "confounded": 3}
EVEN = {"h2": (0.1, 0.4), "molecular": 0.15, "direct": 0.2, "confounding": 0.3}
SETTINGS: dict[str, dict[str, object]] = {
    "default": KINDS,
    "even": {**KINDS, **EVEN},
    "unconfounded": {**KINDS, **EVEN, "confounded": 0},
}
CIS_WINDOW = 150_000
FDR = 0.05
BINS = (0.0, 0.05, 0.2, 0.5, 0.8, 0.95, 1.0)


@dataclass
class Said:
    """What a method says of molecules × traits.

    Attributes
    ----------
    score : pandas.DataFrame of float64, shape (n_molecules, n_traits)
    claimed : pandas.DataFrame of bool, shape (n_molecules, n_traits)
    is_posterior : bool
    """

    score: pd.DataFrame
    claimed: pd.DataFrame
    is_posterior: bool


def simulated(setting: str, n: int, seed: int) -> genesis.simulate.Simulation:
    return genesis.simulate.layers(n, 120, 80, 5, **SETTINGS[setting], seed=seed)


def measured(data: genesis.simulate.Simulation) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Molecules of all layers by their ids in the truth, and traits."""
    protein = data.layers["protein"].add_suffix("@protein")
    return pd.concat([data.expression, protein], axis=1), data.traits


def discovered(data: genesis.simulate.Simulation) -> genesis.Result:
    """The one call of `genesis.discover`."""
    return genesis.discover(
        data.genotypes,
        data.expression,
        variants=data.variants,
        genes=data.places(),
        layers={"protein": (data.layers["protein"], data.places("protein"))},
        traits=data.traits,
        cis_window=CIS_WINDOW,
        fdr=FDR,
        keep_posterior=0.0,
    )


def of_genesis(data: genesis.simulate.Simulation) -> Said:
    result = discovered(data)
    molecules, traits = (table.columns for table in measured(data))
    posterior = result.posterior.loc[molecules, traits].fillna(0.0).astype(np.float64)
    claimed = result.ancestrality.loc[molecules, traits] == 1.0
    return Said(posterior, claimed, True)


def of_baselines(data: genesis.simulate.Simulation) -> dict[str, Said]:
    molecules, traits = measured(data)
    n = len(molecules)
    x, y, z = (
        (table - table.mean()) / table.std(ddof=0)
        for table in (molecules, traits, data.genotypes.astype(np.float64))
    )
    near = variants_near(data)
    lead = np.empty(len(x.columns), dtype=np.int64)
    wald, h4 = np.zeros((2, len(x.columns), len(y.columns)))
    traits_by_variant = z.to_numpy().T @ y.to_numpy() / n
    for place, molecule in enumerate(x.columns):
        local, values = near[molecule], x[molecule].to_numpy()
        instruments = baselines.chosen_instruments(z.to_numpy()[:, local], values)
        lead[place] = local[instruments[0]]
        chosen = z.to_numpy()[:, local[instruments]]
        effect, error = baselines.two_stage(chosen, values, y.to_numpy())
        wald[place] = effect / error
        r = z.to_numpy()[:, local].T @ values / n
        by_molecule = baselines.log_abf(r, (1 - r**2) / (n - 2))[:, None]
        r = traits_by_variant[local]
        by_trait = baselines.log_abf(r, (1 - r**2) / (n - 2))
        h4[place] = baselines.colocalisation(by_molecule, by_trait)
    r_xm = (z.to_numpy()[:, lead] * x.to_numpy()).mean(axis=0)[:, None]
    three = r_xm, traits_by_variant[lead], x.to_numpy().T @ y.to_numpy() / n
    models = baselines.triple_posteriors(*three, n)
    complete, partial = models["complete mediation"], models["partial mediation"]
    every = baselines.triple_posteriors(*three, n, tuple(baselines.MODELS))
    either_way = every["complete mediation"] + every["partial mediation"]
    table = {"index": x.columns, "columns": y.columns}
    return {
        "correlation": by_p_value(three[2] * np.sqrt(n), table),
        "Sobel": by_p_value(baselines.sobel(*three, n), table),
        "two-stage least squares": by_p_value(wald, table),
        "triple: complete": by_posterior(complete, table),
        "triple: complete or partial": by_posterior(complete + partial, table),
        "the same beside reactive": by_posterior(either_way, table),
        "colocalisation": by_posterior(h4, table),
    }


def variants_near(data: genesis.simulate.Simulation) -> dict[str, np.ndarray]:
    """Columns of the variants in each molecule's cis window."""
    chrom, pos = data.variants["chrom"].to_numpy(), data.variants["pos"].to_numpy()
    places = data.genes[data.genes["layer"] != "trait"]
    return {
        row.gene_id: np.flatnonzero(
            (chrom == row.chrom) & (pos >= row.start - CIS_WINDOW) & (pos <= row.end + CIS_WINDOW)
        )
        for row in places.itertuples()
    }


def by_p_value(z: np.ndarray, table: dict[str, pd.Index]) -> Said:
    p = 2 * norm.sf(np.abs(z))
    claimed = false_discovery_control(p.ravel()).reshape(p.shape) <= FDR
    return Said(pd.DataFrame(np.abs(z), **table), pd.DataFrame(claimed, **table), False)


def by_posterior(posterior: np.ndarray, table: dict[str, pd.Index]) -> Said:
    falling = np.sort(posterior.ravel())[::-1]
    promised = np.cumsum(1 - falling) / np.arange(1, len(falling) + 1)
    n_claimed = int(np.count_nonzero(promised <= FDR))
    least = falling[n_claimed - 1] if n_claimed else np.inf
    return Said(pd.DataFrame(posterior, **table), pd.DataFrame(posterior >= least, **table), True)


def rows_of(data: genesis.simulate.Simulation, seed: int) -> pd.DataFrame:
    """One row a method, molecule and trait: score, claim, kind and truth."""
    start = time.perf_counter()
    said = {"genesis": of_genesis(data)}
    print(f"  seed {seed}: genesis {time.perf_counter() - start:.0f} s", file=sys.stderr)
    said |= of_baselines(data)
    molecules, traits = (table.columns for table in measured(data))
    truth = data.ancestry().loc[molecules, traits]
    kinds = pd.DataFrame("other", index=molecules, columns=traits)
    for route in data.routes.itertuples():
        kinds.loc[route.molecule, route.trait] = route.kind
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "seed": seed,
                    "method": name,
                    "is_posterior": one.is_posterior,
                    "score": one.score.to_numpy().ravel(),
                    "claimed": one.claimed.to_numpy().ravel(),
                    "kind": kinds.to_numpy().ravel(),
                    "true": truth.to_numpy().ravel(),
                }
            )
            for name, one in said.items()
        ]
    )


def precision_area(rows: pd.DataFrame) -> float:
    """Mean over seeds of the area under precision and recall."""
    areas = [
        average_precision(now["score"].to_numpy(), now["true"].to_numpy(dtype=bool))
        for _, now in rows.groupby("seed")
    ]
    return float(np.mean(areas))


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    lines = {}
    for name, now in rows.groupby("method", sort=False):
        claims = now[now["claimed"]]
        of_kind = claims["kind"].value_counts()
        lines[name] = {
            "AUPR": precision_area(now),
            "loci": precision_area(now[now["kind"] != "other"]),
            "claims": len(claims),
            "FDR": (~claims["true"].astype(bool)).mean(),
            "true": int(claims["true"].sum()),
            **{kind: of_kind.get(kind, 0) for kind in [*KINDS, "other"]},
        }
    return pd.DataFrame.from_dict(lines, orient="index")


def reliability(rows: pd.DataFrame) -> pd.DataFrame:
    """Of each bin of posteriors: pairs, mean posterior, share true."""
    binned = rows[rows["is_posterior"]].assign(
        bin=lambda now: pd.cut(now["score"], BINS, include_lowest=True, right=False)
    )
    binned.loc[binned["score"] == 1.0, "bin"] = binned["bin"].cat.categories[-1]
    found = binned.groupby(["method", "bin"], sort=False, observed=True).agg(
        pairs=("true", "size"), said=("score", "mean"), true=("true", "mean")
    )
    return found.sort_index()


def main(setting: str, n_seeds: int, people: list[int]) -> None:
    seeds = range(FIRST_SEED, FIRST_SEED + n_seeds)
    for n in people:
        sets = [simulated(setting, n, seed) for seed in seeds]
        rows = pd.concat([rows_of(data, seed) for data, seed in zip(sets, seeds, strict=True)])
        one = rows[rows["method"] == "genesis"]
        print(
            f"\n{setting}, {n} people, {n_seeds} seeds: {len(one)} pairs, "
            f"{int(one['true'].sum())} true ({one['true'].mean():.3f}); "
            f"by kind {one['kind'].value_counts().to_dict()}"
        )
        print(summary(rows).round(3).to_string())
        print("\nposteriors")
        print(reliability(rows).round(3).to_string(), flush=True)
        options = Options(cis_window=CIS_WINDOW, threads=1)
        again = [rows_seen_again(data, measured(data)[0], of_baselines, options) for data in sets]
        print("\nλ of half of the people in the others")
        print(seen_again(pd.concat(again)).round(3).to_string(), flush=True)


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[2:]]
    main(sys.argv[1], given[0] if given else 3, given[1:] or list(PEOPLE))
