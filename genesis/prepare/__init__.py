"""Preparing expression, genotypes and covariates for the tests."""
