"""The fields of `POST social_sign_up/` and their strict check (docs/contract.md, section 4)."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.contract.errors import InvalidRequest, UnknownProvider

REQUIRED = "This field is required."
NULL = "This field may not be null."
NOT_A_STRING = "Not a valid string."
BLANK = "This field may not be blank."
TOO_LONG = "Ensure this field has no more than {limit} characters."
NOT_VISIBLE_ASCII = "Only visible ASCII characters are allowed."
CONTROL = "Control characters are not allowed."
NOT_TAKEN = "This provider takes no {name}."

_VISIBLE_ASCII = re.compile(r"[!-~]*")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class InputField:
    """One field of the request: its bounds in characters and which characters it may hold."""

    name: str
    max_length: int
    help: str
    example: str
    min_length: int = 1
    visible_ascii: bool = False
    no_control: bool = False

    def fault(self, value: object) -> str | None:
        """Say what is wrong with a value that was sent, or None."""
        if value is None:
            return NULL
        if not isinstance(value, str):
            return NOT_A_STRING
        if len(value) < self.min_length:
            return BLANK
        if len(value) > self.max_length:
            return TOO_LONG.format(limit=self.max_length)
        if self.visible_ascii and not _VISIBLE_ASCII.fullmatch(value):
            return NOT_VISIBLE_ASCII
        if self.no_control and _CONTROL.search(value):
            return CONTROL
        return None


PROVIDER = InputField("provider", 32, "The name of an enabled provider, as `provider/` lists it.", "facebook")
ACCESS_TOKEN = InputField(
    "access_token",
    4096,
    "The provider's access token. Required unless `id_token` is given.",
    "EAAGm0PX4ZCpsBAKZCk",
    visible_ascii=True,
)
ACCESS_TOKEN_SECRET = InputField(
    "access_token_secret",
    4096,
    "The secret of the access token. Required by OAuth 1 providers, ignored for others.",
    "VEo9PW4Jvb0SXxRBUn4Q",
    visible_ascii=True,
)
ID_TOKEN = InputField(
    "id_token",
    8192,
    "The provider's OpenID Connect id token, for providers that take one. With both tokens given, it alone counts.",
    "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl",
    visible_ascii=True,
)
NONCE = InputField("nonce", 255, "The nonce of the id token; ignored without one.", "n-0S6_WzA2Mj")
FIRST_NAME = InputField(
    "first_name",
    150,
    "Used once, when the user is created, for providers that tell names to the app alone.",
    "Ellen",
    min_length=0,
    no_control=True,
)
LAST_NAME = InputField("last_name", 150, "Like `first_name`.", "Ripley", min_length=0, no_control=True)

FIELDS = (PROVIDER, ACCESS_TOKEN, ACCESS_TOKEN_SECRET, ID_TOKEN, NONCE, FIRST_NAME, LAST_NAME)

Accepts = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Credential:
    """What a client holds of a provider, unverified."""

    provider: str
    access_token: str | None = None
    access_token_secret: str | None = None
    id_token: str | None = None
    nonce: str | None = None
    first_name: str = ""
    last_name: str = ""


def read_credential(data: Mapping[str, Any], accepts_of: Callable[[str], Accepts | None]) -> Credential:
    """Check the fields of a sign-up, all of them, before anything else sees one.

    :param accepts_of: gives the sets of token fields that a provider takes, None where it is not enabled.
    :raises UnknownProvider: for a well-formed name of no enabled provider, whatever the other fields hold.
    :raises InvalidRequest: naming every field at fault, in the order of the table.
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
        faults["id_token"] = [NOT_TAKEN.format(name="id_token")]
    if faults:
        raise InvalidRequest({field.name: faults[field.name] for field in FIELDS if field.name in faults})
    values = {field.name: data[field.name] for field, _ in used if field.name in data}
    return Credential(provider=data["provider"], **values)


def _used(data: Mapping[str, Any], accepts: Accepts | None) -> Iterator[tuple[InputField, bool]]:
    """Give the fields that count for this request, with whether each must be there."""
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
