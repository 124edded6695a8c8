"""Associations that older versions of social-core have written: found again, adopted, or counted beforehand."""
