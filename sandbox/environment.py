"""The environment in which the service reaches the sandbox instead of the providers."""

import json

from sandbox.providers import PROVIDERS, oidc
from sandbox.registrations import OURS, Registration

ENABLED = ("facebook", "twitter", "instagram", "google-oauth2", "github")
"""The providers that a demo begins with; all of them are reachable."""


def environment(server: str) -> dict[str, str]:
    """The variables, by name, for a sandbox at this address."""
    hosts = {
        origin: f"{server}/{provider.name}{path}" for provider in PROVIDERS for origin, path in provider.hosts.items()
    }
    variables = {
        "SANDBOX": "1",
        "PROVIDER_HOSTS": json.dumps(hosts),
        "SOCIAL_PROVIDERS": ",".join(ENABLED),
    }
    for name, registration in OURS.items():
        prefix = f"SOCIAL_AUTH_{name.upper().replace('-', '_')}"
        variables |= {f"{prefix}_{setting}": value for setting, value in _settings(name, registration).items()}
    return variables


def _settings(name: str, registration: Registration) -> dict[str, str]:
    if name == "apple-id":
        # Apple's `_KEY` is the id of a signing key, and the check of an id_token needs no secret.
        return {"CLIENT": registration.client_id}
    settings = {"KEY": registration.client_id, "SECRET": registration.secret}
    if registration.app_id is not None:
        settings["APP_ID"] = str(registration.app_id)
    if name == "oidc":
        settings["OIDC_ENDPOINT"] = oidc.ISSUER
    return settings
