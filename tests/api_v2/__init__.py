"""Tests of v2's OpenAPI document, and of the check for breaking changes between releases."""
