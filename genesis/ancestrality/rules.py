"""Method `rules`: sweeps of R3, witness votes, acyclic commits and closure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields

import numpy as np

from genesis.ancestrality import closure_kernels, sweep_kernels, vote_kernels
from genesis.ancestrality.matrix import ANCESTOR, UNRESOLVED, empty_matrix, pair_index
from genesis.ancestrality.pair_evidence import Evidence, PairBatch
from genesis.ancestrality.relations import RULE_NAMES
from genesis.anchors.blankets import NearestAncestors

__all__ = ["PROFILES", "Claims", "Profile", "SearchOutcome", "log_threshold", "search"]

#: Votes that a claim needs.
MIN_VOTES = 1

_R1, _R2, _R3, _CLOSURE = (RULE_NAMES.index(name) for name in ("R1", "R2", "R3", "closure"))


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


@dataclass(frozen=True, eq=False)
class Candidates:
    """What has enough votes to be claimed: one row a pair and rule, ordered by i, j and rule.

    Attributes
    ----------
    gene_i, gene_j : (m,) int32
        The pair, j < i.
    rule : (m,) int8
        One of the four of `vote_kernels`.
    leading : (m,) float64
        Evidence of the pair's first rule that has votes.
    n_witnesses, witness : (m,) int32
    log_p_best : (m, 2) float64
        Of the strongest witness, as in `Votes`.
    """

    gene_i: np.ndarray
    gene_j: np.ndarray
    rule: np.ndarray
    leading: np.ndarray
    n_witnesses: np.ndarray
    witness: np.ndarray
    log_p_best: np.ndarray

    @classmethod
    def of_batch(cls, batch: PairBatch, settle_votes: bool) -> Candidates:
        """The candidates of a batch; what has no votes is not kept, as most pairs have none."""
        votes = batch.votes
        if settle_votes:
            vote_kernels.settle(votes.count, votes.evidence)
        has_votes = votes.count >= MIN_VOTES
        pair, rule = np.nonzero(has_votes)
        first_rule = has_votes.argmax(axis=1)[pair]
        at = batch.dependent[pair]
        return cls(
            batch.gene_i[at].astype(np.int32),
            batch.gene_j[at].astype(np.int32),
            rule.astype(np.int8),
            votes.evidence[pair, first_rule],
            votes.count[pair, rule].astype(np.int32),
            votes.strongest[pair, rule].astype(np.int32),
            votes.log_p_best[pair, rule],
        )

    @classmethod
    def in_order(cls, parts: list[Candidates]) -> Candidates:
        """Join the candidates of all batches."""
        columns = {f.name: [getattr(part, f.name) for part in parts] for f in fields(cls)}
        pair = pair_index(np.concatenate(columns["gene_i"]), np.concatenate(columns["gene_j"]))
        # A batch holds its pairs whole and their rules in order, which a stable sort keeps.
        order = np.argsort(pair, kind="stable")
        return cls(**{name: np.concatenate(parts)[order] for name, parts in columns.items()})

    def rows(self, which: np.ndarray) -> Candidates:
        """Some of the rows."""
        return Candidates(*(getattr(self, f.name)[which] for f in fields(self)))


@dataclass(frozen=True, eq=False)
class Claims:
    """Committed claims of R1 and R2, by position of the pair."""

    pair: np.ndarray
    n_witnesses: np.ndarray
    witness: np.ndarray
    log_p_significant: np.ndarray
    log_p_other: np.ndarray


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
    sweep_of : (n_pairs,) int16
        The sweep that filled the pair.
    ordered_since : (n_pairs,) int16
        The sweep that first ordered the pair, 0 for never.
    log_p : (n_pairs,) float64
        Log p of the last test of the pair given its guarded set.
    reason : (n_pairs,) int8
        Why the pair could not be tested last, 0 where it could.
    n_conditioning : (n_pairs,) int32
    claims : list of Claims
    nearest : list of NearestAncestors
        As used in each sweep and in the final pass.
    """

    codes: np.ndarray
    rule_of: np.ndarray
    sweep_of: np.ndarray
    ordered_since: np.ndarray
    log_p: np.ndarray
    reason: np.ndarray
    n_conditioning: np.ndarray
    claims: list[Claims] = field(default_factory=list)
    nearest: list[NearestAncestors] = field(default_factory=list)

    @classmethod
    def empty(cls, n_genes: int) -> SearchOutcome:
        """Nothing known about so many genes."""
        n_pairs = n_genes * (n_genes - 1) // 2
        return cls(
            codes=empty_matrix(n_genes),
            rule_of=np.full(n_pairs, -1, dtype=np.int8),
            sweep_of=np.zeros(n_pairs, dtype=np.int16),
            ordered_since=np.zeros(n_pairs, dtype=np.int16),
            log_p=np.full(n_pairs, np.nan),
            reason=np.zeros(n_pairs, dtype=np.int8),
            n_conditioning=np.zeros(n_pairs, dtype=np.int32),
        )


