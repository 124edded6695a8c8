"""The results that each operation may have, and those that a disruption allows besides."""

from collections.abc import Mapping

BROKEN = "broken"
"""No complete response."""
RETIRED = "410 version_retired"

_SIGNED_UP, _SIGNED_IN = "201 created", "201 signed_in"
_THROTTLED = "429 throttled"

EXPECTED: Mapping[str, frozenset[str]] = {
    name: frozenset(results)
    for name, results in {
        "sign up": {_SIGNED_UP},
        "sign up twice at once": {_SIGNED_UP, _SIGNED_IN},
        "sign in": {_SIGNED_IN},
        "link": {"201 linked"},
        "link again": {_SIGNED_IN},
        "link another's": {"400 account_in_use"},
        "read": {"200 ok"},
        "read with revoked token": {"401 invalid_credentials", _THROTTLED},
        "head": {"200 ok"},
        "options": {"204 ok"},
        "disconnect": {"204 ok"},
        "disconnect the last": {"409 last_login_method"},
        "sign out": {"204 ok"},
        "sign out everywhere": {"204 ok"},
        "settle": {_SIGNED_UP, _SIGNED_IN},
        "public": {"200 ok"},
        # Providers that fail; the persona's name says how.
        "provider: slow": {_SIGNED_UP, _SIGNED_IN},
        "provider: hang": {"504 provider_timeout"},
        "provider: error-500": {"503 provider_unavailable"},
        "provider: error-503": {"503 provider_unavailable"},
        "provider: rate-limited": {"503 provider_unavailable"},
        "provider: reset": {"503 provider_unavailable"},
        "provider: html": {"502 provider_bad_response"},
        "provider: empty": {"502 provider_bad_response"},
        "provider: expired": {"400 token_rejected"},
        "provider: revoked": {"400 token_rejected"},
        "provider: foreign": {"400 token_rejected", "400 token_audience_mismatch"},
        # Invalid requests, from one address, which exceeds its rate limit now and then.
        "invalid: malformed": {"400 invalid_json", _THROTTLED},
        "invalid: no provider": {"400 invalid_request", _THROTTLED},
        "invalid: unknown provider": {"400 unknown_provider", _THROTTLED},
        "invalid: provider token": {"400 token_rejected", _THROTTLED},
        "invalid: media type": {"415 unsupported_media_type", _THROTTLED},
        "invalid: size": {"413 payload_too_large", _THROTTLED},
        "invalid: access token": {"401 invalid_credentials", _THROTTLED},
        "invalid: no access token": {"401 not_authenticated", _THROTTLED},
        "invalid: key in the URL": {"401 credentials_in_url", _THROTTLED},
        "invalid: path": {"404 not_found"},
        "invalid: method": {"405 method_not_allowed"},
        "invalid: host": {"400 invalid_request"},
    }.items()
}

DURING: Mapping[str, frozenset[str]] = {
    "database outage": frozenset({"503 service_unavailable"}),
    "provider outage": frozenset({"503 provider_unavailable"}),
    # Its requests in progress: nginx answers, or has sent a part of the answer.
    "worker killed": frozenset({"503 service_unavailable", BROKEN}),
    # Nothing else is allowed: limits are counted by each process meanwhile.
    "Redis outage": frozenset(),
}
"""Results that are allowed for every operation, by kind of disruption.

Restarts and upgrades are not among the kinds: every request is answered as usual.
"""

BEFORE_RETIREMENT = frozenset({"invalid: host"})
"""Operations that a brownout does not change: a wrong Host is refused first (docs/contract.md, section 1)."""

SLOW = frozenset({"provider: slow", "provider: hang"})
"""Operations that wait for a slow provider; the percentiles leave them out."""
