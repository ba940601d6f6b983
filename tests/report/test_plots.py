"""``result.plot``: every figure, on its own and on given axes."""

from __future__ import annotations

import io
import itertools
import subprocess
import sys
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from genesis.engine import extras
from genesis.errors import CommandLineError, DegenerateDataError
from genesis.report.layer_drawing import draw_layers
from genesis.report.matrix_image import matrix_image, order_of_ancestry
from genesis.report.quantities import candidate_posteriors, null_band
from tests.handmade import (
    asymmetric_result,
    random_result,
    relations,
    result_of,
    signed_result,
)

ALL = [
    "posteriors", "fdr", "qq", "missingness", "expression_pca", "components", "anchors",
    "network", "heatmap", "trace",
]  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_every_figure_is_drawn_on_its_own_and_on_given_axes(calibrated, name):
    own = getattr(calibrated.plot, name)()
    given = Figure().subplots()
    assert isinstance(own, Axes)
    assert getattr(calibrated.plot, name)(ax=given) is given
    for ax in (own, given):
        for kind in ("png", "svg"):
            ax.figure.savefig(io.BytesIO(), format=kind)


@pytest.mark.filterwarnings("ignore:Glyph .* missing:UserWarning")
@pytest.mark.parametrize("name", ALL)
def test_hostile_names_are_drawn_as_they_are(hostile, name):
    buffer = io.BytesIO()
    getattr(hostile.plot, name)().figure.savefig(buffer, format="svg")
    tags = {
        element.tag.split("}")[1] for element in ElementTree.fromstring(buffer.getvalue()).iter()
    }
    assert "script" not in tags


def texts(ax):
    return [text.get_text() for text in ax.texts]


