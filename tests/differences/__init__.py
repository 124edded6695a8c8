"""Tests of the decisions in docs/differences.md, on which Tastypie and DRF differ by default."""
