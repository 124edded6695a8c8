"""docs/collection/ and docs/curl.md: both are up to date, and each mounted API answers the requests as they say."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from django.conf import settings as apis
from pytest_django import Settings

from scripts import collection, curl_page
from shared.contract import sign_up
from social import service
from tests.contract.conftest import ApiClient
from tests.providers import Providers

WRITTEN = collection.COLLECTION.read_text(encoding="utf-8")
VARIABLE = re.compile(r"\{\{(\w+)\}\}")
STORED = re.compile(r'set\("(\w+)", body\.([\w.\[\]]+)\)')
"""A line of a script that stores a part of the answer's body."""


def test_both_are_up_to_date() -> None:
    """They are the output of `make openapi`."""
    assert collection.collection() == WRITTEN
    assert curl_page.page() == curl_page.PAGE.read_text(encoding="utf-8")


def _items(folder: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in folder["item"]:
        yield from _items(item) if "item" in item else [item]


def _filled(text: str, variables: dict[str, str]) -> str:
    return VARIABLE.sub(lambda match: variables[match[1]], text)


def _stored(script: list[str], body: Any) -> Iterator[tuple[str, str]]:
    for name, path in STORED.findall("\n".join(script)):
        value = body
        for part in re.findall(r"\w+", path):
            value = value[int(part)] if part.isdigit() else value[part]
        if value is not None:
            yield name, str(value)


@pytest.mark.django_db
@pytest.mark.parametrize("app", list(apis.APIS))
def test_requests_are_answered(app: str, settings: Settings) -> None:
    """In the collection's order, with the variables that its scripts store, each answer has the status that it checks.

    The fields of a sign-up are checked as the service reads them. A token of Facebook is sent in their place, one for
    each provider, so that the test needs no other mocks.
    """
    settings.SOCIAL_PROVIDERS = [*settings.SOCIAL_PROVIDERS, "apple-id"]
    settings.SOCIAL_AUTH_APPLE_ID_CLIENT = settings.SOCIAL_AUTH_GOOGLE_OAUTH2_NATIVE_CLIENT_ID = "ours"
    settings.SOCIAL_AUTH_GITHUB_REDIRECT_URIS = sign_up.REDIRECT_URI.example
    content = json.loads(WRITTEN)
    variables = {each["key"]: each["value"] for each in content["variable"]}
    api = ApiClient(app)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        providers = Providers(mock)
        for item in _items({"item": [each for each in content["item"] if each["name"] != "sandbox"]}):
            request = item["request"]
            path = _filled(request["url"]["raw"].removeprefix("{{baseUrl}}/"), variables)
            assert "/".join([*request["url"]["host"], *request["url"]["path"]]) == request["url"]["raw"]
            sent: dict[str, Any] = {}
            if "body" in request:
                fields = json.loads(_filled(request["body"]["raw"], variables))
                assert service.read_credential(fields).provider == fields["provider"]
                sent["data"] = json.dumps(providers.knows("facebook", fields["provider"], id=fields["provider"]))
                sent["content_type"] = next(one["value"] for one in request["header"] if one["key"] == "Content-Type")
            token = None if request.get("auth") == {"type": "noauth"} else variables["token"]
            answer = api.call(request["method"], path, token=token, **sent)
            [script] = [event["script"]["exec"] for event in item["event"] if event["listen"] == "test"]
            assert script[0].startswith(f'pm.test("{answer.status_code} '), (item["name"], answer.content)
            variables |= dict(_stored(script, json.loads(answer.content or "null")))
