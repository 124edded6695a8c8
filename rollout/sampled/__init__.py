"""Whether the versions answer alike, looked at on a share of the requests in production."""
