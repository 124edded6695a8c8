"""drf-spectacular's settings for `openapi.yaml`."""

from typing import Any

DESCRIPTION = """\
Sign a person up or in with a credential from Facebook, Twitter, Google …, or link such an identity to a user.

The app signs the person in at the provider, receives a provider token, an id_token or an authorization code, and
posts it to `social_sign_up/`; `provider/` lists which fields each provider accepts. The answer contains the user and
`token`, an access token of this service. The app sends it as `Authorization: Bearer <token>` with every other call.
If `social_sign_up/` is called with an access token, the identity is linked to the caller.

A client that receives `invalid_credentials` discards its access token and signs up again without `Authorization`.
`errors` is a sentence for people; `code` is stable, for programs. New codes, providers and fields may be added
at any time.

The same API is mounted as `/api/v1` for older clients. They migrate by changing that number.

The answers of a deprecated version may have the headers `Deprecation: @<unix time>` (RFC 9745),
`Sunset: <HTTP date>` (RFC 8594) and `Link` to the same path of the successor (`rel="successor-version"`)
and to a guide (`rel="deprecation"`, `rel="sunset"`). During announced tests, and always after the sunset,
the version answers 410 `version_retired`.
"""

SETTINGS: dict[str, Any] = {
    "TITLE": "Tandem",
    "VERSION": "2.0.0",
    "DESCRIPTION": DESCRIPTION,
    "LICENSE": {"name": "BSD-3-Clause"},
    "OAS_VERSION": "3.0.3",
    "SERVERS": [{"url": "/api/v2"}],
    "SCHEMA_PATH_PREFIX": "",
    "COMPONENT_SPLIT_REQUEST": False,
    "COMPONENT_SPLIT_PATCH": False,
    "COMPONENT_NO_READ_ONLY_REQUIRED": False,
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
    "POSTPROCESSING_HOOKS": [],
    "PREPROCESSING_HOOKS": [],
    "TAGS": [
        {"name": "sign-up", "description": "Sign up, sign in, or link an identity."},
        {"name": "user", "description": "The caller's own user."},
        {"name": "social account", "description": "The caller's linked identities."},
        {"name": "token", "description": "The caller's access tokens."},
        {"name": "discovery", "description": "The resources and the enabled providers; no authentication needed."},
    ],
}
