"""The same numbers by loops over pairs, as slowly and obviously as they can be written."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise, permutations
from math import isnan, nan, sqrt


def share(part, whole):
    return part / whole if whole else nan


def descendants(edges, a):
    """All genes that a walk from a along at least one edge can reach."""
    found, waiting = set(), [a]
    while waiting:
        here = waiting.pop()
        for b in range(len(edges)):
            if edges[here][b] and b not in found:
                found.add(b)
                waiting.append(b)
    return found


def closure(edges):
    n = len(edges)
    return [[a != b and b in descendants(edges, a) for b in range(n)] for a in range(n)]


def metrics(claims, truth, keep):
    """Counts and shares; `keep` says which ordered pairs count."""
    n = len(claims)
    true, claimed, correct, backward = 0, 0, 0, 0
    for a, b in permutations(range(n), 2):
        if keep[a][b]:
            true += bool(truth[a][b])
            claimed += bool(claims[a][b])
            correct += bool(claims[a][b] and truth[a][b])
            wrong = claims[a][b] and not truth[a][b]
            backward += bool(wrong and truth[b][a] and keep[b][a])
    related, covered, right, oriented, distance = 0, 0, 0, 0, 0
    for a, b in combinations(range(n), 2):
        state, claim = [], []
        for x, y in ((a, b), (b, a)):
            state.append(bool(truth[x][y] and keep[x][y]))
            claim.append(bool(claims[x][y] and keep[x][y]))
        distance += state != claim
        if any(state):
            related += 1
            covered += any(claim)
            oriented += sum(claim)
            right += (claim[0] and state[0]) + (claim[1] and state[1])
    precision, recall = share(correct, claimed), share(correct, true)
    if correct:
        f1 = 2 * precision * recall / (precision + recall)
    else:
        f1 = 0.0 if claimed or true else nan
    return {
        "n_true": true,
        "n_claimed": claimed,
        "n_correct": correct,
        "n_reversed": backward,
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "orientation_accuracy": share(right, oriented),
        "coverage": share(covered, related),
        "shd": distance,
    }


def average_precision(scores, labels):
    """Precision at each distinct threshold, weighted by the recall that it gains."""
    if not any(labels):
        return nan
    area, before = Fraction(0), Fraction(0)
    for threshold in sorted(set(scores), reverse=True):
        called = [label for score, label in zip(scores, labels, strict=True) if score >= threshold]
        recall = Fraction(sum(called), sum(labels))
        area += (recall - before) * Fraction(sum(called), len(called))
        before = recall
    return float(area)


def roc_area(scores, labels):
    """How often a true one beats a false one, a draw being half a win."""
    pairs = list(zip(scores, labels, strict=True))
    wins = [
        1.0 if high > low else 0.5 if high == low else 0.0
        for high, is_true in pairs
        if is_true
        for low, is_false in pairs
        if not is_false
    ]
    return share(sum(wins), len(wins))


def top_share(scores, labels, top):
    """Mean over all ways of filling the top where some of equal scores must stay out."""
    left = sorted(zip(scores, labels, strict=True), key=lambda pair: -pair[0])
    top = min(top, len(left))
    if not top:
        return nan
    cut = left[top - 1][0]
    above = [label for score, label in left if score > cut]
    tied = [label for score, label in left if score == cut]
    draws = list(combinations(tied, top - len(above)))
    return (sum(above) + sum(map(sum, draws)) / len(draws)) / top


def reliability(posteriors, labels, bins):
    """Rows (n, true, mean posterior, rate, low, high), the last bin closed on both sides."""
    rows = []
    for low, high in pairwise(bins):
        inside = [
            (p, label)
            for p, label in zip(posteriors, labels, strict=True)
            if low <= p < high or (high == bins[-1] and p == high)
        ]
        n, true = len(inside), sum(label for _, label in inside)
        if not n:
            rows.append((0, 0, nan, nan, nan, nan))
            continue
        rate, z = true / n, 1.959963984540054
        middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
        mean = sum(p for p, _ in inside) / n
        rows.append((n, true, mean, rate, middle - half, middle + half))
    return rows


def calibration_error(rows, bins, above=0.0):
    used = [row for row, low in zip(rows, bins, strict=False) if row[0] and low >= above]
    total = sum(row[0] for row in used)
    return sum(row[0] * abs(row[2] - row[3]) for row in used) / total if total else nan


def same(x, y):
    """Equal up to rounding, NaN being equal to NaN."""
    return (isnan(x) and isnan(y)) or abs(x - y) <= 1e-12
