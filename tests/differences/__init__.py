"""Where the two frameworks differ by nature: each decision shown by requests (parity/differences.toml)."""
