"""The two steps that checks of an access token have in common: ask, then see whose application is named."""

from typing import TYPE_CHECKING, Any

from social_core.exceptions import AuthResponseError

from shared.contract.errors import ProviderBadResponse, TokenAudienceMismatch

if TYPE_CHECKING:
    from social.engine.backends import Guarded


def ask(backend: "Guarded", url: str, **call: Any) -> dict[str, Any]:
    """Give what a provider says of a token.

    :param call: as `BaseAuth.get_json` takes it.
    :raises AuthResponseError: the answer is no object.
    """
    claims = backend.get_json(url, stage="token_validation", **call)
    if not isinstance(claims, dict):
        raise AuthResponseError(backend, code="malformed_response", stage="token_validation")
    return claims


def require_ours(named: object, ours: frozenset[str]) -> None:
    """See to it that the application that a check names is one of ours.

    :raises ProviderBadResponse: it names none, which proves nothing.
    :raises TokenAudienceMismatch: it names somebody else's.
    """
    if not isinstance(named, str) or not named:
        raise ProviderBadResponse
    if named not in ours:
        raise TokenAudienceMismatch
