"""Clients that were not written by us, or not for us: they complete the story on every mounted API."""
