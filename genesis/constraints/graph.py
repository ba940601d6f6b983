"""The constraint graph: what a downstream learner may use, each entry with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genesis.constraints.pair_marks import mark
from genesis.constraints.reasons import REASONS
from genesis.constraints.separating_sets import SeparatingSets
from genesis.errors import InconsistentInputsError
from genesis.findings.gene_names import gene_position
from genesis.findings.relations import RELATION_NAMES, RULE_NAMES
from genesis.showing import ShownAsText

if TYPE_CHECKING:
    import networkx as nx

    from genesis.findings.findings import Findings

__all__ = ["ConstraintGraph"]

_ANCESTOR, _NONDESCENDANT, _UNRELATED = (
    RELATION_NAMES.index(name) for name in ("ancestor", "nondescendant", "unrelated")
)


class ConstraintGraph(ShownAsText):
    """Required order, forbidden directions, absent edges and candidate edges.

    For a claim a ≺ b ("a is an ancestor of b"): a comes before b in any order, b → a is
    forbidden, and a → b is a candidate unless the claim was found to be indirect. For a ⪯ b
    ("a is not a descendant of b"): b → a is forbidden and a → b is a candidate. An absent edge
    comes with a set that separates its ends. Everything about a pair without a claim is open: a
    candidate in both directions.

    Order is about ancestors, not about edges. A required order a before b is no required edge,
    and two directions that are both forbidden are no absent edge: a hidden common cause may
    still join the two. `genesis.learners.learners` says what each learner makes of that.

    The tables among the attributes hold positions; `required_order`, `forbidden`, `absent` and
    `candidates` are the same for people, with names.

    Parameters
    ----------
    nodes : sequence of str
        Names of the variables.
    required_order : sequence of (a, b), or mapping of (a, b) to bool or None
        a is an ancestor of b; the value says whether by an edge a → b (None: not known).
    forbidden : sequence of (a, b)
        a is not an ancestor of b, so that no edge a → b exists either.
    absent : mapping of (a, b) to a collection of names, optional
        There is no edge between a and b, which are independent given these nodes. This alone
        forbids no order: in a → c → b the nodes a and b are such a pair.
    candidates : sequence of (a, b), or mapping of (a, b) to a posterior, optional
        The edges a → b that are possible; by default all that nothing else excludes.
    tiers : sequence of sequences of str
        No node is an ancestor of one in an earlier tier. Nodes in no tier may be anywhere.

    Attributes
    ----------
    nodes : pandas.Index
        Gene ids, or the names given.
    variants : pandas.Index
        Ids of variants that separating sets may hold or that anchor a gene: no node is an
        ancestor of a variant. Empty by hand, where variants are nodes of the first tier.
    claims : pandas.DataFrame
        One row a claim a ≺ b or a ⪯ b: before, after (positions in `nodes`, int32), strict
        (True for ≺), direct (int8: 1, 0, -1 undetermined), rule (int8, position in `REASONS`),
        sweep (int16), log10_p (float64, of the
        test of the pair given its set; NaN where there was none), posterior (float32, of the
        claim; NaN for the rules), posterior_direct (float32, of an edge before → after; NaN
        likewise). Genes of which neither is an ancestor of the other, and which
        nothing is known to separate, have a claim ⪯ in both directions.
    absences : pandas.DataFrame
        One row a pair without an edge, ordered by gene_a, then gene_b: gene_a < gene_b
        (positions in `nodes`, int32), sweep (int16), p (float64, four significant digits), given
        (int32: position in `given_sets`, -1 where the set follows from `conditioning` and
        neither gene is an ancestor of the other).
    given_sets : list of list of int
        Separating sets that were given: positions in `variants`, or ``len(variants)`` plus a
        position in `nodes`.
    conditioning : pandas.DataFrame
        sweep, gene, member: the nearest ancestors of each gene during each sweep; a member is
        counted as in `given_sets`.
    ordered_since : pandas.DataFrame
        before, after, sweep: since when genes that are members are known to precede others.
    anchors : pandas.DataFrame
        variant, gene (positions), posterior (float32): edges variant → gene that are possible.
    listed : pandas.DataFrame or None
        before, after (positions in `nodes`), posterior: the edges that are possible, given by hand
        or listed by a calibrated run with a posterior of at least 0.05; None where any may be.
    tiers : list of list of int
        Positions in `nodes`.
    source : dict
        Method, options and version of the run.
    unlisted : (n_genes, ceil(n_genes / 8)) uint8, optional
        Bits of unrelated pairs that are too many for `absences`; see `Findings.unlisted`. They are
        no candidates.

    Raises
    ------
    InconsistentInputsError
        Constraints contradict each other, or name an unknown node; see `check`.
    MalformedInputError
        A name is repeated, or an entry is not of the form above.

    Examples
    --------
    >>> graph = ConstraintGraph(
    ...     ["X", "Y", "Z"], forbidden=[("Z", "X")], absent={("X", "Z"): ["Y"]}
    ... )
    >>> graph
    ConstraintGraph(3 nodes, 0 required orders, 1 forbidden directions, 1 absent edges)
    >>> graph.separating_set("X", "Z")
    ['Y']
    """

    nodes: pd.Index
    variants: pd.Index
    claims: pd.DataFrame
    absences: pd.DataFrame
    given_sets: list[list[int]]
    conditioning: pd.DataFrame
    ordered_since: pd.DataFrame
    anchors: pd.DataFrame
    listed: pd.DataFrame | None
    tiers: list[list[int]]
    source: dict[str, Any]
    unlisted: np.ndarray | None = None

    def __init__(
        self,
        nodes: Sequence[str],
        *,
        required_order: Iterable[tuple[str, str]] | Mapping[tuple[str, str], bool | None] = (),
        forbidden: Iterable[tuple[str, str]] = (),
        absent: Mapping[tuple[str, str], Iterable[str]] | None = None,
        candidates: Iterable[tuple[str, str]] | Mapping[tuple[str, str], float] | None = None,
        tiers: Sequence[Sequence[str]] = (),
    ) -> None:
        from genesis.constraints.from_edges import tables_from_edges

        self.__dict__.update(
            tables_from_edges(nodes, required_order, forbidden, absent or {}, candidates, tiers)
        )
        self.check()

    @classmethod
    def from_tables(cls, **tables: Any) -> ConstraintGraph:
        """A graph of tables that are in order: all attributes, by name.

        Parameters
        ----------
        **tables
            The attributes of the class.

        Raises
        ------
        InconsistentInputsError
            The claims contradict each other; see `check`.
        """
        graph = cls.__new__(cls)
        graph.__dict__.update(tables)
        graph.check()
        return graph

    @classmethod
    def from_result(
        cls, result: Findings, *, min_posterior: float | None = None, fdr: float | None = None
    ) -> ConstraintGraph:
        """The constraints that follow from a result.

        Parameters
        ----------
        result : Findings
            A result of `genesis.discover` or `genesis.load`.
        min_posterior : float, optional
            Keep only claims with this posterior, from 0.5 to 1.
        fdr : float, optional
            Keep orders, the most certain first, while the mean of 1 − posterior over them and
            all that follows from them is at or below this; and forbidden directions with a
            posterior of at least 1 − this. By default all claims of the result are kept. Neither
            level adds a claim that the result does not make, and by both a forbidden direction is
            kept only where the directions that follow from it are as certain.

        Raises
        ------
        CommandLineError
            A level is out of range, both are given, or the claims have no posteriors (method
            ``"rules"``).
        InconsistentInputsError
            The claims contradict each other; see `check`.

        Examples
        --------
        >>> import genesis
        >>> rng = np.random.default_rng(1)
        >>> z = rng.binomial(2, 0.4, size=(500, 2)).astype(float)
        >>> a = z[:, 0] + rng.normal(size=500)
        >>> result = genesis.discover(z, np.column_stack([a, a + z[:, 1] + rng.normal(size=500)]))
        >>> ConstraintGraph.from_result(result)
        ConstraintGraph(2 nodes, 1 required orders, 0 forbidden directions, 0 absent edges)
        """
        from genesis.constraints.from_result import tables_of_result

        return cls.from_tables(**tables_of_result(result, min_posterior, fdr))

    def __repr__(self) -> str:
        strict = int(self.claims["strict"].sum())
        return (
            f"ConstraintGraph({len(self.nodes)} nodes, {strict} required orders, "
            f"{len(self.claims) - strict} forbidden directions, {len(self.absences)} absent edges)"
        )

    @property
    def required_order(self) -> pd.DataFrame:
        """before, after, direct, rule, sweep, log10_p, posterior: one row a claim a ≺ b."""
        claims = self.claims[self.claims["strict"]]
        direct = claims["direct"].to_numpy()
        return pd.DataFrame(
            {
                "before": self._names(claims["before"]),
                "after": self._names(claims["after"]),
                "direct": pd.arrays.BooleanArray(direct == 1, direct < 0),
                **self._reason(claims),
            }
        )

    @property
    def forbidden(self) -> pd.DataFrame:
        """cause, effect, because, rule, sweep, log10_p, posterior: a direction cause → effect.

        `because` is the relation that forbids it: ``ancestor`` and ``nondescendant`` forbid the
        reverse of their direction, ``unrelated`` forbids both.
        """
        claims, absences = self.claims, self.absences[self.absences["given"] < 0]
        neither = len(absences)
        relation = np.where(claims["strict"], _ANCESTOR, _NONDESCENDANT)
        rule = np.full(neither, RULE_NAMES.index("R3"), dtype=np.int8)
        with np.errstate(divide="ignore"):
            log10_p = np.log10(absences["p"].to_numpy())
        columns = {
            "cause": (claims["after"], absences["gene_a"], absences["gene_b"]),
            "effect": (claims["before"], absences["gene_b"], absences["gene_a"]),
            "because": (relation, np.full(2 * neither, _UNRELATED)),
            "rule": (claims["rule"], rule, rule),
            "sweep": (claims["sweep"], absences["sweep"], absences["sweep"]),
            "log10_p": (claims["log10_p"], log10_p, log10_p),
            "posterior": (claims["posterior"], *[np.full(neither, np.nan, np.float32)] * 2),
        }
        joined = {name: np.concatenate(parts) for name, parts in columns.items()}
        return pd.DataFrame(
            {
                "cause": self._names(joined["cause"]),
                "effect": self._names(joined["effect"]),
                "because": pd.Categorical.from_codes(joined["because"], list(RELATION_NAMES)),
                **self._reason(joined),
            }
        )

    @property
    def absent(self) -> pd.DataFrame:
        """gene_a, gene_b, sweep, p: one row a pair without an edge; see `separating_set`."""
        return pd.DataFrame(
            {
                "gene_a": self._names(self.absences["gene_a"]),
                "gene_b": self._names(self.absences["gene_b"]),
                "sweep": self.absences["sweep"].to_numpy(),
                "p": self.absences["p"].to_numpy(),
            }
        )

    @property
    def candidates(self) -> pd.DataFrame:
        """gene_a, gene_b, a_to_b, b_to_a, posterior, because: one row a pair that may have an edge.

        `because` is ``ancestor`` (a ≺ b, direct or undetermined), ``nondescendant`` (a ⪯ b) or
        ``unresolved``; `posterior` is that of an edge a → b, NaN where there is none.
        """
        from genesis.constraints.candidate_edges import candidate_table

        return candidate_table(self)

    def unresolved_partners(self, gene: int) -> np.ndarray:
        """Later genes (positions) that have no relation with this one."""
        is_open = np.zeros(len(self.nodes), dtype=bool)
        is_open[gene + 1 :] = True
        is_open &= np.unpackbits(self._claimed[gene], count=len(self.nodes)) == 0
        low, high = self._absent_start[gene : gene + 2]
        is_open[self.absences["gene_b"].to_numpy()[low:high]] = False
        if self.unlisted is not None:
            is_open &= np.unpackbits(self.unlisted[gene], count=len(self.nodes)) == 0
        return np.flatnonzero(is_open)

    def separating_set(self, gene_a: str, gene_b: str) -> list[str]:
        """Names of the variants and genes given which two unrelated genes are independent.

        What was given by hand; in a run the union of the nearest ancestors of both genes in the
        sweep that found them unrelated, where a gene stays only if it was known before that
        sweep to precede both of them.

        Parameters
        ----------
        gene_a, gene_b : str
            Gene ids, in any order.

        Raises
        ------
        CommandLineError
            There is no such gene.
        InconsistentInputsError
            The pair is not an absent edge, so nothing is known to separate it.

        Examples
        --------
        >>> import genesis
        >>> rng = np.random.default_rng(1)
        >>> z = rng.binomial(2, 0.4, size=(500, 2)).astype(float)
        >>> a = z[:, 0] + rng.normal(size=500)
        >>> x = np.column_stack([a, z[:, 1] + rng.normal(size=500)])
        >>> result = genesis.discover(z, x, method="rules")
        >>> result.constraints().separating_set("gene1", "gene2")
        ['variant1', 'variant2']
        """
        a, b = sorted(gene_position(self.nodes, gene) for gene in (gene_a, gene_b))
        low, high = self._absent_start[a : a + 2]
        partners = self.absences["gene_b"].to_numpy()[low:high]
        at = int(np.searchsorted(partners, b))
        if at == len(partners) or partners[at] != b:
            raise InconsistentInputsError(
                f"{gene_a} and {gene_b} are not an absent edge: nothing is known to separate them"
            )
        return [self.variable_name(member) for member in self.separating_members(int(low + at))]

    def separating_members(self, row: int) -> list[int]:
        """Members of the set of a row of `absences`, counted as in `given_sets`."""
        absence = self.absences.iloc[row]
        if absence["given"] >= 0:
            return self.given_sets[int(absence["given"])]
        return self._separating_sets.find(
            int(absence["gene_a"]), int(absence["gene_b"]), int(absence["sweep"])
        )

    def variable_name(self, member: int) -> str:
        """Name of a variable, counted as in `given_sets`."""
        n_variants = len(self.variants)
        return str(
            self.variants[member] if member < n_variants else self.nodes[member - n_variants]
        )

    @cached_property
    def _separating_sets(self) -> SeparatingSets:
        return SeparatingSets(
            len(self.nodes), len(self.variants), self.conditioning, self.ordered_since
        )

    @cached_property
    def _absent_start(self) -> np.ndarray:
        """Where the absences of each gene start."""
        genes = np.arange(len(self.nodes) + 1)
        return np.searchsorted(self.absences["gene_a"].to_numpy(), genes)

    @cached_property
    def _claimed(self) -> np.ndarray:
        """Bits (`numpy.packbits`) of the pairs of genes with a claim, in both directions."""
        ends = [self.claims[name].to_numpy() for name in ("before", "after")]
        claimed = np.zeros((len(self.nodes), len(self.nodes)), dtype=np.bool_)
        mark(claimed, *ends)
        mark(claimed, *ends[::-1])
        return np.packbits(claimed, axis=1)

    def _names(self, positions: Any) -> pd.Categorical:
        return pd.Categorical.from_codes(np.asarray(positions), self.nodes)

    @staticmethod
    def _reason(rows: Any) -> dict[str, Any]:
        return {
            "rule": pd.Categorical.from_codes(np.asarray(rows["rule"]), list(REASONS)),
            "sweep": np.asarray(rows["sweep"]),
            "log10_p": np.asarray(rows["log10_p"]),
            "posterior": np.asarray(rows["posterior"]),
        }

    def check(self) -> None:
        """Make sure that no two entries contradict each other.

        Raises
        ------
        InconsistentInputsError
            A pair is both required and forbidden (also by tiers, or by transitivity), an edge
            both required and absent, or the required order has a cycle; the genes are named.
        """
        from genesis.constraints.consistency import check_consistency

        check_consistency(self)

    def to_networkx(self) -> nx.DiGraph:
        """All constraints as a directed graph.

        Returns
        -------
        networkx.DiGraph
            Nodes are `nodes`. An edge a → b for each ordered pair that anything but a candidate
            is known of, with the attributes that apply: ``required_order`` (True; a is an
            ancestor of b), ``direct`` (whether by an edge), ``forbidden`` (True; a is not an
            ancestor of b), ``absent`` (True, on both directions), ``separating_set`` (names),
            and ``rule`` and ``posterior`` of the claim.

        Examples
        --------
        >>> graph = ConstraintGraph(["X", "Y"], required_order=[("X", "Y")]).to_networkx()
        >>> graph.edges["X", "Y"]
        {'required_order': True, 'rule': 'given'}
        >>> graph.edges["Y", "X"]
        {'forbidden': True, 'rule': 'given'}
        """
        from genesis.constraints.constraint_network import constraint_network

        return constraint_network(self)

    def to_json(self) -> str:
        """The constraints as JSON text; vignettes/constraints_json.md describes it."""
        from genesis.constraints.json_format import json_lines

        return "".join(json_lines(self))

    def write(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the constraints as JSON, whole or not at all.

        Parameters
        ----------
        path : str or Path
            File to write.
        force : bool
            A file that exists is replaced.

        Raises
        ------
        OutputWriteError
            The file exists and `force` is false, or cannot be written.
        """
        from genesis.constraints.json_format import json_lines
        from genesis.io.output_set import write_one

        def write_lines(target: Path) -> None:
            with target.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(json_lines(self))

        return write_one(path, write_lines, force=force)

    @classmethod
    def from_json(cls, text: str) -> ConstraintGraph:
        """Read JSON text that `to_json` made.

        Parameters
        ----------
        text : str
            A document of the schema ``genesis.constraints``.

        Raises
        ------
        MalformedInputError
            It is not such a document.
        InconsistentInputsError
            It is of another version, or contradicts itself.
        """
        from genesis.constraints.json_format import parse_json

        return parse_json(text, cls.from_tables)

    @classmethod
    def read(cls, path: str | Path) -> ConstraintGraph:
        """Read a file that `write` made; errors as in `from_json`.

        Parameters
        ----------
        path : str or Path
            File to read.

        Raises
        ------
        InputOpenError
            The file is missing or may not be opened.
        """
        from genesis.errors import InputOpenError, MalformedInputError

        try:
            text = Path(path).read_text(encoding="utf-8")
        except OSError as error:
            raise InputOpenError(f"cannot open {path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise MalformedInputError(f"{path} is not UTF-8 text ({error})") from error
        return cls.from_json(text)
