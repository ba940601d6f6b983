"""A constraint graph in the forms that other causal-discovery programs read.

What a program may be told depends on what it does with it. Most take "a → b and b → a are
forbidden" as "a and b are not adjacent", leave the set that separates them empty, and then make
every common neighbour a collider. So a pair that no edge can join is passed on only where a
separating set goes with it (pcalg), or to learners that need none (bnlearn's scores).

============  =======================================================  ========================
format        holds                                                    leaves out
============  =======================================================  ========================
causal-learn  tiers, directions forbidden one way, known edges         pairs without an edge
tetrad        the same                                                 pairs without an edge
pcalg         tiers, absences with their sets, known edges, directions pairs without a set
bnlearn       every impossible direction, known edges                  sets
pgmpy         tiers, directions forbidden one way, known edges         pairs without an edge
============  =======================================================  ========================

causal-learn's FCI is not to be given any of it, since it turns a forbidden direction into the
opposite one; `genesis.constraints.run_fci` does not.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genesis.constraints.graph import ConstraintGraph
from genesis.constraints.knowledge import Knowledge
from genesis.constraints.needed_variables import needed_variables
from genesis.errors import CommandLineError, MalformedInputError
from genesis.io.output_set import write_one

__all__ = ["LEARNER_FORMATS", "export_constraints"]

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, eq=False)
class _Background:
    """The background knowledge that most programs take.

    Attributes
    ----------
    knowledge : Knowledge
        Over variants that matter and nodes, in the order of the constraints.
    tiers : dict of str to int
        From 0; variables in no tier are left out.
    forbidden : list of (a, b)
        Edges a → b that tiers do not forbid, b → a being possible or at least not forbidden.
    required : list of (a, b)
        Edges a → b.
    """

    knowledge: Knowledge
    tiers: dict[str, int]
    forbidden: Pairs
    required: Pairs

    @classmethod
    def of(cls, graph: ConstraintGraph) -> _Background:
        known = Knowledge.of(graph, needed_variables(graph))
        tiers = _tiers(graph, known)
        level = np.array([tiers.get(name, -1) for name in known.names])
        by_tier = (level[:, None] > level) & (level >= 0)
        one_way = known.cannot & ~known.cannot.T & ~by_tier
        return cls(known, tiers, _named(known, one_way), _named(known, known.edge))

    def members(self) -> list[list[str]]:
        """Names of each tier."""
        n_tiers = 1 + max(self.tiers.values(), default=-1)
        return [[name for name, tier in self.tiers.items() if tier == k] for k in range(n_tiers)]


def _named(known: Knowledge, matrix: np.ndarray) -> Pairs:
    return [(known.names[a], known.names[b]) for a, b in np.argwhere(matrix).tolist()]


def _tiers(graph: ConstraintGraph, known: Knowledge) -> dict[str, int]:
    """Variants come first, then the tiers given."""
    if graph.tiers:
        after_variants = int(known.exogenous.any())
        given = dict.fromkeys(np.array(known.names)[known.exogenous].tolist(), 0)
        given |= {
            str(graph.nodes[node]): number + after_variants
            for number, tier in enumerate(graph.tiers)
            for node in tier
        }
        return {name: given[name] for name in known.names if name in given}
    if not known.exogenous.any():
        return {}
    return {
        name: 0 if first else 1 for name, first in zip(known.names, known.exogenous, strict=True)
    }


_CAUSAL_LEARN = '''\
"""Background knowledge for PC of causal-learn, from a GENESIS constraint graph.

    from causallearn.search.ConstraintBased.PC import pc
    pc(values, node_names=names, background_knowledge=background_knowledge())

