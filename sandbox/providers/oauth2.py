"""OAuth 2: what the authorization endpoints of the providers require, and their token endpoints."""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import ClassVar

from sandbox import codes, id_tokens, registrations, tokens
from sandbox.codes import Code
from sandbox.faults import Call, FaultContext, fault_for
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import Persona
from sandbox.providers.base import Provider, Route
from sandbox.registrations import THEIRS, Registration
from sandbox.tokens import Grant


class Refusal(Enum):
    """The reason why a token endpoint refuses a request."""

    CLIENT = "unknown client, or wrong secret"
    CLIENT_GRANT = "client that may not use the grant"
    GRANT = "unsupported grant"
    PARAMETER = "missing parameter"
    CODE = "unknown code, or one of another client"
    EXPIRED = "expired code"
    USED = "used code"
    REDIRECT = "redirect URI that differs from the code's"
    UNREGISTERED_REDIRECT = "redirect URI that is not registered"
    NO_VERIFIER = "missing code_verifier"
    VERIFIER = "code_verifier that does not fit the challenge"
    REFRESH_TOKEN = "unknown, revoked or replaced refresh token"


class ClientIn(Enum):
    """Where a token endpoint looks for the client id and the secret."""

    BASIC = "the Authorization header"
    FIELDS = "the fields of the request"


class Refresh(Enum):
    """What a provider does with refresh tokens."""

    NONE = "none are issued"
    KEPT = "a refresh token is valid until it is revoked"
    ROTATED = "each refresh replaces it"


def oauth_error(error: str, description: str | None = None, status: int = 400, **more: str) -> Reply:
    """Return an error of RFC 6749, section 5.2."""
    described = {} if description is None else {"error_description": description}
    return json_reply({"error": error, **described, **more}, status)


RFC_6749: Mapping[Refusal, Reply] = {
    Refusal.CLIENT: oauth_error("invalid_client", status=401),
    Refusal.CLIENT_GRANT: oauth_error("unauthorized_client"),
    Refusal.GRANT: oauth_error("unsupported_grant_type"),
    Refusal.PARAMETER: oauth_error("invalid_request"),
    Refusal.CODE: oauth_error("invalid_grant"),
    Refusal.EXPIRED: oauth_error("invalid_grant"),
    Refusal.USED: oauth_error("invalid_grant"),
    Refusal.REDIRECT: oauth_error("invalid_grant"),
    Refusal.UNREGISTERED_REDIRECT: oauth_error("invalid_grant"),
    Refusal.NO_VERIFIER: oauth_error("invalid_grant"),
    Refusal.VERIFIER: oauth_error("invalid_grant"),
    Refusal.REFRESH_TOKEN: oauth_error("invalid_grant"),
}
"""The answers of a provider that follows RFC 6749, section 5.2, and RFC 7636, section 4.6, and describes nothing."""


