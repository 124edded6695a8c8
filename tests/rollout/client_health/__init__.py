"""Client teams see their own calls and are notified (docs/client-health.md)."""
