"""The settings of the tests: those of the process, from an environment that is the same everywhere."""

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
    # What the developer's shell has for a server must not reach the tests.
    if _name.startswith("SOCIAL_AUTH_") or _name in {"SANDBOX", "PROVIDER_HOSTS", "DATABASE_URL", "DEBUG", "REDIS_URL"}:
        del os.environ[_name]
os.environ.update(_ENVIRONMENT)

from config.settings import *  # noqa: E402, F403 - after the environment it reads

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Tests have databases of their own, which a thread knows nothing of: they write the ledger themselves.
LEDGER_FLUSH_SECONDS = 0
