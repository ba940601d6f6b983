"""What is analysed: inputs of the same samples, completed, and the variants that may anchor."""
