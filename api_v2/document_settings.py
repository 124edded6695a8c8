"""drf-spectacular's settings for `openapi.yaml`."""

from typing import Any

DESCRIPTION = """\
Sign a person up or in with a credential from Facebook, Twitter, Google …, or link such an identity to a user.

## Sign in

1. `GET provider/` lists the enabled providers, and which credential fields each of them accepts.
2. The app signs the person in at the provider, with the provider's SDK or in the browser, and receives a provider
   token, an id_token or an authorization code.
3. The app posts it to `social_sign_up/`. The answer contains the user and `token`, an access token of this service.
4. The app sends it as `Authorization: Bearer <token>` with every other call. A call of `social_sign_up/` with it links
   another identity to the caller.

Set the header `X-Client: ShopApp/2.1` (name and build of the app) as a default of your client: the operator sees from
it which builds still call an old version.

## Errors

Every failure is an `ErrorEnvelope`. `errors` is a sentence for people; `code` is stable, for programs:
[what each code means and what the app does](/docs/errors/). A client that receives `invalid_credentials` discards its
access token and signs up again without `Authorization`. Every answer has an `X-Request-ID`: put it into bug reports.

## Compatibility

New paths, codes, outcomes, providers and fields may be added at any time: ignore a field that you do not know, and
accept any string where `x-extensible-enum` lists the known ones.

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
    "LICENSE": {"name": "BSD-3-Clause", "url": "https://opensource.org/license/bsd-3-clause"},
    "OAS_VERSION": "3.0.3",
    "SERVERS": [
        {"url": "/api/v2", "description": "The service that serves this document."},
        {
            "url": "https://{host}/{prefix}",
            "description": "Another service: the host, and the path at which it mounts the API.",
            "variables": {
                "host": {"default": "localhost", "description": "The host, with its port if it is not 443."},
                "prefix": {"default": "api/v2", "description": "The path of the API, without slashes around it."},
            },
        },
    ],
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
