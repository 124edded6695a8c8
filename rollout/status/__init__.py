"""How far the migration is, in figures: read from the ledger, which knows of v1 also after its app has been deleted."""
