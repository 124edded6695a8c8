"""The fields of `POST social_sign_up/`, and the `Credential` that they form (docs/contract.md, section 4)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.contract.errors import InvalidRequest, UnknownProvider
from shared.contract.fields import REQUIRED, InputField, TextField

NOT_ACCEPTED = "This provider takes no {name}."

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
    help="The provider's access token. Required unless `id_token` is given.",
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
        "The provider's OpenID Connect id_token, for providers that accept one. If both tokens are sent, the id_token "
        "alone identifies the person."
    ),
    example="eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl",
    visible_ascii=True,
)
NONCE = TextField(
    name="nonce", max_length=255, help="The nonce of the id_token; ignored without `id_token`.", example="n-0S6_WzA2Mj"
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

FIELDS = (PROVIDER, ACCESS_TOKEN, ACCESS_TOKEN_SECRET, ID_TOKEN, NONCE, FIRST_NAME, LAST_NAME)

Accepts = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Credential:
    """What a client presents to prove an identity at a provider; its form is checked, its proof is not."""

    provider: str
    access_token: str | None = None
    access_token_secret: str | None = None
    id_token: str | None = None
    nonce: str | None = None
    first_name: str = ""
    last_name: str = ""


def read_credential(data: Mapping[str, Any], accepts_of: Callable[[str], Accepts | None]) -> Credential:
    """Validate the fields of a sign-up and return them as a credential.

    :param accepts_of: returns the sets of credential fields that a provider accepts, None if it is not enabled.
    :raises UnknownProvider: `provider` is well formed and not enabled; the other fields are not checked.
    :raises InvalidRequest: with every invalid field, in the order of `FIELDS`.
    """
    faults: dict[str, list[str]] = {}
    accepts: Accepts | None = None
    fault = _fault(PROVIDER, data, required=True)
    if fault:
        faults["provider"] = [fault]
    else:
        accepts = accepts_of(data["provider"])
        if accepts is None:
            raise UnknownProvider
    used = tuple(_used(data, accepts))
    for field, required in used:
        if fault := _fault(field, data, required=required):
            faults[field.name] = [fault]
    if accepts is not None and "id_token" in data and ["id_token"] not in [list(one) for one in accepts]:
        faults["id_token"] = [NOT_ACCEPTED.format(name="id_token")]
    if faults:
        raise InvalidRequest({field.name: faults[field.name] for field in FIELDS if field.name in faults})
    values = {field.name: data[field.name] for field, _ in used if field.name in data}
    return Credential(provider=data["provider"], **values)


def _used(data: Mapping[str, Any], accepts: Accepts | None) -> Iterator[tuple[InputField, bool]]:
    """Yield the fields to validate for this provider, each with whether it is required."""
    sets = [list(one) for one in accepts] if accepts is not None else [["access_token"], ["id_token"]]
    takes_pair = ["access_token", "access_token_secret"] in sets
    only_id_token = sets == [["id_token"]]
    yield ACCESS_TOKEN, "id_token" not in data and not only_id_token
    if takes_pair:
        yield ACCESS_TOKEN_SECRET, True
    yield ID_TOKEN, only_id_token
    if "id_token" in data:
        yield NONCE, False
    yield FIRST_NAME, False
    yield LAST_NAME, False


def _fault(field: InputField, data: Mapping[str, Any], *, required: bool) -> str | None:
    if field.name not in data:
        return REQUIRED if required else None
    return field.fault(data[field.name])
