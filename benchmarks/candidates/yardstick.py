"""The bare view as a candidate."""

from benchmarks.candidates.candidate import PYTHON, Candidate, Setup, gunicorn, post
from benchmarks.load.caller import Request


def yardstick() -> Candidate:
    """Give it, behind the server that everybody gets."""
    return Candidate(
        name="yardstick",
        title="yardstick: a bare Django view, pooled call, minimal SQL, no validation",
        prepare=lambda setup: [[PYTHON, "-m", "benchmarks.yardstick.schema"]],
        command=lambda setup: gunicorn(PYTHON, "benchmarks.yardstick.wsgi", setup),
        environment=_environment,
        sign_in=_sign_in,
        tables="yardstick",
        credentials="access_token",
    )


def _sign_in(token: str, address: str) -> Request:
    fields = {"provider": "facebook", "access_token": token}
    return post("/sign_in/", fields, address, status=201, contains=b'"token"')


def _environment(setup: Setup) -> dict[str, str]:
    verified = {"REQUESTS_CA_BUNDLE": setup.bundle} if setup.is_tls else {}
    return {"DATABASE_URL": setup.database_url, "PROVIDER_ORIGIN": setup.provider, **verified}
