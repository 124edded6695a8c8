"""The sandbox and the service, as other clients have them."""

from tests.clients.conftest import base_url, database, sandbox, service

__all__ = ["base_url", "database", "sandbox", "service"]
