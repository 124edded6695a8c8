"""The process's settings and start."""
