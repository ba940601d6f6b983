"""What a constraint rests on."""

from __future__ import annotations

from genesis.findings.relations import RULE_NAMES

__all__ = ["REASONS"]

#: What `ConstraintGraph.claims` gives as its rule, by position: a rule, or that it was given.
REASONS = (*RULE_NAMES, "given")
