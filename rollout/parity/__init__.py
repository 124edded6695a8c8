"""Whether the versions answer alike: requests sent to both of a running deployment, or sampled in production."""
