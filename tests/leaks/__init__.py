"""Secrets in requests and settings, and a search for them in all output of the service (docs/threats.md, row 29)."""
