"""Whether the two versions of a running deployment answer alike: requests, each sent to both, and what differs."""
