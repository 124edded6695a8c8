"""Settings of the tests: config.settings, read from a fixed environment."""

import os

_ENVIRONMENT = {
    "SECRET_KEY": "tests-only",
    "THROTTLE_ANONYMOUS": "off",
    "THROTTLE_USER": "off",
    "ALLOWED_HOSTS": "api.example.com,testserver",
    "SOCIAL_PROVIDERS": "facebook,twitter,instagram,google-oauth2,github",
    **{
        f"SOCIAL_AUTH_{name}_{part}": f"our-{name.lower()}-{part.lower()}"
        for name in ("FACEBOOK", "TWITTER", "INSTAGRAM", "GOOGLE_OAUTH2", "GITHUB")
        for part in ("KEY", "SECRET")
    },
}
for _name in list(os.environ):
    # Variables of the developer's shell must not change the tests.
    if _name.startswith("SOCIAL_AUTH_") or _name in {"SANDBOX", "PROVIDER_HOSTS", "DATABASE_URL", "DEBUG", "REDIS_URL"}:
        del os.environ[_name]
os.environ.update(_ENVIRONMENT)

from config.settings import *  # noqa: E402, F403 - after the environment it reads

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The ledger's thread would write to another database than the test's: tests flush the ledger themselves.
LEDGER_FLUSH_SECONDS = 0
