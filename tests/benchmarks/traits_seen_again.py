"""λ of claims on traits: half of the simulated people claim, the others are looked at.

With the anchors that the first half chooses. What correlation, Sobel's test and the triples claim
predicts the correlation of molecule and trait; two-stage least squares and colocalisation the ratio
of what the anchor does to both. Beside λ stands what it is to be, which is known here: the share of
the claims that is true, with the weights that these have in λ; and what part of the claims is false
and of a locus that acts on the trait by itself, which λ takes for true.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import genesis
from genesis.inputs.given_layers import layers_given
from genesis.options import Options
from genesis.replicating.claimed import Claimed, with_layers
from genesis.replicating.half_anchors import anchors_of_half
from genesis.replicating.halved_data import HalvedData
from genesis.replicating.held_against import Held, hold_against, pool
from genesis.replicating.matched_data import MatchedData, match_data
from genesis.replicating.second_samples import SecondSamples
from genesis.replication.halves import Halver

BY_RATIO = ("two-stage least squares", "colocalisation")
BINS = ((0.5, 0.9), (0.9, 1.0))
NO_LAYERS = {"order": None, "trait_feedback": False, "trait_hits": None}


def rows_seen_again(
    data: genesis.simulate.Simulation,
    molecules: pd.DataFrame,
    of_peers: Callable[[genesis.simulate.Simulation], dict[str, Any]],
    options: Options,
) -> pd.DataFrame:
    """λ of one data set, one row a method and bin; `molecules` are those of all layers."""
    matched, places = matched_traits(data, molecules)
    rest = (None, None, None, False)
    work = HalvedData(matched, places, NO_LAYERS, None, None, options, *rest)
    tests = {"genesis": work.fit(2)[0], **peers_in_halves(data, matched, of_peers, places, options)}
    return pd.concat([rows_of_tests(name, held, data) for name, held in tests.items()])


def matched_traits(
    data: genesis.simulate.Simulation, molecules: pd.DataFrame
) -> tuple[MatchedData, dict[str, pd.DataFrame]]:
    """All molecules as one layer, the traits, and places."""
    _, given = layers_given(molecules, None, data.traits, None, False, None)
    genes = data.genes[data.genes["layer"] != "trait"].drop(columns="layer")
    matched = match_data(data.genotypes, molecules, None, given)
    return matched, {"variants": data.variants, "genes": genes}


def peers_in_halves(
    data: genesis.simulate.Simulation,
    matched: MatchedData,
    of_peers: Callable[[genesis.simulate.Simulation], dict[str, Any]],
    places: dict[str, pd.DataFrame],
    options: Options,
) -> dict[str, list[Held]]:
    """What other methods claim of the halves that GENESIS is given, each way."""
    halves = Halver.of(data.genotypes, matched.samples, threads=1).halves(options.seed)
    tests: dict[str, list[Held]] = {}
    for first, second in (halves, halves[::-1]):
        said = of_peers(_of_people(data, [matched.samples[row] for row in first]))
        for name, held in _held_by_peers(said, matched, first, second, places, options).items():
            tests.setdefault(name, []).append(held)
    return tests


def _of_people(data: genesis.simulate.Simulation, who: list[str]) -> genesis.simulate.Simulation:
    return dataclasses.replace(
        data,
        genotypes=data.genotypes.loc[who],
        expression=data.expression.loc[who],
        layers={name: table.loc[who] for name, table in data.layers.items()},
        traits=data.traits.loc[who],
    )


def _held_by_peers(
    said: dict[str, Any],
    matched: MatchedData,
    first: np.ndarray,
    second: np.ndarray,
    places: dict[str, pd.DataFrame],
    options: Options,
) -> dict[str, Held]:
    one, other = (
        SecondSamples(*matched.take(rows), **places, steps="int", given=matched.take_layers(rows))
        for rows in (first, second)
    )
    causes, traits = (list(axis) for axis in next(iter(said.values())).claimed.axes)
    anchors = anchors_of_half(one, causes, None, options)
    lead = anchors.drop_duplicates("gene_id").set_index("gene_id")["variant_id"].reindex(causes)
    z, x, y = one.variant_rows(lead.tolist()), one.gene_rows(causes), one.gene_rows(traits)
    alpha = np.einsum("ij,ij->i", z, x)[:, None]
    ratio = np.divide(z @ y.T, alpha, out=np.zeros((len(x), len(y))), where=alpha != 0)
    found = {}
    for name, claimed in ((name, one.claimed.to_numpy()) for name, one in said.items()):
        a, b = np.nonzero(claimed)
        claims = pd.DataFrame(
            {
                "gene_a": np.array(causes, dtype=object)[a],
                "gene_b": np.array(traits, dtype=object)[b],
                "effect": (ratio if name in BY_RATIO else x @ y.T)[a, b],
                "posterior": 1.0,
                "rests_on": None,
            }
        )
        claims, layers = with_layers(claims, one.inputs.genes)
        told = Claimed(claims, 0, anchors, one.degrees, one.contigs(), layers)
        found[name] = hold_against(told, other)
    return found


def rows_of_tests(name: str, tests: list[Held], data: genesis.simulate.Simulation) -> pd.DataFrame:
    """λ of claims on traits beside what is true of them, by bins."""
    truth = data.ancestry()
    pleiotropic = data.routes[data.routes["kind"] == "pleiotropic"]
    by_locus = set(zip(pleiotropic["molecule"], pleiotropic["trait"], strict=True))
    pooled = pool(tests)
    claims = pooled.claims
    strength = np.concatenate([test.claims.strength for test in tests])
    part = strength * claims["effect"] * claims["predicted"]  # of the denominator of λ
    pairs = list(zip(claims["gene_a"], claims["gene_b"], strict=True))
    true = np.array([bool(truth.loc[pair]) for pair in pairs], dtype=bool)
    of_locus = np.array([pair in by_locus for pair in pairs], dtype=bool) & ~true
    weight = (strength * claims["effect"]) ** 2
    rows = []
    for lower, upper in BINS:
        told = pooled.by_layers.query("to_layer == 'trait' and from_layer != 'trait'")
        told = told[told["lower"] == lower]
        here = (claims["layer_b"] == "trait") & (claims["posterior"] >= lower)
        here &= (claims["posterior"] < upper) | (upper == 1.0)
        if not here.any():
            continue
        rows.append(
            {
                "method": name,
                "from": lower,
                "claims": int(told["n_claimed"].sum()),
                "tested": int(here.sum()),
                "part": float(part[here].sum()),
                "said": told["mean_posterior"].iloc[0],
                "true": float((weight * true)[here].sum() / weight[here].sum()),
                "of a locus": float((weight * of_locus)[here].sum() / weight[here].sum()),
                "seen": told["share"].iloc[0],
                "se": told["se"].iloc[0],
            }
        )
    return pd.DataFrame(rows)


def seen_again(rows: pd.DataFrame) -> pd.DataFrame:
    """Several data sets together, each with its part in the denominator of λ."""
    lines = {}
    for key, now in rows.groupby(["method", "from"], sort=False):
        part = now["part"] / now["part"].sum()
        lines[key] = {
            **{name: int(now[name].sum()) for name in ("claims", "tested")},
            **{name: float(part @ now[name]) for name in ("said", "true", "of a locus", "seen")},
            "se": float(np.sqrt(((part * now["se"]) ** 2).sum())),
        }
    return pd.DataFrame.from_dict(lines, orient="index").rename_axis(["method", "from"])
