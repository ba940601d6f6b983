"""Which gene of a locus acts: genes that share anchors, and the evidence of each of them."""
