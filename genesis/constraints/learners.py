"""Causal learners that start from a constraint graph: PC, FCI, GES and BOSS.

What each may use of a constraint graph differs, and what the learners at hand make of prior
knowledge is wrong in places, so these are implementations of our own:

* causal-learn's PC takes no separating sets: told that X and Z are not adjacent in the chain
  X → Y → Z, it makes Y a collider. It runs every test whatever it was told. Here sets are passed
  on, and pairs that the constraints decide are not tested.
* causal-learn's FCI, told that X → Y is forbidden, answers Y → X also where a hidden cause is all
  that joins the two. Here it is an arrowhead at X, which leaves open which of the two it is.
* causal-learn's GES, BOSS and GRaSP take no knowledge at all.

========  =======================  =========================================================
learner   hidden common causes     uses
========  =======================  =========================================================
PC        assumed away             everything
FCI       allowed                  order, forbidden directions, known edges, absences that come
                                   with a set; not that two genes are unrelated, which leaves
                                   room for a hidden cause of both
GES       assumed away             forbidden directions, known edges, candidates
BOSS      assumed away             the same and the required order
========  =======================  =========================================================

A required order a ≺ b is never read as an edge. Edges of a run that have a posterior of
at least 0.95, and of the rules those that the direct test found, are; anchors likewise.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from genesis.constraints.boss import learn_boss
from genesis.constraints.fci import learn_fci
from genesis.constraints.fci_rules import ARROW, TAIL
from genesis.constraints.ges import learn_ges
from genesis.constraints.graph import ConstraintGraph
from genesis.constraints.independence_tests import FisherTests
from genesis.constraints.knowledge import Knowledge
from genesis.constraints.learned_graph import LearnedGraph
from genesis.constraints.orientation import essential_graph
from genesis.constraints.pc import learn_pc
from genesis.constraints.scores import BICScores
from genesis.errors import (
    CommandLineError,
    DegenerateDataError,
    InconsistentInputsError,
    MalformedInputError,
)
from genesis.io.ids import counted, first_few, repeated
from genesis.prepare.covariates import covariate_basis
from genesis.prepare.standardise import unit_rows

__all__ = ["LEARNERS", "needed_variables", "run_boss", "run_fci", "run_ges", "run_pc"]

#: Two variants whose correlation is this close to one are one variant.
SAME_VARIANT = 1e-8

Matrix = NDArray[np.bool_]


def run_pc(
    data: pd.DataFrame | ArrayLike,
    constraints: ConstraintGraph,
    *,
    alpha: float = 0.01,
    max_conditioning: int | None = 3,
    covariates: pd.DataFrame | ArrayLike | None = None,
) -> LearnedGraph:
    """PC that starts from constraints.

    Pairs that the constraints decide are not tested: known edges, and pairs that no edge can
    join, among them those of which neither is an ancestor of the other. PC assumes that nothing
    hidden acts on two variables; where that is doubtful, take `run_fci`.

    Parameters
    ----------
    data : pandas.DataFrame or array_like, shape (n_samples, p)
        Variables of the constraints in columns, by name; other columns take no part and are
        listed in the result. An array has a column for each variant of the constraints, then
        for each node.
    constraints : ConstraintGraph
    alpha : float
        p-values above this are read as independence.
    max_conditioning : int or None
        Largest number of variables conditioned on beyond those that are known to be parents or
        ancestors. None for no limit: the number of tests can then grow exponentially.
    covariates : array_like, shape (n_samples, q), optional
        Projected out of all variables.

    Returns
    -------
    LearnedGraph
        With edges ``-->`` and ``---``: the essential graph of the constraints and what the data
        add to them. The order of columns and samples changes nothing.

    Raises
    ------
    CommandLineError
        An option has a value that cannot be used.
    InconsistentInputsError
        A variable of the constraints is not in the data.
    MalformedInputError
        A value is missing or infinite, or a name occurs twice.
    DegenerateDataError
        Fewer than five samples beyond the covariates, or no variable.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=500)
    >>> y = x + rng.normal(size=500)
    >>> data = pd.DataFrame({"X": x, "Y": y, "Z": y + rng.normal(size=500)})
    >>> constraints = ConstraintGraph(list("XYZ"), absent={("X", "Z"): ["Y"]})
    >>> run_pc(data, constraints).edges.values.tolist()
    [['X', 'Y', '---'], ['Y', 'Z', '---']]
    """
    prepared = _prepare(data, constraints, covariates, alpha=alpha, most=max_conditioning)
    tests = FisherTests(prepared.correlation, prepared.n_effective, alpha)
    found = learn_pc(prepared.knowledge, tests, max_conditioning)
    sets = {pair: members for pair, members in found.separating.items() if members is not None}
    counts = {
        "tests": tests.n_tests,
        "untestable": tests.n_untestable,
        "conflicts": found.n_conflicts,
        "ambiguous": found.n_ambiguous,
    }
    marks = _marks(found.directed, found.undirected)
    options = {"alpha": alpha, "max_conditioning": max_conditioning}
    return prepared.result("pc", marks, sets, counts, options)


def run_fci(
    data: pd.DataFrame | ArrayLike,
    constraints: ConstraintGraph,
    *,
    alpha: float = 0.01,
    max_conditioning: int | None = 3,
    covariates: pd.DataFrame | ArrayLike | None = None,
) -> LearnedGraph:
    """FCI that starts from constraints; hidden common causes are allowed.

    "a is not an ancestor of b" becomes an arrowhead at a, and no more: where X ↔ Y is true and
    X → Y forbidden, the answer is X ↔ Y or Y o→ X, never Y → X. That two genes are unrelated
    spares no test of them, since a hidden cause may still join them.

    Parameters
    ----------
    data, constraints, alpha, max_conditioning, covariates
        As in `run_pc`.

    Returns
    -------
    LearnedGraph
        A partial ancestral graph, with edges ``-->``, ``o->``, ``<->``, ``o-o``. Edges
        among variants are left out.

    Raises
    ------
    CommandLineError, InconsistentInputsError, MalformedInputError, DegenerateDataError
        As in `run_pc`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> hidden = rng.normal(size=500)
    >>> noise = rng.normal(size=(2, 500))
    >>> data = pd.DataFrame({"X": hidden + noise[0], "Y": hidden + noise[1]})
    >>> constraints = ConstraintGraph(["X", "Y"], forbidden=[("X", "Y")])
    >>> run_fci(data, constraints).edges.values.tolist()
    [['Y', 'X', 'o->']]
    """
    prepared = _prepare(data, constraints, covariates, alpha=alpha, most=max_conditioning)
    tests = FisherTests(prepared.correlation, prepared.n_effective, alpha)
    found = learn_fci(prepared.knowledge, tests, max_conditioning)
    counts = {
        "tests": tests.n_tests,
        "untestable": tests.n_untestable,
        "conflicts": found.n_conflicts,
    }
    options = {"alpha": alpha, "max_conditioning": max_conditioning}
    return prepared.result("fci", found.marks, found.separating, counts, options)


def run_ges(
    data: pd.DataFrame | ArrayLike,
    constraints: ConstraintGraph,
    *,
    penalty: float = 1.0,
    covariates: pd.DataFrame | ArrayLike | None = None,
) -> LearnedGraph:
    """GES that starts from constraints, with the BIC score of linear regressions.

    Known edges are there from the start and stay; only possible edges are added. Forbidden
    directions hold for edges; whether a path breaks one is not looked at. GES assumes that
    nothing hidden acts on two variables. That a greedy search ends at the best class of a large
    sample is proved without constraints only; with some, it can end before.

    Parameters
    ----------
    data, constraints, covariates
        As in `run_pc`.
    penalty : float
        Multiple of the penalty of BIC, ½ log n for an edge.

    Returns
    -------
    LearnedGraph
        With edges ``-->`` and ``---``.

    Raises
    ------
    CommandLineError, InconsistentInputsError, MalformedInputError, DegenerateDataError
        As in `run_pc`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=500)
    >>> data = pd.DataFrame({"X": x, "Y": x + rng.normal(size=500)})
    >>> run_ges(data, ConstraintGraph(["X", "Y"], forbidden=[("Y", "X")])).edges.values.tolist()
    [['X', 'Y', '-->']]
    """
    prepared = _prepare(data, constraints, covariates, penalty=penalty)
    scores = BICScores(prepared.correlation, prepared.n_effective, penalty)
    directed, undirected = learn_ges(prepared.knowledge, scores)
    counts = {"scores": scores.n_scores}
    return prepared.result("ges", _marks(directed, undirected), {}, counts, {"penalty": penalty})


def run_boss(
    data: pd.DataFrame | ArrayLike,
    constraints: ConstraintGraph,
    *,
    penalty: float = 1.0,
    covariates: pd.DataFrame | ArrayLike | None = None,
) -> LearnedGraph:
    """BOSS, a search over orders, that starts from constraints.

    Parameters
    ----------
    data, constraints, penalty, covariates
        As in `run_ges`. The order that is searched for agrees with the required order.

    Returns
    -------
    LearnedGraph
        The essential graph of the DAG of the best order: edges ``-->`` and ``---``.

    Raises
    ------
    CommandLineError, InconsistentInputsError, MalformedInputError, DegenerateDataError
        As in `run_pc`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x, z = rng.normal(size=(2, 500))
    >>> data = pd.DataFrame({"X": x, "Y": x + z + rng.normal(size=500), "Z": z})
    >>> run_boss(data, ConstraintGraph(["X", "Y", "Z"])).edges.values.tolist()
    [['X', 'Y', '-->'], ['Z', 'Y', '-->']]
    """
    prepared = _prepare(data, constraints, covariates, penalty=penalty)
    scores = BICScores(prepared.correlation, prepared.n_effective, penalty)
    dag = learn_boss(prepared.knowledge, scores)
    marks = _marks(*essential_graph(dag, prepared.knowledge.cannot))
    counts = {"scores": scores.n_scores}
    return prepared.result("boss", marks, {}, counts, {"penalty": penalty})


#: The learners by the name that the command line gives them.
LEARNERS: dict[str, Callable[..., LearnedGraph]] = {
    "pc": run_pc,
    "fci": run_fci,
    "ges": run_ges,
    "boss": run_boss,
}


def _marks(directed: Matrix, undirected: Matrix) -> NDArray[np.int8]:
    marks = np.where(undirected | directed.T, TAIL, 0).astype(np.int8)
    marks[directed] = ARROW
    return marks


@dataclass(frozen=True, eq=False)
class _Prepared:
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


def _prepare(
    data: pd.DataFrame | ArrayLike,
    constraints: ConstraintGraph,
    covariates: pd.DataFrame | ArrayLike | None,
    *,
    alpha: float = 0.5,
    most: int | None = None,
    penalty: float = 1.0,
) -> _Prepared:
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
    return _Prepared(
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


def needed_variables(constraints: ConstraintGraph) -> list[str]:
    """Variants that anchor a node or are in a separating set, then all nodes.

    Parameters
    ----------
    constraints : ConstraintGraph
    """
    n_variants = len(constraints.variants)
    used = np.zeros(n_variants, dtype=np.bool_)
    used[constraints.anchors["variant"].to_numpy()] = True
    members = constraints.conditioning["member"].to_numpy()
    used[members[members < n_variants]] = True
    for given in constraints.given_sets:
        used[[member for member in given if member < n_variants]] = True
    return [*map(str, constraints.variants[used]), *map(str, constraints.nodes)]


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
        return np.full((len(values), 1), 1 / np.sqrt(max(len(values), 1)))
    table = covariates if isinstance(covariates, pd.DataFrame) else np.asarray(covariates)
    if len(table) != len(values):
        raise InconsistentInputsError(
            f"covariates of {counted(len(table), 'sample')} for data of {len(values)}"
        )
    return covariate_basis(table)[0]