def keys(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_figure_shows_itself_in_a_notebook(calibrated):
    ax = calibrated.plot.anchors()
    assert ax._repr_png_().startswith(b"\x89PNG")
    given = Figure().subplots()
    assert not hasattr(calibrated.plot.anchors(ax=given), "_repr_png_")


def test_layers_names_nodes_and_draws_arrows(layered):
    ax = layered.plot.layers()
    drawing = draw_layers(layered)
    assert sorted(texts(ax)) == sorted([*drawing.labels, *drawing.columns])
    assert texts(ax)[-4:] == ["loci", "expression", "protein", "trait"]
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    assert len(arrows) == len(drawing.arrows)
    assert keys(ax) == [
        "variant", "no ancestor here", "between", "no descendant here", "raises", "acts on",
    ]  # fmt: skip
    ax.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    given = Figure().subplots()
    assert layered.plot.layers(ax=given) is given


@pytest.mark.filterwarnings("ignore:Glyph .* missing:UserWarning")
def test_layers_of_hostile_names(hostile_layers):
    hostile_layers.plot.layers().figure.savefig(io.BytesIO(), format="svg")


def test_layers_of_one_layer_or_nothing(calibrated):
    with pytest.raises(DegenerateDataError, match="of one layer"):
        calibrated.plot.layers()
    nothing = result_of([], ["A", "B"])
    nothing.genes["layer"] = ["expression", "trait"]
    with pytest.raises(DegenerateDataError, match="no claim to draw"):
        nothing.plot.layers()


def test_network_names_every_gene_and_keeps_arrows_off_the_names():
    ax = signed_result().plot.network()
    assert texts(ax) == ["A", "B", "C", "D"]
    assert keys(ax) == ["no ancestor here", "between", "no descendant here", "raises", "lowers"]
    figure = ax.figure
    figure.draw_without_rendering()
    boxes = [text.get_bbox_patch().get_window_extent() for text in ax.texts]
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    assert len(arrows) == 3
    for arrow in arrows:
        path = arrow.get_path().vertices
        for x, y in arrow.get_transform().transform(path[[0, -1]]):
            assert not any(box.x0 < x < box.x1 and box.y0 < y < box.y1 for box in boxes)


def test_network_of_a_gene(calibrated):
    result = signed_result()
    assert texts(result.plot.network(gene="C")) == ["B", "C", "D"]
    with pytest.raises(DegenerateDataError, match="no ancestor claim about E to draw"):
        result.plot.network(gene="E")
    with pytest.raises(CommandLineError, match="X"):
        result.plot.network(gene="X")


@pytest.mark.parametrize(("n", "named"), [(60, True), (61, False)])
def test_heatmap_names_up_to_sixty_genes_and_keys_the_unresolved(rng, n, named):
    result = random_result(rng, n, 3)
    ax = result.plot.heatmap()
    order = [str(name) for name in result.gene_ids[order_of_ancestry(result)]]
    for labels in (ax.get_xticklabels(), ax.get_yticklabels()):
        assert [label.get_text() for label in labels] == (order if named else [])
    assert keys(ax) == ["1: ancestor", "0.5: ancestor or nothing", "0: not an ancestor",
                        "unresolved"]  # fmt: skip


def test_trace_shows_the_chains_that_count_as_the_run_kept_them(calibrated, by_rules):
    found = calibrated.run["calibrated"]
    used = [c for c in found["chains"] if c["hidden_factors"] == found["hidden_factors_used"]]
    ax = calibrated.plot.trace()
    assert [line.get_ydata().tolist() for line in ax.lines] == [c["log_density"] for c in used]
    assert {len(c["log_density"]) for c in used} == {100}
    # A chain that is far behind weighs less.
    mean = [np.mean(c["log_density"]) for c in used]
    assert np.ptp(mean) < 60
    with pytest.raises(DegenerateDataError, match="kept no log density"):
        by_rules.plot.trace()


def test_qq_band_is_that_of_order_statistics(calibrated, rng):
    rank = np.array([1, 10, 100])
    low, high = null_band(rank, 200)
    drawn = -np.log10(np.sort(rng.random((20_000, 200)), axis=1)[:, rank - 1])
    np.testing.assert_allclose(low, np.quantile(drawn, 0.025, axis=0), rtol=0.03)
    np.testing.assert_allclose(high, np.quantile(drawn, 0.975, axis=0), rtol=0.03)
    assert "95 % band" in keys(calibrated.plot.qq())


def test_heterozygosity_names_samples_far_from_the_others(calibrated):
    shares = np.linspace(0.3, 0.32, 40)
    shares[7] = 0.6
    rows = [
        {"sample": f"S{k}", "missing": 0.01, "heterozygous": share}
        for k, share in enumerate(shares.tolist())
    ]
    rows.append({"sample": "none", "missing": None, "heterozygous": None})
    run = {**calibrated.run, "preparation": {"kinship": {"samples": rows}}}
    ax = replace(calibrated, run=run).plot.heterozygosity()
    assert texts(ax) == ["S7"]
    assert ax.lines[0].get_ydata().tolist() == shares.tolist()
    with pytest.raises(DegenerateDataError, match="did not count heterozygous calls"):
        calibrated.plot.heterozygosity()


def test_pyplot_is_not_imported():
    program = (
        "import sys, numpy as np, genesis\n"
        "rng = np.random.default_rng(1)\n"
        "z = rng.binomial(2, 0.4, size=(99, 2)).astype(float)\n"
        "result = genesis.discover(z, z + rng.normal(size=(99, 2)), method='rules')\n"
        "result.plot.qq()\n"
        "assert 'matplotlib.figure' in sys.modules\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_histogram_holds_every_listed_posterior_once(calibrated):
    claimed, rest = candidate_posteriors(calibrated)
    table = calibrated.relations
    ordered = {
        **{(r.gene_a, r.gene_b): r.posterior for r in table.itertuples()},
        **{(r.gene_b, r.gene_a): r.posterior_reverse for r in table.itertuples()
           if r.relation != "unresolved"},
    }  # fmt: skip
    assert sorted([*claimed, *rest]) == sorted(map(float, ordered.values()))
    assert len(claimed) == calibrated.counts["ancestor"]
    bars = calibrated.plot.posteriors().patches
    assert sum(bar.get_height() for bar in bars) == len(ordered)


def test_fdr_curve_is_the_mean_of_one_less_posterior(calibrated):
    curve, dot, *_ = calibrated.plot.fdr().lines
    posterior = np.sort(np.concatenate(candidate_posteriors(calibrated)))[::-1]
    number, share = curve.get_data()
    expected = [float(np.mean(1 - posterior[: int(k)])) for k in number]
    np.testing.assert_allclose(share, expected, atol=1e-12)
    (made,), (rate,) = dot.get_data()
    assert made == calibrated.counts["ancestor"]
    recorded = calibrated.run["calibrated"]["expected_fdr"]["ancestor"]
    assert rate == pytest.approx(recorded, abs=1e-6)


def test_anchors_are_counted_a_gene(calibrated):
    anchors = calibrated.anchors
    number = [
        int(((anchors["gene_id"] == gene) & (anchors["posterior"] >= 0.5)).sum())
        for gene in calibrated.gene_ids
    ]
    bars = calibrated.plot.anchors().patches
    assert [bar.get_height() for bar in bars] == np.bincount(number, minlength=3).tolist()


def test_rules_have_no_posteriors(by_rules):
    for name in ("posteriors", "fdr"):
        with pytest.raises(DegenerateDataError, match="method rules gives no posteriors"):
            getattr(by_rules.plot, name)()


@pytest.mark.parametrize("name", ["qq", "allele_frequencies", "missingness", "expression_pca"])
def test_a_result_made_by_hand_says_what_it_lacks(name):
    with pytest.raises(DegenerateDataError, match="keeps no summary of its data"):
        getattr(asymmetric_result().plot, name)()


def test_nothing_to_draw_is_said():
    empty = result_of([], [])
    for name in ("network", "heatmap"):
        with pytest.raises(DegenerateDataError, match="there is no"):
            getattr(empty.plot, name)()


def test_missing_package_is_named_with_its_extra(calibrated, monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(extras, "import_module", absent)
    with pytest.raises(CommandLineError, match=r"matplotlib.*genesis-causal\[plot\]"):
        calibrated.plot.qq()
    with pytest.raises(CommandLineError, match=r"jinja2.*genesis-causal\[report\]"):
        extras.check_report_extras()


def test_order_puts_ancestors_first(rng):
    result = random_result(rng, 30, 3)
    # What is made at random is not transitive: close it, as every method does.
    closed = result.ancestrality.to_numpy() == 1
    for k in range(30):
        closed |= closed[:, [k]] & closed[[k], :]
    rows = [{"gene_a": a, "gene_b": b, "relation": 0} for a, b in np.argwhere(closed).tolist()]
    result = result_of(rows, result.gene_ids.tolist())
    place = np.argsort(order_of_ancestry(result))
    assert len(rows) > 20
    assert all(place[row["gene_a"]] < place[row["gene_b"]] for row in rows)


def test_matrix_image_is_the_matrix_or_means_of_its_blocks(rng, monkeypatch):
    result = random_result(rng, 43, 3)
    image = matrix_image(result)
    ordered = result.ancestrality.to_numpy()[np.ix_(image.order, image.order)]
    np.testing.assert_array_equal(image.values, ordered)
    monkeypatch.setattr("genesis.report.matrix_image.MOST_CELLS", 10)
    image = matrix_image(result)
    assert image.block == 5
    assert image.values.shape == (9, 9)
    for r in range(9):
        for c in range(9):
            block = ordered[5 * r : 5 * r + 5, 5 * c : 5 * c + 5]
            assert image.values[r, c] == pytest.approx((block == 1).mean())


def test_strongest_claims_come_first():
    pairs = relations(
        [
            {"gene_a": 0, "gene_b": 1, "relation": 0, "log_p": -3.0},
            {"gene_a": 0, "gene_b": 2, "relation": 0},
            {"gene_a": 0, "gene_b": 3, "relation": 0, "log_p": -5.0},
            {"gene_a": 0, "gene_b": 4, "relation": 2, "log_p": -9.0},
        ]
    )
    assert pairs.strongest(9).tolist() == [2, 0, 1]
    assert pairs.strongest(1).tolist() == [2]
    assert pairs.rows(slice(0, 0)).strongest(3).tolist() == []
