"""A project with a user model of its own; these tests run in a process of their own, with its settings."""
