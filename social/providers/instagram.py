"""Instagram: the exchange of a code, or of a short-lived token, with our client secret.

Since 4 December 2024 Meta serves professional accounts only, through "Instagram API with Instagram Login", whose login
gives the app a code
(https://developers.facebook.com/documentation/instagram-platform/instagram-api-with-instagram-login/business-login).
For apps that still present short-lived tokens, `ig_exchange_token` succeeds only for a token of the application whose
secret is sent (https://developers.facebook.com/docs/instagram-platform/reference/access_token). The profile is
requested with the long-lived token from the response, and that token is stored.
"""

from collections.abc import Mapping
from typing import Any

from social_core.backends.instagram import InstagramOAuth2
from social_core.exceptions import AuthResponseError

from shared.contract.sign_up import Credential
from social.engine.backends import Guarded
from social.engine.faults import Fault, Faults
from social.engine.policy import Policy
from social.engine.strategy import Pending
from social.providers.facebook import GRAPH_FAULTS

EXCHANGE_URL = "https://graph.instagram.com/access_token"

REFUSALS = {
    "Invalid platform app": "invalid_platform_app",
    "Invalid Client ID": "invalid_client_id",
    "Invalid Client Secret": "invalid_client_secret",
    "Error validating client secret": "invalid_client_secret",
    "Insufficient developer role": "insufficient_developer_role",
    "Invalid redirect": "invalid_redirect_uri",
    "Error validating verification code": "verification_code",
    "Matching code was not found": "no_matching_code",
    "No matching code found": "no_matching_code",
    "This authorization code has been used": "code_used",
    "This authorization code has expired": "code_expired",
    "Invalid authorization code": "invalid_code",
}
"""Our codes for errors of the token endpoint, by the beginning of the message: its `code` is the status, always 400."""


class InstagramLogin(InstagramOAuth2[Any]):
    """social-core's backend, extended to read answers of Instagram Login."""

    def get_json(self, url: str, *args: Any, **kwargs: Any) -> Any:
        """Return the JSON of an answer without the list in which Meta's documentation shows it.

        The documentation has `{"data": [{"user_id": …}]}`; the endpoints have also answered with the object alone.
        """
        answer: Any = super().get_json(url, *args, **kwargs)
        listed: Any = answer.get("data") if isinstance(answer, dict) else None
        return listed[0] if isinstance(listed, list) and len(listed) == 1 else answer


class Instagram(Policy):
    """Instagram by a code, or by a short-lived access token."""

    backend = "social.providers.instagram.InstagramLogin"
    hosts = frozenset({"graph.instagram.com"})
    code_hosts = frozenset({"api.instagram.com"})
    proof = "the exchange of the token with our client secret (`ig_exchange_token`)"
    faults = {
        **GRAPH_FAULTS,
        **Fault.CREDENTIAL.of(452),  # "Session key invalid": a long-lived token
        **Fault.TEMPORARY.of(80002),
    }
    exchange_faults = {
        **GRAPH_FAULTS,
        **Fault.CREDENTIAL.of("no_matching_code", "code_used", "code_expired", "invalid_code"),
        **Fault.OPERATOR.of("invalid_platform_app", "invalid_client_id", "invalid_client_secret"),
        **Fault.OPERATOR.of("insufficient_developer_role", "invalid_redirect_uri"),
        # "Please make sure your redirect_uri is identical": the code's, or one that the app does not have.
        **Fault.EITHER.of("verification_code", "unknown_refusal"),
    }

    def faults_at(self, stage: str) -> Faults:
        """Return the faults, with that of the secret that the exchange of a token sends.

        Elsewhere the code is an outage's. The secret is also the wrong one for another application's token.
        """
        faults = super().faults_at(stage)
        return {**faults, **Fault.EITHER.of(1)} if stage == "token_validation" else faults

    def code_in(self, answer: Mapping[str, Any]) -> str | int | None:
        """Return the code of an error of the token endpoint, whose own is the status.

        The form is `{"error_type": "OAuthException", "code": 400, "error_message": …}`.
        """
        message = answer.get("error_message")
        if not isinstance(message, str):
            return None
        return next((code for text, code in REFUSALS.items() if message.startswith(text)), "unknown_refusal")

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Exchange the token, then request the profile with the new one."""
        _, secret = backend.get_key_and_secret()
        answer = backend.get_json(
            EXCHANGE_URL,
            params={
                "grant_type": "ig_exchange_token",
                "client_secret": secret,
                "access_token": credential.access_token,
            },
            stage="token_validation",
        )
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token:
            raise AuthResponseError(backend, code="malformed_response", stage="token_validation")
        return backend.do_auth(token)
