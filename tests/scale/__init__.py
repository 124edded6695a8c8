"""The query plans of each call on PostgreSQL with many users, and the index of usernames."""
