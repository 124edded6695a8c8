"""The tests: `contract/` runs once for each mounted API; the other folders are named by what they test."""
