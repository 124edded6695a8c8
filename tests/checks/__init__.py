"""The checks of `make check` detect what they must detect."""
