"""The report as a file: self-contained, escaped, bounded, the same after loading."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.errors import OutputWriteError
from genesis.findings.relations import CALIBRATED_COLUMNS, Relations
from genesis.report import write_report
from genesis.report.gene_story import partial_size
from genesis.report.html import render_report
from genesis.result.result import Result
from tests.handmade import asymmetric_result, result_of


class Page(HTMLParser):
    """Elements, attributes that could fetch or run something, and text by element."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.scripts, self._script = [], [], [], None
        self.cells, self._cell = [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        if tag == "td":
            self.cells.append("")
            self._cell = True

    def handle_endtag(self, tag):
        if tag == "td":
            self._cell = False

    def handle_data(self, data):
        if self.tags and self.tags[-1] == "script" and self.cdata_elem == "script":
            attributes, text = self.scripts[-1]
            self.scripts[-1] = attributes, text + data
        elif self._cell:
            self.cells[-1] += data


@pytest.mark.parametrize("which", ["calibrated", "by_rules", "hostile"])
def test_page_fetches_nothing_and_runs_only_its_own_script(which, request):
    text = render_report(request.getfixturevalue(which))
    page = Page(text)
    assert page.tags.count("script") == 3
    *data, (own, script) = page.scripts
    assert [attributes for attributes, _ in data] == [
        {"type": "application/json", "id": name} for name in ("panels", "network-data")
    ]
    assert own == {}
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = (value for _, name, value in page.attributes if name == "content" and
                 str(value).startswith("default-src"))  # fmt: skip
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy
    for tag, name, value in page.attributes:
        assert not name.startswith("on"), (tag, name, value)
        if name in ("src", "href", "xlink:href", "action", "srcset", "poster", "data"):
            assert value.startswith(("#", "data:")), (tag, name, value)
    # A name that makes elements SVG; nothing is fetched from there.
    text = text.replace('"http://www.w3.org/2000/svg"', "")
    assert "http" not in re.sub(r"data:[^\"]*", "", text).replace("http-equiv", "")


def test_names_are_text_and_nothing_else(hostile):
    text = render_report(hostile)
    page = Page(text)
    panels = json.loads(page.scripts[0][1])
    assert {panel["name"] for panel in panels.values()} <= set(hostile.gene_ids)
    assert "<script>alert(1)</script>" in {panel["name"] for panel in panels.values()}
    network = json.loads(page.scripts[1][1])
    assert {node["name"] for node in network["nodes"]} <= set(hostile.gene_ids)
    top = hostile.pairs.strongest(1)[0]
    assert page.cells[page.cells.index(str(hostile.gene_ids[hostile.pairs.gene_a[top]])) + 1] == (
        str(hostile.gene_ids[hostile.pairs.gene_b[top]])
    )
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "49" not in {panel["name"] for panel in panels.values()}


def test_same_result_gives_the_same_page_before_and_after_it_was_saved(calibrated, tmp_path):
    text = render_report(calibrated)
    calibrated.save(tmp_path / "run")
    assert render_report(genesis.load(tmp_path / "run")) == text


def test_run_name_and_date_are_in_the_head(calibrated, tmp_path):
    run = {**calibrated.run, "started": "2026-03-05T10:11:12+01:00"}
    path = write_report(replace(calibrated, run=run), tmp_path / "a<b>&c.report.html")
    head = path.read_text(encoding="utf-8").split("<dl")[0]
    assert "<strong>a&lt;b&gt;&amp;c</strong> · 5 March 2026 · GENESIS" in head
    assert "<title>a&lt;b&gt;&amp;c: " in head
    older = {name: x for name, x in run.items() if name != "started"}
    for bad in (older, {**older, "started": 7}, {**older, "started": "soon"}):
        assert "</strong> · GENESIS" in render_report(replace(calibrated, run=bad), "x")


def test_every_negative_number_has_a_minus(calibrated, by_rules):
    for result in (calibrated, by_rules):
        text = render_report(result)
        plain = re.sub(r"<(style|script)[^>]*>.*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL)
        assert not re.findall(r"(?<![\w-])-\d", plain)
        assert not re.findall(r"\d[eE]-\d", plain)
        panels = Page(text).scripts[0][1]
        assert not re.findall(r"[ (]-\d|\d[eE]-\d", panels)
    assert "−" in re.sub(r"<style.*?</style>", "", render_report(by_rules), flags=re.DOTALL)


def test_figures_have_colours_for_dark_pages(calibrated):
    images = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', render_report(calibrated))
    assert len(images) >= 8
    for image in images:
        style = base64.b64decode(image).decode().split("</style>")[0]
        assert "@media screen and (prefers-color-scheme:dark){svg{fill:#e3e8ee}" in style
        assert '[style*="fill: #ffffff"]{fill:#14181d!important}' in style


def test_panels_hold_the_surest_direct_neighbours(calibrated):
    panels = json.loads(Page(render_report(calibrated)).scripts[0][1])
    table = calibrated.relations
    direct = table[(table["relation"] == "ancestor") & table["direct"].fillna(False)]
    for panel in panels.values():
        for side, mine, other in (("up", "gene_b", "gene_a"), ("down", "gene_a", "gene_b")):
            rows = direct[direct[mine] == panel["name"]]
            near = panel["near"][side]
            assert {name for _, name, *_ in near} == set(rows[other])
            for gene, name, sign, width, posterior, effect in near:
                assert calibrated.gene_ids[gene] == name
                row = rows[rows[other] == name].iloc[0]
                assert sign == ("plus" if row["effect"] > 0 else "minus")
                assert 1 <= width <= 2.8
                assert float(posterior) == pytest.approx(row["posterior_direct"], abs=0.00051)
                said = float(effect.replace("−", "-"))
                assert said == pytest.approx(row["effect"], abs=0.0051)


def test_file_is_whole_and_replaced_only_by_force(calibrated, by_rules, tmp_path):
    path = write_report(calibrated, tmp_path / "page.html")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>\n<html")
    assert text.endswith("</html>\n")
    with pytest.raises(OutputWriteError, match="exists"):
        write_report(by_rules, path)
    write_report(by_rules, path, force=True)
    assert "method rules" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "result",
    [result_of([], []), result_of([], ["ACT1"], ["rs1"]), asymmetric_result()],
    ids=["empty", "one gene", "asymmetric"],
)
def test_results_of_few_things_have_a_page(result):
    text = render_report(result)
    assert "keeps no summary of its data" in text
    assert ("Nothing to draw" in text) == (len(result.pairs) == 0)


def test_what_a_run_recorded_of_preparation_is_shown(by_rules):
    record = {"kinship": [{"one": "S1", "other": "<b>", "degree": 1}], "factors": {"elbow": 4}}
    text = render_report(replace(by_rules, run={**by_rules.run, "preparation": record}))
    assert "<h3>Preparation</h3>" in text
    assert "<td>&lt;b&gt;</td>" in text
    assert re.search(r"<dt>elbow</dt><dd>\s*4\s*</dd>", text)


def test_panel_says_the_correlations_before_and_after_conditioning(by_rules):
    panels = json.loads(Page(render_report(by_rules)).scripts[0][1])
    items = [i for panel in panels.values() for s in panel["sections"] for i in s["items"]]
    words = [item["correlations"] for item in items if "after" in item.get("correlations", "")]
    assert words
    evidence = by_rules.diagnostics.evidence.set_index(["gene_a", "gene_b"])
    row = evidence.loc[(1, 2)]
    said = next(text for text in words if text.startswith("Correlation of GENE01 and GENE02:"))
    numbers = [float(x.replace("−", "-")) for x in re.findall(r"(?<= )−?\d\.\d\d", said)]
    columns = ["a_b", "a_b_given_witness", "witness_a", "witness_b", "witness_b_given_a"]
    np.testing.assert_allclose(numbers, row[columns], atol=0.00501)


def test_partial_correlation_is_the_one_behind_the_p_value(rng):
    from genesis.linear.partial_correlation import independence_test

    values = rng.normal(size=(80, 5)) + rng.normal(size=(80, 1))
    correlation = np.corrcoef(values.T)
    found = independence_test(correlation, 80, 0, 1, [2, 3])
    assert partial_size(found.log_p, 80, 2) == pytest.approx(abs(found.rho))


def genome(n_genes: int, n_claims: int) -> Result:
    """Sparse claims among many genes, every other pair unrelated."""
    rng = np.random.default_rng(3)
    gene = np.sort(rng.integers(0, n_genes, size=(n_claims, 2)), axis=1)
    gene = np.unique(gene[gene[:, 0] < gene[:, 1]], axis=0).astype(np.int32)
    n = len(gene)
    names = [f"ENSG{k:011d}.{k % 20}" for k in range(n_genes)]
    variants = [f"chr{1 + k % 22}:{1_000_000 + k}:ACGT:G" for k in range(n_genes)]
    columns = {
        "gene_a": gene[:, 0], "gene_b": gene[:, 1],
        "relation": np.zeros(n, np.int8), "direct": rng.integers(0, 2, n).astype(np.int8),
        "follows": np.ones(n, np.int8), "rule": np.zeros(n, np.int8),
        "rests_on": np.full(n, -1, np.int8),
        "sweep": np.ones(n, np.int16), "n_witnesses": np.full(n, 3, np.int32),
        "n_conditioning": np.full(n, 8, np.int32), "witness": gene[:, 0],
        "log_p": -rng.exponential(30, n), "log_p_without": -rng.exponential(10, n),
        "log_p_with": -rng.exponential(1, n), "log_p_direct": -rng.exponential(9, n),
        **{name: np.full(n, np.nan, np.float32) for name in CALIBRATED_COLUMNS},
    }  # fmt: skip
    bits = np.full((n_genes, n_genes // 8), 255, dtype=np.uint8)
    diagonal = np.arange(n_genes)
    for row, bit in [(gene[:, 0], gene[:, 1]), (gene[:, 1], gene[:, 0]), (diagonal, diagonal)]:
        # Pairs occur once, bytes more than once.
        np.bitwise_and.at(bits, (row, bit // 8), ~(128 >> (bit % 8)).astype(np.uint8))
    small = result_of([], names, variants)
    run = {**small.run, "counts": {"samples": 500, "covariate_rank": 3}}
    return replace(small, pairs=Relations(**columns), unlisted=bits, run=run)


@pytest.mark.parametrize(
    ("n_genes", "n_claims"),
    [(4_000, 30_000), pytest.param(20_000, 150_000, marks=pytest.mark.slow)],
)
def test_report_of_a_whole_genome_is_small(n_genes, n_claims):
    result = genome(n_genes, n_claims)
    text = render_report(result)
    assert len(text.encode()) < 5_000_000
    assert result.counts["unresolved"] == 0
    assert f"The strongest 1,000 of {len(result.pairs):,} ancestor" in " ".join(text.split())
    assert "Of more than 1,000 genes blocks are shown" in text
    panels = json.loads(Page(text).scripts[0][1])
    strongest = result.pairs.strongest(1_000)
    claimed = {*result.pairs.gene_a[strongest].tolist(), *result.pairs.gene_b[strongest].tolist()}
    assert claimed <= set(map(int, panels))


def test_excluded_things_are_counted_and_named_by_example():
    many = pd.DataFrame(
        {"kind": "variant", "id": [f"rs<{k}>" for k in range(9)], "reason": "low_maf",
         "detail": "MAF 0.01"}
    )  # fmt: skip
    text = render_report(replace(asymmetric_result(), excluded=many))
    assert "low_maf: 9" in text
    assert "rs&lt;0&gt; (MAF 0.01)" in text
    assert "and 6 more" in text
