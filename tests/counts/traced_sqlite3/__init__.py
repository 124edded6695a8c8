"""Django's engine for SQLite, which writes down every statement."""

STATEMENTS = "STATEMENTS"
"""The environment variable that names the file to write them to, a line each."""
