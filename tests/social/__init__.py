"""The service by itself."""
