"""`genesis run` with other layers and traits, from files to files."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import genesis


@pytest.fixture
def files(inputs, rng):
    """Proteins of GENE0 to GENE2 and traits that GENE3 acts on, beside the usual files."""
    x = pd.read_csv(inputs / "e.tsv", sep="\t", index_col=0)
    proteins = 1.5 * x.loc[["GENE0", "GENE1", "GENE2"]] + rng.normal(size=(3, x.shape[1]))
    proteins.loc["PX"] = rng.normal(size=x.shape[1])
    proteins.drop(columns=["S000"]).to_csv(inputs / "protein.tsv", sep="\t")
    (inputs / "coding.tsv").write_text(
        "gene_id\tchrom\tstart\tend\n"
        + "".join(f"GENE{k}\tchr1\t{1000 * k + 1}\t{1000 * k + 900}\n" for k in range(3))
    )
    ldl = x.loc["GENE3"] * 2 + rng.normal(size=x.shape[1])
    traits = pd.DataFrame({"ldl": ldl, "gout": np.where(ldl > 2, "case", "control")})
    traits.iloc[3, 0] = np.nan
    traits.rename_axis("id").to_csv(inputs / "traits.tsv", sep="\t", na_rep="NA")
    (inputs / "hits.tsv").write_text("trait\tvariant_id\tp\nldl\trs3\t1e-9\n")
    return inputs


def words(files, out, *more):
    return [
        *("run", "--vcf", files / "g.vcf", "--expression", files / "e.tsv"),
        *("--genes", files / "genes.bed", "--self-test", "off", "--hidden-factors", "none"),
        *("--threads", 1, "--out", out, *more),
    ]


def test_layers_and_traits_of_files(files, tmp_path, genesis_command):
    out = tmp_path / "o"
    layer = f"protein={files / 'protein.tsv'},genes={files / 'coding.tsv'},normalise=log2,zscore"
    code, _, said = genesis_command(
        *words(files, out, "--traits", files / "traits.tsv", "--order", "expression < protein"),
        "--layer", layer.replace("log2,", ""),
    )  # fmt: skip
    assert code == 0, said
    result = genesis.load(out)
    assert result.genes["gene_id"].tolist()[6:] == [
        *("GENE0@protein", "GENE1@protein", "GENE2@protein", "PX", "ldl", "gout")
    ]
    assert result.ancestrality.loc["GENE3", "ldl"] == 1.0
    assert result.ancestrality.loc["GENE0", "GENE0@protein"] == 1.0
    assert (result.ancestrality.loc["ldl", :"PX"] == 0.0).all()
    record = json.loads((tmp_path / "o.run.json").read_text())
    assert record["layers"] == {
        "order": [["expression"], ["protein"], ["trait"]],
        "binds": "graphs",
        "genes": {"expression": 6, "protein": 4, "trait": 2},
        "samples": {"expression": 120, "protein": 119, "trait": 120},
        "normalise": {"expression": "int", "protein": "zscore", "trait": "int"},
    }
    described = record["inputs"]["layers"]["protein"]
    assert set(described) == {"table", "genes", "normalise"}
    assert described["normalise"] == "zscore"
    assert record["inputs"]["traits"]["path"] == str(files / "traits.tsv")
    assert record["options"]["order"] == "expression < protein"
    log = (tmp_path / "o.log").read_text()
    for text in (said, log):
        assert "traits.tsv: 2 traits of 120 samples read." in text
        assert "trait gout: control is 1, case is 0" in text
        assert "1 of 120 samples of the genotypes left out: S000." in text
        assert "trait ldl: 1 missing value of 119 was replaced by the mean of the trait" in text
        assert "order of layers" in text
    lost = result.excluded[["kind", "id", "reason"]].to_numpy().tolist()
    assert lost == [["sample", "S000", "not_in_protein"], ["gene", "FLAT", "constant"]]
    code, _, said = genesis_command("head-start", "--run", out, "--learner", "pc", "--out", "x")
    assert code != 0
    assert "is of several layers (expression, protein, trait)" in said


def test_traits_are_shown_and_reported(files, tmp_path, genesis_command):
    out = tmp_path / "o"
    code, _, said = genesis_command(
        *words(files, out, "--traits", files / "traits.tsv", "--report"),
        "--layer", f"protein={files / 'protein.tsv'}",
    )  # fmt: skip
    assert code == 0, said
    assert "Relations of 10 molecules and 2 traits, 66 pairs" in said
    code, stdout, _ = genesis_command("show", out)
    assert code == 0
    lines = [line.split() for line in stdout.splitlines()]
    head = lines.index(["trait", "the", "surest", "posterior", "effect", "ancestors"])
    claims = genesis.load(out).claims()
    of_ldl = claims[claims["gene_b"] == "ldl"]
    best = of_ldl.iloc[0]
    row = next(line for line in lines[head:] if line[:1] == ["ldl"])
    assert row == [
        "ldl", "GENE3", f"{best['posterior']:.3f}", f"{best['effect']:+.2f}", str(len(of_ldl)),
    ]  # fmt: skip
    assert f"genesis paths --run {out} --to " in stdout
    page = (tmp_path / "o.report.html").read_text()
    assert page.count('<details class="trait"') == 2
    assert genesis_command("report", out, "--force")[0] == 0
    assert (tmp_path / "o.report.html").read_text() == page
    code, stdout, _ = genesis_command("paths", "--run", out, "--to", "ldl")
    assert code == 0
    assert any(word in stdout for word in ("through", "beside", "cannot be told"))


def test_a_run_of_layers_is_repeated_from_its_record(files, tmp_path, genesis_command):
    layer = f"protein={files / 'protein.tsv'},genes={files / 'coding.tsv'},normalise=zscore"
    code, _, said = genesis_command(
        *words(files, tmp_path / "o", "--traits", files / "traits.tsv", "--layer", layer),
        "--trait-hits", files / "hits.tsv", "--order", "expression < protein",
    )  # fmt: skip
    assert code == 0, said
    again = ["run", "--config", tmp_path / "o.run.json", "--out", tmp_path / "again"]
    code, _, said = genesis_command(*again)
    assert code == 0, said
    for end in ("ancestrality.tsv.gz", "relations.tsv.gz", "anchors.tsv.gz", "excluded.tsv"):
        assert (tmp_path / f"o.{end}").read_bytes() == (tmp_path / f"again.{end}").read_bytes()
    with (files / "protein.tsv").open("a") as table:
        table.write("\n")
    code, _, said = genesis_command(*again, "--force")
    assert code == 7
    assert "protein.tsv has changed since the run was made" in said


def test_files_of_layers_start_where_a_toml_file_is(files, tmp_path, genesis_command, monkeypatch):
    (files / "o.toml").write_text(
        'vcf = "g.vcf"\nexpression = "e.tsv"\ngenes = "genes.bed"\ntraits = "traits.tsv"\n'
        'layer = ["protein=protein.tsv,genes=coding.tsv,normalise=log2,zscore"]\n'
        'trait-hits = "hits.tsv"\n'
    )
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    code, _, said = genesis_command(
        "run", "--config", files / "o.toml", "--dry-run", "--out", tmp_path / "o"
    )
    assert code == 0, said
    assert "119 with protein" in said


def test_a_layer_of_the_h5ad_in_a_toml_file_is_no_path(files, tmp_path, genesis_command):
    (files / "o.toml").write_text('vcf = "g.vcf"\nexpression = "e.tsv"\nlayer = "counts"\n')
    code, _, said = genesis_command("run", "--config", files / "o.toml", "--out", tmp_path / "o")
    assert code != 0
    assert "leave layer 'counts' out" in said


def test_lists_of_genes_that_name_molecules_of_other_layers(files, tmp_path, genesis_command):
    (files / "in.txt").write_text("GENE0\nGENE3\nGENE4\nPX\n")
    (files / "out.txt").write_text("GENE4\n")
    code, _, said = genesis_command(
        *words(files, tmp_path / "o", "--layer", f"protein={files / 'protein.tsv'}", "--method"),
        "rules", "--include-genes", files / "in.txt", "--exclude-genes", files / "out.txt",
    )  # fmt: skip
    assert code == 0, said
    assert "1 gene asked for but not in the table: PX." in said
    assert (
        "--include-genes is about the expression: it names 2 molecules of protein, too "
        "(GENE0, PX), of which all stay."
    ) in " ".join(said.split())
    assert "--exclude-genes is about" not in said
    ids = genesis.load(tmp_path / "o").gene_ids.tolist()
    assert ids == ["GENE0", "GENE3", "GENE0@protein", "GENE1", "GENE2", "PX"]


def test_a_dry_run_knows_layers(files, tmp_path, genesis_command):
    code, _, said = genesis_command(
        *words(files, tmp_path / "o", "--traits", files / "traits.tsv", "--dry-run"),
        "--layer", f"protein={files / 'protein.tsv'}",
    )  # fmt: skip
    assert code == 0, said
    assert "119 in common" in said
    assert "119 with protein" in said
    assert "6 molecules of other layers and traits" in said


def test_hits_and_feedback(files, tmp_path, genesis_command):
    out = tmp_path / "o"
    code, _, said = genesis_command(
        *words(files, out, "--traits", files / "traits.tsv", "--trait-hits", files / "hits.tsv"),
        "--trait-feedback", "--method", "rules",
    )  # fmt: skip
    assert code == 0, said
    result = genesis.load(out)
    assert result.run["layers"]["order"] == [["expression", "trait"]]
    assert result.run["options"]["trait_feedback"] is True
    assert set(result.anchors.loc[result.anchors["gene_id"] == "ldl", "variant_id"]) <= {"rs3"}


def test_a_run_without_layers_says_nothing_of_them(files, tmp_path, genesis_command):
    code, _, _ = genesis_command(*words(files, tmp_path / "o"))
    assert code == 0
    record = json.loads((tmp_path / "o.run.json").read_text())
    assert not {"layers", "order"} & {*record, *record["options"], *record["inputs"]}


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (["--layer", "protein="], 8, "is not of the form NAME=FILE"),
        (["--layer", "p=a.tsv,genes=b,genes=c"], 8, "is not of the form NAME=FILE"),
        (["--layer", "p<q=a.tsv"], 8, "give a name of letters"),
        (["--layer", "p=a.tsv,normalise=quick"], 8, "normalise 'quick'"),
        (["--layer", "p=a.tsv", "--layer", "p=b.tsv"], 8, "each must be another name"),
        (["--layer", "trait=a.tsv"], 8, "none 'trait'"),
        (["--layer", "counts", "--layer", "logs"], 8, "two layers of the .h5ad, counts and logs"),
        (["--layer", "p=missing.tsv"], 3, "missing.tsv"),
        (["--order", "a < b"], 8, "--order is about layers"),
        (["--trait-feedback"], 8, "--trait-feedback is about traits"),
        (["--trait-hits", "h.tsv"], 8, "--trait-hits is about traits"),
        (["--traits", "missing.tsv"], 3, "missing.tsv"),
        (["--traits", "t.tsv", "--order", "protein < trait"], 8, "names what is no layer: protein"),
        (["--layer", "p=a.tsv", "--order", "expression"], 8, "leaves out a layer: p"),
    ],
)
def test_options_that_cannot_be_used(files, tmp_path, genesis_command, more, code, message):
    found, _, said = genesis_command(*words(files, tmp_path / "o"), *more)
    assert message in " ".join(said.split())
    assert found == code
    assert not list(tmp_path.glob("o.*"))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("traits.tsv", "id\tldl\nS000\t1\nS001\n", "traits.tsv, line 3: 1 column where"),
        ("traits.tsv", "id\tldl\nA\t1\nB\t2\n", "neither side of it has ids of the samples"),
        ("traits.tsv", "id\tldl\nS000\tlow\nS001\t2\n", "trait ldl has both numbers and words"),
        ("hits.tsv", "gene\tvariant_id\nldl\trs3\n", "hits.tsv, line 1: columns trait and variant"),
        ("hits.tsv", "trait\tvariant_id\nldl\n", "hits.tsv, line 2: 1 column where the header"),
        ("hits.tsv", "trait\tvariant_id\nbmi\trs3\n", "bmi is no trait; there are ldl, gout"),
    ],
)
def test_files_that_are_broken(files, tmp_path, genesis_command, name, text, message):
    (files / name).write_text(text)
    code, _, said = genesis_command(
        *words(files, tmp_path / "o", "--traits", files / "traits.tsv"),
        "--trait-hits", files / "hits.tsv",
    )  # fmt: skip
    assert message in " ".join(said.split())
    assert code in (6, 7)


def test_layers_and_traits_by_other_ids(files, tmp_path, genesis_command):
    layer = ["--layer", f"protein={files / 'protein.tsv'}", "--traits", files / "traits.tsv"]
    assert genesis_command(*words(files, tmp_path / "a", *layer, "--method", "rules"))[0] == 0
    for name in ("e.tsv", "protein.tsv", "traits.tsv"):
        (files / name).write_text((files / name).read_text().replace("S0", "run0"))
    samples = [line.split("\t")[0] for line in (files / "c.tsv").read_text().splitlines()[1:]]
    (files / "map.tsv").write_text("".join(f"{s}\t{s.replace('S0', 'run0')}\n" for s in samples))
    code, _, said = genesis_command(
        *words(files, tmp_path / "b", *layer, "--method", "rules"),
        "--sample-map", files / "map.tsv",
    )  # fmt: skip
    assert code == 0, said
    one, other = (genesis.load(tmp_path / name) for name in "ab")
    pd.testing.assert_frame_equal(one.relations, other.relations)
    assert one.run["layers"] == other.run["layers"]
