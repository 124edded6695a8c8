"""The paths of the sandbox: the providers, their consent pages, and JSON endpoints for scripts."""

import threading
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from sandbox import authorization, codes, id_tokens, pages, personas, registrations, tokens
from sandbox.codes import Code
from sandbox.messages import Answer, Reply, Request, json_reply, page
from sandbox.personas import PERSONAS, Persona
from sandbox.providers import PROVIDERS, Provider
from sandbox.registrations import NATIVE, OURS, THEIRS, Registration
from sandbox.tokens import LIFETIME, Grant

CROSS_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Authorization",
}

_LOOPBACK = {"127.0.0.1", "localhost"}


class Site:
    """All providers, the pages about them, and a canary that counts requests which nobody should send."""

    def __init__(self) -> None:
        self._providers = {provider.name: provider() for provider in PROVIDERS}
        self._canary_visits = 0
        self._canary_lock = threading.Lock()

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request."""
        first, _, rest = request.path.removeprefix("/").partition("/")
        provider = self._providers.get(first)
        if provider is not None:
            return _dispatch(provider, replace(request, path=f"/{rest}"))
        match request.method, request.path:
            case "GET", "/":
                return page(pages.index(self._providers.values(), request.server))
            case "GET", "/received":
                return page(pages.received())
            case "GET", "/personas":
                return json_reply(self._directory(), headers=CROSS_ORIGIN)
            case "OPTIONS", "/personas":
                return Reply(HTTPStatus.NO_CONTENT, headers=CROSS_ORIGIN)
            case "GET", "/canary/visits":
                return json_reply({"visits": self._canary_visits})
            case _, "/canary":
                return self._visit_canary()
        return page(pages.refusal("There is nothing here."), 404)

    def _visit_canary(self) -> Reply:
        with self._canary_lock:
            self._canary_visits += 1
        # A client that follows the redirect would accept this as a profile.
        return json_reply({"id": "666", "sub": "666", "name": "Canary", "email_verified": True})

    def _directory(self) -> dict[str, object]:
        providers = [
            {
                "name": provider.name,
                "title": provider.title,
                "consent": f"/{provider.name}/consent",
                "token": f"/{provider.name}/token",
                "authorize": f"/{provider.name}{provider.oauth2.authorization_path}",
                "authorize_client_id": OURS[provider.oauth2.name].client_id,
            }
            for provider in self._providers.values()
        ]
        personas = [
            {
                "name": persona.name,
                "title": persona.title,
                "description": persona.description,
                "ordinary": persona.ordinary,
            }
            for persona in PERSONAS
        ]
        return {"providers": providers, "personas": personas}


def _dispatch(provider: Provider, request: Request) -> Answer:
    match request.method, request.path:
        case "GET", "/consent":
            return consent(provider, request)
        case "GET", "/grant":
            return grant(provider, request)
        case "GET", "/account":
            return account(provider, request)
        case "POST", "/token":
            return token(provider, request)
        case "POST", "/code" if provider.name in NATIVE:
            return native_code(provider, request)
        case "OPTIONS", "/token" | "/code":
            return Reply(HTTPStatus.NO_CONTENT, headers=CROSS_ORIGIN)
        case "GET" | "POST", path if provider.oauth2.authorizes_at(path):
            return authorization.answer(provider.oauth2, request, f"/{provider.name}{path}")
    return provider.respond(request)


class ConsentError(Exception):
    """An authorization request without a known client id or an allowed redirect_uri."""


def consent(provider: Provider, request: Request) -> Answer:
    """Return the consent page for tokens; for a code, redirect to the provider's authorization endpoint."""
    if request.query.get("response_type") == "code":
        location = f"/{provider.name}{provider.oauth2.authorization_path}?{urlencode(request.query)}"
        return Reply(HTTPStatus.FOUND, headers={"Location": location, "Cache-Control": "no-store"})
    try:
        registration, _ = _app(provider, request)
    except ConsentError as refusal:
        return page(pages.refusal(str(refusal)), 400)
    parameters: dict[str, str] = {
        name: request.query[name] for name in ("client_id", "redirect_uri", "state", "nonce") if name in request.query
    }
    return page(pages.consent(provider, registration, parameters))


