"""The ledger: how many calls each client makes to each version, and when each user last called one.

`ledger()` in `process` is the ledger of this process; the middleware calls its `count`. Calls are kept in memory
(`counter`), and a thread writes them every LEDGER_FLUSH_SECONDS, and once more when the process ends, in one short
transaction (`store`). Rows that are too old are deleted once a day (`retention`).
"""
