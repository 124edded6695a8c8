"""Hypothesis makes requests; every mounted API gets each of them in an equal state, and must answer alike."""
