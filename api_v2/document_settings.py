"""drf-spectacular's settings for our document; a project's own change nothing in it."""

from typing import Any

DESCRIPTION = """\
Sign a person up or in with a token of Facebook, Twitter, Google …, or link one more such identity.

The app lets the person sign in with the provider, gets the provider's token itself, and posts it to
`social_sign_up/`. The answer holds the user and a `token` of this service, to be sent as
`Authorization: Bearer <token>` with every other call. A call that is authenticated links the identity
to the caller instead.

A client that gets `invalid_credentials` drops its token and signs up again without `Authorization`.
`errors` is a sentence for people; `code` is stable and for programs. New codes, new providers and new
fields may be added at any time.

The same API is mounted as `/api/v1` for older clients; they move by changing that one number.

Every answer of a version that will be switched off may carry `Deprecation: @<unix time>` (RFC 9745),
`Sunset: <HTTP date>` (RFC 8594) and a `Link` to the same path of its successor (`rel="successor-version"`)
and to a guide (`rel="deprecation"`, `rel="sunset"`). During announced tests, and for good after the sunset,
it answers 410 `version_retired`.
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
        {"name": "sign-up", "description": "The one call that this API is for."},
        {"name": "user", "description": "The caller."},
        {"name": "social account", "description": "The caller's linked identities."},
        {"name": "token", "description": "The caller's credentials."},
        {"name": "discovery", "description": "What there is; public."},
    ],
    # It would make the document of whatever else a project mounts; ours is validated whenever it is written.
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "tryItOutEnabled": True, "displayRequestDuration": True},
}
