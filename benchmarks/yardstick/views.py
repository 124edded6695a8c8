"""A sign-in by a provider's token, with nothing proven, checked, limited, logged or retried."""

import hashlib
import json
import os
import secrets
from typing import Any

import requests
from django.db import connection, transaction
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from requests.adapters import HTTPAdapter

_ME = os.environ["PROVIDER_ORIGIN"] + "/v19.0/me"
_FIELDS = "id,name,first_name,last_name,email"
_KNOWN = (
    "SELECT u.id, u.username, u.email, u.first_name, u.last_name FROM association a "
    "JOIN auth_user u ON u.id = a.user_id WHERE a.provider = %s AND a.uid = %s"
)
_NEW_USER = (
    "INSERT INTO auth_user (username, first_name, last_name, email, is_active) VALUES (%s, %s, %s, %s, %s) RETURNING id"
)
_NEW_ASSOCIATION = "INSERT INTO association (provider, uid, user_id) VALUES (%s, %s, %s)"
_NEW_TOKEN = "INSERT INTO access_token (user_id, digest, created) VALUES (%s, %s, %s)"  # noqa: S105 - a statement


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
    session.mount(os.environ["PROVIDER_ORIGIN"], HTTPAdapter(pool_maxsize=64))
    return session


SESSION = _session()


def sign_in(request: HttpRequest) -> JsonResponse:
    """Answer with the user and a new token, as Tandem does."""
    fields = json.loads(request.body)
    query = {"access_token": fields["access_token"], "fields": _FIELDS}
    profile = SESSION.get(_ME, params=query, timeout=10).json()
    token = secrets.token_urlsafe(32)
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, (fields["provider"], profile["id"]))
        user = cursor.fetchone()
        if user is None:
            outcome, user = "created", _sign_up(cursor, fields["provider"], profile, token)
        else:
            outcome = "signed_in"
            _issue(cursor, user[0], token)
    body = {
        "id": user[0],
        "username": user[1],
        "email": user[2],
        "first_name": user[3],
        "last_name": user[4],
        "provider": fields["provider"],
        "outcome": outcome,
        "token": token,
    }
    return JsonResponse(body, status=201)


def _sign_up(cursor: Any, provider: str, profile: dict[str, str], token: str) -> tuple[Any, ...]:
    username = profile["name"].replace(" ", "")
    names = (profile["first_name"], profile["last_name"])
    with transaction.atomic():
        cursor.execute(_NEW_USER, (username, *names, profile["email"], True))
        (user,) = cursor.fetchone()
        cursor.execute(_NEW_ASSOCIATION, (provider, profile["id"], user))
        _issue(cursor, user, token)
    return (user, username, profile["email"], *names)


def _issue(cursor: Any, user: int, token: str) -> None:
    cursor.execute(_NEW_TOKEN, (user, hashlib.sha256(token.encode()).hexdigest(), timezone.now()))
