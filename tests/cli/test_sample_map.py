"""The commands on samples that go by two kinds of ids, and lists in PLINK's form."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import genesis
from tests.cli import small_inputs as good
from tests.cli.test_inputs import ENDINGS

RUN_IDS = {name: f"run{100 - k}_liver" for k, name in enumerate(good.samples())}


@pytest.fixture
def folder(tmp_path):
    """The small inputs, and the expression, covariates, sexes and lists by ids of the runs."""
    good.write_all(tmp_path)
    header, *rows = good.expression_cells()
    other = [header[0], *(RUN_IDS[name] for name in header[1:])]
    (tmp_path / "x_runs.tsv").write_text(good.table_text([other, *rows]))
    cells = good.covariates_cells()
    renamed = [cells[0], *([RUN_IDS[name], *rest] for name, *rest in cells[1:])]
    (tmp_path / "c_runs.tsv").write_text(good.table_text(renamed))
    sexes = [f"{name}\t{'MF'[k % 2]}\n" for k, name in enumerate(good.samples())]
    (tmp_path / "s.tsv").write_text("".join(sexes))
    by_run = [f"{RUN_IDS[line.split()[0]]}\t{line.split()[1]}\n" for line in sexes]
    (tmp_path / "s_runs.tsv").write_text("".join(by_run))
    pairs = [f"{name}\t{run}\n" for name, run in RUN_IDS.items()]
    (tmp_path / "map.tsv").write_text("genotype_id\texpression_id\n" + "".join(pairs))
    text = (tmp_path / "g.vcf").read_text()
    (tmp_path / "g.vcf").write_text(text.replace("\n2\t", "\nX\t").replace("ID=2", "ID=X"))
    (tmp_path / "l.txt").write_text("S03\nS05\n")
    (tmp_path / "l_runs.txt").write_text(f"F1\t{RUN_IDS['S03']}\nF2\tS05\n")
    return tmp_path


def words(folder, suffix=""):
    return [
        *("--vcf", folder / "g.vcf", "--expression", folder / f"x{suffix}.tsv"),
        *("--covariates", folder / f"c{suffix}.tsv", "--sex", folder / f"s{suffix}.tsv"),
        *("--exclude-samples", folder / f"l{suffix}.txt"),
    ]


def test_a_map_gives_the_result_of_equal_ids(folder, genesis_command):
    mapped = [*words(folder, "_runs"), "--sample-map", folder / "map.tsv"]
    run = ["run", "--method", "rules", "--threads", "1"]
    assert genesis_command(*run, *words(folder), "--out", folder / "out" / "same")[0] == 0
    code, _, said = genesis_command(*run, *mapped, "--out", folder / "out" / "mapped")
    assert code == 0, said
    for ending in ENDINGS:
        found, expected = (folder / "out" / f"{one}{ending}" for one in ("mapped", "same"))
        assert found.read_bytes() == expected.read_bytes(), ending
    said = " ".join(said.split())
    for sentence in (
        "map.tsv: 40 expression samples named as in the genotypes.",
        "38 samples are in common.",
        "c_runs.tsv: 40 expression ids taken for genotype ids.",
        "s_runs.tsv: 40 expression ids taken for genotype ids.",
        "l_runs.txt: 1 expression id taken for genotype ids.",
    ):
        assert sentence in said
    result = genesis.load(folder / "out" / "mapped")
    lost = result.excluded[result.excluded["kind"] == "sample"]
    assert lost["id"].tolist() == ["S03", "S05"]
    assert len(result.run["inputs"]["sample_map"]["sha256"]) == 64
    for name in ("mapped", "same"):
        learn = ["head-start", "--run", folder / "out" / name, "--learner", "pc"]
        code, _, said = genesis_command(*learn, "--out", folder / f"{name}_pc")
        assert code == 0, said
    edges = {(folder / f"{name}_pc.edges.tsv").read_bytes() for name in ("mapped", "same")}
    assert len(edges) == 1
    (folder / "map.tsv").write_text("S00\tS01\n")
    code, _, said = genesis_command(*learn[:2], folder / "out" / "mapped", *learn[3:],
                                    "--out", folder / "x")  # fmt: skip
    assert code == 7
    assert "map.tsv has changed" in said


def test_scan_and_prepare_take_a_map(folder, genesis_command):
    mapped = [*words(folder, "_runs"), "--sample-map", folder / "map.tsv"]
    for name, given in (("same", words(folder)), ("mapped", mapped)):
        scan = ["scan", "-q", *given, "--pval", "1", "--out", folder / name]
        assert genesis_command(*scan)[0] == 0
        assert genesis_command("prepare", "-q", *given, "--out", folder / name)[0] == 0
    for ending in (".scan.parquet", ".expression.tsv.gz", ".covariates.tsv"):
        both = {(folder / f"{name}{ending}").read_bytes() for name in ("same", "mapped")}
        assert len(both) == 1


def test_a_map_undoes_a_swap(folder, genesis_command):
    """Two expression samples under each other's id; the covariates are those of the genotypes."""
    table = pd.read_csv(folder / "x.tsv", sep="\t", index_col=0)
    swapped = table.rename(columns={"S10": "S11", "S11": "S10"})
    swapped.to_csv(folder / "swapped.tsv", sep="\t")
    (folder / "swaps.tsv").write_text("S10\tS11\nS11\tS10\n")
    scan = ["scan", "--vcf", folder / "g.vcf", "--covariates", folder / "c.tsv", "--pval", "1"]
    tables = {}
    for name, more in {
        "right": ["--expression", folder / "x.tsv"],
        "wrong": ["--expression", folder / "swapped.tsv"],
        "undone": ["--expression", folder / "swapped.tsv", "--sample-map", folder / "swaps.tsv"],
    }.items():
        code, _, said = genesis_command(*scan, *more, "--out", folder / name)
        assert code == 0, said
        tables[name] = pd.read_parquet(folder / f"{name}.scan.parquet")
    pd.testing.assert_frame_equal(tables["undone"], tables["right"])
    assert not np.allclose(tables["wrong"]["b"], tables["right"]["b"])
    said = " ".join(said.split())
    assert "38 expression samples not in it, which keep the id: S00, S01" in said
    assert "c.tsv: 2 ids of a genotype sample and of an expression sample that is another's" in said


def test_without_a_map_the_message_asks_for_one(folder, genesis_command):
    names = [f"{name}_T" for name in good.samples()]
    table = pd.read_csv(folder / "x.tsv", sep="\t", index_col=0).set_axis(names, axis="columns")
    table.to_csv(folder / "x.tsv", sep="\t")
    code, _, said = genesis_command("scan", *words(folder), "--out", folder / "o")
    assert code == 7
    said = " ".join(said.split())
    assert 'Cut at the first "_", 40 of 40 ids of the expression would match (S00_T: S00' in said
    assert "give a table of genotype id and expression id (--sample-map)" in said
    assert not list(folder.glob("o.*"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 S03\n0 S05\n", ["S03", "S05"]),
        ("#FID\tIID\nS07\tS03\n0\tS05\nS09\tQ1\n", ["S03", "S05"]),
        ("S03 twin\nS05\n", ["S03", "S05"]),
    ],
)
def test_lists_of_family_and_id_remove_whom_they_name(folder, text, expected, genesis_command):
    (folder / "l.txt").write_text(text)
    code, _, said = genesis_command("scan", *words(folder), "--out", folder / "o")
    assert code == 0, said
    excluded = pd.read_csv(folder / "o.scan.excluded.tsv", sep="\t", keep_default_na=False)
    assert excluded.loc[excluded["reason"] == "excluded_by_list", "id"].tolist() == expected
