"""Keys of client teams, and the secrets with which their webhooks are signed.

A key is stored as its SHA-256, like an access token. A webhook's secret is needed again for each signature, so it is
encrypted, with a key derived from `SECRET_KEY`: a copy of the database alone signs nothing.
"""

import base64
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.encoding import force_bytes

from rollout.models import ClientTeam
from shared.contract import authorization
from shared.contract.errors import CredentialsInUrl, InvalidCredentials, NotAuthenticated
from shared.http.requests import read_query
from social import limits
from social.tokens import digest_of

KEY_PREFIX = "ck_"
"""It tells a client's key from an access token, for people and for scanners of leaked secrets."""
SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix that Standard Webhooks defines
_BYTES = 32
_PURPOSE = b"tandem.client_health.webhook_secret"


class SecretUnreadable(Exception):
    """A webhook's secret was encrypted with a `SECRET_KEY` that is neither the present one nor a fallback."""


def renew_key(team: ClientTeam) -> str:
    """Set a new key, without saving the team, and return it. It is not stored and known only here."""
    key = KEY_PREFIX + secrets.token_urlsafe(_BYTES)
    team.key_digest = digest_of(key)
    team.key_created = timezone.now()
    return key


def renew_webhook_secret(team: ClientTeam) -> str:
    """Set a new secret, without saving the team, and return it in the form of Standard Webhooks, `whsec_<base64>`."""
    secret = SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()
    team.webhook_secret = _fernet().encrypt(secret.encode()).decode()
    return secret


def webhook_secret_of(team: ClientTeam) -> bytes:
    """Return the bytes with which the team's notices are signed.

    :raises SecretUnreadable: `SECRET_KEY` has changed since the secret was made.
    """
    try:
        secret = _fernet().decrypt(team.webhook_secret.encode()).decode()
    except InvalidToken:
        raise SecretUnreadable from None
    return base64.b64decode(secret.removeprefix(SECRET_PREFIX))


def _fernet() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str | bytes) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(force_bytes(key))
    return base64.urlsafe_b64encode(derived)


def authenticate(request: HttpRequest) -> ClientTeam:
    """Return the team whose key a request carries, and count the call, in the order of the contract's section 1.

    :raises CredentialsInUrl: the query has an `api_key`.
    :raises NotAuthenticated: the request has no `Authorization`.
    :raises InvalidCredentials: `Authorization` has no key of a team; the call counts for its address.
    :raises Throttled: the address or the team has exceeded its rate limit.
    """
    if "api_key" in read_query(request):
        raise CredentialsInUrl
    header = request.META.get("HTTP_AUTHORIZATION")
    if header is None:
        raise NotAuthenticated
    try:
        team = _team_of(authorization.parse(header))
    except InvalidCredentials:
        limits.count_address(limits.client_address(request.META))
        raise
    # The smaller of the two budgets: the report reads 90 days of the ledger.
    limits.count_address(f"client team {team.pk}")
    return team


def _team_of(presented: authorization.PresentedToken) -> ClientTeam:
    digest = digest_of(presented.token)
    team = ClientTeam.objects.filter(key_digest=digest).first()
    if team is None or presented.username is not None or not constant_time_compare(team.key_digest, digest):
        raise InvalidCredentials("unknown_key")
    return team
