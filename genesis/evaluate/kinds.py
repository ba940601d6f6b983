"""Claims of every kind, and what follows from them, counted against the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.evaluate.counts import ratio
from genesis.findings.findings import Findings
from genesis.findings.relations import RELATION_NAMES, RULE_NAMES
from genesis.graphs.nonancestors import implied_nonancestors
from genesis.graphs.reachability import transitive_closure

__all__ = ["KINDS", "claims_by_kind", "kind_table", "pooled_kinds"]

Matrix = NDArray[np.bool_]

#: The kinds of claims, then what follows from them.
KINDS = (
    "ancestor",
    "unrelated",
    "nondescendant",
    "ancestor_by_closure",
    "reverse_of_ancestor",
    "nonancestor_by_closure",
)
_OF_ANCESTORS = ("ancestor", "ancestor_by_closure")
_COUNTS = ("n_claimed", "n_false", "n_unscored")


def claims_by_kind(claims: Any, ancestors: Matrix) -> dict[str, Matrix]:
    """Which ordered pairs each kind of claim is made of.

    Parameters
    ----------
    claims : Findings or other
        Anything but a result claims ancestors alone.
    ancestors : numpy.ndarray of bool, shape (n_genes, n_genes)
        Its ancestor claims, row before column.

    Returns
    -------
    dict of str to numpy.ndarray of bool, shape (n_genes, n_genes)
        By the names of `KINDS`. Of ``ancestor`` and ``ancestor_by_closure`` [a, b] is a ≺ b; of
        ``unrelated`` a pair stands above the diagonal; of the others [a, b] says that a is not an
        ancestor of b. What follows is worked out over all genes of the claims, and what claims
        contradict does not follow.

    Examples
    --------
    >>> claims = np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool)
    >>> {kind: int(pairs.sum()) for kind, pairs in claims_by_kind(None, claims).items()}
    ... # doctest: +NORMALIZE_WHITESPACE
    {'ancestor': 2, 'unrelated': 0, 'nondescendant': 0, 'ancestor_by_closure': 1,
     'reverse_of_ancestor': 3, 'nonancestor_by_closure': 0}
    """
    unrelated, nondescendant, closed = np.zeros((3, *ancestors.shape), dtype=np.bool_)
    if isinstance(claims, Findings):
        unrelated |= _unrelated_of(claims)
        _mark_rows(nondescendant, claims, "nondescendant")
        _mark_rows(closed, claims, "ancestor", only_closure=True)
    precedes = transitive_closure(ancestors)
    stated = unrelated | unrelated.T | nondescendant.T
    follows = implied_nonancestors(stated & ~precedes, precedes) & ~stated & ~precedes
    reverse = follows & precedes.T
    return {
        "ancestor": ancestors,
        "unrelated": unrelated,
        "nondescendant": nondescendant.T,
        "ancestor_by_closure": (ancestors & closed) | (precedes & ~ancestors),
        "reverse_of_ancestor": reverse,
        "nonancestor_by_closure": follows & ~reverse,
    }


def _mark_rows(
    matrix: Matrix, result: Findings, relation: str, *, only_closure: bool = False
) -> None:
    pairs = result.pairs
    which = pairs.relation == RELATION_NAMES.index(relation)
    if only_closure:
        which &= pairs.rule == RULE_NAMES.index("closure")
    matrix[pairs.gene_a[which], pairs.gene_b[which]] = True


def _unrelated_of(result: Findings) -> Matrix:
    """Unrelated pairs above the diagonal, those without a row too."""
    matrix = np.zeros((len(result.genes),) * 2, dtype=np.bool_)
    if result.unlisted is not None:
        matrix |= np.unpackbits(result.unlisted, axis=1, count=len(matrix)) == 1
    _mark_rows(matrix, result, "unrelated")
    return np.triu(matrix | matrix.T, 1)


def kind_table(
    kinds: dict[str, Matrix],
    truth: Matrix,
    keep: Matrix,
    posterior: NDArray[np.float64] | None,
    scored: Matrix | None,
) -> pd.DataFrame:
    """How many claims of each kind are false, and how many should be by their posteriors.

    Parameters
    ----------
    kinds : dict of str to numpy.ndarray of bool, shape (n_genes, n_genes)
        Of `claims_by_kind`.
    truth, keep : numpy.ndarray of bool, shape (n_genes, n_genes)
        Ancestors; and the ordered pairs that count.
    posterior : numpy.ndarray of float64, shape (n_genes, n_genes), or None
        Of a ≺ b.
    scored : numpy.ndarray of bool, shape (n_genes, n_genes), or None
        Where there is one.

    Returns
    -------
    pandas.DataFrame
        One row a kind: ``n_claimed``, ``n_false``, ``claimed_fdr`` (mean of 1 − posterior of the
        claim, over those that have one; NaN without any), ``true_fdr`` (share that is false; NaN
        without any), ``n_unscored`` (claims without a posterior).

    Examples
    --------
    >>> claims = np.array([[0, 1], [0, 0]], dtype=bool)
    >>> table = kind_table(claims_by_kind(None, claims), claims, claims | claims.T, None, None)
    >>> table.loc["ancestor", ["n_claimed", "n_false", "true_fdr"]].tolist()
    [1.0, 0.0, 0.0]
    """
    rows = {}
    for kind, claimed in kinds.items():
        if kind == "unrelated":
            claimed, wrong = claimed & keep & keep.T, truth | truth.T
        else:
            claimed, wrong = claimed & keep, ~truth if kind in _OF_ANCESTORS else truth
        doubt = np.empty(0)
        if posterior is not None and scored is not None:
            doubt = _doubt(kind, claimed, posterior, scored)
        n_claimed, n_false = (int(np.count_nonzero(which)) for which in (claimed, claimed & wrong))
        rows[kind] = {
            "n_claimed": n_claimed,
            "n_false": n_false,
            # The mean of sorted values is the same for any order of the genes.
            "claimed_fdr": float(np.mean(np.sort(doubt))) if len(doubt) else float("nan"),
            "true_fdr": ratio(n_false, n_claimed),
            "n_unscored": n_claimed - len(doubt),
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.astype(dict.fromkeys(_COUNTS, np.int64))


def _doubt(
    kind: str, claimed: Matrix, posterior: NDArray[np.float64], scored: Matrix
) -> NDArray[np.float64]:
    """1 − the posterior of each claim that has one."""
    if kind == "unrelated":
        a, b = np.nonzero(claimed & scored & scored.T)
        return np.minimum(posterior[a, b] + posterior[b, a], 1.0)
    forward = posterior[claimed & scored]
    return 1.0 - forward if kind in _OF_ANCESTORS else forward


def pooled_kinds(tables: list[pd.DataFrame]) -> pd.DataFrame | None:
    """Claims of each kind in several data sets.

    Parameters
    ----------
    tables : list of pandas.DataFrame
        Of `kind_table`.

    Returns
    -------
    pandas.DataFrame or None
        One row a kind: ``n_data_sets`` (those with such claims), ``n_claimed``, ``n_false`` and
        ``n_unscored`` (sums), ``claimed_fdr`` and ``true_fdr`` (means over these data sets), and
        ``true_fdr_low``, ``true_fdr_high``: the 95 % interval of the mean by Student's t, which
        takes each data set as a whole, because its claims are true or false together. NaN with
        fewer than two; of no width where no claim is false. None without tables.

    Examples
    --------
    >>> claims = np.array([[0, 1], [0, 0]], dtype=bool)
    >>> every = claims | claims.T
    >>> right, wrong = (
    ...     kind_table(claims_by_kind(None, claims), truth, every, None, None)
    ...     for truth in (claims, claims.T)
    ... )
    >>> pooled_kinds([right, wrong, right, right]).loc["ancestor", "true_fdr":].tolist()
    [0.25, 0.0, 1.0]
    """
    if not tables:
        return None
    from scipy.stats import t

    every = pd.concat(tables, keys=range(len(tables)), names=["data_set", "kind"])
    by_kind = every.groupby("kind", sort=False)
    pooled = by_kind[list(_COUNTS)].sum()
    n = by_kind["true_fdr"].count()
    pooled.insert(0, "n_data_sets", n)
    pooled["claimed_fdr"] = by_kind["claimed_fdr"].mean()
    mean = by_kind["true_fdr"].mean()
    half = by_kind["true_fdr"].std() / np.sqrt(n) * t.ppf(0.975, np.maximum(n - 1, 1))
    pooled["true_fdr"] = mean
    pooled["true_fdr_low"], pooled["true_fdr_high"] = (
        (mean - half).clip(lower=0.0),
        (mean + half).clip(upper=1.0),
    )
    return pooled
