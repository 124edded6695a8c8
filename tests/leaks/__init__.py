"""Planted secrets, and a search for them in everything that leaves the service (docs/threats.md, row 29)."""
