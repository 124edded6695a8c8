"""What docs/contract.md promises; every test here runs for each of `settings.APIS`."""

import pytest

pytest.register_assert_rewrite("tests.contract.answers")
