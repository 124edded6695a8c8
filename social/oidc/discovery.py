"""A provider's published configuration (OpenID Connect Discovery 1.0 section 4)."""

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from social_core.exceptions import AuthResponseError

from social.network.transport import TransportBase
from social.oidc.cached_document import Published

logger = logging.getLogger("tandem.providers")

Configuration = Mapping[str, Any]
_by_url: dict[str, Published[Configuration]] = {}


def configuration_of(backend: TransportBase, url: str) -> Configuration:
    """Give what a provider publishes at a URL: its issuer and where its keys are.

    :raises ProviderUnavailable: it cannot be had, whatever the cause.
    """
    return _by_url.setdefault(url, Published()).get(lambda: _read(backend, url))


def forget() -> None:
    """Forget all configurations."""
    _by_url.clear()


def _read(backend: TransportBase, url: str) -> Configuration:
    answer = backend.get_json(url, stage="token_validation")
    configuration: dict[str, Any] = answer if isinstance(answer, dict) else {}
    issuer, keys = configuration.get("issuer"), configuration.get("jwks_uri")
    if not isinstance(issuer, str) or not issuer or not isinstance(keys, str) or not keys:
        raise AuthResponseError(backend, code="malformed_response", stage="token_validation")
    host = urlsplit(keys).hostname
    if host not in backend.hosts() and not backend.setting("JWKS_URI"):
        # An address that a provider names is not followed anywhere, just as its redirects are not.
        logger.error("%s publishes its keys at another host than its own, %s: confirm with _JWKS_URI", url, host)
        raise AuthResponseError(backend, code="malformed_response", stage="token_validation")
    return configuration
