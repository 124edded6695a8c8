"""Logins that social-core's own tests do not have, built from the fields that its code reads."""

import base64
import dataclasses
import json
import re
import time
from collections.abc import Mapping
from typing import Any

import jwt
import responses
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from requests import PreparedRequest

from tests.breadth.social_core_logins import SimulatedLogin

TOKEN = "a-token-of-ripley"
KEY, SECRET = "a-key", "a-secret-of-32-characters-or-more"


def _profile(url: str | re.Pattern[str], body: Any, **login: Any) -> SimulatedLogin:
    answer = responses.Response("GET", url, body=body if isinstance(body, str) else json.dumps(body))
    return _login(answer, **login)


def _login(*answers: responses.BaseResponse, uid: str, suggested: str = "ripley", **settings: str) -> SimulatedLogin:
    return SimulatedLogin(settings=settings, answers=answers, token=TOKEN, secret="", uid=uid, suggested=suggested)


def _identify(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
    """Sign an identity as MediaWiki does: with the consumer's secret, over the nonce of the call."""
    nonce = re.findall(r'oauth_nonce="(.*?)"', str(request.headers["Authorization"]))[0]
    claims = {"iss": "https://meta.wikimedia.org", "iat": int(time.time()), "nonce": nonce, "aud": KEY}
    return 200, {}, jwt.encode({**claims, "sub": "10024", "username": "ripley"}, SECRET, algorithm="HS256")


def _access_token_of_keycloak() -> tuple[str, str]:
    """Return an access token for our client and the realm's key; the one in social-core's tests has no `azp`."""
    key = rsa.generate_private_key(65537, 2048)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    now = int(time.time())
    claims = {"aud": KEY, "azp": KEY, "typ": "Bearer", "sub": "10027", "preferred_username": "ripley", "iat": now}
    return jwt.encode({**claims, "exp": now + 3600}, key, algorithm="RS256"), base64.b64encode(public).decode()


def _salesforce(host: str) -> SimulatedLogin:
    url = f"https://{host}.salesforce.com/id/00D/{host}"
    return _profile(url, {"id": url, "username": "ripley", "display_name": "Ellen Ripley"}, uid=url)


_KEYCLOAK, _KEYCLOAK_KEY = _access_token_of_keycloak()
_QQ = "https://graph.qq.com"
_WEIBO = "https://api.weibo.com"

LOGINS: Mapping[str, SimulatedLogin] = {
    "battlenet-oauth2": _profile(
        "https://eu.api.battle.net/account/user",
        {"accountId": 10001, "battletag": "ripley#1234"},
        uid="10001",
        suggested="",
    ),
    "bungie": _profile(
        "https://www.bungie.net/Platform/User/GetBungieNetUser/",
        {"Response": {"user": {"displayName": "ripley"}}},
        uid="10028",
    ),
    "classlink": _profile(
        "https://nodeapi.classlink.com/v2/my/info",
        {"UserId": 10002, "LoginId": "ripley", "FirstName": "Ellen", "LastName": "Ripley"},
        uid="10002",
    ),
    "coding": _profile(
        "https://coding.net/api/account/current_user", {"code": 0, "data": {"id": 10003, "name": "ripley"}}, uid="10003"
    ),
    "discord": _profile("https://discord.com/api/users/@me", {"id": "10004", "username": "ripley"}, uid="10004"),
    "douban-oauth2": _profile(
        "https://api.douban.com/v2/user/~me", {"id": "10005", "uid": "ripley", "name": "Ellen Ripley"}, uid="10005"
    ),
    "facebook-app": _profile(
        re.compile(r"https://graph.facebook.com/v[0-9.]+/me"),
        {"id": "10025", "name": "Ellen Ripley"},
        uid="10025",
        suggested="Ellen Ripley",
    ),
    "fitbit": _profile(
        "https://api.fitbit.com/1/user/-/profile.json",
        {"user": {"encodedId": "10006A", "displayName": "ripley"}},
        uid="10006A",
    ),
    "justgiving": _profile(
        "https://api.justgiving.com/v1/account",
        {"userId": "10007", "email": "ripley@example.com", "firstName": "Ellen", "lastName": "Ripley"},
        uid="10007",
    ),
    "keycloak": dataclasses.replace(
        _login(
            uid="10027",
            SOCIAL_AUTH_KEYCLOAK_PUBLIC_KEY=_KEYCLOAK_KEY,
            SOCIAL_AUTH_KEYCLOAK_ACCESS_TOKEN_URL="https://id.example.com/realms/nostromo/protocol/openid-connect/token",
        ),
        token=_KEYCLOAK,
    ),
    "mediawiki": _login(
        responses.CallbackResponse("POST", "https://meta.wikimedia.org/w/index.php", callback=_identify),
        uid="10024",
        SOCIAL_AUTH_MEDIAWIKI_MEDIAWIKI_URL="https://meta.wikimedia.org/w/index.php",
    ),
    "meetup": _profile(
        "https://api.meetup.com/2/member/self", {"id": 10009, "username": "ripley", "name": "Ellen Ripley"}, uid="10009"
    ),
    "mendeley-oauth2": _profile(
        "https://api.mendeley.com/profiles/me/",
        {"id": "10010", "display_name": "Ellen Ripley", "link": "https://www.mendeley.com/profiles/ellen-ripley/"},
        uid="10010",
        suggested="",
    ),
    "odnoklassniki-oauth2": _profile(
        "https://api.ok.ru/fb.do",
        {"uid": "10011", "name": "Ellen Ripley", "first_name": "Ellen", "last_name": "Ripley"},
        uid="10011",
        suggested="",
        SOCIAL_AUTH_ODNOKLASSNIKI_OAUTH2_PUBLIC_NAME="our-public-name",
    ),
    "openshift": _profile(
        "https://openshift.example.com/oapi/v1/users/~",
        {"kind": "User", "metadata": {"name": "ripley", "uid": "10012"}},
        uid="10012",
        SOCIAL_AUTH_OPENSHIFT_URL="https://openshift.example.com",
    ),
    "orcid-sandbox": _login(
        responses.Response("GET", "https://sandbox.orcid.org/oauth/userinfo", json={"sub": "0000-0001-2345-6789"}),
        responses.Response(
            "GET",
            "https://pub.sandbox.orcid.org/v2.0/0000-0001-2345-6789",
            json={
                "orcid-identifier": {"path": "0000-0001-2345-6789"},
                "person": {"name": {"given-names": {"value": "Ellen"}, "family-name": {"value": "Ripley"}}},
            },
        ),
        uid="0000-0001-2345-6789",
        suggested="",
    ),
    "paypal-oauth2-sandbox": _profile(
        "https://api.sandbox.paypal.com/v1/identity/oauth2/userinfo?schema=paypalv1.1",
        {"user_id": "https://www.paypal.com/webapps/auth/identity/user/10014", "name": "Ellen Ripley"},
        uid="https://www.paypal.com/webapps/auth/identity/user/10014",
        suggested="",
    ),
    "pushbullet": _profile(
        "https://api.pushbullet.com/v2/users/me",
        {"iden": "ujpah72o0", "email": "ripley@example.com", "name": "ripley"},
        uid="ujpah72o0",
    ),
    "qq": _login(
        responses.Response(
            "GET", f"{_QQ}/oauth2.0/me", body='callback( {"client_id": "a-key", "openid": "10015"} );\n'
        ),
        responses.Response("GET", f"{_QQ}/user/get_user_info", json={"ret": 0, "nickname": "ripley"}),
        uid="10015",
    ),
    "salesforce-oauth2": _salesforce("login"),
    "salesforce-oauth2-sandbox": _salesforce("test"),
    "trello": _profile(
        "https://trello.com/1/members/me",
        {"id": "10016", "username": "ripley", "fullName": "Ellen Ripley"},
        uid="10016",
    ),
    "uffd": _profile(
        "https://uffd.example.com/oauth2/userinfo",
        {"id": 10017, "nickname": "ripley", "name": "Ellen Ripley", "email": "ripley@example.com"},
        uid="10017",
        SOCIAL_AUTH_UFFD_BASE_URL="https://uffd.example.com",
    ),
    "vimeo": _profile(
        "https://vimeo.com/api/rest/v2",
        {"person": {"id": "10018", "username": "ripley", "display_name": "Ellen Ripley"}},
        uid="10018",
    ),
    "vimeo-oauth2": _profile(
        "https://api.vimeo.com/me",
        {"uri": "/users/10030", "name": "Ellen Ripley"},
        uid="10030",
        suggested="Ellen Ripley",
    ),
    "weibo": _login(
        responses.Response("POST", f"{_WEIBO}/oauth2/get_token_info", json={"uid": 10019, "appkey": "a-key"}),
        responses.Response("GET", f"{_WEIBO}/2/users/show.json", json={"id": 10019, "name": "ripley"}),
        uid="10019",
    ),
    "weixin": _profile(
        # The last letter is one of Latin-1 (social/providers/code_backends.py).
        "https://api.weixin.qq.com/sns/userinfo",
        {"openid": "10031", "nickname": "ripley\u00e9"},
        uid="10031",
        suggested="ripleye",
    ),
    "yammer-staging": _login(uid="10032"),
    "yaru": _profile(
        "https://login.yandex.ru/info",
        {"id": "10020", "display_name": "ripley", "real_name": "Ellen Ripley"},
        uid="10020",
    ),
}
"""Logins by the name of the provider."""

_USER_OF_YAMMER = {
    "id": 10032,
    "name": "ripley",
    "full_name": "Ellen Ripley",
    "first_name": "Ellen",
    "last_name": "Ripley",
    "mugshot_url": "",
    "contact": {"email_addresses": [{"address": "ripley@example.com"}]},
}
EXCHANGES: Mapping[str, str] = {
    "bungie": json.dumps({"access_token": TOKEN, "membership_id": "10028"}),
    # Not at the URL in social-core's tests: see google.py.
    "google-oauth2": json.dumps({"access_token": TOKEN}),
    "orcid-sandbox": json.dumps({"access_token": TOKEN, "orcid": "0000-0001-2345-6789", "name": "Ellen Ripley"}),
    "qq": f"access_token={TOKEN}&expires_in=7776000",
    "salesforce-oauth2": json.dumps({"access_token": TOKEN, "id": "https://login.salesforce.com/id/00D/login"}),
    "salesforce-oauth2-sandbox": json.dumps({"access_token": TOKEN, "id": "https://test.salesforce.com/id/00D/test"}),
    "vimeo-oauth2": json.dumps({"access_token": TOKEN, "user": {"uri": "/users/10030", "name": "Ellen Ripley"}}),
    "weixin": json.dumps({"access_token": TOKEN, "openid": "10031"}),
    "yammer-staging": json.dumps({"access_token": {"token": TOKEN, "user_id": 10032}, "user": _USER_OF_YAMMER}),
}
"""Answers of token endpoints that social-core's own tests do not have, and that are not just a token in JSON."""

TOKEN_IN_URL = {"hubspot"}
"""Providers with the token in the path of a call."""

SETTINGS: Mapping[str, Mapping[str, Any]] = {"kakao": {"SOCIAL_AUTH_KAKAO_APP_ID": "4711"}}
"""Further settings, besides those of the catalogue."""

CHECKS: Mapping[str, tuple[tuple[str, str, Any], ...]] = {
    "discord": (
        (
            "GET",
            "https://discord.com/api/oauth2/@me",
            {"application": {"id": KEY}, "scopes": ["identify", "email"], "user": {"id": "10004"}},
        ),
    ),
    "gitlab": (
        ("GET", "https://gitlab.com/oauth/token/info", {"resource_owner_id": 123456, "application": {"uid": KEY}}),
    ),
    "google-oauth2": (("GET", "https://oauth2.googleapis.com/tokeninfo", {"aud": KEY, "azp": KEY}),),
    "instagram": (("GET", "https://graph.instagram.com/access_token", {"access_token": "long-lived"}),),
    "kakao": (("GET", "https://kapi.kakao.com/v1/user/access_token_info", {"id": 101010101, "app_id": 4711}),),
    "line": (("GET", "https://api.line.me/oauth2/v2.1/verify", {"client_id": KEY, "expires_in": 2591659}),),
    # Its profile under v1.1's names would be social-core's; the service calls v2.
    "twitter": (
        (
            "GET",
            "https://api.twitter.com/2/users/me",
            {"data": {"id": "10101010", "name": "Foo Bar", "username": "foobar"}},
        ),
    ),
    "twitch": (("GET", "https://id.twitch.tv/oauth2/validate", {"client_id": KEY, "user_id": "689563726"}),),
}
"""Answers of the calls that check a token (docs/contract.md, section 7), for the user of social-core's tests."""
