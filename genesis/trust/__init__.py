"""Whether to trust a run: checks of its record, and one verdict."""
