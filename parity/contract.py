"""The requests of the contract's own cases.

They are the contract's sample exchanges, requests for each of its rules, and the examples of examples.toml: one or
more for each difference between the two frameworks.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from parity import contract_values as values
from parity.requests import Request, SignUp
from shared.contract import wire
from shared.contract.declarations import PROVIDERS, SIGN_UP, SOCIAL_ACCOUNTS, registry
from shared.contract.resources import Access
from shared.contract.sign_up import FIELDS

JSON = ("Content-Type", "application/json")
CREDENTIAL = ("Authorization", "Bearer {token}")
EXAMPLES = Path(__file__).resolve().parent / "examples.toml"
_SAMPLE_IDS = (("user/7/", "user/{user}/"), ("social_account/3/", "social_account/{account}/"))
_EXAMPLE_VALUES = (
    (re.compile(r"(?<=user/)1(?=/)"), "{user}"),
    (re.compile(r"(?<=user/)2(?=/)"), "{other_user}"),
    (re.compile(r"(?<=social_account/)1(?=/)"), "{account}"),
    (re.compile(r"(?<=ApiKey )ripley(?=:{token})"), "{username}"),
)
_KNOWN = re.compile(rb"\bknown\b")


@dataclass(frozen=True, slots=True)
class Step:
    """One request; a sign-up's body is built when it is sent.

    Attributes:
        new_users: Begin with new users; the following steps use them too, until a step has changed them.
        story: The following steps use the same users even after a step has changed them.
    """

    chapter: str
    request: Request
    sign_up: SignUp | None = None
    new_users: bool = False
    story: bool = False


def steps(providers: Sequence[str]) -> list[Step]:
    """Return all steps.

    :param providers: the deployment's providers that the sandbox has, the first being the one that its users signed up
        with; empty if there is no sandbox.
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
        *examples(),
    ]


def examples() -> list[Step]:
    """Return a step for each request of examples.toml."""
    data = tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))
    return [Step(f"differences, {row}", _example(example)) for row, examples in data.items() for example in examples]


def _exchanges(providers: Sequence[str]) -> Iterator[Step]:
    for exchange in registry.exchanges():
        path = exchange.path.replace("token/5/", "token/{token_id}/")
        for sample, named in _SAMPLE_IDS:
            path = path.replace(sample, named)
        body = exchange.example.request
        if exchange.operation.name != "signUp":
            sent = (CREDENTIAL,) if body is None else (CREDENTIAL, JSON)
            request = Request(exchange.method, path, sent, b"" if body is None else wire.encode(body))
            yield Step("exchanges", request, new_users=exchange.method != "GET")
        else:
            yield from (
                Step("exchanges", Request("POST", path, (JSON,)), SignUp(name, "new", by_id_token=by_id_token))
                for name in providers
                for by_id_token in (False, True)
                if not by_id_token or name in values.ID_TOKEN_PROVIDERS
            )


def _stories(providers: Sequence[str]) -> Iterator[Step]:
    """Yield sign-up, sign-in, link, disconnect and sign-out, with new users for each provider."""
    for name in providers:
        chapter = f"stories, {name}"
        begin = Step(chapter, Request("POST", SIGN_UP.uri(""), (JSON,)), SignUp(name, "new"), True, story=True)
        linking = replace(begin, request=replace(begin.request, headers=(JSON, CREDENTIAL)), new_users=False)
        yield begin
        yield replace(linking, sign_up=SignUp(name, "self"))
        yield replace(linking, sign_up=SignUp(name, "self"))
        yield replace(linking, sign_up=SignUp(name, "other"))
        yield replace(linking, request=begin.request, sign_up=SignUp(name, "self", {"first_name": "É", "extra": [1]}))
        for method, path in values.STORY:
            yield Step(chapter, Request(method, path, (CREDENTIAL,)), story=True)


def _methods() -> Iterator[Step]:
    for endpoint in registry.endpoints:
        path = endpoint.uri("", id=values.PLACEHOLDER_OF.get(endpoint.resource, ""))
        for method in values.METHODS:
            yield Step("methods", Request(method, path, (CREDENTIAL,)))
        for method in ("GET", "POST", "DELETE"):
            yield Step("methods", Request(method, path))
        yield Step("methods", Request("GET", path.rstrip("/"), (CREDENTIAL,)))
    yield from (Step("methods", Request(method, "social_sign_up", (JSON,), b"{}")) for method in values.METHODS)


def _paths() -> Iterator[Step]:
    for path in values.PATHS:
        # No POST: the host project may have a view at a path that the contract does not know.
        yield Step("paths", Request("GET", path, (CREDENTIAL,)))
    for path in values.OTHER_USERS_PATHS:
        for method in ("GET", "DELETE"):
            yield Step("paths", Request(method, path, (CREDENTIAL,)))


def _lists() -> Iterator[Step]:
    for endpoint in registry.endpoints:
        operation = endpoint.operation("GET")
        if operation is None or not operation.is_list:
            continue
        headers = () if operation.access is Access.PUBLIC else (CREDENTIAL,)
        # All queries once without and once with credentials; the other lists are read by the same code.
        queries = values.queries() if endpoint in (PROVIDERS, SOCIAL_ACCOUNTS) else values.FEW_QUERIES
        for query in queries:
            yield Step("lists", Request("GET", endpoint.uri("") + query, headers))


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
        for persona in () if name in values.ID_TOKEN_ONLY else values.REFUSED_PERSONAS:
            yield Step(f"{name}, {persona}", Request("POST", SIGN_UP.uri(""), (JSON,)), SignUp(name, persona))
        if name in values.ID_TOKEN_PROVIDERS:
            for persona in values.FORGERS:
                sign_up = SignUp(name, persona, {"nonce": "n-0S6_WzA2Mj"}, by_id_token=True)
                yield Step(f"{name} by id_token, {persona}", Request("POST", SIGN_UP.uri(""), (JSON,)), sign_up)


def _example(example: Mapping[str, Any]) -> Request:
    given = example.get("given", {})
    headers = [(name, _with_placeholders(value)) for name, value in given.items()]
    if example["method"] == "POST" and "Content-Type" not in given:
        headers.append(JSON)
    if example.get("signed_in"):
        headers.append(CREDENTIAL)
    body = None if example["method"] in {"HEAD", "OPTIONS"} else _example_body(example)
    return Request(
        example["method"],
        _with_placeholders(example["path"]),
        tuple(headers),
        body or None,
        example.get("chunked", False),
    )


def _with_placeholders(text: str) -> str:
    for pattern, name in _EXAMPLE_VALUES:
        text = pattern.sub(name, text)
    return text


def _example_body(example: Mapping[str, Any]) -> bytes:
    hexadecimal, padding = example.get("body_hex", ""), example.get("padding", 0)
    body = bytes.fromhex(hexadecimal) or b" " * padding or str(example.get("body", "")).encode()
    return _KNOWN.sub(b"{known}", body)
