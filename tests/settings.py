"""The settings of the tests: those of the service, with the same environment on every machine."""

import os

from tests import SECRET_KEY

_ENVIRONMENT = {
    "SECRET_KEY": SECRET_KEY,
    "ADMIN": "1",
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
    # Variables for a server in the developer's shell must not reach the tests.
    if _name.startswith("SOCIAL_AUTH_") or _name in {
        "BIND",
        "SANDBOX",
        "PROVIDER_HOSTS",
        "DATABASE_URL",
        "DEBUG",
        "REDIS_URL",
    }:
        del os.environ[_name]
os.environ.update(_ENVIRONMENT)

from config.settings import *  # noqa: E402, F403 - after the environment it reads

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Without the thread that writes the ledger, which does not use the tests' databases: tests write it themselves.
LEDGER_FLUSH_SECONDS = 0
