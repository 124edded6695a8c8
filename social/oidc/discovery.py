"""The configuration that a provider publishes (OpenID Connect Discovery 1.0 section 4)."""

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from social_core.exceptions import AuthResponseError

from social.network.transport import TransportBase
from social.oidc.cached_document import CachedDocument

logger = logging.getLogger("tandem.providers")

Configuration = Mapping[str, Any]
_by_url: dict[str, CachedDocument[Configuration]] = {}


def configuration_of(backend: TransportBase, url: str) -> Configuration:
    """Return the configuration at a URL: the provider's issuer and the URL of its signing keys.

    :raises ProviderUnavailable: fetching it fails, for any reason.
    """
    return _by_url.setdefault(url, CachedDocument()).get(lambda: _read(backend, url))


def clear_cache() -> None:
    """Remove all cached configurations."""
    _by_url.clear()


def _read(backend: TransportBase, url: str) -> Configuration:
    answer = backend.get_json(url, stage="token_validation")
    configuration: dict[str, Any] = answer if isinstance(answer, dict) else {}
    issuer, keys = configuration.get("issuer"), configuration.get("jwks_uri")
    if not isinstance(issuer, str) or not issuer or not isinstance(keys, str) or not keys:
        raise AuthResponseError(backend, code="malformed_response", stage="token_validation")
    host = urlsplit(keys).hostname
    if host not in backend.hosts() and not backend.setting("JWKS_URI"):
        # As with redirects, a URL from a provider must not lead to another host.
        logger.error("%s names another host for the signing keys, %s. Set _JWKS_URI to allow it.", url, host)
        raise AuthResponseError(backend, code="malformed_response", stage="token_validation")
    return configuration
