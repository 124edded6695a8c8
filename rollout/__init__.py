"""How far the migration is: the life cycle of v1 (CONTRACT section 9)."""
