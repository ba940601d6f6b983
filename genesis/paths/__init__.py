"""Through which molecules a locus acts on a gene or a trait, told from sampled graphs."""
