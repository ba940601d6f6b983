"""Moves of the sampler, and draws of what the moves are given."""
