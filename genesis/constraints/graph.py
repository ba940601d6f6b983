"""The constraint graph: what a downstream learner may use, each entry with its reason."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genesis.ancestrality.relations import RELATION_NAMES, RULE_NAMES, Relations
from genesis.constraints.separating_sets import SeparatingSets
from genesis.errors import CommandLineError, InconsistentInputsError

if TYPE_CHECKING:
    from genesis.result import Result

__all__ = ["ConstraintGraph", "gene_position"]

_ANCESTOR, _NONDESCENDANT, _UNRELATED = (
    RELATION_NAMES.index(name) for name in ("ancestor", "nondescendant", "unrelated")
)
_INDIRECT, _UNDETERMINED = 0, -1
_SHOWN = 5


def gene_position(gene_ids: pd.Index, gene: str) -> int:
    """Position of a gene, or an error that names similar ones.

    Parameters
    ----------
    gene_ids : pandas.Index
        Gene names.
    gene : str
        The one looked for.

    Raises
    ------
    CommandLineError
        There is no such gene.

    Examples
    --------
    >>> gene_position(pd.Index(["ACT1", "CDC28"]), "CDC28")
    1
    """
    position = int(gene_ids.get_indexer([gene])[0])
    if position >= 0:
        return position
    named = {str(name).casefold(): str(name) for name in gene_ids}
    wanted = gene.casefold()
    close = [name for name in named if wanted and name.startswith(wanted)][:_SHOWN]
    close = close or difflib.get_close_matches(wanted, named, n=_SHOWN)
    hint = f": did you mean {', '.join(named[name] for name in close)}?" if close else ""
    raise CommandLineError(f"gene {gene!r} is not among the {len(gene_ids)} genes{hint}")


@dataclass(frozen=True, eq=False)
class ConstraintGraph:
    """Required order, forbidden directions, absent edges and candidate edges.

    For a claim a ≺ b ("a is an ancestor of b"): a comes before b in any order, b → a is
    forbidden, and a → b is a candidate unless the claim was found to be indirect. For a ⪯ b
    ("a is not a descendant of b"): b → a is forbidden and a → b is a candidate. Unrelated genes
    have no edge in either direction, and a set that separates them. Everything about a pair
    without a claim is open: a candidate in both directions.

    The tables of the first five attributes hold positions; `required_order`, `forbidden`,
    `absent` and `candidates` are the same for people, with names.

    Attributes
    ----------
    nodes : pandas.Index
        Gene ids.
    variants : pandas.Index
        Ids of the variants that separating sets may hold.
    claims : pandas.DataFrame
        One row a claim a ≺ b or a ⪯ b: before, after (positions in `nodes`, int32), strict
        (True for ≺), direct (int8: 1, 0, -1 undetermined), rule (int8, position in
        `genesis.ancestrality.relations.RULE_NAMES`), sweep (int16), log10_p (float64, of the
        test of the pair given its set; NaN where there was none), posterior (float32, of the
        claim; NaN for the rules). Genes of which neither is an ancestor of the other, and which
        nothing is known to separate, have a claim ⪯ in both directions.
    absences : pandas.DataFrame
        One row an unrelated pair, ordered by gene_a, then gene_b: gene_a < gene_b (positions in
        `nodes`, int32), sweep (int16), p (float64, four significant digits).
    conditioning : pandas.DataFrame
        sweep, gene, member: the nearest ancestors of each gene during each sweep; a member is a
        position in `variants`, or ``len(variants)`` plus a position in `nodes`.
    ordered_since : pandas.DataFrame
        before, after, sweep: since when genes that are members are known to precede others.
    source : dict
        Method, options and version of the run.
    unlisted : (n_genes, ceil(n_genes / 8)) uint8, optional
        Bits of unrelated pairs that are too many for `absences`; see `Result.unlisted`. They are
        no candidates.
    """

    nodes: pd.Index
    variants: pd.Index
    claims: pd.DataFrame
    absences: pd.DataFrame
    conditioning: pd.DataFrame
    ordered_since: pd.DataFrame
    source: dict[str, Any]
    unlisted: np.ndarray | None = None

    @classmethod
    def from_result(cls, result: Result) -> ConstraintGraph:
        """The constraints that follow from a result.

        Parameters
        ----------
        result : Result
            A result of `genesis.discover` or `genesis.load`.

        Raises
        ------
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
        ConstraintGraph(2 genes, 1 required orders, 0 forbidden directions, 0 absent edges)
        """
        pairs = result.pairs
        unrelated = pairs.relation == _UNRELATED
        # Only a test that found a pair independent knows a set that separates it.
        tested = pairs.rule == RULE_NAMES.index("R3")
        absences = pairs.rows(unrelated & tested)
        graph = cls(
            nodes=result.gene_ids.rename(None),
            variants=result.variables[: len(result.variables) - len(result.genes)],
            claims=_claims(
                pairs.rows(pairs.relation < _UNRELATED), pairs.rows(unrelated & ~tested)
            ),
            absences=pd.DataFrame(
                {
                    "gene_a": absences.gene_a,
                    "gene_b": absences.gene_b,
                    "sweep": absences.sweep,
                    "p": four_digits(np.exp(absences.log_p)),
                }
            ),
            conditioning=result.conditioning,
            ordered_since=result.ordered_since,
            source={
                "genesis": result.run.get("genesis", ""),
                "options": result.run.get("options", {}),
            },
            unlisted=result.unlisted,
        )
        graph.check()
        return graph

    def __repr__(self) -> str:
        strict = int(self.claims["strict"].sum())
        return (
            f"ConstraintGraph({len(self.nodes)} genes, {strict} required orders, "
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
        claims, absences = self.claims, self.absences
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
        """gene_a, gene_b, a_to_b, b_to_a, because: one row a pair that may have an edge.

        `because` is ``ancestor`` (a ≺ b, direct or undetermined), ``nondescendant`` (a ⪯ b) or
        ``unresolved``.
        """
        claims = self.open_claims
        open_pairs = [self.unresolved_partners(gene) for gene in range(len(self.nodes))]
        n_open = np.array([len(partners) for partners in open_pairs], dtype=np.int64)
        gene = np.repeat(np.arange(len(self.nodes)), n_open)
        partner = np.concatenate([np.empty(0, dtype=np.int64), *open_pairs])
        because = np.where(claims["strict"], 0, 1)
        both = np.concatenate([np.zeros(len(claims), dtype=bool), np.ones(len(gene), dtype=bool)])
        return pd.DataFrame(
            {
                "gene_a": self._names(np.concatenate([claims["before"], gene])),
                "gene_b": self._names(np.concatenate([claims["after"], partner])),
                "a_to_b": True,
                "b_to_a": both,
                "because": pd.Categorical.from_codes(
                    np.concatenate([because, np.full(len(gene), 2)]),
                    ["ancestor", "nondescendant", "unresolved"],
                ),
            }
        )

    @property
    def open_claims(self) -> pd.DataFrame:
        """Rows of `claims` whose direction may be an edge.

        All but the indirect ones, and those that another claim forbids.
        """
        strict = self.claims["strict"].to_numpy()
        before, after = (self.claims[name].to_numpy(np.int64) for name in ("before", "after"))
        n = len(self.nodes)
        forbidden = np.isin(before * n + after, after[~strict] * n + before[~strict])
        indirect = strict & (self.claims["direct"] == _INDIRECT).to_numpy()
        return self.claims[~(indirect | forbidden)]

    def unresolved_partners(self, gene: int) -> np.ndarray:
        """Later genes (positions) that have no relation with this one."""
        is_open = np.zeros(len(self.nodes), dtype=bool)
        is_open[gene + 1 :] = True
        start, partner = self._claimed
        is_open[partner[start[gene] : start[gene + 1]]] = False
        low, high = self._absent_start[gene : gene + 2]
        is_open[self.absences["gene_b"].to_numpy()[low:high]] = False
        if self.unlisted is not None:
            is_open &= np.unpackbits(self.unlisted[gene], count=len(self.nodes)) == 0
        return np.flatnonzero(is_open)

    def separating_set(self, gene_a: str, gene_b: str) -> list[str]:
        """Names of the variants and genes given which two unrelated genes are independent.

        The union of the nearest ancestors of both genes in the sweep that found them unrelated,
        where a gene stays only if it was known before that sweep to precede both of them.

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
        sweep = int(self.absences["sweep"].to_numpy()[low + at])
        n_variants = len(self.variants)
        return [
            str(self.variants[member] if member < n_variants else self.nodes[member - n_variants])
            for member in self._separating_sets.find(a, b, sweep)
        ]

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
    def _claimed(self) -> tuple[np.ndarray, np.ndarray]:
        """For each gene the later genes with a claim: starts and partners."""
        ends = self.claims[["before", "after"]].to_numpy()
        low, high = ends.min(axis=1), ends.max(axis=1)
        order = np.argsort(low, kind="stable")
        return np.searchsorted(low[order], np.arange(len(self.nodes) + 1)), high[order]

    def _names(self, positions: Any) -> pd.Categorical:
        return pd.Categorical.from_codes(np.asarray(positions), self.nodes)

    @staticmethod
    def _reason(rows: Any) -> dict[str, Any]:
        return {
            "rule": pd.Categorical.from_codes(np.asarray(rows["rule"]), list(RULE_NAMES)),
            "sweep": np.asarray(rows["sweep"]),
            "log10_p": np.asarray(rows["log10_p"]),
            "posterior": np.asarray(rows["posterior"]),
        }

    def check(self) -> None:
        """Make sure that no two entries contradict each other.

        Raises
        ------
        InconsistentInputsError
            A pair is both required and forbidden, or the required order has a cycle; the genes
            are named.
        """
        from genesis.constraints.consistency import check_consistency

        check_consistency(self)

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

        graph = parse_json(text)
        graph.check()
        return graph

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


