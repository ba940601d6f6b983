"""Method `calibrated` on collected inputs: posteriors, claims, tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from genesis.ancestrality.anchored import (
    Anchored,
    Progress,
    anchor,
    common_counts,
    variable_positions,
)
from genesis.ancestrality.inputs import Inputs
from genesis.anchors.blankets import NearestAncestors
from genesis.anchors.table import anchor_table
from genesis.calibrated.candidates import room_for
from genesis.calibrated.claims import Claims, assemble_relations, make_claims
from genesis.calibrated.posterior import Posterior, sample_posterior
from genesis.calibrated.state import OWN
from genesis.engine.clock import Clock
from genesis.io.exclusions import combine
from genesis.result import Result

__all__ = ["analyse_calibrated"]

#: Anchors are listed from this posterior on; from `NEAREST` on they count as anchors.
LISTED, NEAREST = 0.05, 0.5


def analyse_calibrated(
    inputs: Inputs, options: dict[str, Any], progress: Progress, clock: Clock
) -> Result:
    """Sample graphs and claim what they agree on.

    Parameters
    ----------
    inputs : Inputs
    options : dict
        Arguments of `genesis.discover`.
    progress : callable
    clock : Clock
    """
    most_own, _ = room_for(len(inputs.genes), cis=not options["all_snps"])
    anchored = anchor(inputs, options, sort=True, at_least=most_own, progress=progress)
    clock.lap("anchors")
    posterior = sample_posterior(
        anchored.rows,
        len(anchored.variant),
        anchored.pools,
        anchored.n_considered,
        inputs.basis,
        hidden_factors=options["hidden_factors"],
        anchor_kind=options["anchor_kind"],
        anchors_of_others=not options["all_snps"],
        seed=options["seed"],
        threads=options["threads"],
        progress=progress,
    )
    clock.lap("sampling")
    claims = make_claims(posterior.ancestor, options["fdr"], options["min_posterior"])
    clock.lap("claims")
    return _assemble(inputs, options, anchored, posterior, claims)


def _assemble(
    inputs: Inputs,
    options: dict[str, Any],
    anchored: Anchored,
    posterior: Posterior,
    claims: Claims,
) -> Result:
    """Tables in the caller's order of genes; variables are the variants used, then all genes."""
    used, variable_of = variable_positions(anchored)
    variant_ids = inputs.variants["variant_id"].to_numpy(dtype=object)[used]
    pairs = assemble_relations(
        claims, posterior, options["keep_posterior"], anchored.gene, variable_of
    )
    anchors, nearest, acts = _anchors(posterior)
    result = Result(
        genes=inputs.genes,
        anchors=anchor_table(
            inputs.genes,
            inputs.variants,
            anchored.gene,
            anchored.variant,
            anchored.rows,
            anchored.deviations,
            anchors,
            nearest,
            inputs.n_effective,
            acts,
        ),
        excluded=combine([*inputs.excluded, *anchored.excluded]),
        pairs=pairs,
        variables=pd.Index([*variant_ids, *inputs.genes["gene_id"]], dtype=object),
        conditioning=pd.DataFrame(
            {"sweep": _empty(np.int16), "gene": _empty(np.int32), "member": _empty(np.int32)}
        ),
        ordered_since=pd.DataFrame(
            {"before": _empty(np.int32), "after": _empty(np.int32), "sweep": _empty(np.int16)}
        ),
        run={},
    )
    result.run["counts"] = {
        **common_counts(inputs, anchored),
        "genes_without_anchor": int(np.count_nonzero(np.diff(nearest.start) == 0)),
        **result.counts,
    }
    result.run["calibrated"] = {
        **posterior.summary,
        "least_posterior": _plain(claims.least),
        "expected_fdr": _plain(claims.expected_fdr),
    }
    return result


def _empty(dtype: type[np.signedinteger]) -> np.ndarray:
    return np.empty(0, dtype=dtype)


def _plain(numbers: dict[str, float]) -> dict[str, float | None]:
    return {name: None if np.isnan(x) else round(x, 6) for name, x in numbers.items()}


def _anchors(posterior: Posterior) -> tuple[NearestAncestors, NearestAncestors, np.ndarray]:
    """Own variants that are listed, those that count, and the posteriors of the former."""
    listed, nearest, acts = [], [], []
    for gene, variable in enumerate(posterior.candidates.variable):
        own = posterior.candidates.kind[gene] == OWN
        order = np.argsort(variable[own], kind="stable")
        variants, shares = variable[own][order], posterior.acts[gene][own][order]
        listed.append(variants[shares >= LISTED])
        nearest.append(variants[shares >= NEAREST])
        acts.append(shares[shares >= LISTED])
    every = np.concatenate([np.empty(0, dtype=np.float32), *acts]).astype(np.float64)
    return NearestAncestors.from_lists(listed), NearestAncestors.from_lists(nearest), every
