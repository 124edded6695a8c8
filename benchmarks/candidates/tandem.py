"""Tandem as it is run in production, by each of its mounts."""

import json
import secrets

from benchmarks.candidates.candidate import APP_ID, PYTHON, Candidate, Setup, post
from benchmarks.load.caller import Request
from benchmarks.processes import run

_SETTINGS = {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": "asked-from-outside"}
_MOUNTS = "from django.conf import settings; print(*settings.APIS.values())"
_SERVER = "from server import gunicorn_settings as g; print(g.workers, g.threads)"


def tandems() -> list[Candidate]:
    """Give one for each API that is mounted: `tandem-v2` is `/api/v2/`."""
    return [_mounted(f"/{prefix}") for prefix in run([PYTHON, "-c", _MOUNTS], _SETTINGS).split()]


def documented_server(setup: Setup) -> tuple[int, int]:
    """Give the workers and the threads of each that the server has where nobody says otherwise."""
    workers, threads = run([PYTHON, "-c", _SERVER], environment(setup)).split()
    return int(workers), int(threads)


def environment(setup: Setup) -> dict[str, str]:
    """Give what docs/operators.md asks of production, with the provider on this machine."""
    chosen = {
        "REDIS_URL": setup.redis_url,
        "WEB_CONCURRENCY": setup.workers,
        "THREADS": setup.threads,
        # As many as can be under way at the peers, which hold nobody back, or it would not be the same work.
        "PROVIDER_CONCURRENCY": setup.threads,
    }
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "DATABASE_URL": setup.database_url,
        "PORT": str(setup.port),
        "TRUSTED_PROXIES": "1",
        "METRICS_TOKEN": secrets.token_urlsafe(24),
        "SOCIAL_PROVIDERS": "facebook",
        "SOCIAL_AUTH_FACEBOOK_KEY": APP_ID,
        "SOCIAL_AUTH_FACEBOOK_SECRET": "benchmarks-only",
        "SOCIAL_AUTH_VERIFY_SSL": setup.bundle,
        "SANDBOX": "1",
        "PROVIDER_HOSTS": json.dumps({"https://graph.facebook.com": setup.provider}),
        **{name: str(value) for name, value in chosen.items() if value is not None},
    }


def _mounted(prefix: str) -> Candidate:
    def sign_in(token: str, address: str) -> Request:
        fields = {"provider": "facebook", "access_token": token}
        return post(f"{prefix}social_sign_up/", fields, address, status=201, contains=b'"token":"')

    return Candidate(
        name=f"tandem-{prefix.strip('/').rpartition('/')[2]}",
        title=f"Tandem, {prefix}",
        prepare=lambda setup: [[PYTHON, "manage.py", "migrate", "--verbosity=0", "--no-input"]],
        command=lambda setup: [PYTHON, "-m", "server"],
        environment=environment,
        sign_in=sign_in,
        tables="social_django",
        credentials="social_accesstoken",
    )
