"""Each backend of social-core, with the answers of its own test suite, through the mounted APIs."""
