"""What Prometheus reads at `/metrics`: calls, sign-ins, providers, limits, and how far the migration is.

Kept only where `METRICS_TOKEN` is set. The package `prometheus_client` decides when it is first imported whether
figures are one process's or all workers'; `directory` is therefore the one module here that does without it.
"""
