"""docs/contract.md, section 7: only id_tokens issued to us are accepted, not other tokens that the provider signs."""

from typing import Any

import pytest

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.signers import OURS, Signer, refused
from tests.contract.users import all_rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_cached_keys"), pytest.mark.threat(5)]

REJECTED, MISMATCH = "token_rejected", "token_audience_mismatch"
THEIRS = "their-client-id"


LOGOUT: dict[str, Any] = {"http://schemas.openid.net/event/backchannel-logout": {}}
OTHER_TOKENS: dict[str, tuple[str, dict[str, Any]]] = {
    "Entra v1 access token of another application": (REJECTED, {"appid": THEIRS, "appidacr": "1", "scp": "User.Read"}),
    "Entra v1 access token of ours": (REJECTED, {"appid": OURS, "scp": "User.Read"}),
    "Entra v1 access token without a user": (MISMATCH, {"appid": THEIRS, "appidacr": "1"}),
    "Entra v2 access token": (REJECTED, {"azp": OURS, "azpacr": "0", "scp": "access_as_user"}),
    "Entra token of an application": (REJECTED, {"idtyp": "app"}),
    "Okta access token of another application": (MISMATCH, {"cid": THEIRS, "uid": "00u1"}),
    "Okta access token with scopes": (REJECTED, {"cid": OURS, "scp": ["openid"]}),
    "access token of RFC 9068": (REJECTED, {"header": {"typ": "at+jwt"}, "client_id": OURS, "scope": "openid"}),
    "access token of RFC 9068 in full": (REJECTED, {"header": {"typ": "application/at+jwt"}}),
    "access token of another client": (MISMATCH, {"client_id": THEIRS, "scope": "openid"}),
    "Keycloak access token": (REJECTED, {"typ": "Bearer", "azp": OURS}),
    "Keycloak access token with proof of possession": (REJECTED, {"typ": "DPoP", "azp": OURS}),
    "Keycloak refresh token": (REJECTED, {"typ": "Refresh", "azp": OURS}),
    "Keycloak offline token": (REJECTED, {"typ": "Offline", "azp": OURS}),
    "Keycloak logout token": (REJECTED, {"typ": "Logout"}),
    "Cognito access token": (REJECTED, {"token_use": "access", "client_id": OURS}),
    "PingAM access token": (REJECTED, {"tokenName": "access_token", "token_type": "Bearer"}),
    "Curity access token": (REJECTED, {"purpose": "access_token"}),
    "Gen3 Fence access token": (REJECTED, {"pur": "access", "azp": OURS}),
    "logout token": (REJECTED, {"header": {"typ": "logout+jwt"}}),
    "logout token without a type": (REJECTED, {"header": {"typ": None}, "events": LOGOUT}),
    "security event token": (REJECTED, {"header": {"typ": "secevent+jwt"}, "events": {}}),
    "id_token bound to a key": (REJECTED, {"header": {"typ": "id_token+cnf"}}),
    "signed message of another kind": (REJECTED, {"header": {"typ": "JOSE"}}),
    "type of the header that is no string": (REJECTED, {"header": {"typ": 5}}),
    "appid that is no string": (MISMATCH, {"appid": 5}),
    "cid that is a list": (MISMATCH, {"cid": [OURS]}),
    "client_id that is empty": (MISMATCH, {"client_id": ""}),
    "typ that is a list": (REJECTED, {"typ": []}),
    "token_use that is a list": (REJECTED, {"token_use": ["id"]}),
    "scp that is empty": (REJECTED, {"scp": ""}),
    "events that are false": (REJECTED, {"events": False}),
}


ONE_OF_EACH_KIND = pytest.mark.parametrize("provider", ["google-oauth2", "oidc", "azuread-oauth2"], indirect=True)
"""One provider for each kind of issuer: a constant one, a discovered one, one of many tenants."""


@pytest.mark.threat(36)
@pytest.mark.parametrize(("code", "made"), OTHER_TOKENS.values(), ids=OTHER_TOKENS.keys())
@ONE_OF_EACH_KIND
def test_a_token_of_another_type_is_refused(
    api: ApiClient, provider: str, signer: Signer, code: str, made: dict[str, Any]
) -> None:
    """A token that says that it is no id_token, or was issued to another application, signs nobody in."""
    refused(api.sign_up({"provider": provider, "id_token": signer.token(**made)}), code)


