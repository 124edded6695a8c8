"""Planted secrets, and a search for them in everything that leaves the service (THREATS row 29)."""
