"""Slow and obvious versions of the fast functions, to be believed at sight."""

from __future__ import annotations

import networkx as nx
import numpy as np
from scipy import stats


def partial_correlation(correlation, x, y, given):
    """From the inverse of the correlation matrix of {x, y} and the set."""
    block = [x, y, *given]
    precision = np.linalg.inv(correlation[np.ix_(block, block)])
    return -precision[0, 1] / np.sqrt(precision[0, 0] * precision[1, 1])


def log_p_value(correlation, n, x, y, given):
    """Fisher's z, two-sided."""
    rho = partial_correlation(correlation, x, y, given)
    return np.log(2) + stats.norm.logsf(abs(np.sqrt(n - len(given) - 3) * np.arctanh(rho)))


def p_value(correlation, n, x, y, given):
    """The same as a probability."""
    return np.exp(log_p_value(correlation, n, x, y, given))


def adjust(p):
    """Benjamini–Hochberg adjusted p-values, as R's p.adjust."""
    p = np.asarray(p, dtype=float)
    order = np.argsort(-p, kind="stable")
    adjusted = np.empty(len(p))
    ratio = p[order] * len(p) / np.arange(len(p), 0, -1)
    adjusted[order] = np.minimum(1, np.minimum.accumulate(ratio))
    return adjusted


def screen(p, rate=0.3, at_least=3):
    """Positions kept by Benjamini–Hochberg, at least so many."""
    kept = np.flatnonzero(adjust(p) <= rate)
    if len(kept) < at_least:
        kept = np.sort(np.argsort(p, kind="stable")[:at_least])
    return kept