@pytest.mark.threat(36, 37)
@pytest.mark.parametrize(
    ("code", "made"),
    [
        (REJECTED, {"scp": "User.Read"}),
        (MISMATCH, {"appid": THEIRS}),
        (MISMATCH, {"aud": [OURS, THEIRS]}),
        (REJECTED, {"header": {"typ": "at+jwt"}}),
    ],
    ids=["scp", "appid", "aud", "at+jwt"],
)
def test_every_issuer_refuses_other_tokens(
    one_api: ApiClient, provider: str, signer: Signer, code: str, made: dict[str, Any]
) -> None:
    """The rules hold for every provider of id_tokens."""
    refused(one_api.sign_up({"provider": provider, "id_token": signer.token(**made)}), code)


HONEST: dict[str, dict[str, Any]] = {
    "Apple, without a type": {"header": {"typ": None}},
    "type in lower case": {"header": {"typ": "jwt"}},
    "type as a media type": {"header": {"typ": "application/JWT"}},
    "Google on Android": {"azp": OURS},
    "Keycloak": {"typ": "ID", "azp": OURS, "sid": "a-session", "at_hash": "h", "acr": "1"},
    "Cognito": {"token_use": "id", "event_id": "e", "cognito:username": "ripley"},
    "PingAM": {"header": {"cty": "JWT"}, "tokenName": "id_token", "tokenType": "JWTToken", "azp": OURS},
    "PagerDuty": {"purpose": "id", "aud": [OURS, "https://api.example.org"], "azp": OURS},
    "Gen3 Fence": {"pur": "id", "aud": [OURS, "https://data.example.org"], "azp": OURS, "scope": ["openid"]},
    "Entra v1": {"ver": "1.0", "amr": ["pwd"], "unique_name": "ripley@example.com", "uti": "u", "rh": "r"},
    "Okta": {"ver": 1, "jti": "ID.1", "amr": ["pwd"], "idp": "00o1", "auth_time": 1},
    "ZITADEL": {"azp": OURS, "client_id": OURS, "aud": [OURS, "another-client", "the-project"]},
    "key of the client": {"cnf": {"kid": "k"}},
}


@pytest.mark.parametrize("made", HONEST.values(), ids=HONEST.keys())
@ONE_OF_EACH_KIND
def test_the_id_tokens_of_known_issuers_are_accepted(
    one_api: ApiClient, provider: str, signer: Signer, made: dict[str, Any]
) -> None:
    """Members and claims that issuers document for their id_tokens do not refuse a token."""
    answer = one_api.sign_up({"provider": provider, "id_token": signer.token(**made)})
    assert answer.status_code == 201, answer.content


@pytest.mark.threat(37)
@pytest.mark.parametrize(
    ("code", "made"),
    [
        (MISMATCH, {"aud": [OURS, THEIRS]}),
        (MISMATCH, {"aud": [THEIRS, OURS]}),
        (MISMATCH, {"aud": [OURS, THEIRS], "azp": THEIRS}),
        (MISMATCH, {"aud": [OURS, THEIRS], "client_id": OURS}),
        (MISMATCH, {"aud": [OURS, ""]}),
        (REJECTED, {"aud": [OURS, 5]}),
        (REJECTED, {"aud": [OURS, None], "azp": OURS}),
        (REJECTED, {"aud": {OURS: 1}}),
        (MISMATCH, {"aud": []}),
        ("", {"aud": [OURS, THEIRS], "azp": OURS}),
        ("", {"aud": [OURS]}),
        ("", {"aud": [OURS, OURS]}),
    ],
    ids=str,
)
@ONE_OF_EACH_KIND
def test_a_foreign_audience_needs_an_authorized_party(
    api: ApiClient, provider: str, signer: Signer, code: str, made: dict[str, Any]
) -> None:
    """A token for other applications too is accepted only if `azp` says that it was issued to us."""
    answer = api.sign_up({"provider": provider, "id_token": signer.token(**made)})
    if code:
        refused(answer, code)
    else:
        assert answer.status_code == 201, answer.content


@pytest.mark.threat(36)
@pytest.mark.parametrize("made", [{"scp": "User.Read"}, {"header": {"typ": "at+jwt"}}], ids=str)
def test_another_token_does_not_sign_in_a_known_user(
    one_api: ApiClient, provider: str, signer: Signer, made: dict[str, Any]
) -> None:
    """The victim's identity is known here, and the thief's token names it."""
    assert one_api.sign_up({"provider": provider, "id_token": signer.token()}).status_code == 201
    before = all_rows()
    assert_error(one_api.sign_up({"provider": provider, "id_token": signer.token(**made)}), REJECTED)
    assert all_rows() == before
