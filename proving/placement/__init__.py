"""Whether pods can be placed on nodes by the scheduler's hard constraints, in some order, and if not, why not."""
