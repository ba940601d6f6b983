"""What a run of the command will take, once everything but the genotypes has been read."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genesis.options import Options

if TYPE_CHECKING:
    from genesis.analysis import Expected
    from genesis.cli.reading import Matched

__all__ = ["bytes_of_a_million", "forecast", "seconds_of_run"]

#: Bytes of genotypes, compressed as they mostly are, that are read in a second.
_READ_IN_A_SECOND = 5e6
#: Seconds for each variant near a gene and sample that kinship and the check of samples take.
_PREPARED = 2e-9


def forecast(
    given: dict[str, Any],
    matched: Matched,
    *,
    has_places: bool,
    n_variants: int,
    max_memory: int | None = None,
) -> Expected:
    """Memory and time of the analysis, with so many variants near genes.

    Raises
    ------
    MemoryBudgetError
        `max_memory` does not suffice.
    """
    from genesis.analysis import expect
    from genesis.engine.memory import PROGRAM
    from genesis.io.genotype_memory import held_bytes, reading_bytes
    from genesis.linear.covariate_basis import covariate_basis

    samples, n_genes = matched.match.samples, matched.n_nodes
    rank = 0
    if matched.covariates is not None:
        rank = covariate_basis(matched.covariates.values.loc[samples])[1]
    asked = Options.among({**given, "normalise": "none"})
    if asked.all_snps is None:
        asked = dataclasses.replace(asked, all_snps=not has_places)
    packed = given["field"] == "GT"
    expected = expect(
        asked,
        n_genes=n_genes,
        n_variants=n_variants,
        n_samples=len(samples),
        rank=rank,
        input_bytes=held_bytes(len(samples), n_variants, packed=packed)
        + 16 * n_genes * len(samples),
        max_memory=max_memory,
        on_cluster=given["dask_scheduler"] is not None,
        has_traits=matched.layers is not None and matched.layers.traits is not None,
    )
    expression = 8 * n_genes * len(samples)
    reading = PROGRAM + expression + reading_bytes(len(samples), n_variants, packed=packed)
    return expected._replace(memory=max(expected.memory, reading))


def bytes_of_a_million(given: dict[str, Any], matched: Matched) -> int:
    """Bytes by which memory grows at most with each million variants."""
    from genesis.io.genotype_memory import reading_bytes

    n_samples, packed = len(matched.match.samples), given["field"] == "GT"
    few, more = (reading_bytes(n_samples, n * 10**6, packed=packed) for n in (100, 101))
    return more - few


def seconds_of_run(given: dict[str, Any], matched: Matched, has_places: bool) -> dict[str, float]:
    """Seconds of every stage from the genotypes on, in their order."""
    from genesis.compiling import seconds_to_compile

    n_bytes = _size(matched)
    analysis = forecast(given, matched, has_places=has_places, n_variants=0).seconds
    preparing = _PREPARED * n_bytes * 10 if given["check_samples"] else 0.0
    return {
        "reading genotypes": n_bytes / _READ_IN_A_SECOND,
        "kinship": preparing / 2,
        "filters": 0.0,
        "sample swaps": preparing / 2,
        "compiling": seconds_to_compile(given["method"]),
        **analysis,
        "writing outputs": analysis["tables"],
    }


def _size(matched: Matched) -> int:
    """Bytes of the genotypes on disk; of a set of files those of the largest kind."""
    total = 0
    for part in matched.source.parts or [matched.source]:
        path = Path(part.path)
        beside = [Path(f"{part.path}{end}") for end in (".bed", ".pgen")]
        total += max((one.stat().st_size for one in (path, *beside) if one.is_file()), default=0)
    return total
