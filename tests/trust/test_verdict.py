"""Whether to trust a run: every rule at both sides of its threshold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import genesis
from genesis.posterior.chains.chain_weights import AGREEING, AGREEMENT
from genesis.trust.chain_agreement import (
    FEWEST_DRAWS,
    LARGEST_R_HAT,
    MOST_DEVIATION,
    check_chains,
)
from genesis.trust.check import Check, worst
from genesis.trust.judge import judge
from genesis.trust.other_samples import LEAST_SEEN, check_other_samples
from genesis.trust.sample_checks import MOST_RELATED, check_exchanged, check_related
from genesis.trust.unseen_causes import (
    FEW_ANCHORED,
    FEWEST_ANCHORED,
    MOST_ALONE,
    MOST_ALONE_UNTESTED,
    SOME_ALONE_UNTESTED,
    check_anchors,
    check_evidence,
    check_hidden_causes,
)
from tests.handmade import asymmetric_result, result_of

CHAINS = {
    "relative_deviation_between_chains": 0.01,
    "chains_of_equal_weight": 3.5,
    "r_hat_of_log_density": 1.1,
    "bulk_ess_of_log_density": 120.0,
    "pairs_compared": 40,
    "pairs_that_differ": 2,
    "most_differing_pairs": [
        {"gene_a": "A", "gene_b": "B", "deviation": 0.25},
        {"gene_a": "C", "gene_b": "<D>", "deviation": 0.1},
    ],
}


@pytest.mark.parametrize(
    ("name", "value", "level"),
    [
        ("relative_deviation_between_chains", AGREEMENT, "green"),
        ("relative_deviation_between_chains", AGREEMENT + 0.001, "amber"),
        ("relative_deviation_between_chains", MOST_DEVIATION, "amber"),
        ("relative_deviation_between_chains", MOST_DEVIATION + 0.001, "red"),
        ("relative_deviation_between_chains", None, "amber"),
        ("chains_of_equal_weight", AGREEING, "green"),
        ("chains_of_equal_weight", AGREEING - 0.1, "amber"),
        ("r_hat_of_log_density", LARGEST_R_HAT, "green"),
        ("r_hat_of_log_density", LARGEST_R_HAT + 0.01, "amber"),
        ("r_hat_of_log_density", None, "green"),
        ("bulk_ess_of_log_density", FEWEST_DRAWS, "green"),
        ("bulk_ess_of_log_density", FEWEST_DRAWS - 0.1, "amber"),
        ("bulk_ess_of_log_density", None, "green"),
    ],
)
def test_chains(name, value, level):
    check = check_chains({**CHAINS, name: value})
    assert check.level == level
    assert bool(check.advice) == (level != "green")


def test_chains_are_told_of_in_numbers():
    said = check_chains(CHAINS).found
    assert "3.5 chains of equal weight" in said
    assert "differ on a share of 0.010 of the ancestors (0.04 or less is asked for)" in said
    assert (
        "On 2 of 40 pairs they differ by 0.1 or more, most on A before B (0.25), C before <D> "
        "(0.10)." in said
    )
    assert "an R-hat of 1.10, which is near 1" in said
    assert said.endswith("and a bulk ESS of 120 independent draws.")
    older = {name: x for name, x in CHAINS.items() if "pairs" not in name}
    assert "pairs they differ" not in check_chains(older).found


@pytest.mark.parametrize(
    ("says", "seen", "level"),
    [
        ("hold", 0.95, "green"),
        ("more", 1.2, "green"),
        ("less", LEAST_SEEN, "amber"),
        ("less", LEAST_SEEN - 0.001, "red"),
        ("nothing", 0.1, "red"),
        ("nothing", 0.6, "red"),
        ("cannot tell", None, "amber"),
    ],
)
def test_other_samples(says, seen, level):
    found = {"verdict": "What was seen.", "outcome": {"says": says, "seen": seen}}
    check = check_other_samples({"self_test": found})
    assert (check.level, check.found) == (level, "What was seen.")


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ("not made", "More genes and samples"),
        ("any variant", "--genes"),
        ("cannot tell", "genesis replicate"),
    ],
)
def test_what_would_tell_is_said(says, words):
    found = {"verdict": "Nothing.", "outcome": {"says": says, "seen": None}}
    check = check_other_samples({"self_test": found})
    assert check.level == "amber"
    assert words in check.advice


@pytest.mark.parametrize("method", ["rules", "calibrated"])
def test_a_run_without_a_self_test_is_not_green(method):
    check = check_other_samples({"options": {"method": method}})
    assert check.level == "amber"
    assert ("--method calibrated" in check.advice) == (method == "rules")
    assert ("--self-test" in check.advice) == (method == "calibrated")


def test_a_self_test_of_before_its_outcome_was_kept_is_not_green():
    assert check_other_samples({"self_test": {"verdict": "Good."}}).level == "amber"


def record(used, samples=91, genes=300, **options):
    # 80 degrees of freedom: at most 8 factors.
    return {
        "options": {"method": "calibrated", "hidden_factors": "auto", **options},
        "counts": {"samples": samples, "covariate_rank": 10, "genes": genes},
        "calibrated": {"hidden_factors_used": used},
    }


@pytest.mark.parametrize(
    ("run", "level", "words"),
    [
        (record(0), "green", "predict no better"),
        (record(7), "green", "7 hidden factors fitted, of at most 8"),
        (record(8), "amber", "8 hidden factors fitted, which is the most"),
        (record(8, samples=101), "green", "of at most 9"),
        (record(6, genes=20), "amber", "the most"),
        (record(5, genes=20), "green", "of at most 6"),
        (record(8, hidden_factors=8), "green", "as asked for"),
        (record(0, hidden_factors="none"), "amber", "No hidden factors were fitted"),
        (record(0, hidden_factors="none", expression_pcs="elbow"), "green", "taken out"),
        ({"options": {"method": "rules", "expression_pcs": 0}}, "amber", "No hidden factors"),
        ({"options": {"method": "rules", "expression_pcs": 5}}, "green", "taken out"),
    ],
)
def test_hidden_causes(run, level, words):
    check = check_hidden_causes(run)
    assert check.level == level
    assert words in check.found


def of_claims(own, elsewhere, alone, *, tested):
    """A result whose claims rest on what is given, so many of each kind."""
    kinds = [0] * own + [1] * elsewhere + [2] * alone
    n = len(kinds)
    rows = [
        {"gene_a": k, "gene_b": n, "relation": 0, "rule": 4, "rests_on": kind, "posterior": 0.99}
        for k, kind in enumerate(kinds)
    ]
    # What is no claim is not counted.
    rows.append({"gene_a": n, "gene_b": 0, "relation": 3, "rests_on": 2, "posterior": 0.4})
    result = result_of(rows, [f"G{k}" for k in range(n + 1)])
    curves = {"expression alone": {"is_known": tested}}
    run = {**result.run, "calibrated": {}, "self_test": {"curves": curves}}
    return replace(result, run=run)


@pytest.mark.parametrize(
    ("alone", "tested", "level"),
    [
        (MOST_ALONE, True, "green"),
        (MOST_ALONE + 0.05, True, "amber"),
        (SOME_ALONE_UNTESTED, False, "green"),
        (SOME_ALONE_UNTESTED + 0.05, False, "amber"),
        (MOST_ALONE_UNTESTED, False, "amber"),
        (MOST_ALONE_UNTESTED + 0.05, False, "red"),
    ],
)
def test_what_claims_rest_on(alone, tested, level):
    n_alone = round(20 * alone)
    check = check_evidence(of_claims(20 - n_alone, 0, n_alone, tested=tested))
    assert check.level == level
    assert f"{n_alone} on expression alone ({alone:.2f} of them)" in check.found
    assert ("could not be tested" in check.found) == (not tested)


def test_what_claims_rest_on_is_counted_by_kind():
    said = check_evidence(of_claims(3, 2, 1, tested=True)).found
    assert said == (
        "Of 6 ancestor claims 3 rest on an anchor of the ancestor's own, 2 on anchors elsewhere, "
        "1 on expression alone (0.17 of them)."
    )
    assert check_evidence(of_claims(0, 0, 0, tested=False)).level == "unchecked"
    assert check_evidence(asymmetric_result()) is None


@pytest.mark.parametrize(
    ("share", "level"),
    [
        (1.0, "green"),
        (FEW_ANCHORED, "green"),
        (FEW_ANCHORED - 0.05, "amber"),
        (FEWEST_ANCHORED, "amber"),
        (FEWEST_ANCHORED - 0.05, "red"),
    ],
)
def test_anchors(share, level):
    result = result_of([], [f"G{k}" for k in range(20)])
    without = 20 - round(20 * share)
    result.run["counts"]["genes_without_anchor"] = without
    check = check_anchors(result)
    assert check.level == level
    assert check.found == f"{20 - without} of 20 genes have an anchor ({share:.2f})."
    del result.run["counts"]["genes_without_anchor"]
    assert check_anchors(result).level == "unchecked"


def kinship(n, degrees, se=0.02):
    pairs = [
        {"sample_a": f"a{k}", "sample_b": f"b{k}", "degree": degree}
        for k, degree in enumerate(degrees)
    ]
    found = {"variants": 5000, "median_se": se, "pairs": pairs}
    return {"preparation": {"samples": n, "kinship": found}}


@pytest.mark.parametrize(
    ("run", "level"),
    [
        ({}, "unchecked"),
        ({"preparation": {"samples": 9}}, "unchecked"),
        (kinship(100, [], se=None), "unchecked"),
        (kinship(100, []), "green"),
        (kinship(100, ["second"]), "amber"),
        (kinship(100, ["second"] * 40), "amber"),
        (kinship(100, ["first"] * round(100 * MOST_RELATED / 2)), "amber"),
        (kinship(100, ["duplicate"] * round(100 * MOST_RELATED / 2 + 1)), "red"),
        # 100 samples have 4,950 pairs.
        (kinship(100, ["first"] * 2474), "red"),
        (kinship(100, ["first"] * 2475), "green"),
    ],
)
def test_related_samples(run, level):
    assert check_related(run).level == level


def test_related_samples_are_named():
    said = check_related(kinship(50, ["duplicate", "second"])).found
    assert said.startswith("By 5,000 variants, which tell kinship to ± 0.020, 2 pairs of samples")
    assert "related in the second degree or closer" in said
    assert "a0 and b0 (duplicate), a1 and b1 (second)" in said
    assert said.endswith("2 of 50 samples have a duplicate or a relative of the first degree.")


def swaps(*candidates, power=0.95):
    found = {
        "cis_effects": 122,
        "power": power,
        "conclusive": power >= 0.5,
        "candidates": [{"sample": a, "best_other": b} for a, b in candidates],
    }
    return {"preparation": {"samples": 90, "swaps": found}}


@pytest.mark.parametrize(
    ("run", "level", "words"),
    [
        ({}, "unchecked", "Not looked for"),
        (swaps(), "green", "None found, by 122 cis effects"),
        (swaps(power=0.5), "green", "with probability 0.50"),
        (swaps(power=0.49), "unchecked", "with probability 0.49"),
        (swaps(power=0.0), "unchecked", "cannot be told"),
        (swaps(("S1", "S2")), "red", "of 1 sample of 90 fits the genotypes of another"),
        (swaps(("S1", "S2"), ("S2", "S1"), power=0.1), "red", "S1 fits S2, S2 fits S1"),
    ],
)
def test_exchanged_samples(run, level, words):
    check = check_exchanged(run)
    assert check.level == level
    assert words in check.found


@pytest.mark.parametrize(
    ("levels", "level"),
    [
        (["green", "unchecked"], "green"),
        (["green", "amber", "unchecked"], "amber"),
        (["red", "amber", "green"], "red"),
    ],
)
def test_the_verdict_is_the_worst_of_the_checks(levels, level):
    assert worst(levels) == level


@pytest.fixture(scope="module")
def small():
    rng = np.random.default_rng(1)
    z = rng.binomial(2, 0.4, size=(200, 3)).astype(float)
    x = z + rng.normal(size=(200, 3))
    x[:, 1] += x[:, 0]
    return {
        method: genesis.discover(z, x, method=method, normalise="none")
        for method in ("calibrated", "rules")
    }


def test_the_rules_have_fewer_checks(small):
    names = {method: [check.name for check in judge(one).checks] for method, one in small.items()}
    assert names["calibrated"] == [
        "chains", "other samples", "hidden causes", "what claims rest on", "anchors",
        "related samples", "exchanged samples",
    ]  # fmt: skip
    assert names["rules"] == [
        name for name in names["calibrated"] if name not in ("chains", "what claims rest on")
    ]
    verdict = small["rules"].verdict
    assert verdict.level == "amber"
    assert verdict.headline == (
        "Verdict: amber. Usable as leads; look with care at: other samples, hidden causes."
    )
    assert str(verdict).splitlines() == verdict.lines
    assert verdict.lines[-1] == (
        "[unchecked] exchanged samples: Not looked for. genesis.prepare looks for them."
    )


def test_headlines_say_what_to_look_at(small):
    result = small["calibrated"]
    bad = {**result.run, **swaps(("S1", "S2"))}
    verdict = replace(result, run=bad).verdict
    assert verdict.level == "red"
    assert verdict.headline.startswith(
        "Verdict: red. Do not build on this run before you have dealt with: exchanged samples; "
        "look with care at: other samples"
    )
    good = {
        **result.run,
        "self_test": {"verdict": "Yes.", "outcome": {"says": "hold", "seen": 1.0},
                      "curves": {"expression alone": {"is_known": True}}},
        "calibrated": {**result.run["calibrated"], **CHAINS, "hidden_factors_used": 0},
        "counts": {**result.run["counts"], "genes_without_anchor": 0},
    }  # fmt: skip
    verdict = replace(result, run=good).verdict
    assert verdict.level == "green"
    assert verdict.headline.startswith("Verdict: green. Of 5 checks none speaks against this run")


def test_the_verdict_is_kept_and_made_anew(small, tmp_path):
    for method, result in small.items():
        result.save(tmp_path / method)
        again = genesis.load(tmp_path / method)
        assert again.verdict == result.verdict
        assert "verdict" not in again.run


def test_records_that_say_little_have_a_verdict():
    result = asymmetric_result()
    for run in ({}, {"calibrated": {}}, {"calibrated": {}, "self_test": {"verdict": "?"}}):
        verdict = replace(result, run=run).verdict
        assert verdict.level in ("amber", "red")
        assert verdict.record()["checks"]


def test_a_check_as_a_line():
    assert str(Check("chains", "amber", "They differ.", "Run again.")) == (
        "[amber] chains: They differ. Run again."
    )


@pytest.mark.slow
def test_the_verdict_tells_good_runs_from_bad_ones():
    data = genesis.simulate.cis_eqtl(
        500, 30, factor_variance=0.4, n_factors=5, n_parents=1.0, h2=(0.1, 0.3), seed=9
    )
    shuffled = data.expression.copy()
    shuffled.index = np.random.default_rng(0).permutation(shuffled.index)
    found = {}
    for name, expression, factors in [
        ("good", data.expression, "auto"),
        ("confounded", data.expression, "none"),
        ("shuffled", shuffled, "auto"),
    ]:
        found[name] = genesis.discover(
            data.genotypes, expression, variants=data.variants, genes=data.genes,
            hidden_factors=factors,
        ).verdict  # fmt: skip
    red = {
        name: [check.name for check in verdict.checks if check.level == "red"]
        for name, verdict in found.items()
    }
    assert red == {"good": [], "confounded": ["other samples"], "shuffled": ["anchors"]}
    assert found["good"].level == "green"
