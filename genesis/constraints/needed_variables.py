"""The variables that a learner needs beside the genes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genesis.errors import InconsistentInputsError
from genesis.io.ids import repeated

if TYPE_CHECKING:
    from genesis.constraints.graph import ConstraintGraph

__all__ = ["needed_variables"]


def needed_variables(constraints: ConstraintGraph) -> list[str]:
    """Variants that anchor a node or are in a separating set, then all nodes.

    Parameters
    ----------
    constraints : ConstraintGraph

    Raises
    ------
    InconsistentInputsError
        A variant and a node have the same name.
    """
    n_variants = len(constraints.variants)
    used = np.zeros(n_variants, dtype=np.bool_)
    used[constraints.anchors["variant"].to_numpy()] = True
    members = constraints.conditioning["member"].to_numpy()
    used[members[members < n_variants]] = True
    for given in constraints.given_sets:
        used[[member for member in given if member < n_variants]] = True
    every = [*map(str, constraints.variants[used]), *map(str, constraints.nodes)]
    shared = repeated(every)
    if shared:
        raise InconsistentInputsError(
            f"a variant and a gene are both called {shared[0]}: a learner cannot tell them apart; "
            "rename one"
        )
    return every
