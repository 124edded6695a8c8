"""Tests of docs/adopters.md: an existing project (a shop) with its own user model and APIs adopts the service."""
