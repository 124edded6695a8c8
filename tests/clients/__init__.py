"""Third-party and generated clients, which run the same session on every mounted API."""
