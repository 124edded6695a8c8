"""The rollout of v2: the life cycle of v1 (docs/contract.md, section 9), its remaining callers, and its end.

It offers the middleware (`middleware`), the pages `dashboard.views.page` and `metrics.views.metrics`, the URLs of
`client_health.urls`, the hooks of the server (`ledger.process.ledger`, `metrics.directory`), and the commands
`migration_status`, `prune_ledger` and `notify_clients`.
"""
