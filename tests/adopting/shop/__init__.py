"""The adopting project, a shop. It uses the service only as docs/adopters.md describes."""
