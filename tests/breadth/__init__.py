"""Each of social-core's backends, with the answers of its own test suite, through the mounted APIs."""
