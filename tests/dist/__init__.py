"""Tests of the distribution. `proof.py` builds and installs it, for `make dist-test` and a step of `make check`."""
