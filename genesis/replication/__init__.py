"""Are claims seen again in people who had no part in them?

Genotypes are as good as randomised. If a ≺ b with a total effect e, a variant that moves a by α
moves b by α e, also in people whose data were not used to claim it; if a and b only share a cause,
it does not. `replicated_share` measures how much of the predicted effects is there: 1 where claims
are true, 0 where they are confounded.
"""
