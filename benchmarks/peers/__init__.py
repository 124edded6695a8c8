"""The peers that Tandem is measured against: their environment, how each is started, and what a client sends it."""
