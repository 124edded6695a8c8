"""The baseline, a Django project in one module: a sign-in and a read with no proof, check, limit, log or retry.

gunicorn serves `application`. `python -m benchmarks.baseline` creates the tables; with a number, it adds so many users
and prints a value of `Authorization` for each.
"""

import hashlib
import json
import os
import secrets
import sys
from typing import Any

import dj_database_url
import requests
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils import timezone
from requests.adapters import HTTPAdapter

_database: dict[str, Any] = {**dj_database_url.parse(os.environ["DATABASE_URL"]), "CONN_MAX_AGE": None}
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # The settings that Tandem has: readers do not wait, a writer takes its lock at once.
    _database["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }
settings.configure(
    SECRET_KEY="benchmarks-only",  # noqa: S106 - it protects nothing
    ALLOWED_HOSTS=["localhost", "127.0.0.1"],
    ROOT_URLCONF="benchmarks.baseline",
    USE_I18N=False,
    USE_TZ=True,
    APPEND_SLASH=False,
    DATABASES={"default": _database},
)

_SCHEMA = """
CREATE TABLE auth_user (
    id {key},
    username varchar(150) NOT NULL UNIQUE,
    first_name varchar(150) NOT NULL,
    last_name varchar(150) NOT NULL,
    email varchar(254) NOT NULL,
    is_active boolean NOT NULL
);
CREATE TABLE association (
    id {key},
    provider varchar(32) NOT NULL,
    uid varchar(255) NOT NULL,
    user_id bigint NOT NULL REFERENCES auth_user (id),
    UNIQUE (provider, uid)
);
CREATE TABLE access_token (
    id {key},
    user_id bigint NOT NULL REFERENCES auth_user (id),
    digest varchar(64) NOT NULL UNIQUE,
    created {time} NOT NULL
);
CREATE INDEX access_token_user ON access_token (user_id)
"""
_KNOWN_USER = (
    "SELECT u.id, u.username, u.email, u.first_name, u.last_name FROM association a "
    "JOIN auth_user u ON u.id = a.user_id WHERE a.provider = %s AND a.uid = %s"
)
_OWNER = (
    "SELECT u.id, u.username, u.email, u.first_name, u.last_name FROM access_token t "
    "JOIN auth_user u ON u.id = t.user_id WHERE t.digest = %s"
)
_NEW_USER = (
    "INSERT INTO auth_user (username, first_name, last_name, email, is_active) VALUES (%s, %s, %s, %s, %s) RETURNING id"
)
_NEW_ASSOCIATION = "INSERT INTO association (provider, uid, user_id) VALUES (%s, %s, %s)"
_NEW_TOKEN = "INSERT INTO access_token (user_id, digest, created) VALUES (%s, %s, %s)"  # noqa: S105 - a statement
_PROVIDER = os.environ["PROVIDER_ORIGIN"]


def _new_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
    session.mount(_PROVIDER, HTTPAdapter(pool_maxsize=64))
    return session


_session = _new_session()


def sign_in(request: HttpRequest) -> JsonResponse:
    """Return the user and a new access token, as Tandem does."""
    fields = json.loads(request.body)
    query = {"access_token": fields["access_token"], "fields": "id,name,first_name,last_name,email"}
    profile = _session.get(f"{_PROVIDER}/v19.0/me", params=query, timeout=10).json()
    token = secrets.token_urlsafe(32)
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN_USER, (fields["provider"], profile["id"]))
        user = cursor.fetchone()
        if user is None:
            outcome, user = "created", _sign_up(cursor, fields["provider"], profile, token)
        else:
            outcome = "signed_in"
            _add_token(cursor, user[0], token)
    body = {**_user(user), "provider": fields["provider"], "outcome": outcome, "token": token}
    return JsonResponse(body, status=201)


def read(request: HttpRequest) -> JsonResponse:
    """Return the user of an access token."""
    token = request.headers["Authorization"].removeprefix("Bearer ")
    with connection.cursor() as cursor:
        cursor.execute(_OWNER, (_digest(token),))
        return JsonResponse(_user(cursor.fetchone()))


def _user(row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(("id", "username", "email", "first_name", "last_name"), row, strict=True))


def _sign_up(cursor: Any, provider: str, profile: dict[str, str], token: str) -> tuple[Any, ...]:
    username = profile["name"].replace(" ", "")
    names = (profile["first_name"], profile["last_name"])
    with transaction.atomic():
        cursor.execute(_NEW_USER, (username, *names, profile["email"], True))
        (user,) = cursor.fetchone()
        cursor.execute(_NEW_ASSOCIATION, (provider, profile["id"], user))
        _add_token(cursor, user, token)
    return (user, username, profile["email"], *names)


def _add_token(cursor: Any, user: int, token: str) -> None:
    cursor.execute(_NEW_TOKEN, (user, _digest(token), timezone.now()))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


urlpatterns = [path("sign_in/", sign_in), path("user/", read)]
application = get_wsgi_application()


def _create_tables() -> None:
    types = (
        {"key": "bigserial PRIMARY KEY", "time": "timestamptz"}
        if connection.vendor == "postgresql"
        else {"key": "integer PRIMARY KEY", "time": "datetime"}
    )
    with connection.cursor() as cursor:
        for statement in _SCHEMA.format(**types).split(";"):
            cursor.execute(statement)


def _add_readers(count: int) -> None:
    with connection.cursor() as cursor:
        for number in range(count):
            token, email = secrets.token_urlsafe(32), f"reader-{number}@example.com"
            cursor.execute(_NEW_USER, (f"reader-{number}", "", "", email, True))
            _add_token(cursor, cursor.fetchone()[0], token)
            sys.stdout.write(f"Bearer {token}\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _add_readers(int(sys.argv[1]))
    else:
        _create_tables()
