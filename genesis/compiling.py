"""Kernels compiled before they are needed, so that a run can say so and how far it is.

What types a kernel is compiled for is known where it is called. So a small data set is analysed in
every way that has kernels, which takes a second where they are compiled already.
"""

from __future__ import annotations

import gc
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numba.core import event

from genesis.analysis import analyse
from genesis.constraints.graph import ConstraintGraph
from genesis.engine.clock import Clock, about_time
from genesis.engine.progress import Progress, Say, no_progress, say_nothing
from genesis.engine.resources import Resources
from genesis.inputs.collect import collect_inputs
from genesis.io.expression import Expression
from genesis.io.genotype_source import read_genotypes
from genesis.io.genotypes import Genotypes
from genesis.io.variant_blocks import RecordFilter
from genesis.io.vcf import read_vcf
from genesis.io.vcf_source import VcfSource
from genesis.jit import is_compiled
from genesis.kernel_cache import own_directory
from genesis.learners.learners import LEARNERS
from genesis.marginal.scan import scan
from genesis.options import Options
from genesis.posterior.model.candidates import MOST_GENES, choose_candidates
from genesis.prepare.preparation import prepare

__all__ = ["WORK", "Work", "compile_ahead", "is_to_compile", "seconds_to_compile"]

_SAMPLES, _GENES = 80, 12
_BASES = 1_000_000


def is_to_compile(*names: str) -> bool:
    """Whether some of the work of these names, of `WORK`, needs kernels that are not compiled."""
    return any(_missing(WORK[name]) for name in names)


def seconds_to_compile(*names: str) -> float:
    """Seconds that the kernels of this work take to compile, as far as they are not; 0 for none.

    Where only some are missing, for each an equal share of them all.
    """
    return sum(
        WORK[name].seconds * len(_missing(WORK[name])) / len(WORK[name].kernels) for name in names
    )


def compile_ahead(*names: str, progress: Progress = no_progress, say: Say = say_nothing) -> None:
    """Compile the kernels that work needs, as far as they are not.

    Parameters
    ----------
    *names : str
        Of `WORK`.
    progress : callable
        Called as ``progress("compiling", done, total)`` in the kernels that take longest.
    say : callable
        Told where the code is kept.
    """
    left = {name: _missing(WORK[name]) for name in names}
    missing_of_all = set().union(*left.values())
    n_missing = len(missing_of_all)
    directory = own_directory()
    what = f"Compiling numeric kernels ({', '.join(name for name in names if left[name])})"
    time = about_time(seconds_to_compile(*names))
    if directory is None:
        say(
            f"{what}, as in every run, for {time}: there is nowhere to keep them; NUMBA_CACHE_DIR "
            "may name a directory that can be written."
        )
    else:
        say(f"{what}, once for this version, for {time}; kept in {directory}.")
    progress("compiling", 0, n_missing)
    with (
        _seldom_collecting(),
        _counting(missing_of_all, lambda n: progress("compiling", n, n_missing)),
    ):
        for name, missing in left.items():
            if missing:
                # Of a data set this small, all sorts of things are to be warned of.
                with warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
                    WORK[name].do(_small_study())
    progress("compiling", n_missing, n_missing)


def _missing(work: Work) -> set[str]:
    """Kernels that are not compiled."""
    found = set()
    for name in work.kernels:
        module, _, function = name.rpartition(".")
        if not is_compiled(getattr(import_module(f"genesis.{module}"), function)):
            found.add(name)
    return found


class _Counter(event.Listener):
    """Tells how many of some kernels have been compiled since."""

    def __init__(self, kernels: set[str], tell: Callable[[int], None]) -> None:
        self._left = {f"genesis.{name}" for name in kernels}
        self._n, self._tell, self._lock = 0, tell, threading.Lock()

    def on_start(self, event: Any) -> None:
        pass

    def on_end(self, event: Any) -> None:
        function = event.data["dispatcher"].py_func
        with self._lock:
            name = f"{function.__module__}.{function.__qualname__}"
            if name in self._left:
                self._left.remove(name)
                self._n += 1
                self._tell(self._n)


@contextmanager
def _counting(kernels: set[str], tell: Callable[[int], None]) -> Iterator[None]:
    counter = _Counter(kernels, tell)
    event.register("numba:compile", counter)
    try:
        yield
    finally:
        event.unregister("numba:compile", counter)


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Look for reference cycles seldom: a tenth of the time of compiling goes by with it."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _Study(NamedTuple):
    """A small data set: a variant beside each gene, a gene that acts, a cause of half of them."""

    genotypes: Genotypes
    expression: Expression
    genes: pd.DataFrame
    covariates: pd.DataFrame