Not for its FCI, which turns a forbidden direction into the opposite one.
"""

from causallearn.graph.GraphNode import GraphNode
from causallearn.utils.PCUtils.BackgroundKnowledge import BackgroundKnowledge

# Nothing is caused by what is in a later tier.
TIERS = {tiers}

# (a, b): a does not cause b.
FORBIDDEN = {forbidden}

# (a, b): a causes b directly.
REQUIRED = {required}


def background_knowledge():
    """Rules by node, never by pattern, in which GENE1 would stand for GENE10 too."""
    knowledge = BackgroundKnowledge()
    for name, tier in TIERS.items():
        knowledge.add_node_to_tier(GraphNode(name), tier)
    for a, b in FORBIDDEN:
        knowledge.add_forbidden_by_node(GraphNode(a), GraphNode(b))
    for a, b in REQUIRED:
        knowledge.add_required_by_node(GraphNode(a), GraphNode(b))
    return knowledge
'''


def _causal_learn(graph: ConstraintGraph) -> str:
    background = _Background.of(graph)
    return _CAUSAL_LEARN.format(
        tiers=_python(background.tiers),
        forbidden=_python(background.forbidden),
        required=_python(background.required),
    )


def _python(value: dict[str, int] | Pairs) -> str:
    """A literal, one entry a line."""
    if isinstance(value, dict):
        return "{" + "".join(f"\n    {key!r}: {one!r}," for key, one in value.items()) + "\n}"
    return "[" + "".join(f"\n    {pair!r}," for pair in value) + "\n]"


def _tetrad(graph: ConstraintGraph) -> str:
    """Tetrad's knowledge text: ``tier names``, then ``from to``; * forbids edges within a tier."""
    background = _Background.of(graph)
    for name in background.knowledge.names:
        if any(one.isspace() for one in name):
            raise MalformedInputError(
                f"{name!r} holds a space, which Tetrad's knowledge files cannot: rename it"
            )
    within = "*" if background.knowledge.exogenous.any() else ""
    lines = ["/knowledge", "addtemporal", ""]
    for number, names in enumerate(background.members()):
        lines.append(" ".join([f"{number + 1}{within if number == 0 else ''}", *names]))
    for title, pairs in (
        ("forbiddirect", background.forbidden),
        ("requiredirect", background.required),
    ):
        lines += ["", title, "", *(f"{a} {b}" for a, b in pairs)]
    return "\n".join(lines) + "\n"


def _bnlearn(graph: ConstraintGraph) -> str:
    """CSV of list, from, to; whatever is not possible is on the blacklist.

    In R: ``read.csv(file, colClasses = "character", na.strings = NULL)``; otherwise R takes names
    such as 0012, 1e5, T or NA for numbers, for TRUE or for what is missing.
    """
    known = Knowledge.of(graph, needed_variables(graph))
    impossible = ~known.possible & ~np.eye(known.size, dtype=np.bool_)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["list", "from", "to"])
    for kind, matrix in (("whitelist", known.edge), ("blacklist", impossible)):
        writer.writerows((kind, a, b) for a, b in _named(known, matrix))
    return file.getvalue()


def _pgmpy(graph: ConstraintGraph) -> str:
    """JSON whose entries are arguments of ``pgmpy.estimators.ExpertKnowledge``."""
    background = _Background.of(graph)
    late = background.tiers
    backwards = [
        (a, b) for a in late for b in late if late[a] > late[b]
    ]  # fmt: skip
    everywhere = len(late) == background.knowledge.size
    record: dict[str, object] = {
        "required_edges": background.required,
        "forbidden_edges": background.forbidden
        if everywhere
        else [*background.forbidden, *backwards],
    }
    if everywhere and late:
        record["temporal_order"] = background.members()
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


_PCALG = """\
# Constraints for pcalg and tpc in R, from a GENESIS constraint graph.
#
#   source("this file", encoding = "UTF-8")
#   result <- learn_pc(data)    # data: samples x variables, with the names below
#
# pcalg takes no separating sets for fixedGaps and would make every common neighbour of such a
# pair a collider; learn_pc hands them on before edges are oriented.

genesis_labels <- {labels}

# Edges that do not exist, and edges that do; symmetric, as pcalg wants them.
genesis_matrix <- function(pairs) {{
  p <- length(genesis_labels)
  found <- matrix(FALSE, p, p, dimnames = list(genesis_labels, genesis_labels))
  found[pairs] <- TRUE
  found
}}
genesis_gaps <- {gaps}
genesis_edges <- {edges}
fixedGaps <- genesis_matrix(genesis_gaps)
fixedGaps <- fixedGaps | t(fixedGaps)
fixedEdges <- genesis_matrix(genesis_edges)
fixedEdges <- fixedEdges | t(fixedEdges)

# Given which the two of each row of genesis_gaps are independent.
genesis_sets <- {sets}

# Row, column: the edge row -> column is impossible. For tpc(forbEdges = forbEdges).
genesis_forbidden <- {forbidden}
forbEdges <- genesis_matrix(genesis_forbidden)

# For tpc(tiers = tiers); no variable is caused by a later tier.
tiers <- {tiers}

learn_pc <- function(data, alpha = 0.05) {{
  data <- as.matrix(data)[, genesis_labels, drop = FALSE]
  suffStat <- list(C = cor(data), n = nrow(data))
  found <- pcalg::skeleton(suffStat, pcalg::gaussCItest, alpha = alpha, labels = genesis_labels,
                           fixedGaps = fixedGaps, fixedEdges = fixedEdges)
  for (k in seq_along(genesis_sets)) {{
    x <- match(genesis_gaps[k, 1], genesis_labels)
    y <- match(genesis_gaps[k, 2], genesis_labels)
    found@sepset[[x]][[y]] <- found@sepset[[y]][[x]] <- match(genesis_sets[[k]], genesis_labels)
  }}
  found <- pcalg::udag2pdagRelaxed(found)
  # In this matrix amat[a, b] = 0 and amat[b, a] = 1 is a -> b.
  amat <- t(as(found@graph, "matrix"))
  for (k in seq_len(nrow(genesis_forbidden))) {{
    from <- genesis_forbidden[k, 2]
    to <- genesis_forbidden[k, 1]
    if (!forbEdges[from, to] && amat[from, to] == 1 && amat[to, from] == 1) {{
      amat <- pcalg::addBgKnowledge(amat, x = from, y = to)
      if (is.null(amat)) {{
        stop("no directed acyclic graph has ", from, " -> ", to, " and what was learned before")
      }}
    }}
  }}
  # Colliders are oriented by the data alone, which may say otherwise than the constraints.
  against <- which(forbEdges & t(amat) == 1 & amat == 0, arr.ind = TRUE)
  if (nrow(against) > 0) {{
    shown <- paste(genesis_labels[against[, 1]], "->", genesis_labels[against[, 2]])
    warning("edges that run against the constraints: ", toString(shown, width = 500))
  }}
  amat
}}
"""