def _claims(claims: Relations, neither: Relations) -> pd.DataFrame:
    """Rows of `ConstraintGraph.claims`, strict ones first, by gene."""
    none = np.full(2 * len(neither), _UNDETERMINED, dtype=np.int8)
    strict = claims.relation == _ANCESTOR
    # Of a ⪯ b it is the reverse that is claimed not to be.
    certain = np.where(strict, claims.posterior, 1.0 - claims.posterior_reverse)
    columns = {
        "before": (claims.gene_a, neither.gene_a, neither.gene_b),
        "after": (claims.gene_b, neither.gene_b, neither.gene_a),
        "strict": (strict, none == 1),
        "direct": (claims.direct, none),
        "rule": (claims.rule, neither.rule, neither.rule),
        "sweep": (claims.sweep, neither.sweep, neither.sweep),
        "log10_p": tuple(part.log_p / np.log(10.0) for part in (claims, neither, neither)),
        "posterior": (certain, 1.0 - neither.posterior_reverse, 1.0 - neither.posterior),
    }
    table = pd.DataFrame({name: np.concatenate(parts) for name, parts in columns.items()})
    table["posterior"] = table["posterior"].astype(np.float32)
    order = np.lexsort((table["after"], table["before"], ~table["strict"]))
    return table.iloc[order].reset_index(drop=True)


def four_digits(values: np.ndarray) -> np.ndarray:
    """Numbers rounded to four significant digits."""
    with np.errstate(divide="ignore", invalid="ignore"):
        places = 3 - np.floor(np.log10(np.abs(values)))
        # Beyond 22 a power of ten is no exact double.
        exact = np.isfinite(places) & (places >= 0) & (places <= 22)
        scale = 10.0 ** np.where(exact, places, 0.0)
        return np.where(exact, np.rint(values * scale) / scale, values)
