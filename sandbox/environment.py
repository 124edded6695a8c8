"""The environment in which the service reaches the sandbox instead of the providers."""

import json

from sandbox.providers import PROVIDERS
from sandbox.registrations import OURS

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
        if name == "apple-id":
            # Apple's `_KEY` is the id of a signing key, and the check of an id_token needs no secret.
            variables[f"{prefix}_CLIENT"] = registration.client_id
        else:
            variables[f"{prefix}_KEY"] = registration.client_id
            variables[f"{prefix}_SECRET"] = registration.secret
    return variables
