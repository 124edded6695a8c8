"""The people of those databases: what was written of each, what the provider says today, and what must come of it.

What the libraries wrote was read in, and produced by, python-social-auth 0.2.13, social-auth-app-django 3.1.0 with
social-auth-core 3.2.0, and 5.4.2 with 4.5.4: `BaseGoogleAuth.get_user_id` (the address, or the id with
`USE_UNIQUE_USER_ID`), `BaseAuth.extra_data`, `OAuthAuth.extra_data`, `EXTRA_DATA` of each backend, and
`fields.JSONField`, which made JSON of whatever it was given: of None as of a string that was JSON already.
"""

import json
from dataclasses import dataclass
from typing import Any

from social.legacy_rows.classification import Class

GOOGLE = "google-oauth2"
BEARER = json.dumps({"access_token": "ya29.of-long-ago", "expires": 3600, "token_type": "Bearer"})
A_NEW_USER = "a new user"
CONFLICT = "account_conflict"


@dataclass(frozen=True)
class Row:
    """An association of back then, and its class today."""

    owner: str
    provider: str
    uid: str
    kept: str = BEARER
    kind: Class = Class.FOUND
    email: str = ""
    active: bool = True


@dataclass(frozen=True)
class Case:
    """One person, who may have more than one row."""

    name: str
    rows: tuple[Row, ...]
    answer: dict[str, Any] | None = None
    """What the provider says; None where nobody can ask it."""
    plain: str = ""
    """Whose user the sign-in gives, or which error."""
    adopting: str = ""
    """The same while `ADOPT_LEGACY_UIDS` names the provider."""

    def __str__(self) -> str:
        return self.name

    @property
    def provider(self) -> str:
        """The provider of all its rows."""
        return self.rows[0].provider


def google(sub: str, email: str) -> dict[str, Any]:
    return {"sub": sub, "email": email, "email_verified": True, "name": "Some One"}


def id_of(number: int) -> str:
    return f"1000000000000000{number:05}"


