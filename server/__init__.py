"""The production server: `python -m server` checks the configuration and becomes gunicorn."""