def _pcalg(graph: ConstraintGraph) -> str:
    """An R script of labels, matrices and a call that hands separating sets on."""
    background = _Background.of(graph)
    known = background.knowledge
    names = known.names
    absent = sorted(known.absent)
    within = np.logical_and.outer(known.exogenous, known.exogenous)
    level = [str(background.tiers[name]) if name in background.tiers else "NA" for name in names]
    in_tiers = "NULL" if len(background.tiers) < len(names) else f"c({', '.join(level)})"
    return _PCALG.format(
        labels=_r_vector(names),
        gaps=_r_pairs([(names[a], names[b]) for a, b in absent]),
        edges=_r_pairs(background.required),
        sets=_r_list([[names[k] for k in sorted(known.absent[pair])] for pair in absent]),
        forbidden=_r_pairs(_named(known, known.cannot & ~known.cannot.T & ~within)),
        tiers=in_tiers,
    )


def _r_vector(values: list[str]) -> str:
    """A character vector; R reads JSON's escapes."""
    if not values:
        return "character(0)"
    return "c(" + ", ".join(json.dumps(value, ensure_ascii=False) for value in values) + ")"


def _r_pairs(pairs: Pairs) -> str:
    """A character matrix with two columns, from and to."""
    flat = ",\n  ".join(
        ", ".join(json.dumps(x, ensure_ascii=False) for x in pair) for pair in pairs
    )
    values = f"c(\n  {flat}\n)" if pairs else "character(0)"
    return f"matrix({values}, ncol = 2, byrow = TRUE)"


def _r_list(values: list[list[str]]) -> str:
    return "list(" + ",\n  ".join(map(_r_vector, values)) + ")"


#: Texts of a constraint graph by the name that the command line gives the program.
LEARNER_FORMATS: dict[str, Callable[[ConstraintGraph], str]] = {
    "causal-learn": _causal_learn,
    "pcalg": _pcalg,
    "tetrad": _tetrad,
    "bnlearn": _bnlearn,
    "pgmpy": _pgmpy,
}


def export_constraints(
    graph: ConstraintGraph, to: str, path: str | Path, *, force: bool = False
) -> Path:
    """Write a constraint graph for another causal-discovery program.

    Parameters
    ----------
    graph : ConstraintGraph
    to : {"causal-learn", "pcalg", "tetrad", "bnlearn", "pgmpy"}
        Python source that makes a ``BackgroundKnowledge``; an R script with matrices for pcalg
        and tpc and a call; Tetrad's knowledge text; a CSV with the columns list (whitelist or
        blacklist), from and to, for ``read.csv(file, colClasses = "character", na.strings =
        NULL)`` of R; JSON of the arguments of ``ExpertKnowledge``. The text of this module says
        what each holds.
    path : str or Path
        File to write.
    force : bool
        A file that exists is replaced.

    Returns
    -------
    Path

    Raises
    ------
    CommandLineError
        The format is unknown.
    MalformedInputError
        A name cannot be written in the format.
    OutputWriteError
        The file exists and `force` is false, or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> graph = ConstraintGraph(["A", "B"], forbidden=[("B", "A")])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = export_constraints(graph, "tetrad", f"{folder}/knowledge.txt")
    ...     path.read_text().split()
    ['/knowledge', 'addtemporal', 'forbiddirect', 'B', 'A', 'requiredirect']
    """
    if to not in LEARNER_FORMATS:
        raise CommandLineError(f"format {to!r} is unknown: it may be {', '.join(LEARNER_FORMATS)}")
    text = LEARNER_FORMATS[to](graph)

    def write(target: Path) -> None:
        target.write_text(text, encoding="utf-8")

    return write_one(path, write, force=force)
