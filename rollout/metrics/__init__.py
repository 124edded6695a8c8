"""Metrics for Prometheus at `/metrics`: calls, sign-ins, providers, limits, and the state of the migration.

They are collected only if METRICS_TOKEN is set. `views.metrics` is the page, and gunicorn's master calls `directory`.
The package `prometheus_client` decides at its first import whether metrics are those of one process or of all workers;
`directory` is therefore imported without it.
"""
