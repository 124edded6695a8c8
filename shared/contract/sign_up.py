"""The fields of `POST social_sign_up/`, and the `Credential` that they form (docs/contract.md, section 4)."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.contract.errors import InvalidRequest, UnknownProvider
from shared.contract.fields import REQUIRED, InputField, TextField

NOT_ACCEPTED = "This provider takes no {name}."
NOT_REGISTERED = "This redirect URI is not registered for the provider."


def _sample(provider: str, *fields: TextField) -> dict[str, object]:
    """Return the body of a sign-up with the examples of these fields."""
    return {"provider": provider, **{field.name: field.example for field in fields}}


PROVIDER = TextField(
    name="provider",
    max_length=32,
    help="The name of an enabled provider, as listed by `provider/`.",
    example="facebook",
    required=True,
)
ACCESS_TOKEN = TextField(
    name="access_token",
    max_length=4096,
    help="The provider's access token. Required unless `id_token` or `code` is given.",
    example="EAAGm0PX4ZCpsBAKZCk",
    visible_ascii=True,
)
ACCESS_TOKEN_SECRET = TextField(
    name="access_token_secret",
    max_length=4096,
    help="The secret of the provider's access token. Required for OAuth 1 providers, ignored for others.",
    example="VEo9PW4Jvb0SXxRBUn4Q",
    visible_ascii=True,
    unchecked=True,
)
ID_TOKEN = TextField(
    name="id_token",
    max_length=8192,
    help=(
        "The provider's OpenID Connect id_token, for providers that accept one. If several credentials are sent, the "
        "id_token alone identifies the person."
    ),
    example="eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl",
    visible_ascii=True,
)
NONCE = TextField(
    name="nonce",
    max_length=255,
    help="The nonce of the id_token that is sent, or that the provider returns for the `code`; otherwise ignored.",
    example="n-0S6_WzA2Mj",
)
CODE = TextField(
    name="code",
    max_length=4096,
    help=(
        "An OAuth 2 authorization code that the app received at its redirect URI, for providers that accept one. It "
        "can be sent once: the service exchanges it at the provider. It takes precedence over `access_token`."
    ),
    example="SplxlOBeZQQYbYS6WxSbIA",
    visible_ascii=True,
)
CODE_VERIFIER = TextField(
    name="code_verifier",
    max_length=128,
    min_length=43,
    help=(
        "The PKCE verifier of the code (RFC 7636), 43 to 128 characters. Required where `accepts` lists it, otherwise "
        "optional; ignored unless `code` identifies the person."
    ),
    example="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    allowed="A-Z a-z 0-9 - . _ ~",
    unchecked=True,
)
REDIRECT_URI = TextField(
    name="redirect_uri",
    max_length=2048,
    help=(
        "The redirect URI at which the app received the code, one of those registered with this service. Absent or "
        'empty for a code of a native SDK, where `accepts` lists `["code"]`; ignored unless `code` identifies the '
        "person."
    ),
    example="https://app.example.com/callback",
    visible_ascii=True,
    unchecked=True,
)
FIRST_NAME = TextField(
    name="first_name",
    max_length=150,
    help="Used only when the user is created, for providers that send names to the app alone (Apple).",
    example="Ellen",
    min_length=0,
    no_control=True,
)
LAST_NAME = TextField(
    name="last_name", max_length=150, help="Like `first_name`.", example="Ripley", min_length=0, no_control=True
)

FIELDS = (
    PROVIDER,
    ACCESS_TOKEN,
    ACCESS_TOKEN_SECRET,
    ID_TOKEN,
    NONCE,
    CODE,
    CODE_VERIFIER,
    REDIRECT_URI,
    FIRST_NAME,
    LAST_NAME,
)

ACCESS_TOKEN_SAMPLE = _sample("facebook", ACCESS_TOKEN)
SAMPLES = {
    "OAuth 2 access token": ACCESS_TOKEN_SAMPLE,
    "OAuth 1 access token with its secret": _sample("twitter", ACCESS_TOKEN, ACCESS_TOKEN_SECRET),
    "id_token with the nonce of the app": _sample("google-oauth2", ID_TOKEN, NONCE),
    "id_token of Apple with the names": _sample("apple-id", ID_TOKEN, NONCE, FIRST_NAME, LAST_NAME),
    "Code with its PKCE verifier": _sample("github", CODE, CODE_VERIFIER, REDIRECT_URI),
    "Code of a native SDK": _sample("google-oauth2", CODE),
}
"""A body for each kind of credential, by a title."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The credentials that a provider accepts."""

    sets: Sequence[tuple[str, ...]]
    """The sets of fields that each form a credential, as `provider/` lists them."""
    redirect_uris: frozenset[str] = frozenset()
    """The redirect URIs of codes; compared character by character (RFC 9700 section 2.1)."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What a client presents to prove an identity at a provider; its form is checked, its proof is not.

    If there are several, the first of id_token, code and access token identifies the person.
    """

    provider: str
    access_token: str | None = None
    access_token_secret: str | None = None
    id_token: str | None = None
    nonce: str | None = None
    code: str | None = None
    code_verifier: str | None = None
    redirect_uri: str | None = None
    """None for the code of a native SDK."""
    first_name: str = ""
    last_name: str = ""


