"""Which requests change nothing, so that they may go to a deployment that real people use."""

from urllib.parse import unquote

from parity.requests import Request
from shared.contract import authorization, wire
from shared.contract.endpoints import SIGN_UP, endpoint_at
from shared.contract.errors import ApiError, InvalidCredentials, UnknownProvider
from shared.contract.sign_up import read_credential

READING = frozenset({"GET", "HEAD", "OPTIONS"})
CHANGES = "it changes something"
OVERRIDES = "it asks for another method by a header"


def obstacle(request: Request) -> str:
    """Say why a request may change something; empty where it only reads, or is refused before anything happens."""
    if any("method" in name.lower() and "override" in name.lower() for name, _ in request.headers):
        # Frameworks by nature obey it: exactly what this check is there to find, and not by deleting something.
        return OVERRIDES
    if request.method in READING or _is_refused(request):
        return ""
    return CHANGES


def _is_refused(request: Request) -> bool:
    endpoint = endpoint_at(unquote(request.path))
    if endpoint is None or request.method not in endpoint.methods:
        return True
    credential = request.header("Authorization")
    if credential is not None:
        try:
            authorization.parse(credential)
        except InvalidCredentials:
            return True
    return endpoint is SIGN_UP and _is_refused_as_a_sign_up(request)


def _is_refused_as_a_sign_up(request: Request) -> bool:
    body = request.body or b""
    if len(body) > wire.MAX_BYTES:
        return True
    try:
        wire.check_media_type(request.header("Content-Type") or "", request.header("Content-Encoding") or "")
        read_credential(wire.decode(body), lambda _: [["access_token"], ["id_token"]])
    except UnknownProvider:
        return False
    except ApiError:
        return True
    return False
