"""From a result to the tables of its constraint graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genesis.errors import CommandLineError
from genesis.findings.relations import RELATION_NAMES, RULE_NAMES, Relations
from genesis.graphs.bit_matrix import as_matrix, bits_at, turned
from genesis.graphs.reachability import closed_bits
from genesis.io.table_text import rounded
from genesis.posterior.claims.claims import claim_ancestors, doubtful_pairs
from genesis.posterior.claims.pair_table import Pairs, PairTable

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["tables_of_result"]

_ANCESTOR, _UNRELATED = (RELATION_NAMES.index(name) for name in ("ancestor", "unrelated"))
_UNDETERMINED = -1
#: Posterior of an edge from which on it is a candidate; anchors are listed from the same on.
CANDIDATE = 0.05


def tables_of_result(
    result: Findings, min_posterior: float | None, fdr: float | None
) -> dict[str, Any]:
    """The attributes of the `ConstraintGraph` of a result.

    Parameters
    ----------
    result : Findings
    min_posterior, fdr : float or None
        How much to trust; see `ConstraintGraph.from_result`.

    Raises
    ------
    CommandLineError
        A level cannot be used.
    """
    pairs = result.pairs
    # Rows are ordered by relation; slices of them take no memory of their own.
    bounds = np.searchsorted(pairs.relation, [_UNRELATED, _UNRELATED + 1])
    unrelated = pairs.rows(slice(*bounds))
    # Only a test that found a pair independent knows a set that separates it.
    tested = unrelated.rule == RULE_NAMES.index("R3")
    absences = unrelated.rows(tested)
    claims = _claims(pairs.rows(slice(bounds[0])), unrelated.rows(~tested))
    claims, unlisted = _trusted(claims, result, min_posterior, fdr)
    return {
        "nodes": result.gene_ids.rename(None),
        "variants": result.variables[: len(result.variables) - len(result.genes)],
        "claims": claims,
        "absences": pd.DataFrame(
            {
                "gene_a": absences.gene_a,
                "gene_b": absences.gene_b,
                "sweep": absences.sweep,
                "p": rounded(np.exp(absences.log_p), 4),
                "given": np.full(len(absences), -1, dtype=np.int32),
            }
        ),
        "given_sets": [],
        "conditioning": result.conditioning,
        "ordered_since": result.ordered_since,
        "unlisted": unlisted,
        "anchors": _anchors(result),
        "listed": _listed(result),
        "tiers": _tiers(result),
        "source": {
            "genesis": result.run.get("genesis", ""),
            "options": result.run.get("options", {}),
        },
    }


def _tiers(result: Findings) -> list[list[int]]:
    """Genes by their rank in the order of layers, where one is known."""
    if result.ranks is None:
        return []
    return [np.flatnonzero(result.ranks == rank).tolist() for rank in np.unique(result.ranks)]


def _claims(claims: Relations, neither: Relations) -> pd.DataFrame:
    """Rows of `ConstraintGraph.claims`, strict ones first, by gene."""
    none = np.full(2 * len(neither), _UNDETERMINED, dtype=np.int8)
    strict = claims.relation == _ANCESTOR
    columns = {
        "before": (claims.gene_a, neither.gene_a, neither.gene_b),
        "after": (claims.gene_b, neither.gene_b, neither.gene_a),
        "strict": (strict, none == 1),
        "direct": (claims.direct, none),
        "rule": (claims.rule, neither.rule, neither.rule),
        "sweep": (claims.sweep, neither.sweep, neither.sweep),
        "log10_p": tuple(part.log_p / np.log(10.0) for part in (claims, neither, neither)),
        **_posteriors(claims, strict, neither),
    }
    if not len(neither):
        # The rows are in order, and columns without a change take no memory of their own.
        return pd.DataFrame({name: parts[0] for name, parts in columns.items()}, copy=False)
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    order = np.lexsort((joined["after"], joined["before"], ~joined["strict"]))
    return pd.DataFrame({name: values[order] for name, values in joined.items()}, copy=False)


def _posteriors(
    claims: Relations, strict: np.ndarray, neither: Relations
) -> dict[str, tuple[np.ndarray, ...]]:
    """Parts of the columns of posteriors, float32; those of the rules are NaN and held once."""
    unknown = np.float32(np.nan)
    no_edge = np.full(2 * len(neither), unknown)
    if np.isnan(claims.posterior).all() and np.isnan(neither.posterior).all():
        nothing = np.broadcast_to(unknown, len(claims))
        return dict.fromkeys(("posterior", "posterior_direct"), (nothing, no_edge))
    # Of a ⪯ b it is the reverse that is claimed not to be.
    certain = np.where(strict, claims.posterior, 1.0 - claims.posterior_reverse)
    edge = np.where(strict, claims.posterior_direct, unknown)
    return {
        "posterior": (certain, 1.0 - neither.posterior_reverse, 1.0 - neither.posterior),
        "posterior_direct": (edge, no_edge),
    }


def _trusted(
    claims: pd.DataFrame, result: Findings, min_posterior: float | None, fdr: float | None
) -> tuple[pd.DataFrame, np.ndarray | None]:
    """The claims that are certain enough, in their order, and such unrelated pairs without rows."""
    if min_posterior is None and fdr is None:
        return claims, result.unlisted
    if min_posterior is not None and fdr is not None:
        raise CommandLineError("give min_posterior or fdr, not both")
    if min_posterior is not None and not 0.5 <= min_posterior <= 1:
        raise CommandLineError(f"min_posterior is {min_posterior}: it must be from 0.5 to 1")
    if fdr is not None and not 0 <= fdr < 1:
        raise CommandLineError(f"fdr is {fdr}: it must be at least 0 and less than 1")
    if np.isnan(claims["posterior"]).any():
        raise CommandLineError(
            "these claims have no posterior to choose by: min_posterior and fdr are for method "
            "calibrated; of the rules set alpha instead"
        )
    before, after, strict = (claims[name].to_numpy() for name in ("before", "after", "strict"))
    # Of a pair that is not listed the posterior is below the least that a run lists.
    least = result.run.get("options", {}).get("keep_posterior", 0.0)
    pairs = _listed_pairs(result)
    if min_posterior is not None:
        most, sure = 1.0 - min_posterior, claims["posterior"].to_numpy() >= min_posterior
    else:
        assert fdr is not None
        ancestors = claim_ancestors(pairs, fdr, None, absent=least).reach
        most, sure = fdr, bits_at(ancestors, before, after)
    keep = strict & sure
    # What a learner rules out with the orders that are kept is as sure as what rules it out.
    precedes = closed_bits(before[keep], after[keep], pairs.n_genes)
    doubtful = doubtful_pairs(pairs, precedes, most, absent=least)
    keep |= ~strict & ~bits_at(doubtful, after, before)
    unlisted = result.unlisted
    if unlisted is not None:
        sure_pairs = ~as_matrix(doubtful | turned(doubtful))
        unlisted = unlisted & np.packbits(sure_pairs, axis=1)
    return claims[keep].reset_index(drop=True), unlisted


def _listed_pairs(result: Findings) -> PairTable:
    """Posteriors of the ordered pairs that a result lists."""
    rows, n = result.pairs, len(result.genes)
    # First the rows: what they say of the reverse is what a row of the reverse says itself.
    at = np.concatenate(
        [
            rows.gene_a.astype(np.int64) * n + rows.gene_b,
            rows.gene_b.astype(np.int64) * n + rows.gene_a,
        ]
    )
    at, once = np.unique(at, return_index=True)
    posterior = np.concatenate([rows.posterior, rows.posterior_reverse])[once]
    return PairTable.of_pairs(Pairs.of(at // n, at % n, n), posterior)


def _listed(result: Findings) -> pd.DataFrame | None:
    """Rows of `ConstraintGraph.listed`; None for the rules, which know no posterior."""
    if result.run.get("options", {}).get("method") != "calibrated":
        return None
    likely = result.pairs.rows(result.pairs.posterior_direct >= CANDIDATE)
    order = np.lexsort((likely.gene_b, likely.gene_a))
    return pd.DataFrame(
        {
            "before": likely.gene_a[order],
            "after": likely.gene_b[order],
            "posterior": likely.posterior_direct[order],
        }
    )


def _anchors(result: Findings) -> pd.DataFrame:
    """Rows of `ConstraintGraph.anchors`, by gene and then by variant."""
    anchors = result.anchors
    # A gene may share its name with a variant.
    variants = result.variables[: len(result.variables) - len(result.genes)]
    table = pd.DataFrame(
        {
            "variant": variants.get_indexer(anchors["variant_id"]).astype(np.int32),
            "gene": result.gene_ids.get_indexer(anchors["gene_id"]).astype(np.int32),
            "posterior": anchors["posterior"].to_numpy(np.float32),
        }
    )
    return table.sort_values(["gene", "variant"], ignore_index=True)
