"""Tests of the decisions in docs/differences.md, where the API frameworks differ by default."""
