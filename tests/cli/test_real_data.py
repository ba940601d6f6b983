"""Runs on real data; skipped where the folder of real data is missing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.cli import main as command_line


def run(capsys, **options):
    """`genesis run` in this process: exit code and what it said."""
    words = ["run", "--no-progress", "--method", "rules"]
    for name, value in options.items():
        words += [f"--{name.replace('_', '-')}", str(value)]
    with pytest.raises(SystemExit) as ended:
        command_line.main(words)
    return ended.value.code, capsys.readouterr().err


def relations(prefix: Path) -> set[tuple[str, str, str]]:
    table = pd.read_csv(f"{prefix}.relations.tsv.gz", sep="\t", keep_default_na=False)
    return set(zip(table["gene_a"], table["relation"], table["gene_b"], strict=True))


MOTIFS = {
    "M0": {("T1", "unrelated", "T2")},
    "M1": {("T1", "ancestor", "T2")},
    "M2": {("T2", "nondescendant", "T1")},
    "M3": {("T1", "unrelated", "T2")},
    "M4": set(),
    "Star": {("T1", "ancestor", f"T{k}") for k in (3, 4, 5)}
    | {(f"T{a}", "unrelated", f"T{b}") for a, b in ((3, 4), (3, 5), (4, 5))},
}


@pytest.mark.parametrize("motif", MOTIFS)
def test_motifs_of_known_graph(shared, tmp_path, capsys, motif):
    folder = shared / "data" / "insilico_mrpc" / motif
    code, said = run(
        capsys,
        vcf=folder / "genotypes.vcf.gz",
        expression=folder / "expression.tsv",
        out=tmp_path / "run",
    )
    assert code == 0, said
    assert relations(tmp_path / "run") == MOTIFS[motif]


@pytest.mark.parametrize("motif", ["M0", "M1", "M2", "M3", "M4", "Multiparent", "Star", "Layered"])
def test_no_claim_against_a_motif(shared, motif):
    folder = shared / "data" / "insilico_mrpc" / motif
    genotypes = genesis.read_vcf(folder / "genotypes.vcf.gz")
    expression = genesis.read_expression(folder / "expression.tsv")
    gold = pd.read_csv(folder / "gold.tsv", sep="\t")
    edges = set(zip(gold["regulator"], gold["target"], strict=True))
    for row in genesis.discover(
        genotypes, expression, method="rules", normalise="none"
    ).relations.itertuples():
        # The motifs have no path of two edges, so edges are the ancestral relations.
        pair, reverse = (row.gene_a, row.gene_b), (row.gene_b, row.gene_a)
        if row.relation == "ancestor":
            assert pair in edges
        if row.relation in ("nondescendant", "unrelated"):
            assert reverse not in edges
        if row.relation == "unrelated":
            assert pair not in edges


def geuvadis(shared, tmp_path, **change):
    folder = shared / "data" / "human_geuvadis_ceu"
    options = {
        "vcf": folder / "genotypes.vcf.gz",
        "expression": folder / "expression.tsv",
        "genes": folder / "genes.bed",
        "covariates": folder / "covariates.tsv",
        "out": tmp_path / "run",
    }
    return {**options, **{name: folder / value for name, value in change.items()}}


def test_human_slice_with_covariates(shared, tmp_path, capsys):
    code, said = run(capsys, **geuvadis(shared, tmp_path))
    assert code == 0, said
    counts = json.loads((tmp_path / "run.run.json").read_text())["counts"]
    assert (counts["samples"], counts["genes"], counts["covariate_rank"]) == (89, 80, 13)
    anchors = pd.read_csv(tmp_path / "run.anchors.tsv.gz", sep="\t")
    assert anchors["gene_id"].nunique() > 70
    genes = pd.read_csv(shared / "data/human_geuvadis_ceu/genes.bed", sep="\t", header=None)
    width = genes.set_index(3)[2] - genes.set_index(3)[1]
    reach = anchors["gene_id"].map(width) + 1_000_000
    assert (anchors["start_distance"].abs() <= reach).all()


def test_gene_midpoints_are_positions_too(shared, tmp_path, capsys):
    code, said = run(capsys, **geuvadis(shared, tmp_path, genes="genes.midpoints.tsv"))
    assert code == 0, said


def test_ids_that_do_not_meet_are_shown_from_both_sides(shared, tmp_path, capsys):
    code, said = run(capsys, **geuvadis(shared, tmp_path, expression="expression.run_ids.tsv"))
    assert code == 7
    error = said[said.index("genesis: error: ") :]
    assert "NA06985" in error or "NA12" in error
    assert "ERR188" in error
    assert not list(tmp_path.iterdir())


def test_duplicate_records_are_dropped_and_counted(shared, tmp_path, capsys):
    code, said = run(capsys, **geuvadis(shared, tmp_path, vcf="genotypes.with_duplicates.vcf.gz"))
    assert code == 0, said
    excluded = pd.read_csv(tmp_path / "run.excluded.tsv", sep="\t")
    duplicates = (excluded["reason"] == "duplicate_record").sum()
    assert f"{duplicates} records repeat an earlier one" in said
    (tmp_path / "clean").mkdir()
    code, _ = run(capsys, **geuvadis(shared, tmp_path / "clean"))
    assert code == 0
    # The file has 738 records more; copies of a record that is filtered share its reason.
    clean = pd.read_csv(tmp_path / "clean" / "run.excluded.tsv", sep="\t")
    assert len(excluded) - len(clean) == 738
    assert 700 < duplicates <= 738
    for name in ("run.relations.tsv.gz", "run.anchors.tsv.gz", "run.ancestrality.tsv.gz"):
        assert (tmp_path / name).read_bytes() == (tmp_path / "clean" / name).read_bytes()


@pytest.fixture(scope="module")
def yeast(shared):
    return shared / "data" / "yeast_brem2005"


@pytest.fixture(scope="module")
def some_yeast_genes(yeast, tmp_path_factory):
    """200 genes, among them the regulators that genetics can test."""
    regulators = pd.read_csv(yeast / "anchorable_regulators_ko.tsv", sep="\t").iloc[:, 0]
    genes = pd.read_csv(yeast / "expression.tsv.gz", sep="\t", usecols=[0]).iloc[:, 0]
    others = genes[~genes.isin(regulators)].sample(200, random_state=1)
    listed = [*regulators[regulators.isin(genes)], *others][:200]
    path = tmp_path_factory.mktemp("yeast") / "genes.txt"
    path.write_text("\n".join(listed) + "\n")
    return path


def test_haploid_yeast_gives_what_its_diploid_coding_gives(
    yeast, some_yeast_genes, tmp_path, capsys
):
    for ploidy in ("", ".diploid"):
        code, said = run(
            capsys,
            vcf=yeast / f"genotypes{ploidy}.vcf.gz",
            expression=yeast / "expression.tsv.gz",
            genes=yeast / "genes_R64.bed",
            include_genes=some_yeast_genes,
            out=tmp_path / f"run{ploidy}",
        )
        assert code == 0, said
    haploid = genesis.read_vcf(yeast / "genotypes.vcf.gz")
    assert set(np.unique(haploid.dosages)) == {0.0, 1.0}
    assert haploid.counts["haploid_calls"] == 112 * 3244
    assert relations(tmp_path / "run") == relations(tmp_path / "run.diploid")
    counts = json.loads((tmp_path / "run.run.json").read_text())["counts"]
    assert counts["genes"] == 200


def test_whole_chromosome_is_read(shared):
    path = shared / "data" / "human_1000g_chr22" / "genotypes.vcf.gz"
    genotypes = genesis.read_vcf(path, maf=0.0)
    assert genotypes.counts["records_read"] == 49_008
    assert genotypes.dosages.shape[0] == 274
    lost = len(genotypes.excluded)
    assert genotypes.dosages.shape[1] + lost == 49_008
    assert set(np.unique(genotypes.dosages)) <= {0.0, 1.0, 2.0} or genotypes.counts["imputed_calls"]
