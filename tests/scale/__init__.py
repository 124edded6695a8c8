"""A million users on PostgreSQL: what a call asks of the database, and how the database finds it."""
