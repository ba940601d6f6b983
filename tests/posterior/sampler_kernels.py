"""Kernels of the sampler that other kernels alone call, as tests can call them."""

from __future__ import annotations

from genesis.posterior.model import factor_kernels, graph_kernels
from genesis.posterior.moves import active_kernels, draw_kernels, gain_kernels, sweep_kernels
from tests.inner_kernels import called

sweep = called(sweep_kernels.sweep)
refit_all = called(gain_kernels.refit_all)
add_switch_rates = called(active_kernels.add_switch_rates)
draw_coefficients = called(draw_kernels.draw_coefficients)
draw_priors = called(draw_kernels.draw_priors)
draw_factors = called(factor_kernels.draw_factors)
ancestor_bits = called(graph_kernels.ancestor_bits)
