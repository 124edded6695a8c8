"""Django's PostgreSQL backend, with a pool that nobody queues at in vain; Django's ENGINE names this package."""
