"""Providers: the registry of names and policies, what proves each one's credentials, and social-core's catalogue."""
