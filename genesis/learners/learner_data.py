"""Data for a learner: the variables of the constraints, cleared of covariates, as correlations."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from genesis.constraints.graph import ConstraintGraph
from genesis.constraints.knowledge import Knowledge
from genesis.constraints.needed_variables import needed_variables
from genesis.errors import (
    CommandLineError,
    DegenerateDataError,
    InconsistentInputsError,
    MalformedInputError,
)
from genesis.io.ids import counted, first_few, repeated
from genesis.learners.learned_graph import LearnedGraph
from genesis.linear.covariate_basis import covariate_basis, intercept_basis
from genesis.linear.unit_rows import unit_rows

__all__ = ["Prepared", "prepare"]

#: Two variants whose squared correlation is this close to one are one variant.
SAME_VARIANT = 1e-8


@dataclass(frozen=True, eq=False)
class Prepared:
    """Data and knowledge of the same variables, sorted by name.

    Sorted, so that the order in which variables are given changes no result.
    """

    names: list[str]
    knowledge: Knowledge
    correlation: NDArray[np.float64]
    n_effective: int
    n_samples: int
    every: list[str]
    excluded: pd.DataFrame
    started: float

    def result(
        self,
        learner: str,
        marks: NDArray[np.int8],
        separating: dict[tuple[int, int], frozenset[int]],
        counts: dict[str, int],
        options: dict[str, Any],
    ) -> LearnedGraph:
        """The graph over all variables of the constraints, in their order."""
        place = {name: position for position, name in enumerate(self.every)}
        at = np.array([place[name] for name in self.names], dtype=np.int64)
        whole = np.zeros((len(self.every),) * 2, dtype=np.int8)
        whole[np.ix_(at, at)] = marks
        sets = {
            (self.names[x], self.names[y]): tuple(self.names[k] for k in sorted(members))
            for (x, y), members in separating.items()
        }
        none = dict.fromkeys(("tests", "untestable", "scores", "conflicts", "ambiguous"), 0)
        contradicted = self.knowledge.n_contradicted
        return LearnedGraph(
            self.every,
            whole,
            sets,
            self.excluded,
            {**none, **counts, "contradicted": contradicted},
            {
                "learner": learner,
                "options": options,
                "samples": self.n_samples,
                "effective_samples": self.n_effective,
                "seconds": round(time.perf_counter() - self.started, 6),
            },
        )


def prepare(
    data: pd.DataFrame | ArrayLike,
    constraints: ConstraintGraph,
    covariates: pd.DataFrame | ArrayLike | None,
    *,
    alpha: float = 0.5,
    most: int | None = None,
    penalty: float = 1.0,
) -> Prepared:
    """Check options and data, and choose the variables that take part.

    Parameters and errors are those of `genesis.learners.learners.run_pc` and `run_ges`.
    """
    started = time.perf_counter()
    _check_options(alpha, most, penalty)
    every = needed_variables(constraints)
    n_variants = len(every) - len(constraints.nodes)
    if not every:
        raise DegenerateDataError("the constraints name no variable: there is nothing to learn")
    values, others = _columns(data, constraints, every)
    basis = _basis(values, covariates)
    n_effective = len(values) - (basis.shape[1] - 1)
    if n_effective < 5:
        raise DegenerateDataError(
            f"{counted(len(values), 'sample')} less covariates leave {n_effective}: at least 5 are "
            "needed, and some hundreds to find anything"
        )
    rows, deviations = unit_rows(values, basis)
    correlation = rows @ rows.T
    order = sorted(range(len(every)), key=every.__getitem__)
    excluded = [(name, "not in the constraints") for name in others]
    kept: list[int] = []
    variants: list[int] = []
    for k in order:
        if deviations[k] == 0:
            excluded.append((every[k], "constant"))
            continue
        if k < n_variants:
            same = np.flatnonzero(correlation[k, variants] ** 2 > 1 - SAME_VARIANT)
            if len(same):
                excluded.append((every[k], f"same as {every[variants[same[0]]]}"))
                continue
            variants.append(k)
        kept.append(k)
    names = [every[k] for k in kept]
    return Prepared(
        names,
        Knowledge.of(constraints, names),
        np.clip(correlation[np.ix_(kept, kept)], -1.0, 1.0),
        n_effective,
        len(values),
        every,
        pd.DataFrame(excluded, columns=["variable", "reason"], dtype="str"),
        started,
    )


def _check_options(alpha: float, most: int | None, penalty: float) -> None:
    if not 0 < alpha < 1:
        raise CommandLineError(f"alpha is {alpha}: it must lie between 0 and 1")
    if most is not None and most < 0:
        raise CommandLineError(f"max_conditioning is {most}: it must be 0 or more")
    if not 0 < penalty < float("inf"):
        raise CommandLineError(f"penalty is {penalty}: it must be a positive number")


def _columns(
    data: pd.DataFrame | ArrayLike, constraints: ConstraintGraph, every: list[str]
) -> tuple[NDArray[np.float64], list[str]]:
    """Values of the variables, and the names of the columns that take no part."""
    if isinstance(data, pd.DataFrame):
        names = [str(name) for name in data.columns]
        values = data.to_numpy()
    else:
        values = np.asarray(data)
        names = [*map(str, constraints.variants), *map(str, constraints.nodes)]
        if values.ndim != 2 or values.shape[1] != len(names):
            raise InconsistentInputsError(
                f"the data have shape {values.shape}: samples × {len(names)} are needed, a column "
                "for each variant and node of the constraints; or give a data frame with names"
            )
    twice = repeated(names)
    if twice:
        raise MalformedInputError(f"the data name columns twice: {first_few(twice)}")
    place = {name: position for position, name in enumerate(names)}
    missing = [name for name in every if name not in place]
    if missing:
        raise InconsistentInputsError(
            f"the data lack {counted(len(missing), 'variable')} of the constraints: "
            f"{first_few(missing)}. Give genotypes and expression side by side, samples in rows"
        )
    try:
        chosen = values[:, [place[name] for name in every]].astype(np.float64)
    except (TypeError, ValueError) as error:
        raise MalformedInputError(f"the data hold what is no number: {error}") from error
    wrong = ~np.isfinite(chosen).all(axis=0)
    if wrong.any():
        raise MalformedInputError(
            f"{every[int(np.argmax(wrong))]} has a missing or infinite value: fill it or drop "
            "the sample"
        )
    part = set(every)
    return chosen, [name for name in names if name not in part]


def _basis(
    values: NDArray[np.float64], covariates: pd.DataFrame | ArrayLike | None
) -> NDArray[np.float64]:
    if covariates is None:
        return intercept_basis(len(values))
    table = covariates if isinstance(covariates, pd.DataFrame) else np.asarray(covariates)
    if len(table) != len(values):
        raise InconsistentInputsError(
            f"covariates of {counted(len(table), 'sample')} for data of {len(values)}"
        )
    return covariate_basis(table)[0]
