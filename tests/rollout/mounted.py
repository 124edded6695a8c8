"""The mark of tests of what is there until the older API is deleted; importing it reads the settings."""

import pytest
from django.conf import settings

V1_IS_MOUNTED = pytest.mark.skipif("api/v1/" not in settings.APIS.values(), reason="v1 is not mounted")
