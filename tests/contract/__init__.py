"""Tests of the promises of docs/contract.md; every test runs for each of `settings.APIS`."""

import pytest

pytest.register_assert_rewrite("tests.contract.answers")
