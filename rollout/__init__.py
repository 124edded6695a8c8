"""How far the migration is: the life cycle of v1 (docs/contract.md, section 9), who still calls it, when it can end."""
