"""Facebook: `appsecret_proof` on every Graph call.

Graph compares the proof with the secret of the application that the *token* was issued to
(https://developers.facebook.com/docs/graph-api/guides/secure-requests): a proof made with our secret
over someone else's token is refused, so the profile call itself is the check.
"""

from shared.sign_up import Credential
from social.providers.engine import Guarded
from social.providers.policy import Policy
from social.strategy import Pending


class Facebook(Policy):
    """Facebook Login by access token."""

    backend = "social_core.backends.facebook.FacebookOAuth2"
    hosts = frozenset({"graph.facebook.com"})
    proof = "`appsecret_proof`, made with our app secret, on the profile call"
    enforced = {"APPSECRET_PROOF": True}
    # Graph tells id and name alone unless asked for more.
    defaults = {"PROFILE_EXTRA_PARAMS": {"fields": "id,name,first_name,last_name,email"}}
    # https://developers.facebook.com/docs/graph-api/guides/error-handling: 101 is "API key invalid".
    misconfigured_codes = frozenset({101})

    def identify(self, backend: Guarded, credential: Credential) -> Pending:
        """Ask for the profile, with the proof."""
        return backend.do_auth(credential.access_token)
