"""The contract's own cases: its sample exchanges, and one request for each thing that it says of requests."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from parity import contract_values as values
from parity.requests import Request, SignUp
from shared.contract.endpoints import ENDPOINTS, PROVIDERS, SIGN_UP, SOCIAL_ACCOUNTS, TOKENS, USERS, Access
from shared.contract.exchanges import EXCHANGES
from shared.contract.sign_up import FIELDS

JSON = ("Content-Type", "application/json")
CREDENTIAL = ("Authorization", "Bearer {token}")
_SAMPLE_IDS = (("user/7/", "user/{user}/"), ("social_account/3/", "social_account/{account}/"))


@dataclass(frozen=True, slots=True)
class Step:
    """One request; a sign-up's body is made when it is sent.

    `new_people` begins with users of its own; they stay for the steps that follow, until some of them are spent.
    """

    chapter: str
    request: Request
    sign_up: SignUp | None = None
    new_people: bool = False
    story: bool = False
    """Its people stay whatever has become of them: what follows is about just that."""


def steps(providers: Sequence[str]) -> list[Step]:
    """Give all cases.

    :param providers: those that the sandbox plays for the deployment, the first one being its people's own; none
        where there is no sandbox.
    """
    return [
        *_exchanges(providers),
        *_stories(providers),
        *_methods(),
        *_paths(),
        *_lists(),
        *_credentials(),
        *_bodies(),
        *_fields(),
        *_personas(providers),
    ]


def _exchanges(providers: Sequence[str]) -> Iterator[Step]:
    for exchange in EXCHANGES:
        path = exchange.path.replace("token/5/", "token/{token_id}/")
        for sample, named in _SAMPLE_IDS:
            path = path.replace(sample, named)
        if exchange.request is None:
            yield Step("exchanges", Request(exchange.method, path, (CREDENTIAL,)), new_people=exchange.method != "GET")
        else:
            yield from (
                Step("exchanges", Request("POST", path, (JSON,)), SignUp(name, "new", by_id_token=by_id_token))
                for name in providers
                for by_id_token in (False, True)
                if not by_id_token or name in values.GIVE_ID_TOKENS
            )


def _stories(providers: Sequence[str]) -> Iterator[Step]:
    """Sign up, in, link, disconnect, sign out; each from a user of its own."""
    for name in providers:
        chapter = f"stories, {name}"
        begin = Step(chapter, Request("POST", SIGN_UP.uri(""), (JSON,)), SignUp(name, "new"), True, story=True)
        linking = replace(begin, request=replace(begin.request, headers=(JSON, CREDENTIAL)), new_people=False)
        yield begin
        yield replace(linking, sign_up=SignUp(name, "self"))
        yield replace(linking, sign_up=SignUp(name, "self"))
        yield replace(linking, sign_up=SignUp(name, "other"))
        yield replace(linking, request=begin.request, sign_up=SignUp(name, "self", {"first_name": "É", "extra": [1]}))
        for method, path in values.STORY:
            yield Step(chapter, Request(method, path, (CREDENTIAL,)), story=True)


def _methods() -> Iterator[Step]:
    for endpoint in ENDPOINTS:
        path = endpoint.uri("", id=values.NAME_OF.get(endpoint.resource, ""))
        for method in values.METHODS:
            yield Step("methods", Request(method, path, (CREDENTIAL,)))
        for method in ("GET", "POST", "DELETE"):
            yield Step("methods", Request(method, path))
        yield Step("methods", Request("GET", path.rstrip("/"), (CREDENTIAL,)))
    yield from (Step("methods", Request(method, "social_sign_up", (JSON,), b"{}")) for method in values.METHODS)


def _paths() -> Iterator[Step]:
    for path in values.PATHS:
        yield Step("paths", Request("GET", path, (CREDENTIAL,)))
        yield Step("paths", Request("POST", path, (JSON, CREDENTIAL), b"{}"))
    for path in values.OTHERS_PATHS:
        for method in ("GET", "DELETE"):
            yield Step("paths", Request(method, path, (CREDENTIAL,)))


def _lists() -> Iterator[Step]:
    for endpoint in (PROVIDERS, SOCIAL_ACCOUNTS):
        headers = () if endpoint.access is Access.PUBLIC else (CREDENTIAL,)
        for query in values.queries():
            yield Step("lists", Request("GET", endpoint.uri("") + query, headers))
    for endpoint in (TOKENS, USERS):
        for query in ("?limit=1&offset=1", "?limit=0", "?offset=1", "?limit=x"):
            yield Step("lists", Request("GET", endpoint.uri("") + query, (CREDENTIAL,)))


def _credentials() -> Iterator[Step]:
    for path in ("provider/", "user/"):
        for value in values.CREDENTIALS:
            yield Step("credentials", Request("GET", path, (("Authorization", value),)))
        yield Step("credentials", Request("GET", f"{path}?api_key=made-up&username=ripley", (CREDENTIAL,)))
    for value in values.CREDENTIALS[:3]:
        yield Step("credentials", Request("POST", SIGN_UP.uri(""), (JSON, ("Authorization", value)), b"{}"))


def _bodies() -> Iterator[Step]:
    for body in values.BODIES:
        yield Step("bodies", Request("POST", SIGN_UP.uri(""), (JSON,), body))
    for chunked in values.BODIES[:4]:
        yield Step("bodies", Request("POST", SIGN_UP.uri(""), (JSON,), chunked, chunked=True))
    for media_type in values.MEDIA_TYPES:
        yield Step("bodies", Request("POST", SIGN_UP.uri(""), (("Content-Type", media_type),), b"{}"))
    for encoding in ("gzip", "identity", " "):
        yield Step("bodies", Request("POST", SIGN_UP.uri(""), (JSON, ("Content-Encoding", encoding)), b"{}"))
    for name, value in values.IGNORED_HEADERS:
        yield Step("headers", Request("GET", "provider/", ((name, value),)))
        yield Step("headers", Request("GET", "user/", (CREDENTIAL, (name, value))))
        yield Step("headers", Request("POST", SIGN_UP.uri(""), (JSON, (name, value)), b"{}"))


def _fields() -> Iterator[Step]:
    for field in FIELDS:
        for value in values.faults(field.max_length):
            yield Step("fields", Request("POST", SIGN_UP.uri(""), (JSON,), values.with_field(field.name, value)))
    for name in values.PROVIDER_NAMES:
        path = SIGN_UP.uri("") + f"?provider={quote(name)}"
        yield Step("fields", Request("POST", path, (JSON,), values.with_field("provider", name)))


def _personas(providers: Sequence[str]) -> Iterator[Step]:
    for name in providers:
        for persona in values.REFUSED_PERSONAS:
            yield Step(f"{name}, {persona}", Request("POST", SIGN_UP.uri(""), (JSON,)), SignUp(name, persona))
        if name in values.GIVE_ID_TOKENS:
            for persona in values.FORGERS:
                sign_up = SignUp(name, persona, {"nonce": "n-0S6_WzA2Mj"}, by_id_token=True)
                yield Step(f"{name} by id_token, {persona}", Request("POST", SIGN_UP.uri(""), (JSON,)), sign_up)
