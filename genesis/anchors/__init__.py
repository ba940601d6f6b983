"""Anchors: candidate variants of a gene, their screening, and nearest-ancestor sets."""
