"""The production server: `python -m server` runs gunicorn, whose first worker checks the configuration."""
