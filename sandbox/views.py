"""What the sandbox adds to a provider: consent for people, tokens for scripts."""

from urllib.parse import urlencode, urlsplit

from sandbox import grants, pages, personas, registrations
from sandbox.messages import Answer, Reply, Request, json_reply, page
from sandbox.providers import Provider
from sandbox.registrations import OURS, Registration
from sandbox.tokens import LIFETIME

CROSS_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Authorization",
}

_LOOPBACK = {"127.0.0.1", "localhost"}


class ConsentError(Exception):
    """An app has asked for something that no provider would show a person a page for."""


def consent(provider: Provider, request: Request) -> Answer:
    """Let a person choose who to be."""
    try:
        registration, _ = _app(provider, request)
    except ConsentError as refusal:
        return page(pages.refusal(str(refusal)), 400)
    carried: dict[str, str] = {
        name: request.query[name] for name in ("client_id", "redirect_uri", "state", "nonce") if name in request.query
    }
    return page(pages.consent(provider, registration, carried))


def grant(provider: Provider, request: Request) -> Answer:
    """Send the person back to the app, with the tokens in the fragment."""
    try:
        registration, redirect_uri = _app(provider, request)
    except ConsentError as refusal:
        return page(pages.refusal(str(refusal)), 400)
    persona = personas.find(request.query.get("persona"))
    if persona is None:
        return page(pages.refusal("There is no such persona."), 400)
    answer = grants.issue(provider, persona, registration, request.query.get("nonce"))
    if "access_token" in answer:
        answer |= {"token_type": "bearer", "expires_in": str(LIFETIME)}
    if "state" in request.query:
        answer["state"] = request.query["state"]
    return Reply(302, headers={"Location": f"{redirect_uri}#{urlencode(answer)}"})


def token(provider: Provider, request: Request) -> Answer:
    """Give a script what a person would have been sent back with."""
    asked = request.json_object()
    persona, nonce = personas.find(asked.get("persona")), asked.get("nonce")
    if persona is None or not isinstance(nonce, str | None):
        description = 'Send {"persona": one of /personas, "nonce": an optional string}.'
        return json_reply({"error": "invalid_request", "error_description": description}, 400, CROSS_ORIGIN)
    return json_reply(grants.issue(provider, persona, OURS[provider.name], nonce), headers=CROSS_ORIGIN)


def account(provider: Provider, request: Request) -> Answer:
    """Tell a script who a persona is at this provider: the id that an application learns."""
    persona = personas.find(request.query.get("persona"))
    if persona is None:
        return json_reply({"error": "invalid_request", "error_description": "There is no such persona."}, 400)
    return json_reply({"id": provider.account(persona).text_id})


def _app(provider: Provider, request: Request) -> tuple[Registration, str]:
    registration = registrations.find(provider.name, request.query.get("client_id", ""))
    if registration is None:
        raise ConsentError("The client_id belongs to no app that this provider knows.")
    redirect_uri = request.query.get("redirect_uri", "")
    if not _is_loopback(redirect_uri):
        raise ConsentError("The redirect_uri must be on this machine: http://127.0.0.1 or http://localhost.")
    return registration, redirect_uri


def _is_loopback(uri: str) -> bool:
    # A browser drops control characters and reads a backslash as a slash, and so ends up elsewhere.
    if not uri.isascii() or not uri.isprintable() or set(uri) & set('\\ "<>#'):
        return False
    try:
        parts = urlsplit(uri)
        return parts.scheme in {"http", "https"} and parts.hostname in _LOOPBACK and "@" not in parts.netloc
    except ValueError:
        return False
