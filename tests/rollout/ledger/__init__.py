"""The ledger: counting, bounds, writing and retention."""
