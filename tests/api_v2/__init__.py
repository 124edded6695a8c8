"""The adapter for new clients: its OpenAPI document, and how that may change."""
