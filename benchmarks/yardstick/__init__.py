"""The least that a sign-in can cost: a bare Django view, a kept connection, the statements that it takes and no more."""
