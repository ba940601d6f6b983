"""The model: regressions of genes, their candidates, hidden factors, graphs."""
