"""Old associations, the provider's current profile of each person, and the expected result of the sign-in.

The values come from the code of python-social-auth 0.2.13, social-auth-app-django 3.1.0 with social-auth-core 3.2.0,
and 5.4.2 with 4.5.4, and from running it: `BaseGoogleAuth.get_user_id` (the address, or the id with
`USE_UNIQUE_USER_ID`), `BaseAuth.extra_data`, `OAuthAuth.extra_data`, `EXTRA_DATA` of each backend, and
`fields.JSONField`, which encoded any value as JSON, including None and strings that already contained JSON.
"""

import json
from dataclasses import dataclass
from typing import Any

from social.legacy_rows.classification import AssociationClass

GOOGLE = "google-oauth2"
BEARER = json.dumps({"access_token": "ya29.of-long-ago", "expires": 3600, "token_type": "Bearer"})
A_NEW_USER = "a new user"
CONFLICT = "account_conflict"


@dataclass(frozen=True)
class Row:
    """An old association, and its class."""

    owner: str
    provider: str
    uid: str
    extra_data: str = BEARER
    row_class: AssociationClass = AssociationClass.FOUND
    email: str = ""
    active: bool = True


@dataclass(frozen=True)
class Case:
    """A person, and their associations."""

    name: str
    rows: tuple[Row, ...]
    profile: dict[str, Any] | None = None
    """The provider's profile; None if no sign-in with the provider is possible."""
    plain: str = ""
    """The owner of the user that the sign-in finds, or the code of the error."""
    adopting: str = ""
    """The same while `ADOPT_LEGACY_UIDS` lists the provider."""

    def __str__(self) -> str:
        return self.name

    @property
    def provider(self) -> str:
        """The provider of all rows."""
        return self.rows[0].provider


def google(sub: str, email: str) -> dict[str, Any]:
    return {"sub": sub, "email": email, "email_verified": True, "name": "Some One"}


def id_of(number: int) -> str:
    return f"1000000000000000{number:05}"


