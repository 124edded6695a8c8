"""A request to a version: its values, the placeholders in it, and whether it could change anything."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from shared.contract import authorization, wire
from shared.contract.declarations import PROVIDERS, SIGN_UP, SOCIAL_ACCOUNTS, TOKENS, USERS, registry
from shared.contract.errors import ApiError, InvalidCredentials, UnknownProvider
from shared.contract.resources import Endpoint
from shared.contract.sign_up import Accepted, read_credential

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_RESOURCES = frozenset(one.resource for one in (SIGN_UP, PROVIDERS, SOCIAL_ACCOUNTS, TOKENS, USERS, registry.root))
"""Names of the contract's resources, and the root's. The registry may hold the host project's resources as well."""

CHANGES = "it changes something"
OVERRIDES = "it asks for another method by a header"

Headers = tuple[tuple[str, str], ...]

_PLACEHOLDER = re.compile(r"{(token|username|user|account|second_account|token_id|other_user|other_account|known)}")
_PLACEHOLDER_IN_BYTES = re.compile(_PLACEHOLDER.pattern.encode())


@dataclass(frozen=True, slots=True)
class SignUp:
    """The body of a sign-up, built when it is sent because it holds a synthetic user's provider token.

    `who` is "self" (the user of the case), "other" (another user), "new" (not signed up yet), or a persona of the
    sandbox.
    """

    provider: str
    who: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    by_id_token: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A request below a version's prefix; `target` is the rest of the path, with the query."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes | None = None
    chunked: bool = False

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def header(self, name: str) -> str | None:
        """Return the value of a header, or None if it is absent."""
        return next((value for one, value in self.headers if one.lower() == name.lower()), None)

    def placeholders(self) -> set[str]:
        """Return the placeholders in the target, the headers and the body."""
        texts = [self.target, *(value for _, value in self.headers)]
        found = {name for text in texts for name in _PLACEHOLDER.findall(text)}
        return found | {name.decode() for name in _PLACEHOLDER_IN_BYTES.findall(self.body or b"")}

    def filled(self, values: Mapping[str, str]) -> "Request":
        """Return the request with each placeholder replaced by its value."""

        def text(template: str) -> str:
            return _PLACEHOLDER.sub(lambda match: values[match[1]], template)

        body = self.body
        if body is not None:
            body = _PLACEHOLDER_IN_BYTES.sub(lambda match: values[match[1].decode()].encode(), body)
        headers = tuple((name, text(value)) for name, value in self.headers)
        return replace(self, target=text(self.target), headers=headers, body=body)


def own_endpoint(path: str) -> Endpoint | None:
    """Return the contract's endpoint at a path; None for any other path, which may be the host project's."""
    endpoint = registry.endpoint_at(unquote(path))
    return endpoint if endpoint is not None and endpoint.resource in OWN_RESOURCES else None


def is_override(request_headers: Headers) -> bool:
    """Return True if a header asks for another method, which a framework may obey."""
    return any("method" in name.lower() and "override" in name.lower() for name, _ in request_headers)


def obstacle(request: Request) -> str:
    """Return why a request must not go to a deployment with real users; empty if it changes nothing.

    Requests with a safe method change nothing, and neither do those that the contract refuses before any effect.
    """
    if is_override(request.headers):
        # A framework might apply the override and delete a real user's row. The sandbox's cases send such headers.
        return OVERRIDES
    if request.method in SAFE_METHODS or _is_refused(request):
        return ""
    return CHANGES


def _is_refused(request: Request) -> bool:
    endpoint = own_endpoint(request.path)
    # The probe (`host_resources`) asks for no path with an id: an object of the host project may be there.
    if endpoint is None or endpoint.has_id:
        return False
    if request.method not in endpoint.methods:
        return True
    credential = request.header("Authorization")
    if credential is not None:
        try:
            authorization.parse(credential)
        except InvalidCredentials:
            return True
    return endpoint is SIGN_UP and _is_refused_as_sign_up(request)


def _is_refused_as_sign_up(request: Request) -> bool:
    body = request.body or b""
    if len(body) > wire.MAX_BYTES:
        return True
    try:
        wire.check_media_type(request.header("Content-Type") or "", request.header("Content-Encoding") or "")
        data = wire.decode(body)
        # What this client cannot know is taken as accepted: the provider, and its redirect URIs.
        redirect_uris = {value for name, value in data.items() if name == "redirect_uri" and isinstance(value, str)}
        accepted = Accepted((("access_token",), ("id_token",), ("code",)), frozenset(redirect_uris))
        read_credential(data, lambda _: accepted)
    except UnknownProvider:
        return False
    except ApiError:
        return True
    return False
