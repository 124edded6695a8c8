"""Tests of the running processes over HTTP: the service, the sandbox, SQLite and PostgreSQL."""
