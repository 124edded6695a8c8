"""Users, access tokens and associations created directly in the database, and a way to compare all rows."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from social_django.models import UserSocialAuth

from social import tokens
from social.models import AccessToken

PROFILES: dict[str, dict[str, Any]] = {
    "facebook": {
        "id": "10011",
        "name": "Ellen Ripley",
        "first_name": "Ellen",
        "last_name": "Ripley",
        "email": "ripley@example.com",
    },
    "twitter": {"id": 10012, "id_str": "10012", "screen_name": "ripley", "name": "Ellen Ripley"},
    "instagram": {"id": "10013", "username": "ripley"},
    "google-oauth2": {
        "sub": "10014",
        "name": "Ellen Ripley",
        "given_name": "Ellen",
        "family_name": "Ripley",
        "email": "ripley@example.com",
        "email_verified": True,
    },
    "github": {"id": 10015, "login": "ripley", "name": "Ellen Ripley", "email": "ripley@example.com"},
}
UID_KEYS = {"facebook": "id", "twitter": "id", "instagram": "id", "google-oauth2": "sub", "github": "id"}


@dataclass(frozen=True)
class Person:
    """A user with an access token."""

    user: User
    token: str
    row: AccessToken


def person(username: str = "ripley", **fields: Any) -> Person:
    """Create a user without a password and an access token of the user."""
    user = User.objects.create(username=username, **{"password": "!unusable", **fields})
    token = tokens.issue(user=user).value
    return Person(user, token, AccessToken.objects.get(digest=tokens.digest_of(token)))


def link(user: User, provider: str = "facebook", uid: str = "10011", id_key: str | None = None) -> UserSocialAuth:
    """Create an association as social-core does, with the key that the id is stored under."""
    account: UserSocialAuth = UserSocialAuth.objects.create(
        user=user, provider=provider, uid=uid, id_key=UID_KEYS.get(provider, "") if id_key is None else id_key
    )
    return account


def all_rows() -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table by the model's label, to check that nothing was written or changed.

    The SQL is built once: with a query set for each table, Django's compiler took two thirds of the time of many tests.
    """
    found = {}
    with connection.cursor() as cursor:
        for label, statement in _statements():
            cursor.execute(statement)
            columns = [column[0] for column in cursor.description]
            found[label] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return found


@cache
def _statements() -> list[tuple[str, str]]:
    """Return the SELECT statement of each table."""
    quote = connection.ops.quote_name
    tables = [model._meta for model in apps.get_models() if model._meta.managed and not model._meta.proxy]
    select = "SELECT * FROM {} ORDER BY {}"
    return [(one.label, select.format(quote(one.db_table), quote(str(one.pk.column)))) for one in tables]
