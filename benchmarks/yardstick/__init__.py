"""The least that a sign-in can cost: a bare Django view, a kept connection, the fewest statements."""
