"""What objects show at a prompt and in a notebook: a few lines, escaped, of the right numbers."""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.constraints import run_pc
from genesis.evaluate import evaluate, pool
from genesis.prepare import genotype_components, kinship, prepare, sample_swaps
from genesis.showing import MOST_LETTERS, MOST_LINES, Shown
from genesis.simulate import two_tier
from tests.handmade import asymmetric_result, random_result


def check(shown) -> str:
    """The text of an object that is short, and whose HTML says the same."""
    text = repr(shown)
    lines = text.split("\n")
    assert 1 < len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= MOST_LETTERS
    page = shown._repr_html_()
    assert page.count("<tr>") == len(lines) - 1
    assert "color" not in page
    assert "background" not in page
    return text


@pytest.fixture(scope="module")
def inputs(example):
    genotypes = genesis.read_vcf(example / "genotypes.vcf.gz")
    expression = genesis.read_expression(example / "expression.tsv.gz")
    return genotypes, expression


def test_inputs_of_the_example_are_shown_in_a_few_lines(inputs, example):
    genotypes, expression = inputs
    text = check(genotypes)
    n_samples, n_variants = genotypes.dosages.shape
    assert f"{n_samples:,} × {n_variants:,} float32" in text
    assert check(expression).startswith(f"Expression\n  values    {len(expression.samples)} × 150")
    aligned = genesis.align(genotypes, expression)
    text = check(aligned)
    assert (
        "genotypes   dosages 300 × 5,580 float32, samples 300: " in text or "dosages 300 ×" in text
    )
    covariates = genesis.read_covariates(example / "covariates.tsv", genotypes.samples)
    assert "305 ×" in check(covariates)


def test_what_preparing_returns_is_shown_in_a_few_lines(inputs, example):
    aligned = genesis.align(*inputs)
    genotypes, expression = aligned.genotypes, aligned.expression
    check(genotype_components(genotypes, 2))
    check(kinship(genotypes))
    genes = genesis.read_genes(example / "genes.bed")
    check(sample_swaps(expression, genotypes, genes=genes))
    check(prepare(genotypes, expression, genes=genes))


def test_a_loaded_result_of_the_example_is_shown_in_a_few_lines(inputs, example, tmp_path):
    genotypes, expression = inputs
    result = genesis.discover(
        genotypes, expression, genes=genesis.read_genes(example / "genes.bed"), method="rules"
    )
    result.save(tmp_path / "run")
    text = check(genesis.load(tmp_path / "run"))
    assert text == repr(result)
    assert text.startswith("Result\n  method       rules (GENESIS ")
    assert f"  ancestors    {len(result.claims()):,} pairs" in text


def test_results_are_shown_by_their_numbers(rng):
    text = check(asymmetric_result())
    assert "ancestors    2 pairs, 1 of them direct" in text
    assert "1 nondescendant, 1 unrelated, 2 unresolved" in text
    assert "left out     variant 2, gene 1" in text
    check(random_result(rng, 40, 20))
    check(two_tier(n=60, d_z=8, d_x=5, seed=3))


def test_other_objects_that_are_returned_are_short(rng):
    result = asymmetric_result()
    truth = pd.DataFrame({"parent": ["A"], "child": ["B"]})
    data = pd.DataFrame(rng.normal(size=(60, 3)), columns=["<A>", "B", "C"])
    learned = run_pc(data, genesis.ConstraintGraph(["<A>", "B", "C"]))
    evaluation = evaluate(result, truth)
    for shown in (result.constraints(), evaluation, pool([evaluation]), learned):
        text = repr(shown)
        assert len(text.split("\n")) <= MOST_LINES
        assert shown._repr_html_() == f"<pre>{html.escape(text)}</pre>"


@dataclass(repr=False)
class Odd(Shown):
    names: list[str]
    text: str
    numbers: np.ndarray


def test_markup_in_names_is_escaped_and_long_texts_are_cut():
    odd = Odd(["<script>alert(1)</script>", "a&b"], "x" * 1000 + "\n" * 30, np.zeros((2, 3)))
    check(odd)
    page = odd._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;, a&amp;b" in page
    assert "2 × 3 float64" in repr(odd)


def test_fields_beyond_the_last_line_are_named():
    names = [f"f{k}" for k in range(20)]
    many = dataclass(repr=False)(
        type("Many", (Shown,), {"__annotations__": dict.fromkeys(names, int)})
    )
    text = check(many(*range(20)))
    assert text.split("\n")[-1].startswith("  also  f10, f11, ")
