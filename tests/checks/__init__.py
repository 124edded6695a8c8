"""What `make check` looks at: that its own checks can fail."""
