"""Causal learners that start from constraints: PC, FCI, GES, BOSS, GRaSP."""
