"""Exact counts of what a call sends to the database and to the provider, over real sockets."""
