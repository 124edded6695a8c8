"""Tests with a custom user model. They run in a process with settings of their own."""
