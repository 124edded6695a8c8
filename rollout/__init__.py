"""The rollout of v2: the life cycle of v1 (CONTRACT section 9), who still calls it, and when it can be switched off.

It offers the middleware (`middleware`), the pages `dashboard.views.page` and `metrics.views.metrics`, the hooks of the
server (`ledger.process.ledger`, `metrics.directory`), and the commands `migration_status` and `prune_ledger`.
"""
