"""Requests that somebody has recorded: HTTP archives and logs of JSON lines, each read whole before it is used."""
