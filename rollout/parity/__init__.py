"""Whether the versions answer alike, in production."""
