"""Sentences on a run, from its record, an older one's too."""

from __future__ import annotations

from dataclasses import replace

from genesis.report.html import render_report
from genesis.report.summary import chain_rows, preparation_record
from genesis.report.summary_lines import sampling_lines
from genesis.trust.judge import judge

NEW = {"r_hat_of_log_density", "bulk_ess_of_log_density", "elpd_loo", "largest_pareto_k"}


def with_record(result, change):
    """The same result with another record of its chains."""
    found = result.run["calibrated"]
    chains = [change(dict(chain)) for chain in found["chains"]]
    changed = {**change(dict(found)), "chains": chains}
    return replace(result, run={**result.run, "calibrated": changed})


def said_of_chains(result):
    return next(check.found for check in judge(result).checks if check.name == "chains")


def test_how_well_chains_mix_is_said(calibrated):
    said = {
        "relative_deviation_between_chains": 0.02,
        "chains_of_equal_weight": 3.0,
        "r_hat_of_log_density": 1.153,
        "bulk_ess_of_log_density": 1036.1,
        "elpd_loo": -1234.56,
        "largest_pareto_k": 0.714,
    }
    result = with_record(calibrated, lambda record: {**record, **said})
    line = said_of_chains(result)
    assert "R-hat of 1.15, which is near 1 where chains draw from one distribution" in line
    assert line.endswith("and a bulk ESS of 1,036 independent draws.")
    assert {(row["loo"], row["pareto_k"]) for row in chain_rows(result)} == {("−1,234.6", "0.71")}
    page = render_report(result)
    assert "an R-hat of 1.15" in page
    assert '<td class="n">−1,234.6</td><td class="n">0.71</td>' in page


def test_what_was_not_estimated_is_not_said(calibrated):
    unknown = with_record(calibrated, lambda record: {**record, **dict.fromkeys(NEW)})
    older = with_record(
        calibrated, lambda record: {name: x for name, x in record.items() if name not in NEW}
    )
    for result in (unknown, older):
        assert "R-hat" not in said_of_chains(result)
        assert {(row["loo"], row["pareto_k"]) for row in chain_rows(result)} == {("–", "–")}
        assert "R-hat" not in render_report(result)


def test_what_the_self_test_found_is_said(calibrated):
    found = {
        "hidden_factors": {"gain_in_unseen_samples": -1234.4, "se": 20.2},
        "verdict": "They hold.",
        "unsupported": 2,
    }
    result = replace(calibrated, run={**calibrated.run, "self_test": found})
    said = sampling_lines(result)[-2:]
    assert said[0].endswith("hidden factors predict the others worse by 1,234 ± 20 nats.")
    assert said[1].startswith("Not claimed: 2 pairs above one half")
    assert not [line for line in sampling_lines(calibrated) if "nats" in line and "1,234" in line]


def test_a_tiny_share_of_false_claims_is_not_none(calibrated):
    found = calibrated.run["calibrated"]
    for rate, shown in ((0.0004, "&lt; 0.001"), (0.0005, "0.001"), (0.0, "&lt; 0.001")):
        changed = {**found, "expected_fdr": {"ancestor": rate}}
        page = render_report(replace(calibrated, run={**calibrated.run, "calibrated": changed}))
        tile = page.split("expected share of false ones")[1][:40]
        assert f"<dd>{shown}</dd>" in tile


def test_scores_of_single_samples_are_not_printed(calibrated):
    moved = {"sample": "S1", "own_z": -0.25, "best_other": "S2", "best_z": 9.5, "own": 0.01,
             "other": 0.97, "verdict": "swapped"}  # fmt: skip
    record = {
        "samples": 4,
        "swaps": {"cis_effects": 9, "own_z": [3.25, None, 1.5, 12.0], "separation": 3.25,
                  "power": 0.75, "conclusive": True, "candidates": [moved],
                  "verdicts": {"own": 3, "swapped": 1}},
        "kinship": {"variants": 70, "median_se": 0.02, "pairs": [], "samples": [
            {"sample": f"S{k}", "missing": 0.01, "heterozygous": 0.3125 + k / 64} for k in range(4)
        ]},
    }  # fmt: skip
    result = replace(calibrated, run={**calibrated.run, "preparation": record})
    shown = preparation_record(result)
    assert shown["swaps"] == {
        "cis_effects": 9,
        "probability_that_an_exchange_of_two_is_found": 0.75,
        "samples": {"own": 3, "swapped": 1},
        "expression_that_fits_the_genotypes_of_another": [
            {"sample": "S1", "fits": "S2", "probability": 0.97}
        ],
    }
    assert shown["kinship"] == {"variants": 70, "median_se": 0.02, "pairs": []}
    page = render_report(result)
    for number in ("3.25", "9.5", "0.3125", "own z"):
        assert f">{number}" not in page
    assert page.count('id="figure-heterozygosity"') == 1
    assert "did not count heterozygous calls" not in page
    assert "did not count heterozygous calls" in render_report(calibrated)
    assert preparation_record(replace(result, run={})) is None
