"""What a run keeps of its data for people to look at: frequencies, components, quantiles."""
