"""Method `rules`: the paper's rules on pairs, votes, direct and indirect claims."""
