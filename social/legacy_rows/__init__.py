"""Associations that older versions of social-core wrote: their lookup and adoption, and counts for the operator."""
