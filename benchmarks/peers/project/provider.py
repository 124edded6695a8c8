"""The application at the provider, and where the provider is reached."""

import os

APPLICATION_ID = "1234567890"
APPLICATION_SECRET = "benchmarks-only"  # noqa: S105 - the local provider asks for none
ORIGIN = os.environ.get("PROVIDER_ORIGIN", "https://graph.facebook.com").rstrip("/")
