"""Django's database engine for SQLite, with a log of every statement."""

STATEMENTS = "STATEMENTS"
"""The environment variable with the path of the log, one statement a line."""