def blanket(correlation, n, target, pool, alpha, strongest_first):
    """IAMB, or grow–shrink in the order of the pool."""
    members = []
    most = max(1, (n - 4) // 3)
    at = 0
    while len(members) < most:
        rest = [v for v in pool if v not in members]
        if not rest:
            break
        if strongest_first:
            rho = [abs(partial_correlation(correlation, target, v, members)) for v in rest]
            rest = [rest[int(np.argmax(rho))]]
        else:
            rest = [v for v in [*pool[at:], *pool[:at]] if v not in members]
        found = [v for v in rest if p_value(correlation, n, target, v, members) <= alpha]
        if not found:
            break
        members.append(found[0])
        at = list(pool).index(found[0]) + 1
    at = 0
    while at < len(members):
        rest = [v for v in members if v != members[at]]
        if p_value(correlation, n, target, members[at], rest) > alpha:
            members, at = rest, 0
        else:
            at += 1
    return sorted(members)


def votes(correlation, n, i, j, given, alpha):
    """Count and evidence of R1, R1 reversed, R2, R2 reversed over all witnesses."""
    count, evidence = np.zeros(4, dtype=int), np.zeros(4)
    for witness in given:
        rest = [v for v in given if v != witness]
        p_i = log_p_value(correlation, n, witness, i, rest)
        p_j = log_p_value(correlation, n, witness, j, rest)
        p_i_j = log_p_value(correlation, n, witness, i, [*rest, j])
        p_j_i = log_p_value(correlation, n, witness, j, [*rest, i])
        rules = [(p_j, p_j_i), (p_i, p_i_j), (p_i_j, p_i), (p_j_i, p_j)]
        for rule, (significant, other) in enumerate(rules):
            if significant <= np.log(alpha) < other:
                count[rule] += 1
                evidence[rule] -= significant
    return count, evidence


def settle(count, evidence):
    """Opposite directions are weighed, R1 cancels R2 of the same direction."""
    count = count.copy()
    for one, other in ((0, 1), (2, 3)):
        if count[one] and count[other]:
            if evidence[one] <= evidence[other]:
                count[one] = 0
            if evidence[one] >= evidence[other] and evidence[one] != evidence[other]:
                count[other] = 0
            if evidence[one] == evidence[other]:
                count[other] = 0
    if count[0]:
        count[2] = 0
    if count[1]:
        count[3] = 0
    return count


class Rules:
    """docs/rules.md#sweeps, one pair at a time; `matrix` holds 1, 0.5, 0 and NaN."""

    def __init__(self, z, x, profile, alpha=0.05, max_sweeps=10):
        self.n, self.n_variants, self.n_genes = len(z), z.shape[1], x.shape[1]
        self.correlation = np.corrcoef(np.hstack([z, x]).T)
        self.profile, self.alpha = profile, alpha
        self.matrix = np.full((self.n_genes, self.n_genes), np.nan)
        self.order = nx.DiGraph()
        self.order.add_nodes_from(range(self.n_genes))
        self.pools = []
        for gene in range(self.n_genes):
            p = [self.p(v, self.n_variants + gene, []) for v in range(self.n_variants)]
            self.pools.append(list(screen(p)))
        self.refresh()
        for _ in range(max_sweeps):
            before = self.matrix.copy()
            self.sweep()
            if np.array_equal(before, self.matrix, equal_nan=True):
                break
            self.refresh()
        for i, j in self.unresolved():
            if self.p(self.n_variants + i, self.n_variants + j, self.guarded(i, j)) > alpha:
                self.matrix[i, j] = self.matrix[j, i] = 0

    def p(self, a, b, given):
        return p_value(self.correlation, self.n, a, b, given)

    def unresolved(self):
        return [
            (i, j) for i in range(self.n_genes) for j in range(i) if np.isnan(self.matrix[i, j])
        ]

    def precedes(self, a, b):
        return self.matrix[a, b] in (0.5, 1)

    def refresh(self):
        self.nearest = []
        for gene in range(self.n_genes):
            before = [self.n_variants + k for k in range(self.n_genes) if self.precedes(k, gene)]
            self.nearest.append(
                blanket(
                    self.correlation,
                    self.n,
                    self.n_variants + gene,
                    [*self.pools[gene], *before],
                    self.alpha,
                    self.profile != "paper",
                )
            )

    def guarded(self, i, j):
        given = []
        for v in sorted({*self.nearest[i], *self.nearest[j]}):
            gene = v - self.n_variants
            if gene < 0 or (
                gene not in (i, j) and self.precedes(gene, i) and self.precedes(gene, j)
            ):
                given.append(v)
        return given

    def claim(self, a, b, value):
        if nx.has_path(self.order, b, a):
            return False
        self.matrix[a, b], self.matrix[b, a] = value, 0
        self.order.add_edge(a, b)
        return True

    def sweep(self):
        pairs = self.unresolved()
        given = {pair: self.guarded(*pair) for pair in pairs}
        p = [self.p(self.n_variants + i, self.n_variants + j, given[i, j]) for i, j in pairs]
        if self.profile != "paper":
            p = adjust(p)
        dependent = []
        for (i, j), value in zip(pairs, p, strict=True):
            if value > self.alpha:
                self.matrix[i, j] = self.matrix[j, i] = 0
            else:
                dependent.append((i, j))
        turns = []
        for i, j in dependent:
            x, y = self.n_variants + i, self.n_variants + j
            count, evidence = votes(self.correlation, self.n, x, y, given[i, j], self.alpha)
            if self.profile != "paper":
                count = settle(count, evidence)
            lead = next((evidence[k] for k in range(4) if count[k]), 0)
            turns.append((lead, i, j, count))
        if self.profile == "stable":
            turns.sort(key=lambda turn: (-turn[0], turn[1], turn[2]))
        for _, i, j, count in turns:
            claims = ((i, j, 1), (j, i, 1), (i, j, 0.5), (j, i, 0.5))
            for votes_for, claim in zip(count, claims, strict=True):
                if votes_for and self.claim(*claim):
                    break
        self.close()

    def close(self):
        strict = nx.DiGraph(list(zip(*np.nonzero(self.matrix == 1), strict=True)))
        for a, b in nx.transitive_closure(strict).edges:
            self.matrix[a, b], self.matrix[b, a] = 1, 0
            self.order.add_edge(a, b)


def direct_log_p(correlation, n, causes, target, variants):
    """Log p of each cause against the target given the other causes and the variants."""
    return [
        log_p_value(correlation, n, cause, target, [*(c for c in causes if c != cause), *variants])
        for cause in causes
    ]
