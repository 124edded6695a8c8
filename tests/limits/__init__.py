"""docs/contract.md, section 6: one budget for all mounted APIs, counted before anything is asked of a provider."""
