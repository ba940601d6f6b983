"""How long runs take: ``python -m tests.benchmarks.how_long [OTHER] [--rows …] [--out FILE]``.

One table of what the other programs here measure, by their own functions. OTHER is a checkout of
another revision, measured in the same run, one after the other in each row. Rows:

* ``15``, ``50``, ``150``, ``1000 factors``: simulated genes, as in `sampling_speed.py`; ``data``:
  the whole command on the example; all with one thread;
* ``1250`` to ``20000``: the whole command on the cohorts of `cohort.py`, with two threads; OTHER up
  to 2,500 genes;
* ``yeast``: the whole command on all genes of yeast segregants in the folder ``data`` of --shared,
  with two threads;
* ``compile``: `genesis compile` where nothing is compiled;
* ``vcf``: reading a VCF near 20,000 genes, as in `vcf_reading.py`, and how many times the work of
  a bare loop that is;
* ``threads``: a cohort of 1,250 genes on one thread and on two, and how busy these are.

Columns: CPU seconds of both checkouts and their ratio; seconds on the wall, those that the run says
before it begins, and their ratio; largest memory, as taken and as said; area under precision and
recall, and the share of claims at an FDR of 0.05 that is false. Without --rows: those that take
minutes at the most. `--out` writes the table as Markdown, with the name of the machine.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from inspect import signature
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd

import genesis
from genesis import analysis
from genesis.cli.main import run_command
from genesis.compiling import WORK
from genesis.options import Options
from genesis.posterior import chain_forecast
from tests.benchmarks import cohort, large_genotypes, sampling_speed, vcf_reading

HERE = Path(__file__).parents[2]
SIMULATED = ("15", "50", "150", "1000 factors")
COHORTS = {str(n_genes): n_genes for n_genes in cohort.SIZES}
QUICK = ("15", "50", "150", "data", "compile", "vcf")
ROWS = (*SIMULATED, "data", "yeast", *COHORTS, "compile", "vcf", "threads")
#: Another revision is measured on cohorts of up to so many genes.
OTHER_GENES = 2_500
COHORT_SAMPLES, COHORT_THREADS = 500, 2
RECORDS, ROUNDS = 50_000, 3
GIB = 1 << 30


@dataclass
class Said:
    """What is said before a run: seconds without hidden factors and with them, and bytes."""

    seconds: list[float] = field(default_factory=list)
    memory: int = 0


@contextmanager
def hearing() -> Iterator[Said]:
    """Hear the numbers behind the words of a dry run."""
    said = Said()
    in_words, expect = chain_forecast.about_time, analysis.expect

    def about_time(seconds: float) -> str:
        said.seconds.append(seconds)
        return in_words(seconds)

    def expected(*given: Any, **more: Any) -> analysis.Expected:
        found = expect(*given, **more)
        said.memory = found.memory
        return found

    with (
        patch.object(chain_forecast, "about_time", about_time),
        patch.object(analysis, "expect", expected),
    ):
        yield said


def line(row: str, **figures: Any) -> dict[str, Any]:
    return {"row": row, **figures}


def said_of(said: Said, wall: float, uses_factors: bool) -> dict[str, float]:
    """Columns of what was said, of the model that the run took."""
    seconds = said.seconds[-1 if uses_factors else 0]
    return {"s said": seconds, "said / s": seconds / wall, "GiB said": said.memory / GIB}


def simulated(row: str, checkouts: dict[str, Path], n_sets: int) -> dict[str, Any]:
    """Means over data sets of `sampling_speed.py`."""
    found: dict[str, list[sampling_speed.Measured]] = {name: [] for name in checkouts}
    for number in range(n_sets):
        for name, checkout in checkouts.items():
            given = *sampling_speed.CELLS[row], sampling_speed.SEED + number
            found[name].append(sampling_speed.measured(checkout, sampling_speed.SIMULATED, *given))
    means = {
        name: sampling_speed.Measured(*map(statistics.fmean, zip(*some, strict=True)))
        for name, some in found.items()
    }
    n_genes, n_samples, _ = sampling_speed.CELLS[row]
    of_a_gene = signature(genesis.simulate.cis_eqtl).parameters["snps_per_gene"].default
    n_variants = n_genes * of_a_gene
    with hearing() as said:
        analysis.expect(
            Options(threads=1, all_snps=False), n_genes=n_genes, n_variants=n_variants,
            n_samples=n_samples, rank=0, input_bytes=4 * n_samples * (n_variants + 4 * n_genes),
        )  # fmt: skip
    this = means["this"]
    return line(
        f"{row}, n {n_samples}",
        **cpu_of({name: one.cpu for name, one in means.items()}),
        s=this.wall,
        **said_of(said, this.wall, this.factors >= 0.5),
        GiB=this.gib, AUPR=this.aupr, false=this.false,
    )  # fmt: skip


def cpu_of(cpu: dict[str, float]) -> dict[str, float]:
    """Columns of CPU seconds."""
    found = {"CPU s": cpu["this"]}
    if "other" in cpu:
        found |= {"CPU s, other": cpu["other"], "other / this": cpu["other"] / cpu["this"]}
    return found


def say_before(words: list[str]) -> Said:
    """What `--dry-run` says of a command."""
    with hearing() as said:
        if run_command([*words, "--dry-run", "-q"]):
            raise SystemExit(f"not even dry: genesis {shlex.join(words)}")
    return said


def uses_factors(prefix: Path) -> bool:
    record = genesis.load(prefix).run
    return bool(record["calibrated"]["hidden_factors_used"])


def example(checkouts: dict[str, Path], folder: Path) -> dict[str, Any]:
    """The whole command on the example."""
    found = {
        name: sampling_speed.data_run(checkout, folder / f"data-{name}")
        for name, checkout in checkouts.items()
    }
    this = found["this"]
    said = say_before(sampling_speed.words_of_data(HERE, folder / "data-this"))
    return line(
        "data/",
        **cpu_of({name: one.cpu for name, one in found.items()}),
        s=this.wall,
        **said_of(said, this.wall, uses_factors(folder / "data-this")),
        GiB=this.gib,
    )


def whole_command(
    row: str, words: Callable[[Path], list[str]], checkouts: dict[str, Path], folder: Path
) -> dict[str, Any]:
    """The command that writes to a prefix, of each checkout under its name in `folder`."""
    found = {
        name: cohort.measured_command(words(folder / name), checkout)
        for name, checkout in checkouts.items()
    }
    said = say_before(words(folder / "this"))
    _, wall, gib = found["this"]
    return line(
        row,
        **cpu_of({name: one[0] for name, one in found.items()}),
        s=wall,
        **said_of(said, wall, uses_factors(folder / "this")),
        GiB=gib,
    )


def write_cohort(n_genes: int, folder: Path) -> None:
    cohort.simulate(n_genes, COHORT_SAMPLES, 0.0).write(folder)


def score_cohort(n_genes: int, prefix: Path) -> dict[str, Any]:
    data = cohort.simulate(n_genes, COHORT_SAMPLES, 0.0)
    return cohort.by_posterior(prefix, data, cohort.true_ancestors(data))


def alone(work: Any, *given: Any) -> Any:
    """Do it in a process of its own, whose memory then is none of a command that comes after."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def of_cohort(row: str, checkouts: dict[str, Path], folder: Path) -> dict[str, Any]:
    """A cohort of `cohort.py`."""
    n_genes = COHORTS[row]
    alone(write_cohort, n_genes, folder)
    if n_genes > OTHER_GENES:
        checkouts = {"this": checkouts["this"]}

    def words(out: Path) -> list[str]:
        return cohort.words_of_run(folder, out, COHORT_THREADS)

    found = whole_command(f"{n_genes:,} genes, n {COHORT_SAMPLES}", words, checkouts, folder)
    figures = alone(score_cohort, n_genes, folder / "this")
    return {**found, "AUPR": figures["AUPR"], "false": figures["false"]}


