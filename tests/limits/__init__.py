"""docs/contract.md, section 6: one rate limit for all mounted APIs, counted before any provider call."""
