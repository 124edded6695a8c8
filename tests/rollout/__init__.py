"""docs/contract.md, section 9: the life cycle of v1, in its headers and in its effects."""

import pytest
from django.conf import settings

V1_IS_MOUNTED = pytest.mark.skipif("api/v1/" not in settings.APIS.values(), reason="v1 is not mounted")
"""For tests of what is there until the older API is deleted."""
