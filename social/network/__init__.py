"""Calls to providers: one transport, one deadline for each sign-up, a limit of concurrent sign-ups, redacted logs."""