def yeast(checkouts: dict[str, Path], shared: Path, folder: Path) -> dict[str, Any]:
    """All genes of the segregants."""
    data = (shared / "data" / "yeast_brem2005").resolve()

    def words(out: Path) -> list[str]:
        found = ["run", "--vcf", data / "genotypes.vcf.gz"]
        found += ["--expression", data / "expression.tsv.gz", "--genes", data / "genes_R64.bed"]
        found += ["--cis-window", 20_000, "--anchor-kind", "both", "--threads", 2]
        return [str(word) for word in [*found, "--out", out, "--force"]]

    return whole_command("yeast, n 112", words, checkouts, folder)


def compiling(checkouts: dict[str, Path], folder: Path) -> dict[str, Any]:
    """Everything that is compiled once, as far as a revision has a command for it."""
    found = {}
    for name, checkout in checkouts.items():
        if (checkout / "genesis" / "compiling.py").exists():
            with patch.dict(os.environ, NUMBA_CACHE_DIR=str(folder / f"compiled-{name}")):
                found[name] = cohort.measured_command(["compile"], checkout)
    # One after the other, what an earlier kind of work has compiled is there for a later one.
    kernels = {name: work.seconds / len(work.kernels) for work in WORK.values()
               for name in work.kernels}  # fmt: skip
    _, wall, gib = found["this"]
    said = sum(kernels.values())
    figures = cpu_of({name: one[0] for name, one in found.items()})
    return line("compile", **figures, s=wall, **{"s said": said, "said / s": said / wall}, GiB=gib)


