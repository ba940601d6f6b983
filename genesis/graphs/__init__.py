"""Codes of the ancestrality matrix, and its closure."""
