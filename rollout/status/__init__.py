"""The state of the migration, read from the ledger, which also has v1's calls after its app was deleted.

`status.status()` returns it, `verdict` puts it into sentences, and `output` renders it as text and JSON.
"""
