"""Benchmarks of a sign-in: Tandem, its peers and a bare Django view, with one stand-in for the provider.

Each candidate is measured from outside, as a process that answers over HTTP. `python -m benchmarks` runs them.
"""
