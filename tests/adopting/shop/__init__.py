"""The project that adopts: a shop. Nothing in it knows of this service but what docs/adopters.md says."""
