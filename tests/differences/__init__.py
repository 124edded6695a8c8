"""Where the two frameworks differ by nature: each decision, and the requests that show it."""