def search(
    evidence: Evidence,
    profile: Profile,
    *,
    alpha: float,
    max_sweeps: int,
    progress: Callable[[str, int, int], None],
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

    Returns
    -------
    SearchOutcome

    References
    ----------
    Method section 5; Asiedu & Watson 2025, arXiv 2505.15866.
    """
    outcome = SearchOutcome.empty(evidence.n_genes)
    reach = _no_bits(evidence.n_genes)
    nearest = evidence.nearest_ancestors(outcome.codes)
    tests_are_current = False
    while len(outcome.nearest) < max_sweeps and UNRESOLVED in outcome.codes:
        outcome.nearest.append(nearest)
        stage = f"sweep {len(outcome.nearest)}"
        candidates, n_tested = _gather_evidence(
            evidence, nearest, float(np.log(alpha)), profile, outcome, stage, progress
        )
        if not _fill(profile, alpha, candidates, n_tested, outcome, reach):
            tests_are_current = True
            break
        nearest = evidence.nearest_ancestors(outcome.codes)
    outcome.nearest.append(nearest)
    if UNRESOLVED in outcome.codes:
        if not tests_are_current:
            _gather_evidence(evidence, nearest, -np.inf, profile, outcome, "final pass", progress)
        _mark_unrelated(outcome, float(np.log(alpha)))
    return outcome


def _no_bits(n_genes: int) -> np.ndarray:
    return np.zeros((n_genes, max(1, -(-n_genes // 64))), dtype=np.uint64)


def _gather_evidence(
    evidence: Evidence,
    nearest: NearestAncestors,
    log_alpha: float,
    profile: Profile,
    outcome: SearchOutcome,
    stage: str,
    progress: Callable[[str, int, int], None],
) -> tuple[Candidates, int]:
    """Test all unresolved pairs and note the tests.

    Returns the candidates for claims, and the number of pairs that could be tested.
    """
    n_pairs = int(np.count_nonzero(outcome.codes == UNRESOLVED)) // 2
    parts = []
    done = n_tested = 0
    for batch in evidence.pairs(outcome.codes, nearest, log_alpha):
        n_tested += _note_tests(outcome, batch)
        parts.append(Candidates.of_batch(batch, profile.settle_votes))
        done += len(batch.gene_i)
        progress(stage, done, n_pairs)
    return Candidates.in_order(parts), n_tested


def _note_tests(outcome: SearchOutcome, batch: PairBatch) -> int:
    at = pair_index(batch.gene_i, batch.gene_j)
    outcome.log_p[at] = batch.log_p
    outcome.reason[at] = batch.reason
    outcome.n_conditioning[at] = batch.n_conditioning
    return int(np.count_nonzero(batch.reason == 0))


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


def _mark_unrelated(outcome: SearchOutcome, threshold: float) -> int:
    return int(
        sweep_kernels.mark_unrelated(
            outcome.codes,
            outcome.log_p,
            threshold,
            len(outcome.nearest),
            _R3,
            outcome.sweep_of,
            outcome.rule_of,
        )
    )


def _fill(
    profile: Profile,
    alpha: float,
    candidates: Candidates,
    n_tested: int,
    outcome: SearchOutcome,
    reach: np.ndarray,
) -> bool:
    """R3, commits and closure of one sweep; True where anything was filled."""
    threshold = float(np.log(alpha))
    if profile.adjust:
        low = sweep_kernels.tests_up_to(outcome.codes, outcome.log_p, threshold)
        threshold = log_threshold(low, n_tested, alpha)
    n_filled = _mark_unrelated(outcome, threshold)
    n_filled += _commit_claims(profile, candidates, outcome, reach)
    n_filled += _close(outcome)
    sweep_kernels.note_order(outcome.codes, len(outcome.nearest), outcome.ordered_since)
    return n_filled > 0


def _commit_claims(
    profile: Profile,
    candidates: Candidates,
    outcome: SearchOutcome,
    reach: np.ndarray,
) -> int:
    """Commit candidates of the pairs that are still unresolved."""
    order = np.arange(len(candidates.rule))
    if profile.by_evidence:
        order = _by_evidence(candidates.leading)
    committed = np.zeros(len(order), dtype=np.bool_)
    closure_kernels.commit(
        candidates.gene_i,
        candidates.gene_j,
        candidates.rule,
        order,
        outcome.codes,
        reach,
        committed,
    )
    done = candidates.rows(np.flatnonzero(committed))
    at = pair_index(done.gene_i, done.gene_j)
    outcome.rule_of[at] = np.where(done.rule < 2, _R1, _R2)
    outcome.sweep_of[at] = len(outcome.nearest)
    best = done.log_p_best
    outcome.claims.append(Claims(at, done.n_witnesses, done.witness, best[:, 0], best[:, 1]))
    return len(at)


def _by_evidence(leading: np.ndarray) -> np.ndarray:
    """Candidates by the evidence of their pair's leading claim, strongest first, ties in order.

    Nine digits are compared, so that rounding cannot decide between equal sums.
    """
    magnitude = 10.0 ** (8 - np.floor(np.log10(np.maximum(leading, 1e-300))))
    return np.argsort(-np.round(leading * magnitude) / magnitude, kind="stable")


def _close(outcome: SearchOutcome) -> int:
    """Fill what follows from the ≺ claims by transitivity."""
    codes = outcome.codes
    reach = _no_bits(len(codes))
    closure_kernels.mark_code(codes, ANCESTOR, reach)
    closure_kernels.close_transitively(reach)
    changed = _no_bits(len(codes))
    total = int(closure_kernels.apply_closure(reach, codes, changed))
    first, second = closure_kernels.list_bits(changed, total)
    at = pair_index(np.maximum(first, second), np.minimum(first, second))
    outcome.rule_of[at] = _CLOSURE
    outcome.sweep_of[at] = len(outcome.nearest)
    return total
