"""GitHub: "check a token", authenticated as our application.

`POST /applications/{client_id}/token` with our id and secret returns the application and the user for our tokens, and
404 for all others (https://docs.github.com/en/rest/apps/oauth-applications#check-a-token). The user is the profile.
"""

from shared.contract.errors import ProviderBadResponse, TokenAudienceMismatch, TokenRejected
from shared.contract.sign_up import Credential
from social.engine.backends import Guarded
from social.engine.faults import Fault, Faults
from social.engine.policy import Policy, get_claims
from social.engine.strategy import Pending

CHECK_URL = "https://api.github.com/applications/{client_id}/token"


class GitHub(Policy):
    """GitHub by access token."""

    backend = "social_core.backends.github.GithubOAuth2"
    hosts = frozenset({"api.github.com"})
    proof = "`POST /applications/{client_id}/token`, authenticated as our application"
    code_hosts = frozenset({"github.com"})
    pkce = True  # https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
    # 401 is about our own id and secret: the token is in the body.
    faults = Fault.OPERATOR.of("http_401")
    # https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors.
    # The redirect URI is compared with the registered one and with the one that the code was issued for.
    exchange_faults = {
        **Fault.OPERATOR.of("incorrect_client_credentials"),
        **Fault.EITHER.of("redirect_uri_mismatch"),
    }

    def faults_at(self, stage: str) -> Faults:
        """Return none for the profile call after an exchange, whose 401 is about the token alone."""
        return {} if stage == "user_info" else super().faults_at(stage)

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Check the token; the response contains the profile."""
        answer = get_claims(
            backend,
            CHECK_URL.format(client_id=backend.setting("KEY")),
            method="POST",
            auth=backend.get_key_and_secret(),
            json={"access_token": credential.access_token},
            headers={"Accept": "application/vnd.github+json"},
        )
        application, user = answer.get("app"), answer.get("user")
        named = application.get("client_id") if isinstance(application, dict) else None
        if not isinstance(named, str) or not named or not isinstance(user, dict):
            # GitHub's error object is `{"message", "documentation_url"}`.
            if isinstance(answer.get("message"), str):
                raise TokenRejected("credential_rejected")
            raise ProviderBadResponse("no_client_id_or_user")
        if named not in self.client_ids(backend):
            raise TokenAudienceMismatch
        backend.proven_profile = user
        return backend.do_auth(credential.access_token)
