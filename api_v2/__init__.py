"""The Django REST Framework adapter: the contract for new clients, and its OpenAPI document."""
