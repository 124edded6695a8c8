"""Google: `tokeninfo` says whom an access token was issued to.

`aud` and `azp` are client ids (https://developers.google.com/identity/sign-in/web/backend-auth and
https://oauth2.googleapis.com/tokeninfo); one of ours must be named, and the token's `sub`, where it is
told, must be the profile's.
"""

from social_core.exceptions import AuthResponseError

from shared.errors import ProviderBadResponse, TokenAudienceMismatch, TokenRejected
from shared.sign_up import Credential
from social.providers.engine import Guarded
from social.providers.policy import Policy, client_ids
from social.strategy import Pending

TOKENINFO_URL = "https://oauth2.googleapis.com/tokeninfo"


class Google(Policy):
    """Google by access token; the address must be verified (social-core's backend sees to it)."""

    backend = "social_core.backends.google.GoogleOAuth2"
    hosts = frozenset({"oauth2.googleapis.com", "www.googleapis.com"})
    proof = "`tokeninfo`: `aud` or `azp` is one of our client ids"
    # social-core would take another key, an address among them, from the operator's settings.
    enforced = {"ID_KEY": None, "USE_UNIQUE_USER_ID": False}

    def identify(self, backend: Guarded, credential: Credential) -> Pending:
        """Check the audience first, then ask for the profile."""
        claims = backend.get_json(
            TOKENINFO_URL, params={"access_token": credential.access_token}, stage="token_validation"
        )
        if not isinstance(claims, dict):
            raise AuthResponseError(backend, code="malformed_response", stage="token_validation")
        named = {claims[name] for name in ("aud", "azp") if isinstance(claims.get(name), str) and claims[name]}
        if not named:
            raise ProviderBadResponse
        if not named & client_ids(backend):
            raise TokenAudienceMismatch
        pending = backend.do_auth(credential.access_token)
        if "sub" in claims and str(claims["sub"]) != str(pending.profile.get("sub")):
            raise TokenRejected
        return pending
