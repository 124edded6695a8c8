"""Who still calls which version: counted, bounded, written, and forgotten in time."""
