"""Exact counts: what a sign-in sends to the database and to the provider."""
