"""From the results of a run, and nothing else, what a person reads."""
