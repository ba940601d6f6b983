"""Simulations on disk, read again and run, from Python and from the command line."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pysam
import pytest
from click.testing import CliRunner
from pandas.testing import assert_frame_equal

import genesis
from genesis.cli.main import cli, run_command
from genesis.errors import CommandLineError, OutputWriteError
from genesis.simulate import cis_eqtl, layers, tier_violation, two_tier
from genesis.simulate.block_gzip import BLOCK_BYTES, write_blocks
from genesis.simulate.cis_eqtl_parameters import MOST_WITHOUT_PARENTS
from genesis.simulate.expression_model import NOISE_FLOOR
from genesis.simulate.simulation_files import FILES

#: What there is without other layers.
FILES_OF_GENES = set(FILES) - {"protein.tsv", "traits.tsv", "routes.tsv"}


@pytest.fixture(scope="module")
def simulation():
    return cis_eqtl(200, 12, seed=1)


@pytest.fixture
def folder(simulation, tmp_path):
    simulation.write(tmp_path / "data")
    return tmp_path / "data"


def test_written_files_hold_the_simulation(simulation, folder):
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES_OF_GENES)
    genotypes = genesis.read_vcf(folder / "genotypes.vcf.gz", maf=0)
    np.testing.assert_array_equal(genotypes.dosages, simulation.genotypes)
    assert genotypes.samples == simulation.genotypes.index.tolist()
    columns = ["variant_id", "chrom", "pos", "ref", "alt"]
    found = genotypes.variants[columns].astype(simulation.variants.dtypes)
    pd.testing.assert_frame_equal(found, simulation.variants)
    expression = genesis.read_expression(folder / "expression.tsv.gz")
    np.testing.assert_array_equal(expression.values, simulation.expression)
    assert expression.genes["gene_id"].tolist() == simulation.expression.columns.tolist()
    pd.testing.assert_frame_equal(genesis.read_genes(folder / "genes.bed"), simulation.genes)
    anchors = genesis.read_anchors(folder / "anchors.tsv")
    pd.testing.assert_frame_equal(anchors, simulation.anchors[["gene_id", "variant_id"]])
    for name in ("truth", "ancestors", "anchors"):
        table = pd.read_csv(folder / f"{name}.tsv", sep="\t")
        pd.testing.assert_frame_equal(table, getattr(simulation, name))


def test_the_record_makes_the_simulation_again(simulation, folder):
    record = json.loads((folder / "simulation.json").read_text())
    assert record["genesis"] == genesis.__version__
    assert record["counts"]["edges"] == len(simulation.truth)
    parameters = record["parameters"]
    assert parameters.pop("design") == "cis-eqtl"
    again = cis_eqtl(**parameters)
    pd.testing.assert_frame_equal(again.expression, simulation.expression)


def test_same_seed_same_bytes(folder, tmp_path):
    cis_eqtl(200, 12, seed=1).write(tmp_path / "again")
    for name in FILES_OF_GENES:
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_layers_and_traits_have_files_of_their_own(tmp_path):
    data = layers(50, 20, 10, 3, n_binary=1, seed=2)
    folder = tmp_path / "data"
    assert [path.name for path in data.write(folder)] == list(FILES)
    protein = genesis.read_expression(folder / "protein.tsv")
    np.testing.assert_array_equal(protein.values, data.layers["protein"])
    assert protein.genes["gene_id"].tolist() == data.layers["protein"].columns.tolist()
    traits = pd.read_csv(
        folder / "traits.tsv", sep="\t", index_col="sample_id", float_precision="round_trip"
    )
    np.testing.assert_array_equal(traits, data.traits)
    assert traits.index.tolist() == data.traits.index.tolist()
    places = genesis.read_genes(folder / "genes.bed")
    genes = data.genes[data.genes["layer"] == "expression"]
    assert places["gene_id"].tolist() == genes["gene_id"].tolist()
    assert places["start"].tolist() == genes["start"].tolist()
    for name in ("truth", "ancestors", "anchors", "routes"):
        table = pd.read_csv(folder / f"{name}.tsv", sep="\t")
        assert_frame_equal(table, getattr(data, name))
    record = json.loads((folder / "simulation.json").read_text())
    counts = {name: record["counts"][name] for name in ("genes", "proteins", "traits")}
    assert counts == {"genes": 20, "proteins": 10, "traits": 3}
    assert "msprime" in record["packages"]
    assert record["parameters"].pop("design") == "layers"
    assert_frame_equal(layers(**record["parameters"]).traits, data.traits)
    # Without them no file of these names stays behind.
    names = {path.name for path in cis_eqtl(40, 5).write(folder, force=True)}
    assert names == FILES_OF_GENES == {path.name for path in folder.iterdir()}


def test_continuous_variables_are_no_vcf(tmp_path):
    with pytest.raises(CommandLineError, match="genotypes='binomial'"):
        two_tier(20).write(tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_files_that_exist_are_kept_unless_forced(folder, tmp_path):
    other = two_tier(30, genotypes="binomial")
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "genes.bed").write_text("mine")
    for place in (folder, tmp_path / "part"):
        before = {path: path.read_bytes() for path in place.iterdir()}
        with pytest.raises(OutputWriteError, match="exists: choose another name"):
            other.write(place)
        assert {path: path.read_bytes() for path in place.iterdir()} == before
    files = other.write(folder, force=True)
    assert sorted(folder.iterdir()) == sorted(files)
    assert "genes.bed" not in {path.name for path in files}


def test_nothing_is_left_of_a_write_that_fails(simulation, tmp_path, monkeypatch):
    def full(*_given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("genesis.simulate.simulation_files.write_table", full)
    with pytest.raises(OutputWriteError, match="No space left"):
        simulation.write(tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_blocks_are_bgzip(tmp_path, rng):
    text = rng.bytes(3 * BLOCK_BYTES) + b"end"
    write_blocks(tmp_path / "x.gz", [text[:10], text[10:70_000], text[70_000:]])
    with pysam.BGZFile(str(tmp_path / "x.gz")) as file:
        file.seek(0)
        assert file.read(len(text) + 1) == text
    write_blocks(tmp_path / "empty.gz", [])
    with pysam.BGZFile(str(tmp_path / "empty.gz")) as file:
        assert file.read(1) == b""


def test_the_vcf_can_be_indexed(folder):
    path = str(folder / "genotypes.vcf.gz")
    pysam.tabix_index(path, preset="vcf")
    with pysam.VariantFile(path) as file:
        found = [record.id for record in file.fetch("chr2", 0, 100_000)]
    assert found
    assert all(name.startswith("chr2_") for name in found)


@pytest.mark.parametrize(
    ("words", "positions"),
    [
        (["cis-eqtl", "--n", "150", "--n-genes", "8", "--factor-variance", "0.2"], True),
        (["two-tier", "--n", "150", "--background", "network", "--d-x", "6"], False),
        (["tier-violation", "--kind", "mislabelled", "--n", "150", "--d-x", "8"], False),
    ],
)
def test_simulated_files_run(words, positions, tmp_path):
    data = tmp_path / "data"
    runner = CliRunner()
    done = runner.invoke(cli, ["simulate", *words, "--seed", "5", "--out", str(data)])
    assert done.exit_code == 0, done.output
    assert "Wrote genotypes.vcf.gz" in done.output
    assert (data / "genes.bed").exists() == positions
    arguments = ["run", "--vcf", data / "genotypes.vcf.gz"]
    arguments += ["--expression", data / "expression.tsv.gz", "--out", tmp_path / "run"]
    arguments += ["--genes", data / "genes.bed"] if positions else []
    done = runner.invoke(cli, [str(word) for word in arguments])
    assert done.exit_code == 0, done.output
    result = genesis.load(tmp_path / "run")
    assert (
        len(result.gene_ids)
        == json.loads((data / "simulation.json").read_text())["counts"]["genes"]
    )


@pytest.mark.parametrize(
    ("words", "draw"),
    [
        (["two-tier", "--d-z", "7"], lambda: two_tier(1000, 7, genotypes="binomial")),
        (
            ["tier-violation", "--kind", "feedback", "--n", "90"],
            lambda: tier_violation("feedback", n=90, genotypes="binomial"),
        ),
        (["cis-eqtl", "--n", "40", "--n-genes", "5"], lambda: cis_eqtl(40, 5)),
        (["layers", "--n", "40", "--n-proteins", "30"], lambda: layers(40, n_proteins=30)),
    ],
)
def test_the_command_has_the_defaults_of_the_function(words, draw, tmp_path):
    assert run_command(["simulate", *words, "--out", str(tmp_path / "command")]) == 0
    draw().write(tmp_path / "function")
    for path in (tmp_path / "function").iterdir():
        assert (tmp_path / "command" / path.name).read_bytes() == path.read_bytes()


def test_command_line_errors(tmp_path, capsys):
    out = str(tmp_path / "data")
    for words, code, message in (
        (["simulate"], 8, "a design is missing. See 'genesis simulate --help'."),
        (["simulate", "three-tier"], 8, "No such command"),
        (["simulate", "two-tier"], 8, "Missing option '--out'"),
        (["simulate", "two-tier", "--out", out, "--r2", "1"], 8, "'--r2': 1.0 is not in"),
        (["simulate", "cis-eqtl", "--out", out, "--h2", "0.5", "0.1"], 8, "h2 is (0.5, 0.1)"),
    ):
        assert run_command(words) == code
        assert message in capsys.readouterr().err
    assert run_command(["simulate", "two-tier", "--n", "20", "--out", out]) == 0
    assert run_command(["simulate", "two-tier", "--n", "20", "--out", out]) == 5
    assert run_command(["simulate", "two-tier", "--n", "20", "--out", out, "--force"]) == 0


def test_the_package_is_loaded_when_it_is_used():
    script = (
        "import sys, genesis, genesis.cli.simulate\n"
        "assert 'numpy' not in sys.modules and 'genesis.simulate' not in sys.modules\n"
        "assert 'simulate' in dir(genesis)\n"
        "genesis.simulate.two_tier(20)\n"
        "assert 'msprime' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_limits_of_the_command_are_those_of_the_simulator():
    from genesis.cli import simulate as command

    assert command.MOST_WITHOUT_PARENTS == MOST_WITHOUT_PARENTS
    assert command.MOST_OF_A_PARENT == 1 - NOISE_FLOOR


def test_what_is_refused_leaves_no_folder(tmp_path, genesis_command):
    words = ["simulate", "cis-eqtl", "--n-genes", 3, "--out", tmp_path / "new" / "within"]
    code, _, stderr = genesis_command(*words)
    assert code == 8
    assert "n_parents is 1.5: without a cycle, 3 genes have a mean of at most 1;" in stderr
    assert not (tmp_path / "new").exists()
    (tmp_path / "old").mkdir()
    words[-1] = tmp_path / "old"
    assert genesis_command(*words)[0] == 8
    assert (tmp_path / "old").is_dir()
