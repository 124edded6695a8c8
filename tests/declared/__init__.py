"""A project's own resource, declared once and served by every mounted API."""
