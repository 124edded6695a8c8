"""Django's engine for SQLite, which writes down every statement."""
