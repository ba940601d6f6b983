"""Snakemake wrapper for ``genesis run``."""

# ruff: noqa: F821 (Snakemake puts the name `snakemake` above this file)

__author__ = "The GENESIS developers"
__license__ = "BSD-3-Clause"

import shlex
from pathlib import Path

from snakemake.shell import shell

SUFFIX = ".run.json"


def several(files: str | list[str] | None) -> list[str]:
    """The files of an input, of which there may be one, many or none."""
    return [files] if isinstance(files, str) else list(files or [])


prefix = str(snakemake.output.run)
if not prefix.endswith(SUFFIX):
    raise ValueError(f"output 'run' has to end in {SUFFIX}, but is {prefix}")
prefix = prefix.removesuffix(SUFFIX)
multiqc = f"{prefix}_mqc.json"
if strangers := [str(name) for name in snakemake.output if not str(name).startswith(prefix)]:
    raise ValueError(f"outputs have to begin as 'run' does, with {prefix}: {', '.join(strangers)}")

words = ["genesis", "run", "--out", prefix, "--force", "--threads", str(snakemake.threads)]
for name in ("vcf", "bgen", "expression", "genes", "covariates"):
    for file in several(snakemake.input.get(name)):
        words += [f"--{name}", str(file)]
# PLINK names its files by what they have in common.
for name, option in (("bed", "--bed"), ("pgen", "--pfile")):
    for file in several(snakemake.input.get(name)):
        words += [option, str(Path(file).with_suffix(""))]
command = f"{shlex.join(words)} {snakemake.params.get('extra', '')}"
if multiqc in map(str, snakemake.output):
    table = ["genesis", "export", "--run", prefix, "--to", "multiqc", "--out", multiqc, "--force"]
    command += f" && {shlex.join(table)}"
log = snakemake.log_fmt_shell(stdout=True, stderr=True)
shell("({command}) {log}")
