"""Providers: which ones, what proves that a token is ours, and the one way out to the network."""
