"""Fixtures: the sandbox and the service, as for tests/clients."""

from tests.clients.conftest import base_url, database, sandbox, service

__all__ = ["base_url", "database", "sandbox", "service"]
