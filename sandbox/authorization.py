"""The authorization endpoints: their consent page, and the redirects with a code or an error."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from sandbox import codes, pages, personas, registrations
from sandbox.codes import Code
from sandbox.messages import Answer, Reply, Request, page
from sandbox.providers.oauth2 import OAuth2Provider
from sandbox.registrations import Registration

PARAMETERS = (
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "access_type",
)
"""The parameters of an authorization request that the consent page passes on; all others are ignored."""

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""A `code_challenge` of S256: 32 bytes in base64url."""


class NoRedirectError(Exception):
    """An authorization request that must not be answered by a redirect (RFC 6749, section 4.1.2.1)."""


class InvalidRequestError(Exception):
    """An authorization request that is answered by a redirect with an error."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.parameters = {"error": error, "error_description": description}


@dataclass(frozen=True, slots=True)
class Authorization:
    """A request for a code, by an application that is registered with this redirect URI."""

    provider: OAuth2Provider
    registration: Registration
    redirect_uri: str
    parameters: Mapping[str, str]

    @property
    def posts(self) -> bool:
        """Return True if the browser shall post the answer to the application."""
        return self.parameters.get("response_mode") == "form_post"

    def answer(self, received: Mapping[str, str]) -> Reply:
        """Return a redirect to the application with these parameters and the state, or a page that posts them."""
        state = {"state": self.parameters["state"]} if "state" in self.parameters else {}
        if self.posts:
            return page(pages.form_post(self.redirect_uri, {**received, **state}))
        separator = "&" if "?" in self.redirect_uri else "?"
        location = f"{self.redirect_uri}{separator}{urlencode({**received, **state})}"
        return Reply(302, headers={"Location": location, "Cache-Control": "no-store"})


def answer(provider: OAuth2Provider, request: Request, path: str) -> Answer:
    """Return the consent page or, for its form, the answer to the application.

    Args:
        provider: The provider.
        request: The request to its authorization endpoint.
        path: The path of the request on this server.
    """
    received = request.form if request.method == "POST" else request.query
    try:
        authorization = _read(provider, received)
    except NoRedirectError as refused:
        return page(pages.refusal(str(refused)), 400)
    try:
        _check(authorization)
    except InvalidRequestError as invalid:
        return authorization.answer(invalid.parameters)
    if request.method != "POST":
        return page(
            pages.authorization(provider, authorization.registration, path, authorization.parameters),
        )
    if received.get("decision") == "refuse":
        return authorization.answer(provider.denied)
    persona = personas.find(received.get("persona"))
    if persona is None:
        return page(pages.refusal("There is no such persona."), 400)
    parameters = authorization.parameters
    code = Code(
        provider.name,
        persona,
        authorization.registration,
        authorization.redirect_uri,
        parameters.get("code_challenge"),
        parameters.get("nonce"),
        parameters.get("scope") or provider.default_scope,
        provider.gives_refresh_token(parameters),
    )
    return authorization.answer({"code": codes.write(code)})


def _read(provider: OAuth2Provider, received: Mapping[str, str]) -> Authorization:
    registration = registrations.find(provider.name, received.get("client_id", ""))
    if registration is None:
        raise NoRedirectError("No app with this client_id is registered at this provider.")
    redirect_uri = received.get("redirect_uri", "")
    if not registration.allows(redirect_uri):
        raise NoRedirectError("This redirect_uri is not registered for the app.")
    parameters = {name: received[name] for name in PARAMETERS if name in received}
    return Authorization(provider, registration, redirect_uri, parameters)


def _check(authorization: Authorization) -> None:
    provider, parameters = authorization.provider, authorization.parameters
    response_type = parameters.get("response_type", provider.default_response_type)
    if not response_type:
        raise InvalidRequestError("invalid_request", "The response_type is missing.")
    if response_type != "code":
        # RFC 9700, section 2.1.2: clients should not use the implicit grant.
        raise InvalidRequestError("unsupported_response_type", "Only the response_type code is supported.")
    if parameters.get("response_mode", "query") not in provider.response_modes(parameters):
        raise InvalidRequestError("invalid_request", "This response_mode is not supported for the request.")
    challenge = parameters.get("code_challenge")
    if challenge is None:
        if provider.requires_challenge:
            raise InvalidRequestError("invalid_request", "The code_challenge is missing.")
        return
    if parameters.get("code_challenge_method", "plain") not in provider.challenge_methods:
        raise InvalidRequestError("invalid_request", "The code_challenge_method must be S256.")
    if not _CHALLENGE.fullmatch(challenge):
        raise InvalidRequestError("invalid_request", "The code_challenge is not one of S256.")
