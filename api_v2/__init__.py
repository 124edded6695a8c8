"""The Django REST Framework adapter: v2, for new clients, and its OpenAPI document."""
