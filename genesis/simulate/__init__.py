"""Genotypes and expression whose causal network is known.

`two_tier` draws from a plain linear model of two tiers, `cis_eqtl` from the coalescent with
regulatory SNPs near the genes, `layers` alike with proteins and traits as well, and
`tier_violation` breaks what the method assumes.
"""

from __future__ import annotations

from genesis.simulate.cis_eqtl import cis_eqtl
from genesis.simulate.molecular_layers import layers
from genesis.simulate.simulation import Simulation
from genesis.simulate.two_tier import two_tier
from genesis.simulate.violations import tier_violation

__all__ = ["Simulation", "cis_eqtl", "layers", "tier_violation", "two_tier"]
