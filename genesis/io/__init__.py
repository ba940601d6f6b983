"""Reading and writing: one file a format, and the matching of samples and genes."""
