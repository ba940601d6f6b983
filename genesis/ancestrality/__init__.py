"""The ancestrality matrix: rules, votes, closure, direct and indirect claims."""
