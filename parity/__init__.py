"""Whether both versions of a running deployment answer alike: requests, each sent to both, and what differs."""