class RefusedError(Exception):
    """A token endpoint refuses the request."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


REFUSED_PERSONAS: Mapping[str, Refusal] = {
    "unregistered": Refusal.CLIENT,
    "unauthorized-client": Refusal.CLIENT_GRANT,
    "unsupported-grant": Refusal.GRANT,
    "unknown-redirect": Refusal.UNREGISTERED_REDIRECT,
}
"""The personas whose code every token endpoint refuses."""

ANSWERS = ("no-token", "id-token-only", "short-lived", "refresh-refused")
"""The other personas that a token endpoint answers in a way of their own."""


class OAuth2Provider(Provider):
    """A provider with an authorization endpoint and a token endpoint.

    Attributes:
        authorization_path: The path of the authorization endpoint below `/<name>`.
        authorization_paths: The pattern of all its paths; empty if it has one.
        token_path: The pattern of the token endpoint's paths.
        token_method: The method of requests to it.
        client_in: Where it looks for the client's credentials.
        reads_json: Whether a request may be JSON.
        default_grant: The grant type of a request without one; empty if it is required.
        default_response_type: The response type of an authorization request without one; empty if it is required.
        default_scope: The scope of an authorization request without one.
        requires_challenge: Whether a `code_challenge` is required.
        challenge_methods: Its names of the method S256, the only one that is accepted.
        denied: The parameters of the redirect after a refused consent.
        refresh: Whether and how it refreshes access tokens.
        id_token_scope: The scope with which an exchange gives an id_token; empty if it always does.
        id_token_nonce: Whether an id_token contains the nonce.
        token_refusals: Its answers to requests for tokens that it refuses.
        token_lifetime: The lifetime of access tokens that it claims, in seconds.
    """

    authorization_path: ClassVar[str]
    authorization_paths: ClassVar[str] = ""
    token_path: ClassVar[str]
    token_method: ClassVar[str] = "POST"
    client_in: ClassVar[frozenset[ClientIn]] = frozenset({ClientIn.FIELDS})
    reads_json: ClassVar[bool] = False
    default_grant: ClassVar[str] = ""
    default_response_type: ClassVar[str] = ""
    default_scope: ClassVar[str] = ""
    requires_challenge: ClassVar[bool] = False
    challenge_methods: ClassVar[tuple[str, ...]] = ("S256",)
    denied: ClassVar[Mapping[str, str]] = {"error": "access_denied"}
    refresh: ClassVar[Refresh] = Refresh.NONE
    id_token_scope: ClassVar[str] = "openid"
    id_token_nonce: ClassVar[bool] = True
    token_refusals: ClassVar[Mapping[Refusal, Reply]]
    token_lifetime: ClassVar[int] = 3600

    @property
    def oauth2(self) -> "OAuth2Provider":
        """Return this provider."""
        return self

    def token_answer(self, grant: Grant, issued: Mapping[str, object]) -> Mapping[str, object]:
        """Return the token endpoint's answer, made of the members that RFC 6749, section 5.1, names."""
        return issued

    def token_error(self, status: int, message: str) -> Reply:
        """Return an error of the token endpoint itself."""
        return oauth_error("server_error", message, status)

    def knows_secret(self, registration: Registration, secret: str) -> bool:
        """Return True if this is the client secret of an application."""
        return hmac.compare_digest(secret.encode(), registration.secret.encode())

    def response_modes(self, parameters: Mapping[str, str]) -> frozenset[str]:
        """Return the response modes that it allows for an authorization request."""
        return frozenset({"query"})

    def gives_refresh_token(self, parameters: Mapping[str, str]) -> bool:
        """Return True if an authorization with these parameters gives a refresh token."""
        return self.refresh is not Refresh.NONE

    def authorizes_at(self, path: str) -> bool:
        """Return True if its authorization endpoint has this path."""
        return re.fullmatch(self.authorization_paths or re.escape(self.authorization_path), path) is not None

    def userinfo(self, request: Request) -> Answer:
        """Return the claims of the person of an access token (OpenID Connect Core, section 5.3)."""
        return self.answer_for_token(
            request,
            Call.PROFILE,
            request.credential("bearer"),
            lambda grant: json_reply(self.claims(self.profile_account(grant))),
        )

    def token_route(self) -> Route:
        """Return the route of the token endpoint."""
        return Route(self.token_method, self.token_path, self._token)

    def _token(self, request: Request) -> Answer:
        fields = request.query if self.token_method == "GET" else self._fields(request)
        try:
            match fields.get("grant_type", self.default_grant):
                case "authorization_code":
                    return self._exchange(request, fields)
                case "refresh_token" if self.refresh is not Refresh.NONE:
                    return self._refreshed(request, fields)
                case "":
                    raise RefusedError(Refusal.PARAMETER)
                case _:
                    raise RefusedError(Refusal.GRANT)
        except RefusedError as refused:
            return self.token_refusals[refused.refusal]

    def _fields(self, request: Request) -> Mapping[str, str]:
        if self.reads_json and request.headers.get_content_type() == "application/json":
            return {name: value for name, value in request.json_object().items() if isinstance(value, str)}
        return request.form

    def _exchange(self, request: Request, fields: Mapping[str, str]) -> Answer:
        if not fields.get("code"):
            raise RefusedError(Refusal.PARAMETER)
        code = codes.read(fields["code"], self.name)
        return self._answer(
            request, Call.EXCHANGE, code.persona if code else None, lambda: self._redeemed(request, fields, code)
        )

    def _redeemed(self, request: Request, fields: Mapping[str, str], code: Code | None) -> Reply:
        """Return the tokens for a code; only a request without a fault uses it."""
        client = self._client(request, fields)
        if code is None or code.registration != client:
            raise RefusedError(Refusal.CODE)
        if code.persona.name in REFUSED_PERSONAS:
            raise RefusedError(REFUSED_PERSONAS[code.persona.name])
        if code.has_expired:
            raise RefusedError(Refusal.EXPIRED)
        # A native SDK's code was sent to no redirect URI; Google's servers send an empty one for it.
        if fields.get("redirect_uri", "") != (code.redirect_uri or ""):
            raise RefusedError(Refusal.REDIRECT)
        if code.challenge is not None:
            if not fields.get("code_verifier"):
                raise RefusedError(Refusal.NO_VERIFIER)
            if codes.challenge_of(fields["code_verifier"]) != code.challenge:
                raise RefusedError(Refusal.VERIFIER)
        if not codes.redeem(fields["code"]):
            raise RefusedError(Refusal.USED)
        registration = THEIRS[self.name] if code.persona.name == "foreign" else code.registration
        grant = Grant(self.name, code.persona, registration, scope=code.scope)
        refresh_token = tokens.write_refresh(grant) if code.offline else None
        return self._issued(grant, code.nonce, refresh_token)

    def _refreshed(self, request: Request, fields: Mapping[str, str]) -> Answer:
        if not fields.get("refresh_token"):
            raise RefusedError(Refusal.PARAMETER)
        grant = tokens.read_refresh(fields["refresh_token"], self.name)
        return self._answer(
            request, Call.REFRESH, grant.persona if grant else None, lambda: self._renewed(request, fields, grant)
        )

    def _renewed(self, request: Request, fields: Mapping[str, str], grant: Grant | None) -> Reply:
        client = self._client(request, fields)
        if grant is None or grant.registration != client or grant.persona.name == "refresh-refused":
            raise RefusedError(Refusal.REFRESH_TOKEN)
        renewed = Grant(self.name, grant.persona, grant.registration, scope=grant.scope)
        if self.refresh is Refresh.KEPT:
            return self._issued(renewed, None, None)
        if not tokens.replace_refresh(fields["refresh_token"]):
            raise RefusedError(Refusal.REFRESH_TOKEN)
        return self._issued(renewed, None, tokens.write_refresh(renewed))

    def _answer(self, request: Request, call: Call, persona: Persona | None, normal: Callable[[], Reply]) -> Answer:
        """Return the normal answer, or the fault of the persona."""

        def reply() -> Reply:
            try:
                return normal()
            except RefusedError as refused:
                return self.token_refusals[refused.refusal]

        fault = fault_for(persona.name, call) if persona else None
        return fault(FaultContext(reply, self.token_error, request.server)) if fault else reply()

    def _client(self, request: Request, fields: Mapping[str, str]) -> Registration:
        """Return the client that authenticates; every pair of credentials in the request must be valid."""
        presented = []
        if ClientIn.BASIC in self.client_in and (credential := request.credential("basic")) is not None:
            presented.append(_decoded(credential))
        if ClientIn.FIELDS in self.client_in and "client_secret" in fields:
            presented.append((fields.get("client_id", ""), fields["client_secret"]))
        found = [registrations.find(self.name, client_id) for client_id, _ in presented]
        clients = [client for client in found if client is not None]
        if not clients or len(clients) < len(found) or len(set(clients)) > 1:
            raise RefusedError(Refusal.CLIENT)
        if not all(self.knows_secret(clients[0], secret) for _, secret in presented):
            raise RefusedError(Refusal.CLIENT)
        return clients[0]

    def _issued(self, grant: Grant, nonce: str | None, refresh_token: str | None) -> Reply:
        persona = grant.persona.name
        issued: dict[str, object] = {
            "access_token": tokens.write(grant),
            "token_type": "Bearer",
            "expires_in": 1 if persona == "short-lived" else self.token_lifetime,
            "scope": grant.scope,
        }
        if refresh_token is not None:
            issued["refresh_token"] = refresh_token
        if self.issuer is not None and (not self.id_token_scope or self.id_token_scope in scopes_of(grant.scope)):
            issued["id_token"] = id_tokens.write(
                provider=self.name,
                persona=persona,
                issuer=self.issuer,
                client_id=grant.registration.client_id,
                claims=self.claims(self.account(grant.persona)),
                nonce=nonce if self.id_token_nonce else None,
                access_token=str(issued["access_token"]),
            )
        for name in _WITHHELD.get(persona, ()):
            issued.pop(name, None)
        # RFC 6749, section 5.1, requires this of answers with tokens.
        return json_reply(self.token_answer(grant, issued), headers={"Cache-Control": "no-store"})


_WITHHELD: Mapping[str, tuple[str, ...]] = {
    "no-token": ("access_token", "refresh_token", "id_token"),
    "id-token-only": ("access_token", "refresh_token"),
}


def scopes_of(text: str) -> list[str]:
    """Return the scopes in a parameter; some providers separate them by commas or plus signs."""
    return re.split(r"[ ,+]+", text)


def _decoded(credential: str) -> tuple[str, str]:
    try:
        client_id, _, secret = base64.b64decode(credential, validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        return "", ""
    return client_id, secret
