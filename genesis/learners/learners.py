"""Causal learners that start from a constraint graph: PC, FCI, GES, BOSS and GRaSP.

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
GRaSP     assumed away             the same as BOSS
========  =======================  =========================================================

A required order a ≺ b is never read as an edge. Edges of a run that have a posterior of
at least 0.95, and of the rules those that the direct test found, are; anchors likewise.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from genesis.constraints.graph import ConstraintGraph
from genesis.constraints.knowledge import Knowledge
from genesis.learners.boss import learn_boss
from genesis.learners.fci import learn_fci
from genesis.learners.fci_rules import ARROW, TAIL
from genesis.learners.ges import learn_ges
from genesis.learners.grasp import learn_grasp
from genesis.learners.independence_tests import FisherTests
from genesis.learners.learned_graph import LearnedGraph
from genesis.learners.learner_data import prepare
from genesis.learners.orientation import essential_graph
from genesis.learners.pc import learn_pc
from genesis.learners.scores import BICScores

__all__ = ["LEARNERS", "run_boss", "run_fci", "run_ges", "run_grasp", "run_pc"]

Matrix = NDArray[np.bool_]

#: Marks, separating sets and counts.
_Found = tuple[NDArray[np.int8], dict[tuple[int, int], frozenset[int]], dict[str, int]]


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
    return _by_tests("pc", _learn_pc, data, constraints, covariates, alpha, max_conditioning)


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
    return _by_tests("fci", _learn_fci, data, constraints, covariates, alpha, max_conditioning)


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
    return _by_scores("ges", learn_ges, data, constraints, covariates, penalty)


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
    return _by_scores("boss", _class_of(learn_boss), data, constraints, covariates, penalty)


def run_grasp(
    data: pd.DataFrame | ArrayLike,
    constraints: ConstraintGraph,
    *,
    penalty: float = 1.0,
    covariates: pd.DataFrame | ArrayLike | None = None,
) -> LearnedGraph:
    """GRaSP, a search over orders that also goes on where the score stays level.

    Parameters
    ----------
    data, constraints, penalty, covariates
        As in `run_ges`. The orders that are searched agree with the required order.

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
    >>> run_grasp(data, ConstraintGraph(["X", "Y", "Z"])).edges.values.tolist()
    [['X', 'Y', '-->'], ['Z', 'Y', '-->']]
    """
    return _by_scores("grasp", _class_of(learn_grasp), data, constraints, covariates, penalty)


def _by_tests(
    name: str,
    learn: Callable[[Knowledge, FisherTests, int | None], _Found],
    data: pd.DataFrame | ArrayLike,
    constraints: ConstraintGraph,
    covariates: pd.DataFrame | ArrayLike | None,
    alpha: float,
    max_conditioning: int | None,
) -> LearnedGraph:
    """What the learners share that ask for independence."""
    prepared = prepare(data, constraints, covariates, alpha=alpha, most=max_conditioning)
    tests = FisherTests(prepared.correlation, prepared.n_effective, alpha)
    marks, separating, found = learn(prepared.knowledge, tests, max_conditioning)
    counts = {"tests": tests.n_tests, "untestable": tests.n_untestable, **found}
    options = {"alpha": alpha, "max_conditioning": max_conditioning}
    return prepared.result(name, marks, separating, counts, options)


def _learn_pc(knowledge: Knowledge, tests: FisherTests, most: int | None) -> _Found:
    found = learn_pc(knowledge, tests, most)
    sets = {pair: members for pair, members in found.separating.items() if members is not None}
    counts = {"conflicts": found.n_conflicts, "ambiguous": found.n_ambiguous}
    return _marks(found.directed, found.undirected), sets, counts


def _learn_fci(knowledge: Knowledge, tests: FisherTests, most: int | None) -> _Found:
    found = learn_fci(knowledge, tests, most)
    return found.marks, found.separating, {"conflicts": found.n_conflicts}


def _by_scores(
    name: str,
    learn: Callable[[Knowledge, BICScores], tuple[Matrix, Matrix]],
    data: pd.DataFrame | ArrayLike,
    constraints: ConstraintGraph,
    covariates: pd.DataFrame | ArrayLike | None,
    penalty: float,
) -> LearnedGraph:
    """What the learners share that compare scores."""
    prepared = prepare(data, constraints, covariates, penalty=penalty)
    scores = BICScores(prepared.correlation, prepared.n_effective, penalty)
    marks = _marks(*learn(prepared.knowledge, scores))
    counts = {"scores": scores.n_scores}
    return prepared.result(name, marks, {}, counts, {"penalty": penalty})


def _class_of(
    learn: Callable[[Knowledge, BICScores], Matrix],
) -> Callable[[Knowledge, BICScores], tuple[Matrix, Matrix]]:
    """From a learner of a DAG to one of the edges that all DAGs share that are equivalent."""

    def learn_class(knowledge: Knowledge, scores: BICScores) -> tuple[Matrix, Matrix]:
        return essential_graph(learn(knowledge, scores), knowledge.cannot)

    return learn_class


#: The learners by the name that the command line gives them.
LEARNERS: dict[str, Callable[..., LearnedGraph]] = {
    "pc": run_pc,
    "fci": run_fci,
    "ges": run_ges,
    "boss": run_boss,
    "grasp": run_grasp,
}


def _marks(directed: Matrix, undirected: Matrix) -> NDArray[np.int8]:
    marks = np.where(undirected | directed.T, TAIL, 0).astype(np.int8)
    marks[directed] = ARROW
    return marks
