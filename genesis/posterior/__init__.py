"""Method `calibrated`: posteriors of ancestral relations from one joint model of all genes."""
