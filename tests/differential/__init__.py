"""Requests made by Hypothesis, sent to every mounted API from equal states; the answers must be the same."""
