"""The state of the migration, and its command."""
