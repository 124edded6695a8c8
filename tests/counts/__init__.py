"""Exact counts of the database statements and provider calls of a request, over real sockets."""