def vcf(folder: Path) -> dict[str, Any]:
    """Reading, against a bare loop over the same records."""
    path = folder / "large.vcf.gz"
    large_genotypes.write_vcf(path, RECORDS)
    found = vcf_reading.measured(path, ROUNDS)
    this = found["run, 20,000 genes"]
    times = this["cores"] / found["bare loop"]["cores"]
    return line(
        f"VCF, {RECORDS:,} records: {times:.2f} × a bare loop",
        **{"CPU s": this["cores"]}, s=this["wall"], GiB=this["peak"] / 1024,
    )  # fmt: skip


def on_threads(folder: Path) -> Iterator[dict[str, Any]]:
    """CPU seconds over seconds on the wall and threads."""
    alone(write_cohort, COHORTS["1250"], folder)
    for n in (1, 2):
        words = cohort.words_of_run(folder, folder / f"on-{n}", n)
        cpu, wall, gib = cohort.measured_command(words)
        row = f"1,250 genes, threads {n}: {cpu / (n * wall):.2f} busy"
        yield line(row, **{"CPU s": cpu}, s=wall, GiB=gib)


def measure(
    row: str, checkouts: dict[str, Path], shared: Path, n_sets: int
) -> list[dict[str, Any]]:
    """The lines of a row."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if row in SIMULATED:
            return [simulated(row, checkouts, n_sets)]
        if row in COHORTS:
            return [of_cohort(row, checkouts, folder)]
        if row == "threads":
            return list(on_threads(folder))
        return [
            {
                "data": lambda: example(checkouts, folder),
                "yeast": lambda: yeast(checkouts, shared, folder),
                "compile": lambda: compiling(checkouts, folder),
                "vcf": lambda: vcf(folder),
            }[row]()
        ]


def revision(checkout: Path) -> str:
    """Its commit, and whether files were changed since."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        capture_output=True, text=True, cwd=checkout, check=False,
    )  # fmt: skip
    return done.stdout.strip() or "no commit"


def machine() -> str:
    """Name, processor, cores, load, date."""
    model = platform.processor() or platform.machine()
    known = Path("/proc/cpuinfo")
    if known.exists():
        lines = known.read_text().splitlines()
        model = next((one.split(": ")[1] for one in lines if one.startswith("model name")), model)
    load = f", load {os.getloadavg()[1]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{platform.node()}, {model}, {os.cpu_count()} cores{load}, Python "
        f"{platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}"
    )


def markdown(table: pd.DataFrame) -> str:
    cells = [list(table.columns), ["---"] * table.shape[1]]
    cells += [["" if value == "-" else str(value) for value in one] for one in table.to_numpy()]
    return "".join(f"| {' | '.join(one)} |\n" for one in cells)


def shown(lines: list[dict[str, Any]]) -> pd.DataFrame:
    """The table in words: three digits, a dash for what is not known."""
    order = (
        "row", "CPU s", "CPU s, other", "other / this", "s", "s said", "said / s", "GiB",
        "GiB said", "AUPR", "false",
    )  # fmt: skip
    table = pd.DataFrame(lines)
    table = table[[name for name in order if name in table]]
    return table.map(
        lambda value: value if isinstance(value, str) else "-" if pd.isna(value) else f"{value:.3g}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("other", nargs="?", type=Path, help="checkout of another revision")
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=QUICK, metavar="ROW")
    parser.add_argument("--sets", type=int, default=2, help="data sets of each simulated size")
    parser.add_argument("--shared", type=Path, default=HERE.parent / "shared")
    parser.add_argument("--out", type=Path, help="Markdown file")
    asked = parser.parse_args()
    checkouts = {"this": HERE}
    if asked.other is not None:
        checkouts["other"] = asked.other.resolve()
    title = f"{machine()}; " + ", ".join(
        f"{name}: {revision(checkout)}" for name, checkout in checkouts.items()
    )
    subprocess.run([sys.executable, "-m", "genesis", "compile"], check=True, cwd=HERE)
    lines: list[dict[str, Any]] = []
    for row in asked.rows:
        lines += measure(row, checkouts, asked.shared, asked.sets)
        print(lines[-1], flush=True)
        if asked.out is not None:
            # After every row, for the last ones take long.
            asked.out.write_text(f"{title}\n\n{markdown(shown(lines))}")
    print(title)
    print(shown(lines).to_string(index=False))


if __name__ == "__main__":
    main()
