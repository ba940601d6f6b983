"""The result of a run: its conveniences, and its files."""
