"""A long run of the production server under mixed traffic and disruptions: is anything lost, and does anything grow?

`python -m benchmarks.soak --minutes 60`. docs/soak.md describes the checks and has the last result.
"""
