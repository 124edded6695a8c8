"""Tests of the service without the adapters."""
