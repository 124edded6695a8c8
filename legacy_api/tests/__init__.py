"""Tests of this adapter alone, and of the key import; tests/contract tests the contract on every API."""
