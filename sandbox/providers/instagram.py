"""Instagram: the profile, and the exchange of a short-lived token, which checks the application."""

import hmac
from collections.abc import Sequence
from dataclasses import replace

from sandbox import tokens
from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import present
from sandbox.providers.base import Route
from sandbox.providers.graph import VERSION, GraphProvider, graph_error, select_fields
from sandbox.tokens import Grant


class Instagram(GraphProvider):
    """Instagram."""

    name = "instagram"
    title = "Instagram"
    hosts = {"https://graph.instagram.com": ""}
    sees_registration = frozenset({Call.CHECK})

    def routes(self) -> Sequence[Route]:
        """Return the routes of the profile and of the exchange."""
        return (
            Route("GET", f"{VERSION}/me", self._me),
            Route("GET", f"{VERSION}/access_token", self._access_token),
        )

    def user_id(self, number: int) -> str:
        """Return an app-scoped id."""
        return str(17841400000030000 + number)

    def _me(self, request: Request) -> Answer:
        fields = request.query.get("fields") or "id"
        return self.answer_for_token(
            request,
            Call.PROFILE,
            request.query.get("access_token"),
            lambda grant: self._profile(grant, fields),
        )

    def _profile(self, grant: Grant, fields: str) -> Reply:
        account = self.profile_account(grant)
        profile = {
            "id": account.id,
            "user_id": account.id,
            "username": account.username,
            "account_type": "PERSONAL",
            "media_count": 0,
        }
        return select_fields(present(profile), fields, frozenset({"id", "user_id"}))

    def _access_token(self, request: Request) -> Answer:
        if request.query.get("grant_type") != "ig_exchange_token":
            return graph_error("Missing or invalid grant_type", 100)
        token = request.query.get("access_token")
        secret = request.query.get("client_secret", "")
        return self.answer_for_token(request, Call.CHECK, token, lambda grant: self._exchanged(grant, secret))

    def _exchanged(self, grant: Grant, secret: str) -> Reply:
        if not hmac.compare_digest(secret.encode(), grant.registration.secret.encode()):
            return graph_error("Error validating client secret.", 1)
        if grant.long_lived:
            return graph_error(
                "Session key invalid. This could be because the session key has an incorrect format, "
                "or because the user has revoked this session",
                452,
            )
        long_lived = replace(grant, long_lived=True)
        return json_reply(
            {
                "access_token": tokens.write(long_lived),
                "token_type": "bearer",
                "expires_in": long_lived.expires_in,
            }
        )
