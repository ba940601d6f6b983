"""Chains of graphs: how they are run, weighed and brought together."""
