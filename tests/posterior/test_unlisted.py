"""Of many genes, unrelated pairs of method `calibrated` have no rows: all else stays the same."""

from __future__ import annotations

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

import genesis
from genesis.constraints.knowledge import Knowledge
from genesis.evaluate import evaluate
from genesis.posterior.claims import claim_rows
from genesis.report.html import render_report
from genesis.report.summary_lines import relation_rows
from tests.posterior.small_problems import shorten_chains


@pytest.fixture
def results(monkeypatch):
    """The same run with rows of all unrelated pairs, and with as few as of many genes."""
    shorten_chains(monkeypatch.setattr)
    data = genesis.simulate.cis_eqtl(120, 40, seed=5)
    # A gene that is left out, and an order that is not that of the genome.
    expression = data.expression.sample(frac=1, axis=1, random_state=1)
    expression.iloc[:, 7] = 1.0

    def discover():
        return genesis.discover(
            data.genotypes, expression, variants=data.variants, genes=data.genes,
            normalise="none", hidden_factors="none", keep_posterior=0.04,
        )  # fmt: skip

    every = discover()
    monkeypatch.setattr(claim_rows, "LISTED_GENES", 10)
    return every, discover(), data


def test_unrelated_pairs_of_many_genes_have_no_rows(results, tmp_path):
    every, found, _ = results
    rows = every.relations
    likely = rows[["posterior", "posterior_reverse"]].max(axis=1) >= 0.04
    kept = (rows["relation"] != "unrelated") | likely
    n_likely = int((likely & (rows["relation"] == "unrelated")).sum())
    assert 0 < n_likely < found.n_unlisted == int((~kept).sum())
    assert_frame_equal(found.relations, rows[kept].reset_index(drop=True), check_exact=True)
    found.save(tmp_path / "o")
    loaded = genesis.load(tmp_path / "o")
    for one in (found, loaded):
        assert_frame_equal(one.ancestrality, every.ancestrality)
        assert one.counts == every.counts == {k: every.run["counts"][k] for k in every.counts}
    expected = every.constraints()
    again = genesis.ConstraintGraph.read(tmp_path / "o.constraints.json")
    for one in (loaded.constraints(), again):
        assert_frame_equal(one.candidates, expected.candidates)
        known, listed = (Knowledge.of(g, list(one.nodes[::-2])) for g in (one, expected))
        np.testing.assert_array_equal(known.cannot, listed.cannot)
        np.testing.assert_array_equal(known.possible, listed.possible)
        assert (listed.cannot & listed.cannot.T).any()


@pytest.mark.parametrize(
    ("asked", "knows"),
    [({"fdr": 0.045}, "all"), ({"min_posterior": 0.955}, "all"), ({"min_posterior": 0.97}, "none")],
)
def test_unrelated_pairs_without_rows_are_as_sure_as_asked_for(results, asked, knows):
    """Their posteriors are below the floor: at a stricter level nothing is known of them."""
    every, found, _ = results
    unlisted = found.constraints(**asked).unlisted
    n_kept = int(np.unpackbits(unlisted).sum()) // 2
    if knows == "none":
        assert n_kept == 0
        return
    names = list(found.gene_ids)
    known, listed = (Knowledge.of(one.constraints(**asked), names) for one in (found, every))
    # What an unlisted pair may have at the most counts in place of what it has.
    assert 0 < n_kept <= found.n_unlisted
    assert (known.cannot <= listed.cannot).all()
    np.testing.assert_array_equal(known.precedes, listed.precedes)


def test_people_are_told_of_all_of_them(results):
    every, found, data = results
    assert relation_rows(found) == relation_rows(every)
    assert "not listed in the relations" in " ".join(render_report(found).split())
    assert "not listed in the relations" not in " ".join(render_report(every).split())
    one, other = (evaluate(result, data.adjacency()) for result in (found, every))
    assert one.f1 == other.f1 > 0.5
    assert one.coverage == other.coverage
