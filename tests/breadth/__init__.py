"""Each of social-core's backends, by the answers of its own test suite, through both APIs."""
