"""Method `rules`: sweeps of R3, witness votes, acyclic commits and closure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from genesis.anchors.blankets import NearestAncestors
from genesis.findings.relations import RULE_NAMES
from genesis.graphs import closure_kernels
from genesis.graphs.codes import (
    NONDESCENDANT,
    NOT_ANCESTOR,
    UNRESOLVED,
    empty_matrix,
    pair_index,
)
from genesis.inputs.layer_order import GeneOrder
from genesis.rules import due_kernels as sweep_kernels
from genesis.rules.pair_evidence import CLAIM, DEPENDENT, Evidence, Question

__all__ = ["PROFILES", "Profile", "SearchOutcome", "log_threshold", "search"]

_R1, _R2, _R3, _CLOSURE, _ORDER = (
    RULE_NAMES.index(name) for name in ("R1", "R2", "R3", "closure", "order of layers")
)


@dataclass(frozen=True)
class Profile:
    """A named variant of the rules.

    Attributes
    ----------
    strongest_first : bool
        Nearest ancestors by IAMB; else by grow–shrink in column order.
    adjust : bool
        Benjamini–Hochberg over the R3 tests of a sweep.
    settle_votes : bool
        Conflicting votes are weighed; else the first valid witness decides.
    by_evidence : bool
        Claims are committed in order of evidence; else in column order.

    Notes
    -----
    `ascend` gives the answers of its authors' program to the last entry, which settles what
    their text leaves open. IAMB takes the candidate with the largest partial correlation. It
    then goes through the members in the order of choice, drops the first that is independent
    of the gene given the rest, and begins anew with the first member: where candidates are
    correlated, another order keeps other members. Closure makes ancestors also of genes that
    R3 called unrelated.

    Evidence is summed from log p-values in every profile: two sums differ where the p-values
    themselves would both be zero as numbers, and no vote is lost for that.
    """

    strongest_first: bool
    adjust: bool
    settle_votes: bool
    by_evidence: bool


#: `paper` and `ascend` reproduce published results and depend on the order of the columns
#: by definition; `stable` depends on no order.
PROFILES = {
    "stable": Profile(strongest_first=True, adjust=True, settle_votes=True, by_evidence=True),
    "paper": Profile(strongest_first=False, adjust=False, settle_votes=False, by_evidence=False),
    "ascend": Profile(strongest_first=True, adjust=True, settle_votes=True, by_evidence=False),
}


@dataclass(eq=False)
class SearchOutcome:
    """The filled matrix and the reason for every entry.

    Arrays over pairs run over (i, j), j < i, ordered by i, then j.

    Attributes
    ----------
    codes : (n, n) int8
        Ancestrality matrix, row a before column b.
    rule_of : (n_pairs,) int8
        Position in `RULE_NAMES`, -1 where unresolved.
    sweep_of : (n_pairs,) int8
        The sweep that filled the pair.
    ordered_since : (n_pairs,) int8
        The sweep that first ordered the pair, 0 for never.
    reason : (n_pairs,) int8
        Why the pair could not be tested last, 0 where it could.
    log_p : (n_pairs,) float32
        Log p of the last test of the pair given its guarded set; empty where unrelated pairs
        are not to be listed.
    n_conditioning : (n_pairs,) uint16
        Size of that set; empty likewise.
    claims : list of CLAIM arrays
        Committed claims of R1 and R2, sweep by sweep.
    nearest : list of NearestAncestors
        As used in each sweep and in the final pass.
    """

    codes: np.ndarray
    rule_of: np.ndarray
    sweep_of: np.ndarray
    ordered_since: np.ndarray
    reason: np.ndarray
    log_p: np.ndarray
    n_conditioning: np.ndarray
    claims: list[np.ndarray] = field(default_factory=list)
    nearest: list[NearestAncestors] = field(default_factory=list)

    @classmethod
    def empty(cls, n_genes: int, keep_tests: bool) -> SearchOutcome:
        """Nothing known about so many genes."""
        n_pairs = n_genes * (n_genes - 1) // 2
        n_kept = n_pairs if keep_tests else 0
        return cls(
            codes=empty_matrix(n_genes),
            rule_of=np.full(n_pairs, -1, dtype=np.int8),
            sweep_of=np.zeros(n_pairs, dtype=np.int8),
            ordered_since=np.zeros(n_pairs, dtype=np.int8),
            reason=np.zeros(n_pairs, dtype=np.int8),
            log_p=np.full(n_kept, np.nan, dtype=np.float32),
            n_conditioning=np.zeros(n_kept, dtype=np.uint16),
        )


def search(
    evidence: Evidence,
    profile: Profile,
    *,
    alpha: float,
    max_sweeps: int,
    progress: Callable[[str, int, int], None],
    keep_tests: bool = True,
    order: GeneOrder | None = None,
) -> SearchOutcome:
    """Fill the ancestrality matrix from evidence.

    Parameters
    ----------
    evidence : Evidence
        Data, or a known graph in the tests.
    profile : Profile
        Variant of the rules.
    alpha : float
        Level of the tests.
    max_sweeps : int
        Largest number of sweeps; the search ends earlier where one changes nothing.
    progress : callable
        Called with a stage, pairs done and pairs in all.
    keep_tests : bool
        Keep the tests of pairs that are not claims, so that unrelated pairs can be listed.
    order : GeneOrder, optional
        No gene is claimed to be an ancestor of one that it may not act on. Where pairs are listed,
        those left unresolved are filled with what the order says, and where a gene is found not to
        precede one that may not act on it, the two are unrelated.

    Returns
    -------
    SearchOutcome

    References
    ----------
    docs/rules.md#sweeps; Asiedu & Watson 2025, arXiv 2505.15866.
    """
    state = _Search(evidence, profile, float(np.log(alpha)), progress, keep_tests, order)
    changed = True
    while state.sweep < max_sweeps and state.n_unresolved and changed:
        n_unrelated = state.ask(f"sweep {state.sweep + 1}")
        changed = n_unrelated + state.fill() > 0
    if state.n_unresolved:
        state.ask("final pass")
    else:
        state.refresh()
    if order is not None and keep_tests:
        _fill_by_order(state.outcome, order)
    return state.outcome


def _fill_by_order(outcome: SearchOutcome, order: GeneOrder) -> None:
    """What the order of layers says of pairs that are unresolved, or half resolved."""
    codes = outcome.codes
    above, below = np.nonzero(np.less.outer(order.rank, order.rank))
    is_open = codes[above, below] == UNRESOLVED
    neither = codes[below, above] == NONDESCENDANT
    codes[above[is_open], below[is_open]] = NONDESCENDANT
    codes[below[is_open], above[is_open]] = NOT_ANCESTOR
    codes[below[neither], above[neither]] = NOT_ANCESTOR
    which = is_open | neither
    above, below = above[which], below[which]
    outcome.rule_of[pair_index(np.maximum(above, below), np.minimum(above, below))] = _ORDER


class _Search:
    """A search under way: what is known, and what is still open."""

    def __init__(
        self,
        evidence: Evidence,
        profile: Profile,
        log_alpha: float,
        progress: Callable[[str, int, int], None],
        keep_tests: bool,
        order: GeneOrder | None,
    ) -> None:
        n = evidence.n_genes
        self.outcome = SearchOutcome.empty(n, keep_tests)
        self.n_unresolved = n * (n - 1) // 2
        self._evidence = evidence
        self._profile = profile
        self._log_alpha = log_alpha
        self._progress = progress
        self._order = order
        # Reachability over {⪯, ≺} and over ≺ alone, each with its transpose.
        self._orders, self._strict = np.zeros((2, 2, n, max(1, -(-n // 64))), dtype=np.uint64)
        # Genes that were found to come after another one in the last sweep.
        self._touched = np.ones(n, dtype=np.bool_)
        # Dependent pairs that are still unresolved, and what their witnesses vote for.
        self._dependent = np.empty(0, dtype=DEPENDENT)
        self._claims = np.empty(0, dtype=CLAIM)
        self._n_tested = 0

    @property
    def sweep(self) -> int:
        """Number of the sweep under way, from 1."""
        return len(self.outcome.nearest)

    def refresh(self) -> np.ndarray:
        """Renew the nearest ancestors for the next sweep; tells which genes have others now."""
        previous = self.outcome.nearest[-1] if self.outcome.nearest else None
        nearest = self._evidence.nearest_ancestors(self.outcome.codes, previous, self._touched)
        self.outcome.nearest.append(nearest)
        return nearest.differ_from(previous)

    def ask(self, stage: str) -> int:
        """Begin a sweep: test the pairs that are due, and fill the independent ones.

        The answers on the other unresolved pairs are still those of the sweep before. Returns
        the number of pairs filled.
        """
        outcome = self.outcome
        renewed = self.refresh()
        question = Question(
            sweep=self.sweep,
            n_variants=self._evidence.n_variants,
            codes=outcome.codes,
            nearest=outcome.nearest[-1],
            renewed=renewed,
            ordered_since=outcome.ordered_since,
            log_alpha=self._log_alpha,
            settle=self._profile.settle_votes,
        )
        dependent = [_still_open(self._dependent, question)]
        claims = [_still_open(self._claims, question)]
        self._n_tested = len(dependent[0])
        total, done, n_filled = self.n_unresolved, 0, 0
        for batch in self._evidence.pairs(question):
            # Columns of records are strided where there are several, for which a kernel would be
            # compiled anew.
            i, j = (np.ascontiguousarray(batch.dependent[name]) for name in ("gene_i", "gene_j"))
            tested, filled = sweep_kernels.note_tests(
                *batch[:5], i, j,
                outcome.codes, self.sweep, _R3,
                outcome.log_p, outcome.reason, outcome.n_conditioning,
                outcome.rule_of, outcome.sweep_of,
            )  # fmt: skip
            self._n_tested += tested
            n_filled += filled
            dependent.append(batch.dependent)
            claims.append(batch.claims)
            done += len(batch.gene_i)
            self._progress(stage, done, total)
        self.n_unresolved -= n_filled
        self._dependent = np.concatenate(dependent)
        joined = np.concatenate(claims)
        claims.clear()  # where most pairs are dependent they take hundreds of megabytes
        self._claims = _in_pair_order(joined)
        return n_filled

    def fill(self) -> int:
        """End a sweep: the rest of R3, commits and closure; returns how many were filled."""
        threshold = self._log_alpha
        if self._profile.adjust:
            alpha = float(np.exp(self._log_alpha))
            threshold = log_threshold(self._dependent["log_p"], self._n_tested, alpha)
        self._touched[:] = False
        n_filled = self._fill_unrelated(threshold)
        claims = self._claims[self._claims["log_p"] <= threshold]
        n_filled += self._commit(claims if self._order is None else _possible(claims, self._order))
        return n_filled + self._close()

    def _fill_unrelated(self, threshold: float) -> int:
        outcome = self.outcome
        independent = self._dependent[self._dependent["log_p"] > threshold]
        sweep_kernels.fill_unrelated(
            independent["gene_i"], independent["gene_j"], outcome.codes, self.sweep, _R3,
            outcome.rule_of, outcome.sweep_of,
        )  # fmt: skip
        self.n_unresolved -= len(independent)
        return len(independent)

    def _commit(self, claims: np.ndarray) -> int:
        outcome = self.outcome
        pair = _pair_of(claims)
        is_first = np.diff(pair, prepend=-1) != 0
        start = np.append(np.flatnonzero(is_first), len(claims))
        order = np.arange(len(start) - 1)
        if self._profile.by_evidence:
            order = _by_evidence(claims["evidence"][is_first])
        committed = np.empty(len(order), dtype=np.int64)
        closure_kernels.commit(
            claims["gene_i"], claims["gene_j"], claims["rule"], start, order,
            outcome.codes, self._orders, self._strict, committed,
        )  # fmt: skip
        done = claims[committed[committed >= 0]]
        pair = _pair_of(done)
        outcome.rule_of[pair] = np.where(done["rule"] < 2, _R1, _R2)
        outcome.sweep_of[pair] = self.sweep
        outcome.ordered_since[pair] = self.sweep
        outcome.claims.append(done)
        self._touched[np.where(done["rule"] % 2 == 0, done["gene_j"], done["gene_i"])] = True
        self.n_unresolved -= len(done)
        return len(done)

    def _close(self) -> int:
        """Fill what follows from the ≺ claims by transitivity."""
        outcome = self.outcome
        n_claimed, n_new = closure_kernels.apply_closure(
            self._strict[0], outcome.codes, self.sweep, _CLOSURE,
            outcome.rule_of, outcome.sweep_of, outcome.ordered_since, self._touched,
        )  # fmt: skip
        self.n_unresolved -= n_new
        return int(n_claimed)


def _possible(claims: np.ndarray, order: GeneOrder) -> np.ndarray:
    """Claims without those that a gene precedes one that it may not act on."""
    rank_i, rank_j = order.rank[claims["gene_i"]], order.rank[claims["gene_j"]]
    # The first two rules claim i ≺ j and j ≺ i, the other two no ancestor.
    impossible = ((claims["rule"] == 0) & (rank_i > rank_j)) | (
        (claims["rule"] == 1) & (rank_j > rank_i)
    )
    return claims[~impossible]


def _pair_of(table: np.ndarray) -> np.ndarray:
    return pair_index(table["gene_i"], table["gene_j"])


def _in_pair_order(claims: np.ndarray) -> np.ndarray:
    """By i, then j, then rule."""
    return claims[np.lexsort((claims["rule"], _pair_of(claims)))]


def _still_open(table: np.ndarray, question: Question) -> np.ndarray:
    """Rows on unresolved pairs whose answer is that of the sweep before."""
    table = table[question.codes[table["gene_i"], table["gene_j"]] == UNRESOLVED]
    return table[~question.are_due(table["gene_i"], table["gene_j"])]


def log_threshold(log_p: np.ndarray, n_tests: int, alpha: float) -> float:
    """Largest log p that Benjamini–Hochberg rejects, -inf where it rejects none.

    Parameters
    ----------
    log_p : (k,) float64
        At least all log p-values up to log(alpha); larger ones are never rejected.
    n_tests : int
        Number of tests in all.
    alpha : float
        Level.

    Examples
    --------
    >>> import numpy as np
    >>> float(np.exp(log_threshold(np.log([0.001, 0.03, 0.04]), 4, 0.05)).round(3))
    0.001
    """
    ranked = np.sort(log_p)
    rejected = ranked <= np.log(alpha * np.arange(1, len(ranked) + 1) / max(n_tests, 1))
    return float(ranked[np.flatnonzero(rejected)[-1]]) if rejected.any() else -np.inf


def _by_evidence(leading: np.ndarray) -> np.ndarray:
    """Pairs by the evidence of their leading claim, strongest first, ties in pair order.

    Nine digits are compared, so that rounding cannot decide between equal sums.
    """
    magnitude = 10.0 ** (8 - np.floor(np.log10(np.maximum(leading, 1e-300))))
    return np.argsort(-np.round(leading * magnitude) / magnitude, kind="stable")
