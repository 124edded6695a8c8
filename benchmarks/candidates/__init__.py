"""What is measured: each a server with a database of its own, and a request that signs a person in."""
