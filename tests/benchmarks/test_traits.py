"""What the benchmark of traits counts, and that its other methods tell what they can tell."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.options import Options
from tests.benchmarks import traits, traits_seen_again


@pytest.fixture(scope="module")
def people():
    """Many of them, few molecules, effects that cannot be missed, and no network beside."""
    none = {"genes_on_genes": 0, "genes_on_proteins": 0, "proteins_on_genes": 0}
    return genesis.simulate.layers(
        2000, 20, 10, 1, mediated=2, partly_mediated=0, pleiotropic=2, confounded=2,
        fraction_follow=0, h2=(0.2, 0.3), direct=0.2, confounding=0.2, polygenic=0, **none, seed=3,
    )  # fmt: skip


def test_each_method_tells_what_it_can(people):
    said = traits.of_baselines(people)
    kinds = people.routes.set_index("molecule")["kind"]
    claims = {
        name: one.claimed["T1"].loc[kinds.index].groupby(kinds).sum().to_dict()
        for name, one in said.items()
    }
    nothing = {"confounded": 0, "mediated": 0, "pleiotropic": 0}
    everything = dict.fromkeys(nothing, 2)
    assert claims["correlation"] == everything
    # A variant of the locus acts on both, whether by way of the molecule or not.
    assert claims["colocalisation"] == nothing | {"mediated": 2, "pleiotropic": 2}
    assert claims["two-stage least squares"] == nothing | {"mediated": 2, "pleiotropic": 2}
    # Given the variant a molecule still depends on the trait, if by a hidden factor alone.
    assert claims["triple: complete or partial"]["pleiotropic"] == 0
    assert claims["triple: complete or partial"]["mediated"] == 2
    assert claims["Sobel"] == nothing | {"mediated": 2, "confounded": 2}


def test_as_many_posteriors_are_claimed_as_the_rate_allows():
    ids = {"index": list("abcd"), "columns": ["T"]}
    said = traits.by_posterior(np.array([[0.99], [0.5], [0.94], [0.93]]), ids)
    # 0.01, 0.035 and 0.0467 on average, and 0.16 with the last.
    assert said.claimed["T"].tolist() == [True, False, True, True]
    assert not traits.by_posterior(np.array([[0.9], [0.5], [0.1], [0]]), ids).claimed.any(axis=None)


def test_figures_by_hand():
    rows = pd.DataFrame(
        {
            "seed": [1, 1, 1, 2, 2],
            "method": "m",
            "is_posterior": True,
            "score": [1.0, 0.6, 0.1, 0.55, 0.9],
            "claimed": [True, True, False, False, True],
            "kind": ["mediated", "other", "pleiotropic", "mediated", "confounded"],
            "true": [True, True, False, True, False],
        }
    )
    found = traits.summary(rows).loc["m"]
    assert found[["AUPR", "loci", "claims", "FDR", "true"]].tolist() == [0.75, 0.75, 3, 1 / 3, 2]
    kinds = ["mediated", "partly_mediated", "pleiotropic", "confounded", "other"]
    assert found[kinds].tolist() == [1, 0, 0, 1, 1]
    bins = traits.reliability(rows).reset_index(drop=True)
    assert bins["pairs"].tolist() == [1, 2, 1, 1]
    assert bins["true"].tolist() == [0, 1, 0, 1]
    assert bins["said"].tolist() == pytest.approx([0.1, 0.575, 0.9, 1])


def test_what_other_methods_claim_is_held_against_the_other_half(people):
    molecules, _ = traits.measured(people)
    matched, places = traits_seen_again.matched_traits(people, molecules)
    options = Options(cis_window=traits.CIS_WINDOW, threads=1)
    tests = traits_seen_again.peers_in_halves(
        people, matched, traits.of_baselines, places, options
    )  # fmt: skip
    rows = pd.concat(
        [traits_seen_again.rows_of_tests(name, held, people) for name, held in tests.items()]
    )
    found = traits_seen_again.seen_again(rows).loc[(slice(None), 0.9), :].droplevel(1)
    # Of a locus that acts on both, everything is seen again, true or not.
    ratio = found.loc["two-stage least squares"]
    assert ratio["true"] < 0.9
    assert ratio["true"] + ratio["of a locus"] == pytest.approx(1)
    assert abs(ratio["seen"] - 1) < 3 * ratio["se"]
    # Of a hidden factor nothing is.
    by_product = found.loc["Sobel"]
    assert by_product["of a locus"] == 0
    assert abs(by_product["seen"] - by_product["true"]) < 4 * by_product["se"]


def test_data_sets_count_by_their_part_of_what_is_predicted():
    one = {"method": "m", "from": 0.9, "claims": 3, "tested": 2, "said": 1.0, "true": 1.0,
           "of a locus": 0.0}  # fmt: skip
    rows = pd.DataFrame(
        [{**one, "part": 3.0, "seen": 1.0, "se": 0.1}, {**one, "part": 1.0, "seen": 0.2, "se": 0.4}]
    )
    found = traits_seen_again.seen_again(rows).loc[("m", 0.9)]
    assert found[["claims", "tested"]].tolist() == [6, 4]
    assert found["seen"] == pytest.approx(0.8)
    assert found["se"] == pytest.approx(np.hypot(0.075, 0.1))
