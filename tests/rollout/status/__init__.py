"""The figures, and the command that tells them."""
