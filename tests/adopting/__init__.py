"""A live project with a user model, APIs and habits of its own adopts this service as docs/adopters.md tells it to."""