CASES = (
    Case(
        "address",
        (Row("ripley", GOOGLE, "ripley@example.com", kind=Class.OLD),),
        google(id_of(1), "ripley@example.com"),
        plain=CONFLICT,
        adopting="ripley",
    ),
    Case(
        "address-with-capitals",
        (Row("dallas", GOOGLE, "Dallas@Example.com", kind=Class.OLD),),
        google(id_of(2), "Dallas@Example.com"),
        plain=CONFLICT,
        adopting="dallas",
    ),
    Case(
        "address-that-has-lost-its-capitals",
        (Row("kane", GOOGLE, "Kane@Example.com", kind=Class.OLD),),
        google(id_of(3), "kane@example.com"),
        plain=A_NEW_USER,
        adopting=A_NEW_USER,
    ),
    Case(
        "addresses-alike-but-for-capitals",
        (
            Row("parker", GOOGLE, "parker@example.com", kind=Class.OLD),
            Row("parker2", GOOGLE, "Parker@example.com", kind=Class.OLD),
        ),
        google(id_of(4), "Parker@example.com"),
        plain=CONFLICT,
        adopting="parker2",
    ),
    Case(
        "white-space",
        (Row("lambert", GOOGLE, " lambert@example.com", kind=Class.UNUSABLE),),
        google(id_of(5), "lambert@example.com"),
        plain=A_NEW_USER,
        adopting=A_NEW_USER,
    ),
    Case(
        "control-character",
        (Row("ash", GOOGLE, "ash@example.com\t", kind=Class.UNUSABLE),),
        google(id_of(6), "ash@example.com"),
        plain=A_NEW_USER,
        adopting=A_NEW_USER,
    ),
    Case(
        "inactive",
        (Row("brett", GOOGLE, "brett@example.com", kind=Class.OLD, active=False),),
        google(id_of(7), "brett@example.com"),
        plain=CONFLICT,
        adopting="account_inactive",
    ),
    Case(
        "unique-user-id",  # which migration 0020 labels `email` all the same
        (Row("hicks", GOOGLE, id_of(8)),),
        google(id_of(8), "hicks@example.com"),
        plain="hicks",
        adopting="hicks",
    ),
    Case(
        "inactive-unique-user-id",
        (Row("vasquez", GOOGLE, id_of(9), active=False),),
        google(id_of(9), "vasquez@example.com"),
        plain="account_inactive",
        adopting="account_inactive",
    ),
    Case(
        "255-characters",
        (Row("hudson", GOOGLE, "h" * 255),),
        google("h" * 255, "hudson@example.com"),
        plain="hudson",
        adopting="hudson",
    ),
    Case(
        "both-rows-of-one-user",
        (
            Row("gorman", GOOGLE, "gorman@example.com", kind=Class.SUPERSEDED),
            Row("gorman", GOOGLE, id_of(10)),
        ),
        google(id_of(10), "gorman@example.com"),
        plain="gorman",
        adopting="gorman",
    ),
    Case(
        "rows-of-two-users",  # the id says who it is, as it did before
        (
            Row("bishop", GOOGLE, "bishop@example.com", kind=Class.CONFLICT),
            Row("bishop2", GOOGLE, id_of(11), email="Bishop@example.com"),
        ),
        google(id_of(11), "bishop@example.com"),
        plain="bishop2",
        adopting="bishop2",
    ),
    Case(
        "id-kept-beside-the-address",  # GET_ALL_EXTRA_DATA
        (Row("apone", GOOGLE, "apone@example.com", json.dumps(google(id_of(12), "x")), Class.PROVEN),),
        google(id_of(12), "apone@example.com"),
        plain="apone",
        adopting="apone",
    ),
    Case(
        "id-kept-beside-the-address-twice-encoded",
        (Row("ferro", GOOGLE, "ferro@example.com", json.dumps(json.dumps({"sub": id_of(13)})), Class.OLD),),
        google(id_of(13), "ferro@example.com"),
        plain="ferro",
        adopting="ferro",
    ),
    Case(
        "an-address-that-is-someone-else's-by-now",
        (Row("spunkmeyer", GOOGLE, "spunkmeyer@example.com", json.dumps({"sub": id_of(14)}), Class.PROVEN),),
        google(id_of(99), "spunkmeyer@example.com"),
        plain=CONFLICT,
        adopting=CONFLICT,
    ),
    Case(
        "no-id-kept",
        (Row("drake", GOOGLE, "drake@example.com", '{"sub": null}', Class.OLD),),
        google(id_of(15), "drake@example.com"),
        plain=CONFLICT,
        adopting="drake",
    ),
    *(
        Case(
            f"address-with-extra-data-{name}",
            (Row(f"frost-{name}", GOOGLE, f"frost-{name}@example.com", kept, Class.OLD),),
            google(f"{id_of(20)}{name}", f"frost-{name}@example.com"),
            plain=CONFLICT,
            adopting=f"frost-{name}",
        )
        for name, kept in (
            ("empty-string", '""'),
            ("null-string", '"null"'),
            ("list", "[1]"),
        )
    ),
    *(
        Case(
            f"id-with-extra-data-{name}",
            (Row(f"newt-{name}", "github", f"40{number}", kept),),
            {"id": int(f"40{number}"), "login": "newt", "name": "Newt", "email": "newt@example.com"},
            plain=f"newt-{name}",
            adopting=f"newt-{name}",
        )
        for number, (name, kept) in enumerate(
            (
                ("none", ""),
                ("null-string", '"null"'),
                ("object-string", '"{\\"id\\": 1, \\"login\\": \\"newt\\"}"'),
                ("number", "7"),
            )
        )
    ),
    Case(
        "facebook-id-of-before-2014",  # one for all applications; Graph goes on giving it
        (Row("burke", "facebook", "500040011", json.dumps({"access_token": "CAAC", "expires": "5184000"})),),
        {"id": "500040011", "name": "Carter Burke"},
        plain="burke",
        adopting="burke",
    ),
    Case(
        "facebook-id-of-one-application",
        (Row("wierzbowski", "facebook", "10152345678901234"),),
        {"id": "10152345678901234", "name": "Trevor Wierzbowski"},
        plain="wierzbowski",
        adopting="wierzbowski",
    ),
    Case(
        "twitter",
        (Row("crowe", "twitter", "20011", '{"id": 20011, "access_token": {"oauth_token": "o"}}'),),
        {"id": 20011, "id_str": "20011", "screen_name": "crowe", "name": "Tim Crowe"},
        plain="crowe",
        adopting="crowe",
    ),
    Case(
        "instagram",
        (Row("dietrich", "instagram", "17841400000030011", '{"access_token": "IG", "user": {"id": "1"}}'),),
        {"id": "17841400000030011", "username": "dietrich"},
        plain="dietrich",
        adopting="dietrich",
    ),
    Case(
        "apple",
        (Row("dillon", "apple-id", "001234.0123456789abcdef.1234"),),
        {"sub": "001234.0123456789abcdef.1234", "email": "x@privaterelay.appleid.com"},
        plain="dillon",
        adopting="dillon",
    ),
    *(
        Case(f"of-{provider}", (Row(f"of-{provider}", provider, uid, kind=kind),))
        for provider, uid, kind in (
            ("google", "morse@example.com", Class.UNKNOWN),  # OpenID 2.0, which Google ended in 2015
            ("google-plus", "morse@example.com", Class.UNKNOWN),
            ("google-oauth", "morse@example.com", Class.OFF),
            ("azuread-oauth2", "morse@contoso.example.com", Class.OFF),
            ("linkedin-oauth2", "aB3-dEf", Class.OFF),
            ("linkedin", "aB3-dEf", Class.UNKNOWN),
            ("username", "morse", Class.IMPOSSIBLE),
        )
    ),
)
"""Everyone."""
