"""Associations that older versions of social-core wrote: their classes and counts, for the operator."""