def _small_study() -> _Study:
    # Random numbers of its own: those of a run are as they would have been.
    rng = np.random.default_rng(1)
    samples = [f"S{k}" for k in range(_SAMPLES)]
    dosages = rng.binomial(2, 0.4, size=(_SAMPLES, _GENES)).astype(np.float32)
    values = 2.0 * dosages + rng.normal(size=(_SAMPLES, _GENES))
    values[:, _GENES // 2 :] += rng.normal(size=(_SAMPLES, 1))
    values[:, 1] += 2.0 * values[:, 0]
    ids = [f"GENE{k}" for k in range(_GENES)]
    contig = np.where(np.arange(_GENES) < _GENES // 2, "1", "2")
    start = _BASES * (1 + np.arange(_GENES))
    genes = pd.DataFrame({"gene_id": ids, "chrom": contig, "start": start, "end": start + 1000})
    variants = pd.DataFrame(
        {"variant_id": [f"V{k}" for k in range(_GENES)], "chrom": contig, "pos": start - 100,
         "ref": "A", "alt": "C", "af": dosages.mean(axis=0) / 2, "n_missing": 0, "ploidy": 2}
    )  # fmt: skip
    covariates = pd.DataFrame({"age": rng.normal(size=_SAMPLES)}, index=samples)
    return _Study(
        Genotypes(np.asfortranarray(dosages), samples, variants),
        Expression(values, samples, genes),
        genes,
        covariates,
    )


def _read(study: _Study) -> None:
    """Calls and probabilities, some missing and some in records of two ALT alleles."""
    samples = study.genotypes.samples
    lines = [
        "##fileformat=VCFv4.2",
        f"##contig=<ID=1,length={100 * _BASES}>",
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
        '##FORMAT=<ID=DS,Number=A,Type=Float,Description="Dosage">',
        '##FORMAT=<ID=GP,Number=G,Type=Float,Description="Probabilities">',
        "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"])
        + "\t" + "\t".join(samples),
    ]  # fmt: skip
    cells = [["0/0:0:1,0,0", "0/1:1:0,1,0", "1/1:2:0,0,1"]]
    cells.append(["0/0:0,0:1,0,0,0,0,0", "0/1:1,0:0,1,0,0,0,0", "0/2:0,1:0,0,0,1,0,0"])
    for number, (alt, kinds) in enumerate(zip(("C", "C,G"), cells, strict=True)):
        row = [kinds[k % 3] for k in range(len(samples))]
        row[0] = "./.:.:."
        lines.append(
            f"1\t{100 * (number + 1)}\tV{number}\tA\t{alt}\t.\t.\t.\tGT:DS:GP\t" + "\t".join(row)
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.vcf"
        path.write_text("\n".join(lines) + "\n")
        for field in ("GT", "DS", "GP"):
            read_vcf(path, field=field).take_samples(samples[1:])
        # As `genesis run` holds called genotypes.
        packed = read_genotypes(
            VcfSource(path), RecordFilter("GT", 0.0, 1.0, "split"), samples=None, region=None,
            sex=None, progress=None, packed=True,
        )  # fmt: skip
        packed.take_samples(samples[1:]).dosages[:, [0]]


def _prepare(study: _Study) -> None:
    prepare(
        study.genotypes, study.expression, genes=study.genes, covariates=study.covariates,
        hwe=1e-6, ld_prune=0.9, threads=1,
    )  # fmt: skip


def _analyse_by(**options: Any) -> Callable[[_Study], None]:
    asked = Options(normalise="none", all_snps=False, threads=1, **options)

    def work(study: _Study) -> None:
        inputs = collect_inputs(
            study.genotypes, study.expression, None, study.genes, study.covariates, None
        )
        resources = Resources(1, None, None, False, None, say_nothing)
        analyse(study.genotypes, inputs, asked, no_progress, Clock(), resources)

    return work


def _calibrate(study: _Study) -> None:
    _analyse_by(method="calibrated")(study)
    # Of few genes each may act on each.
    n_genes = MOST_GENES + 2
    rows = np.random.default_rng(1).normal(size=(n_genes, _SAMPLES))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    choose_candidates(rows, 0, [np.empty(0, dtype=np.int64)] * n_genes, 0, rows, "effect", False)


def _scan(study: _Study) -> None:
    scan(study.genotypes, study.expression, threads=1)


def _learn(study: _Study) -> None:
    names = study.expression.genes["gene_id"].tolist()[:4]
    data = pd.DataFrame(study.expression.values[:, :4], columns=names)
    for learn in LEARNERS.values():
        learn(data, ConstraintGraph(names))


@dataclass(frozen=True)
class Work:
    """Work that has kernels of its own.

    Attributes
    ----------
    kernels : tuple of str
        Those that are called from elsewhere than kernels, or take long, by their place in the
        package.
    do : callable
        Does the work on a small data set.
    seconds : float
        That all of them take to compile, on a core of 2024.
    """

    kernels: tuple[str, ...]
    do: Callable[[_Study], None]
    seconds: float


#: The kernels of each that are called from Python, but for those that take no time.
WORK = {
    "reading": Work(
        (
            "io.vcf_plain_kernels.find_columns",
            "io.vcf_plain_kernels.plain_calls",
            "io.packing_kernels.pack_rows",
            "io.packing_kernels.unpack_rows",
            "io.vcf_text_kernels.check_lines",
            "io.vcf_kernels.allele_dosages",
            "io.vcf_kernels.impute_missing",
            "io.vcf_kernels.row_fingerprints",
            "io.vcf_kernels.scaled_dosages",
            "io.probability_kernels.expected_dosages",
        ),
        _read,
        3.5,
    ),
    "preparing": Work(
        (
            "prepare.genotype_kernels.nearest_calls",
            "prepare.genotype_kernels.count_calls",
            "prepare.genotype_kernels.exact_p_of_counts",
            "prepare.genotype_kernels.prune_contig",
        ),
        _prepare,
        1.0,
    ),
    "calibrated": Work(
        (
            "anchors.prescreen_kernels.screen",
            "posterior.model.candidate_kernels.pair_up",
            "posterior.moves.paired_kernels.set_offsets",
            "posterior.model.factor_kernels.renew_gram",
            "posterior.chains.chain_kernels.run_rounds",
            "posterior.moves.active_kernels.partition_active",
            "posterior.model.factor_kernels.log_density",
            "posterior.moves.edge_probability_kernels.find_edge_probabilities",
            "posterior.model.graph_kernels.count_below",
            "posterior.claims.pair_table_kernels.join_rows",
            "posterior.claims.pair_table_kernels.spread_values",
            "posterior.claims.pair_table_kernels.find_pairs",
            "posterior.claims.effect_kernels.add_effects",
            "posterior.claims.evidence_kernels.find_support",
            "posterior.claims.claim_kernels.commit_certain",
            "graphs.closure_kernels.mark_edges",
            "graphs.closure_kernels.close_transitively",
            "graphs.closure_kernels.read_bits",
            "graphs.bit_kernels.list_bits",
            "graphs.bit_kernels.turn_round",
            "graphs.bit_kernels.spread_doubt",
            "loci.own_variant_kernels.weigh_variants",
            "loci.share_kernels.log_evidence_of_genes",
        ),
        _calibrate,
        33.0,
    ),
    "rules": Work(
        (
            "anchors.prescreen_kernels.screen",
            "anchors.blanket_kernels.with_predecessors",
            "anchors.blanket_kernels.blankets",
            "rules.due_kernels.are_due",
            "rules.due_kernels.list_due",
            "rules.pair_kernels.own_correlations",
            "rules.pair_kernels.evaluate_pairs",
            "rules.direct_kernels.direct_log_p",
            "graphs.closure_kernels.commit",
            "graphs.closure_kernels.read_bits",
            "loci.own_variant_kernels.weigh_variants",
            "loci.share_kernels.log_evidence_of_genes",
        ),
        _analyse_by(method="rules"),
        11.0,
    ),
    "scanning": Work(
        ("marginal.scan_kernels.list_large", "marginal.scan_kernels.dot_rows"),
        _scan,
        0.5,
    ),
    "learning": Work(
        (
            "learners.subset_kernels.marginal_tests",
            "learners.subset_kernels.separating_subset",
            "learners.score_kernels.local_score",
            "learners.score_kernels.grow_shrink",
        ),
        _learn,
        2.2,
    ),
}
