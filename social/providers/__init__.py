"""Providers: the policy of each provider, their registry by name, and the catalogue of social-core's backends."""
