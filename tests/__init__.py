"""The tests: `contract/` runs once for each mounted API; then a folder a room."""
