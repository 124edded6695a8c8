"""docs/contract.md, section 7 over real sockets: tokens that a provider signs and that are no id_tokens for us."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.conf import settings

from tests.contract import test_keycloak as keycloak
from tests.contract.signers import OURS, SIGNERS
from tests.e2e.client import Api, code_of
from tests.e2e.databases import Database
from tests.e2e.local_issuers import NAMES, LocalIssuers, local_issuers
from tests.e2e.servers import Service, running_service

pytestmark = pytest.mark.e2e

REJECTED = (400, "token_rejected")
MISMATCH = (400, "token_audience_mismatch")
UNAVAILABLE = (503, "provider_unavailable")
EVENTS: dict[str, Any] = {"http://schemas.openid.net/event/backchannel-logout": {}}
OTHER_TOKENS: dict[str, tuple[tuple[int, str], dict[str, Any]]] = {
    "Entra access token": (REJECTED, {"appid": "evil", "scp": "User.Read"}),
    "Entra access token without a user": (MISMATCH, {"appid": "evil"}),
    "Entra token of an application": (REJECTED, {"idtyp": "app"}),
    "Okta access token": (MISMATCH, {"cid": "evil"}),
    "access token": (REJECTED, {"header": {"typ": "at+jwt"}}),
    "Keycloak access token": (REJECTED, {"typ": "Bearer"}),
    "Cognito access token": (REJECTED, {"token_use": "access"}),
    "logout token": (REJECTED, {"header": {"typ": "logout+jwt"}, "events": EVENTS}),
}
ROTATING = "oidc"
"""The provider whose keys change; the tests of the others do not fetch its keys."""


@pytest.fixture(scope="module")
def issuers() -> Iterator[LocalIssuers]:
    with local_issuers() as issuers:
        yield issuers


@pytest.fixture(scope="module")
def service(issuers: LocalIssuers, sqlite: Database) -> Iterator[Service]:
    providers = f"{issuers.environment['SOCIAL_PROVIDERS']},keycloak"
    environment = {**issuers.environment, **keycloak.settings(), "SOCIAL_PROVIDERS": providers}
    with running_service(None, database_url=sqlite.url, **environment) as service:
        yield service


@pytest.fixture(params=[name for name in NAMES if name != ROTATING])
def provider(request: pytest.FixtureRequest) -> str:
    """Each other provider in turn."""
    name: str = request.param
    return name


def sign_up(api: Api, provider: str, **token: Any) -> tuple[int, str]:
    return code_of(api.sign_up({"provider": provider, "id_token": SIGNERS[provider].token(**token)}))


@pytest.mark.threat(36)
def test_tokens_of_another_type(api: Api, sqlite: Database, provider: str) -> None:
    """The victim has an account here, and no other token of the victim signs in to it."""
    assert sign_up(api, provider) == (201, "")
    before = sqlite.counts()
    answers = {name: sign_up(api, provider, **made) for name, (_, made) in OTHER_TOKENS.items()}
    assert answers == {name: answer for name, (answer, _) in OTHER_TOKENS.items()}
    assert sqlite.counts() == before


@pytest.mark.threat(37)
def test_several_audiences(api: Api, sqlite: Database, provider: str) -> None:
    """A token that is for another application too must name us as the one that it was issued to."""
    assert sign_up(api, provider) == (201, "")
    before = sqlite.counts()
    assert sign_up(api, provider, aud=[OURS, "evil"]) == MISMATCH
    assert sign_up(api, provider, aud=[OURS, "evil"], azp="evil") == MISMATCH
    assert sqlite.counts() == before
    assert sign_up(api, provider, aud=[OURS, "evil"], azp=OURS) == (201, "")


@pytest.mark.threat(45)
def test_a_made_up_key_id_before_a_rotation(service: Service, issuers: LocalIssuers) -> None:
    """Tokens with the new key are not refused for good, and tokens with the old key sign in."""
    apis = [Api(service.url, prefix) for prefix in settings.APIS.values()]
    keys = SIGNERS[ROTATING].keys_url
    assert [sign_up(api, ROTATING) for api in apis] == [(201, "")] * len(apis)
    assert [sign_up(api, ROTATING, kid="made-up", by="evil") for api in apis] == [UNAVAILABLE] * len(apis)
    issuers.publish(ROTATING, "k2")
    for api in apis:
        answer = api.sign_up({"provider": ROTATING, "id_token": SIGNERS[ROTATING].token(kid="k2")})
        assert code_of(answer) == UNAVAILABLE
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert sign_up(api, ROTATING) == (201, "")
    assert issuers.requested.count(keys) == 1


@pytest.mark.threat(63)
def test_an_access_token_spelt_in_several_ways(service: Service, sqlite: Database) -> None:
    """A token that is verified here is one credential, whatever follows its signature."""
    presented = keycloak.token()
    for prefix, text in product(settings.APIS.values(), (presented, *keycloak.spellings(presented))):
        answer = code_of(Api(service.url, prefix).sign_up({"provider": "keycloak", "access_token": text}))
        assert answer in {(201, ""), REJECTED} if text != presented else {(201, "")}
    counted = (
        "SELECT count(DISTINCT credential_digest) FROM social_accesstoken WHERE user_id IN "
        "(SELECT user_id FROM social_auth_usersocialauth WHERE provider = 'keycloak')"
    )
    assert sqlite.rows(counted) == [(1,)]
