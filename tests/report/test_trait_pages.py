"""A page a trait: what acts on it, by which loci and paths, and what of this is not known."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import genesis
from genesis.findings.relations import CALIBRATED_COLUMNS, RULE_NAMES
from genesis.report.html import render_report
from genesis.report.trait_pages import MOST_PAGES, trait_pages, trait_rows
from genesis.result.graph_file import graphs_on_disk
from tests.paths.small_graphs import result_with, tables_of
from tests.report.conftest import HOSTILE
from tests.report.test_layered_network import of_layers
from tests.report.test_page import Page

#: What the calibrated method says of each claim made by hand.
SURE = {
    "rule": RULE_NAMES.index("calibrated"), **dict.fromkeys(CALIBRATED_COLUMNS, 0.0),
    "posterior": 0.9, "posterior_chain": 0.9, "posterior_direct": 0.9, "effect": 0.1,
}  # fmt: skip


def numbers(text):
    return [float(x.replace("−", "-")) for x in re.findall(r"[+−]\d+\.\d\d", text)]


def body(text):
    return re.sub(r"<(style|script)\b.*?</\1>", "", text, flags=re.DOTALL)


def test_a_page_says_what_acts_on_the_trait(layered):
    pages = trait_pages(layered)
    assert (pages["kind"], pages["n_more"], pages["more"]) == ("trait", 0, [])
    by_name = {page["name"]: page for page in pages["pages"]}
    assert list(by_name) == ["LDL", "yield", "height"]
    ldl = by_name["LDL"]
    claims = layered.claims().query("gene_b == 'LDL'").set_index("gene_a")
    assert [row["name"] for row in ldl["ancestors"]] == ["GENE1@protein", "GENE1"]
    assert ldl["n_ancestors"] == len(claims) == 2
    for row in ldl["ancestors"]:
        claim = claims.loc[row["name"]]
        assert layered.genes["layer"].iloc[row["gene"]] == row["layer"]
        assert float(row["posterior"]) == pytest.approx(claim["posterior"], abs=0.00051)
        assert float(row["edge"]) == pytest.approx(claim["posterior_direct"], abs=0.00051)
        assert row["rests_on"] == claim["rests_on"] == "own anchor"
        mean, low, high = numbers(row["effect"])
        assert low < mean < high
    # Simulated: 0.8 on the trait, 0.72 of it by way of the protein, in standard deviations.
    mean, low, high = numbers(ldl["ancestors"][0]["effect"])
    assert low <= claims.loc["GENE1@protein", "effect"] <= high
    found = layered.paths("LDL")
    assert [row["locus"] for row in ldl["loci"]] == found.loci["locus"].tolist() == ["rs2", "rs3"]
    assert [row["verdict"] for row in ldl["loci"]] == ["through", "through"]
    assert ldl["verdicts"] == {"through": 2, "beside": 0, "cannot be told": 0}
    assert numbers(ldl["loci"][0]["effect"]) == pytest.approx(
        found.loci[["effect", "effect_low", "effect_high"]].iloc[0].tolist(), abs=0.0051
    )
    assert [row["path"] for row in ldl["paths"]] == found.paths["path"].tolist()[:10]
    assert ldl["paths"][0]["path"] == "rs3 → GENE1@protein → LDL"
    crop = by_name["yield"]
    assert crop["ancestors"] == []
    assert crop["verdicts"] == {"through": 0, "beside": 1, "cannot be told": 0}
    assert next((row["locus"], row["name"]) for row in crop["others"]) == ("rs4", "GENE2")
    assert by_name["height"]["n_loci"] == 0


@pytest.fixture(scope="module")
def page_of_layers(layered):
    return render_report(layered, "run")


def test_the_page_has_layers_then_traits(page_of_layers):
    text = " ".join(body(page_of_layers).split())
    places = [
        text.index(f'<section id="{name}">') for name in ("found", "layers", "traits", "claims")
    ]
    assert places == sorted(places)
    assert '<a href="#layers">Layers</a>' in text
    assert '<a href="#traits">Traits</a>' in text
    assert "<dt>molecules</dt><dd>9</dd>" in text
    assert "<dt>traits</dt><dd>3</dd>" in text
    assert "Relations of 9 molecules and 3 traits, 66 pairs" in text
    assert text.count('<details class="trait"') == 3
    assert text.count('<details class="trait" open>') == 1
    assert "Nothing that was measured is claimed to act on it." in text
    assert "No locus acts on it in 80 sampled graphs." in text
    page = Page(page_of_layers)
    ids = {value for _, name, value in page.attributes if name == "id"}
    links = {
        value[1:] for _, name, value in page.attributes if name == "href" and "trait-" in value
    }
    assert links == {f"trait-{k}" for k in range(9, 12)}
    assert links <= ids


def test_a_page_of_one_layer_has_neither(calibrated):
    assert trait_pages(calibrated) is None
    text = body(render_report(calibrated))
    for word in ("layer", "trait", "molecule"):
        assert word not in text.lower()


def test_loaded_results_have_the_same_page(layered, page_of_layers, tmp_path):
    layered.save(tmp_path / "run")
    assert render_report(genesis.load(tmp_path / "run"), "run") == page_of_layers


def test_genes_of_links_have_panels(page_of_layers):
    page = Page(page_of_layers)
    genes = {value for _, name, value in page.attributes if name == "href" and "#gene-" in value}
    assert {f"#gene-{k}" for k in (1, 7, 9, 11)} <= genes
    for gene in genes:
        assert f'"{gene.removeprefix("#gene-")}":{{"name"' in page.scripts[0][1]


def test_names_of_layers_are_text(hostile_layers):
    text = render_report(hostile_layers)
    page = Page(text)
    assert page.tags.count("script") == 3
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    for _, name, value in page.attributes:
        assert not name.startswith("on")
        if name in ("src", "href"):
            assert value.startswith(("#", "data:"))
    assert {page["name"] for page in trait_pages(hostile_layers)["pages"]} == set(HOSTILE[6:9])
    shown = [cell for cell in page.cells if cell in HOSTILE[6:9]]
    assert set(shown) == set(HOSTILE[6:9])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"graphs": None}, "Loci and paths are not told: this run kept no graphs"),
        (
            {"graphs": graphs_on_disk("gone.zip")},
            "Loci and paths are not told: gone.zip is missing: put it back beside the other files",
        ),
    ],
)
def test_without_graphs_the_page_says_so(change, message, layered):
    run = {**layered.run, "command": "genesis run --out a"}
    text = " ".join(render_report(replace(layered, run=run, **change)).split())
    assert message in text
    assert "<p>The run was:</p><pre>genesis run --out a</pre>" in text
    assert "GENE1@protein</a></td><td>protein</td>" in text
    row = trait_pages(replace(layered, **change))["pages"][0]["ancestors"][0]
    assert numbers(row["effect"]) == pytest.approx(
        [layered.claims().query("gene_b == 'LDL'")["effect"].iloc[0]], abs=0.4
    )


def test_rules_have_pages_of_claims():
    layers = ["expression", "protein", "trait"]
    result = of_layers([(0, 1), (1, 2)], layers, rule=0)
    run = {**result.run, "options": {"method": "rules"}}
    (page,) = trait_pages(replace(result, run=run))["pages"]
    assert [row["name"] for row in page["ancestors"]] == ["N1"]
    assert (page["ancestors"][0]["posterior"], page["ancestors"][0]["rests_on"]) == ("–", "R1")
    assert "method rules samples none: run with --method calibrated" in page["reason"]
    assert "Loci and paths are not told" in render_report(replace(result, run=run))


def test_genes_that_were_asked_for_have_a_page():
    graphs = [(9, [(0, -1, 0, 0.5), (-1, 0, 4, 1.0), (0, -1, 3, 0.4)])]
    result = result_with(tables_of(graphs), paths_to="E,D")
    pages = trait_pages(result)
    assert pages["kind"] == "target"
    assert [page["name"] for page in pages["pages"]] == ["D", "E"]
    assert pages["pages"][1]["loci"][0]["verdict"] == "through"
    assert pages["pages"][1]["paths"][0]["path"] == "rs0 → A → E"
    # A leads on to E and is no other effect.
    assert [(row["locus"], row["name"]) for row in pages["pages"][1]["others"]] == [("rs0", "D")]
    assert trait_pages(result_with(tables_of(graphs))) is None


def test_hundreds_of_traits_are_bounded(rng):
    n = 60
    layers = ["expression"] * n + ["trait"] * 130
    pairs = [(k, n + (k * k) % 130) for k in range(n)]
    result = of_layers(pairs, layers, **SURE)
    # One is surer than all others.
    result.pairs.posterior[np.flatnonzero(result.pairs.gene_b == n + 49)[0]] = 0.99
    pages = trait_pages(result)
    assert len(pages["pages"]) == MOST_PAGES
    assert pages["pages"][0]["name"] == f"N{n + 49}"
    assert pages["n_more"] == 130 - MOST_PAGES
    assert len(pages["more"]) == 100
    text = " ".join(render_report(result).split())
    assert "And 110 more: " in text
    assert "and 10 others." in text
    assert len(body(text)) < 1_500_000
    rows, n_traits = trait_rows(result, 3)
    assert (len(rows), n_traits) == (3, 130)
    assert rows[0]["posterior"] == pytest.approx(0.99)


def test_what_is_not_certain_enough_is_named():
    rows = [(0, 2), (1, 2)]
    result = of_layers(rows, ["expression", "protein", "trait"], **SURE)
    pairs = result.pairs
    pairs.relation[1], pairs.posterior[1] = 3, 0.71
    (page,) = trait_pages(result)["pages"]
    assert [row["name"] for row in page["ancestors"]] == ["N0"]
    assert page["possible"] == [("N1", "0.71")]
    text = " ".join(render_report(result).split())
    assert "Not certain enough to be claimed: <span>N1</span> 0.71." in text
    assert page["ancestors"][0]["effect"] == "+0.10"
