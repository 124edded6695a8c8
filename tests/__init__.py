"""The tests: `contract/` runs once for each mounted API; the other folders are named by what they test."""

SECRET_KEY = "tests-only" * 5
"""As long as a service requires."""
