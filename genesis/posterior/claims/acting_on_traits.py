"""Variants that act on traits otherwise than through what is measured."""

from __future__ import annotations

import numpy as np

from genesis.inputs.layer_order import GeneOrder
from genesis.posterior.chains.posterior import Posterior
from genesis.posterior.claims.own_anchors import NEAREST
from genesis.posterior.model.state import OWN

__all__ = ["acting_on_traits"]


def acting_on_traits(posterior: Posterior, order: GeneOrder | None) -> dict[int, np.ndarray]:
    """Rows of the variants that act on each trait by themselves, with one half or more.

    Parameters
    ----------
    posterior : Posterior
    order : GeneOrder or None
        None where there is one layer, and so no trait.
    """
    found = {}
    for trait in [] if order is None else np.flatnonzero(order.is_trait).tolist():
        own = posterior.candidates.kind[trait] == OWN
        acts = posterior.acts[trait][own] >= NEAREST
        found[trait] = posterior.candidates.variable[trait][own][acts].astype(np.int64)
    return found