def read_credential(data: Mapping[str, Any], accepted_of: Callable[[str], Accepted | None]) -> Credential:
    """Validate the fields of a sign-up and return them as a credential.

    :param accepted_of: returns what a provider accepts, None if it is not enabled.
    :raises UnknownProvider: `provider` is well formed and not enabled; the other fields are not checked.
    :raises InvalidRequest: with every invalid field, in the order of `FIELDS`.
    """
    faults: dict[str, list[str]] = {}
    accepted: Accepted | None = None
    fault = _fault(PROVIDER, data, required=True)
    if fault:
        faults["provider"] = [fault]
    else:
        accepted = accepted_of(data["provider"])
        if accepted is None:
            raise UnknownProvider
    if data.get("code") in (None, "") and data.keys() & {"access_token", "id_token"}:
        # Old clients send one structure for all providers, and what they call a code is not one of ours.
        data = {name: value for name, value in data.items() if name != "code"}
    sets = [("access_token",), ("id_token",), ("code",)] if accepted is None else accepted.sets
    used = tuple(_used(data, sets))
    for field, required in used:
        if fault := _fault(field, data, required=required):
            faults[field.name] = [fault]
    faults |= _not_accepted(data, {name for fields in sets for name in fields})
    values = {field.name: data[field.name] for field, _ in used if field.name in data}
    if accepted is not None and "redirect_uri" in values and "redirect_uri" not in faults:
        faults.update(_unregistered(values["redirect_uri"], accepted))
    if faults:
        raise InvalidRequest({field.name: faults[field.name] for field in FIELDS if field.name in faults})
    return Credential(provider=data["provider"], **values)


def _not_accepted(data: Mapping[str, Any], taken: Collection[str]) -> dict[str, list[str]]:
    # Before there were codes, a `code` was an unknown field: beside another credential it is still ignored.
    refused = ["id_token"] if data.keys() & {"access_token", "id_token"} else ["id_token", "code"]
    return {name: [NOT_ACCEPTED.format(name=name)] for name in refused if name in data and name not in taken}


def _unregistered(redirect_uri: str, accepted: Accepted) -> dict[str, list[str]]:
    return {} if redirect_uri in accepted.redirect_uris else {"redirect_uri": [NOT_REGISTERED]}


def _used(data: Mapping[str, Any], sets: Sequence[tuple[str, ...]]) -> Iterator[tuple[InputField, bool]]:
    """Yield the fields to validate for this provider, each with whether it is required."""
    taken = {name for fields in sets for name in fields}
    by_default = next(name for name in ("access_token", "id_token", "code") if name in taken)
    expected = "id_token" if "id_token" in data else "code" if "code" in data and "code" in taken else by_default
    yield ACCESS_TOKEN, expected == "access_token"
    # Old clients send one structure for all providers, so a secret that is not used is ignored whatever it is.
    if expected == "access_token" and "access_token_secret" in taken:
        yield ACCESS_TOKEN_SECRET, True
    yield ID_TOKEN, expected == "id_token"
    if "id_token" in data or (expected == "code" and "id_token" in taken):
        yield NONCE, False
    if "code" in taken:
        yield CODE, expected == "code"
    if expected == "code":
        yield from _used_with_code(data, sets)
    yield FIRST_NAME, False
    yield LAST_NAME, False


def _used_with_code(data: Mapping[str, Any], sets: Sequence[tuple[str, ...]]) -> Iterator[tuple[InputField, bool]]:
    # `""` is the same as no redirect URI, but only where a native SDK's code is accepted.
    is_native = data.get("redirect_uri", "") == "" and ("code",) in sets
    yield CODE_VERIFIER, not is_native and any("code_verifier" in fields for fields in sets)
    if not is_native:
        yield REDIRECT_URI, any("redirect_uri" in fields for fields in sets)


def _fault(field: InputField, data: Mapping[str, Any], *, required: bool) -> str | None:
    if field.name not in data:
        return REQUIRED if required else None
    return field.fault(data[field.name])
