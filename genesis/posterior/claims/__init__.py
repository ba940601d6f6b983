"""From posteriors to claims and total effects."""
