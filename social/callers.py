"""Who makes a call (docs/contract.md, section 2): a header, never a cookie, never the URL."""

from shared.contract import authorization
from shared.contract.errors import CredentialsInUrl, InvalidCredentials
from shared.http.requests import Query
from social import limits, tokens
from social.models import AccessToken


def refuse_credentials_in_url(query: Query) -> None:
    """Refuse the other way in which clients of v1 could send a key.

    :raises CredentialsInUrl: whatever else was sent.
    """
    if "api_key" in query:
        raise CredentialsInUrl


def identify_caller(header: str | None, address: str) -> AccessToken | None:
    """Give the token a call was made with, its user loaded; None for a call without `Authorization`.

    :raises InvalidCredentials: for one that is present and unusable; it never passes for anonymous.
    :raises Throttled: for one more of those from an address that has spent its budget.
    """
    if header is None:
        return None
    try:
        return tokens.authenticate(authorization.parse(header))
    except InvalidCredentials:
        limits.count_address(address)
        raise