CASES = (
    Case(
        "address",
        (Row("ripley", GOOGLE, "ripley@example.com", row_class=AssociationClass.LEGACY),),
        google(id_of(1), "ripley@example.com"),
        plain=CONFLICT,
        adopting="ripley",
    ),
    Case(
        "address-with-capitals",
        (Row("dallas", GOOGLE, "Dallas@Example.com", row_class=AssociationClass.LEGACY),),
        google(id_of(2), "Dallas@Example.com"),
        plain=CONFLICT,
        adopting="dallas",
    ),
    Case(
        "address-spelled-without-capitals-now",
        (Row("kane", GOOGLE, "Kane@Example.com", row_class=AssociationClass.LEGACY),),
        google(id_of(3), "kane@example.com"),
        plain=A_NEW_USER,
        adopting=A_NEW_USER,
    ),
    Case(
        "addresses-that-differ-in-case",
        (
            Row("parker", GOOGLE, "parker@example.com", row_class=AssociationClass.LEGACY),
            Row("parker2", GOOGLE, "Parker@example.com", row_class=AssociationClass.LEGACY),
        ),
        google(id_of(4), "Parker@example.com"),
        plain=CONFLICT,
        adopting="parker2",
    ),
    Case(
        "white-space",
        (Row("lambert", GOOGLE, " lambert@example.com", row_class=AssociationClass.UNUSABLE),),
        google(id_of(5), "lambert@example.com"),
        plain=A_NEW_USER,
        adopting=A_NEW_USER,
    ),
    Case(
        "control-character",
        (Row("ash", GOOGLE, "ash@example.com\t", row_class=AssociationClass.UNUSABLE),),
        google(id_of(6), "ash@example.com"),
        plain=A_NEW_USER,
        adopting=A_NEW_USER,
    ),
    Case(
        "inactive",
        (Row("brett", GOOGLE, "brett@example.com", row_class=AssociationClass.LEGACY, active=False),),
        google(id_of(7), "brett@example.com"),
        plain=CONFLICT,
        adopting="account_inactive",
    ),
    Case(
        "unique-user-id",  # migration 0020 sets id_key `email` for it too
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
            Row("gorman", GOOGLE, "gorman@example.com", row_class=AssociationClass.SUPERSEDED),
            Row("gorman", GOOGLE, id_of(10)),
        ),
        google(id_of(10), "gorman@example.com"),
        plain="gorman",
        adopting="gorman",
    ),
    Case(
        "rows-of-two-users",  # the id decides, as before
        (
            Row("bishop", GOOGLE, "bishop@example.com", row_class=AssociationClass.CONFLICT),
            Row("bishop2", GOOGLE, id_of(11), email="Bishop@example.com"),
        ),
        google(id_of(11), "bishop@example.com"),
        plain="bishop2",
        adopting="bishop2",
    ),
    Case(
        "id-in-extra-data",  # GET_ALL_EXTRA_DATA
        (Row("apone", GOOGLE, "apone@example.com", json.dumps(google(id_of(12), "x")), AssociationClass.PROVEN),),
        google(id_of(12), "apone@example.com"),
        plain="apone",
        adopting="apone",
    ),
    Case(
        "id-in-extra-data-encoded-twice",
        (
            Row(
                "ferro",
                GOOGLE,
                "ferro@example.com",
                json.dumps(json.dumps({"sub": id_of(13)})),
                AssociationClass.LEGACY,
            ),
        ),
        google(id_of(13), "ferro@example.com"),
        plain="ferro",
        adopting="ferro",
    ),
    Case(
        "address-that-belongs-to-another-person-now",
        (Row("spunkmeyer", GOOGLE, "spunkmeyer@example.com", json.dumps({"sub": id_of(14)}), AssociationClass.PROVEN),),
        google(id_of(99), "spunkmeyer@example.com"),
        plain=CONFLICT,
        adopting=CONFLICT,
    ),
    Case(
        "empty-id-in-extra-data",
        (Row("drake", GOOGLE, "drake@example.com", '{"sub": null}', AssociationClass.LEGACY),),
        google(id_of(15), "drake@example.com"),
        plain=CONFLICT,
        adopting="drake",
    ),
    *(
        Case(
            f"{type(evidence).__name__}-as-the-id-in-extra-data",  # no id, so it proves nothing
            (Row(f"clemens-{n}", GOOGLE, f"c{n}@example.com", json.dumps({"sub": evidence}), AssociationClass.LEGACY),),
            google(f"{id_of(30)}{n}", f"c{n}@example.com"),
            plain=CONFLICT,
            adopting=f"clemens-{n}",
        )
        for n, evidence in enumerate(({"id": "1"}, ["1"], True, 1.5, ""))
    ),
    *(
        Case(
            f"id-with-{ord(character):x}",  # the engine refuses it, also if the provider still sends it
            (Row(f"golic-{n}", "github", f"41{character}{n}", row_class=AssociationClass.UNUSABLE),),
            {"id": f"41{character}{n}", "login": "golic", "name": "Golic"},
            plain="provider_bad_response",
            adopting="provider_bad_response",
        )
        for n, character in enumerate("\u00ad\u2060\u202e\u3000\ue000\U000f0000")
    ),
    *(
        Case(
            f"address-with-extra-data-{name}",
            (Row(f"frost-{name}", GOOGLE, f"frost-{name}@example.com", extra_data, AssociationClass.LEGACY),),
            google(f"{id_of(20)}{name}", f"frost-{name}@example.com"),
            plain=CONFLICT,
            adopting=f"frost-{name}",
        )
        for name, extra_data in (
            ("empty-string", '""'),
            ("null-string", '"null"'),
            ("list", "[1]"),
        )
    ),
    *(
        Case(
            f"id-with-extra-data-{name}",
            (Row(f"newt-{name}", "github", f"40{number}", extra_data),),
            {"id": int(f"40{number}"), "login": "newt", "name": "Newt", "email": "newt@example.com"},
            plain=f"newt-{name}",
            adopting=f"newt-{name}",
        )
        for number, (name, extra_data) in enumerate(
            (
                ("none", ""),
                ("null-string", '"null"'),
                ("object-string", '"{\\"id\\": 1, \\"login\\": \\"newt\\"}"'),
                ("number", "7"),
            )
        )
    ),
    Case(
        "facebook-id-of-before-2014",  # the same for all applications; Graph still returns it
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
        Case(f"of-{provider}", (Row(f"of-{provider}", provider, uid, row_class=row_class),))
        for provider, uid, row_class in (
            ("google", "morse@example.com", AssociationClass.UNKNOWN),  # OpenID 2.0, which Google ended in 2015
            ("google-plus", "morse@example.com", AssociationClass.UNKNOWN),
            ("google-oauth", "morse@example.com", AssociationClass.DISABLED),
            ("azuread-oauth2", "morse@contoso.example.com", AssociationClass.DISABLED),
            ("linkedin-oauth2", "aB3-dEf", AssociationClass.DISABLED),
            ("linkedin", "aB3-dEf", AssociationClass.UNKNOWN),
            ("username", "morse", AssociationClass.NO_CREDENTIAL),
        )
    ),
)
"""All cases."""