def grant(provider: Provider, request: Request) -> Answer:
    """Redirect to the app with the tokens in the fragment (RFC 6749, section 4.2.2)."""
    try:
        registration, redirect_uri = _app(provider, request)
    except ConsentError as refusal:
        return page(pages.refusal(str(refusal)), 400)
    persona = personas.find(request.query.get("persona"))
    if persona is None:
        return page(pages.refusal("There is no such persona."), 400)
    answer = issue(provider, persona, registration, request.query.get("nonce"))
    if "access_token" in answer:
        answer |= {"token_type": "bearer", "expires_in": str(LIFETIME)}
    if "state" in request.query:
        answer["state"] = request.query["state"]
    return Reply(302, headers={"Location": f"{redirect_uri}#{urlencode(answer)}"})


def token(provider: Provider, request: Request) -> Answer:
    """Return the tokens of a persona as JSON, for scripts."""
    asked = _asked(request)
    if asked is None:
        return _INVALID
    persona, nonce = asked
    return json_reply(issue(provider, persona, OURS[provider.name], nonce), headers=CROSS_ORIGIN)


def native_code(provider: Provider, request: Request) -> Answer:
    """Return a code for a persona as the provider's native SDK does, as JSON, for scripts."""
    asked = _asked(request)
    if asked is None:
        return _INVALID
    persona, nonce = asked
    code = Code(
        provider.name,
        persona,
        NATIVE[provider.name],
        redirect_uri=None,
        challenge=None,
        nonce=nonce,
        scope=provider.oauth2.default_scope,
        offline=True,
    )
    return json_reply({"code": codes.write(code)}, headers=CROSS_ORIGIN)


def account(provider: Provider, request: Request) -> Answer:
    """Return the id of a persona at this provider, for scripts."""
    persona = personas.find(request.query.get("persona"))
    if persona is None:
        return json_reply({"error": "invalid_request", "error_description": "There is no such persona."}, 400)
    return json_reply({"id": provider.account(persona).text_id})


def issue(provider: Provider, persona: Persona, registration: Registration, nonce: str | None) -> dict[str, str]:
    """Return the tokens that this provider issues to an application."""
    if persona.name == "foreign":
        registration = THEIRS[provider.name]
    issued: dict[str, str] = {}
    if provider.issues_access_token:
        issued["access_token"] = tokens.write(Grant(provider.name, persona, registration))
    if provider.issues_token_secret:
        issued["access_token_secret"] = tokens.secret_of(issued["access_token"])
    if provider.issuer is not None:
        issued["id_token"] = id_tokens.write(
            provider=provider.name,
            persona=persona.name,
            issuer=provider.issuer,
            client_id=registration.client_id,
            claims=provider.claims(provider.account(persona)),
            nonce=nonce,
        )
    return issued


_INVALID = json_reply(
    {
        "error": "invalid_request",
        "error_description": 'Send {"persona": one of /personas, or guest- and ten digits of which the first is not 0, '
        '"nonce": an optional string}.',
    },
    400,
    CROSS_ORIGIN,
)


def _asked(request: Request) -> tuple[Persona, str | None] | None:
    body = request.json_object()
    persona, nonce = personas.find(body.get("persona")), body.get("nonce")
    return (persona, nonce) if persona is not None and isinstance(nonce, str | None) else None


def _app(provider: Provider, request: Request) -> tuple[Registration, str]:
    registration = registrations.find(provider.name, request.query.get("client_id", ""))
    if registration is None:
        raise ConsentError("No app with this client_id is registered at this provider.")
    redirect_uri = request.query.get("redirect_uri", "")
    if not _is_loopback(redirect_uri):
        raise ConsentError("The redirect_uri must be on this machine: http://127.0.0.1 or http://localhost.")
    return registration, redirect_uri


def _is_loopback(uri: str) -> bool:
    # A browser removes control characters and reads a backslash as a slash, which changes the host.
    if not uri.isascii() or not uri.isprintable() or set(uri) & set('\\ "<>#'):
        return False
    try:
        parts = urlsplit(uri)
        return parts.scheme in {"http", "https"} and parts.hostname in _LOOPBACK and "@" not in parts.netloc
    except ValueError:
        return False
