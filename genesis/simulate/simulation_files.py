"""A simulation on disk: inputs for ``genesis run`` and the truth beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from genesis._version import __version__
from genesis.errors import CommandLineError
from genesis.io.output_set import OutputSet, check_outputs
from genesis.io.table_text import write_table, write_text
from genesis.simulate.block_gzip import write_blocks

if TYPE_CHECKING:
    from genesis.simulate.simulation import Simulation

__all__ = ["FILES", "check_folder", "write_simulation"]

#: Names of the files; the last one marks a complete set.
FILES = (
    "genotypes.vcf.gz",
    "expression.tsv.gz",
    "protein.tsv",
    "traits.tsv",
    "genes.bed",
    "truth.tsv",
    "ancestors.tsv",
    "anchors.tsv",
    "routes.tsv",
    "simulation.json",
)
_SCHEMA = "genesis.simulation"
_SCHEMA_VERSION = 1
_VARIANT_BLOCK = 1024
_CALLS = np.array(["0/0", "0/1", "1/1"], dtype=object)


def check_folder(folder: str | Path, *, force: bool = False) -> None:
    """Make sure that a simulation can be written to a folder; makes the folder.

    Parameters
    ----------
    folder : str or Path
    force : bool
        Files that exist may be replaced.

    Raises
    ------
    OutputWriteError
        One of the files exists and `force` is false, even one that the simulation lacks and
        that would look like a part of it; or the folder cannot be written.
    """
    for name in FILES:
        check_outputs(Path(folder) / name, [""], force=force)


def write_simulation(
    simulation: Simulation, folder: str | Path, *, force: bool = False
) -> list[Path]:
    """Write the files of `Simulation.write`, which says what they are.

    Parameters
    ----------
    simulation : Simulation
    folder : str or Path
        Where to write; made where it does not exist.
    force : bool
        Files of these names that exist are replaced; one that does not belong to the new set,
        such as a ``genes.bed``, is taken away.

    Returns
    -------
    list of Path

    Raises
    ------
    CommandLineError
        The genotypes are no dosages of variants.
    OutputWriteError
        A file exists and `force` is false, or the disk cannot take it.
    """
    if simulation.variants is None:
        raise CommandLineError(
            "the genotypes are continuous, which a VCF cannot hold: simulate with "
            "genotypes='binomial' to write files"
        )
    folder = Path(folder)
    check_folder(folder, force=force)
    genes, layers = simulation.places(), simulation.layers or {}
    is_there = {
        "protein.tsv": "protein" in layers,
        "traits.tsv": simulation.traits is not None,
        "genes.bed": genes is not None,
        "routes.tsv": simulation.routes is not None,
    }
    names = [name for name in FILES if is_there.get(name, True)]
    gone = [name for name in FILES if name not in names]
    with OutputSet(folder, names, force=force, replaced=gone, is_folder=True) as outputs:
        paths = {name: outputs.path(name) for name in names}
        write_blocks(paths["genotypes.vcf.gz"], _vcf_text(simulation, simulation.variants, genes))
        write_table(paths["expression.tsv.gz"], _molecule_table(simulation.expression))
        if "protein" in layers:
            write_table(paths["protein.tsv"], _molecule_table(layers["protein"]))
        if simulation.traits is not None:
            write_table(paths["traits.tsv"], simulation.traits.reset_index(names="sample_id"))
        if genes is not None:
            write_text(paths["genes.bed"], [_bed_text(genes)])
        write_table(paths["truth.tsv"], simulation.truth)
        write_table(paths["ancestors.tsv"], simulation.ancestors)
        write_table(paths["anchors.tsv"], simulation.anchors)
        if simulation.routes is not None:
            write_table(paths["routes.tsv"], simulation.routes)
        write_text(paths["simulation.json"], [_record(simulation)])
    return outputs.written


def _vcf_text(
    simulation: Simulation, variants: pd.DataFrame, genes: pd.DataFrame | None
) -> Iterator[bytes]:
    """A VCF in pieces of many records."""
    lines = ["##fileformat=VCFv4.2", f"##source=genesis {__version__}"]
    lines.append('##FILTER=<ID=PASS,Description="All filters passed">')
    ends = variants.groupby("chrom", sort=False)["pos"].max()
    if genes is not None:
        ends = ends.combine(genes.groupby("chrom")["end"].max(), max, fill_value=0)
        ends = ends.loc[variants["chrom"].unique()]
    lines += [f"##contig=<ID={chrom},length={int(end)}>" for chrom, end in ends.items()]
    lines.append('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">')
    head = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"]
    lines += ["\t".join([*head, *simulation.genotypes.index]), ""]
    yield "\n".join(lines).encode()
    columns = variants[["chrom", "pos", "variant_id", "ref", "alt"]]
    for start in range(0, len(variants), _VARIANT_BLOCK):
        block = slice(start, start + _VARIANT_BLOCK)
        calls = _CALLS[simulation.genotypes.iloc[:, block].to_numpy().T.astype(np.int64)]
        fixed = columns.iloc[block].astype("str").to_numpy()
        yield "".join(
            "\t".join([*place, ".", "PASS", ".", "GT", *row]) + "\n"
            for place, row in zip(fixed.tolist(), calls.tolist(), strict=True)
        ).encode()


def _molecule_table(molecules: pd.DataFrame) -> pd.DataFrame:
    """Molecules × samples, their ids in the first column."""
    table = molecules.T
    table.insert(0, "gene_id", table.index.astype("str"))
    return table


def _bed_text(genes: pd.DataFrame) -> bytes:
    """BED: positions start at 0, and the end is not included."""
    rows = zip(genes["chrom"], genes["start"] - 1, genes["end"], genes["gene_id"], strict=True)
    return "".join("\t".join(map(str, row)) + "\n" for row in rows).encode()


def _record(simulation: Simulation) -> bytes:
    """What the files are and how to make them again."""
    packages = ["numpy", "scipy"]
    parameters = simulation.parameters
    if parameters["design"] == "layers" or parameters.get("population") == "natural":
        packages.append("msprime")
    record = {
        "schema": _SCHEMA,
        "version": _SCHEMA_VERSION,
        "genesis": __version__,
        "packages": {name: version(name) for name in packages},
        "parameters": simulation.parameters,
        "counts": {
            "samples": len(simulation.genotypes),
            "variants": simulation.genotypes.shape[1],
            "genes": simulation.expression.shape[1],
            **{f"{layer}s": table.shape[1] for layer, table in (simulation.layers or {}).items()},
            **({} if simulation.traits is None else {"traits": simulation.traits.shape[1]}),
            "edges": len(simulation.truth),
            "ancestors": len(simulation.ancestors),
            "anchors": len(simulation.anchors),
        },
    }
    if simulation.unmeasured is not None:
        record["unmeasured"] = simulation.unmeasured["gene_id"].tolist()
    return (json.dumps(record, indent=2) + "\n").encode()
