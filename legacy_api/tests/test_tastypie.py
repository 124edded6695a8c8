"""The adapter uses Tastypie's own classes, and Tastypie's features outside the contract are off."""

import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.test import Client, override_settings
from django.urls import URLResolver, get_resolver
from tastypie.api import Api  # type: ignore[import-untyped]  # the package has no types
from tastypie.authentication import Authentication  # type: ignore[import-untyped]  # the package has no types
from tastypie.exceptions import UnsupportedFormat  # type: ignore[import-untyped]  # the package has no types
from tastypie.resources import Resource  # type: ignore[import-untyped]  # the package has no types
from tastypie.serializers import Serializer  # type: ignore[import-untyped]  # the package has no types

from legacy_api import checks, urls
from legacy_api.resources import ContractResource
from shared.contract.declarations import registry
from tests import SECRET_KEY
from tests.e2e.servers import ROOT

PREFIX = "/" + settings.APIS["legacy_api"]
RESOURCES = list(urls.api._registry.values())


def call(method: str, path: str, **extra: Any) -> Any:
    """Call this API. The server's name is not `testserver`, for which Tastypie re-raises exceptions."""
    return Client(SERVER_NAME="api.example.com", raise_request_exception=False).generic(method, PREFIX + path, **extra)


def test_the_resources_are_registered_in_an_api() -> None:
    """Tastypie's `Api` has a `Resource` for each declared resource and one for the root."""
    assert isinstance(urls.api, Api)
    assert set(urls.api._registry) == set(registry.names)
    assert all(isinstance(resource, Resource) for resource in RESOURCES)


@pytest.mark.parametrize("resource", RESOURCES)
def test_options_of_the_resources(resource: Any) -> None:
    """Every resource has the contract's serializer and authentication in its Meta."""
    options = resource._meta
    assert isinstance(options.serializer, Serializer)
    assert isinstance(options.authentication, Authentication)
    assert options.serializer.formats == ["json"]
    assert set(resource.endpoints.values()) <= set(registry.endpoints)


@pytest.mark.parametrize("media_type", ["application/xml", "text/yaml", "application/x-plist", "text/html", "*/*"])
def test_serializer_has_only_json(media_type: str) -> None:
    """The serializer has no other format, although lxml or PyYAML may be installed."""
    serializer = ContractResource._meta.serializer
    assert serializer.serialize({"a": "é"}, "application/json") == '{"a":"é"}'.encode()
    assert serializer.deserialize(b'{"a":"\xc3\xa9"}', "application/json") == {"a": "é"}
    if media_type != "*/*":
        with pytest.raises(UnsupportedFormat):
            serializer.deserialize("{}", media_type)


@pytest.mark.parametrize("path", ["user/schema/", "user/set/1;2/", "token/schema/", "social_account/set/1/", "schema/"])
@pytest.mark.django_db
def test_tastypies_own_paths_do_not_exist(path: str) -> None:
    """`schema/` and `set/`, which would show rows to anyone, are not served."""
    response = call("GET", path)
    assert response.status_code in {401, 404}
    assert response.json()["code"] in {"not_authenticated", "not_found"}


def test_routes() -> None:
    """The adapter's routes are the declared ones, and a last one for 404."""
    routes = [
        str(pattern.pattern)
        for resolver in get_resolver().url_patterns
        if isinstance(resolver, URLResolver) and resolver.urlconf_name is urls
        for pattern in resolver.url_patterns
    ]
    assert routes, "the adapter is mounted"
    assert set(routes) == {endpoint.route for endpoint in registry.endpoints} | {""}


@pytest.mark.parametrize("override", ["GET", "DELETE", "PATCH", "get"])
@pytest.mark.django_db
def test_a_method_override_is_ignored(override: str) -> None:
    """X-HTTP-Method-Override, which Tastypie accepts also on GET, is ignored."""
    headers = {"X-HTTP-Method-Override": override}
    assert call("POST", "provider/", headers=headers).status_code == 405
    assert call("POST", "social_sign_up/", data=b"", headers=headers).json()["code"] == "invalid_json"
    assert call("GET", "provider/", headers=headers).status_code == 200


@pytest.mark.django_db
def test_exceptions_are_answered_for_every_server_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception gets the error envelope also for `testserver`, for which Tastypie re-raises it."""

    def fail(*args: Any) -> None:
        raise ZeroDivisionError("canary")

    monkeypatch.setattr("social.service.list_providers", fail)
    for name in ("testserver", "api.example.com"):
        for debug in (True, False):
            monkeypatch.setattr(settings, "DEBUG", debug)
            response = Client(SERVER_NAME=name, raise_request_exception=False).get(f"{PREFIX}provider/")
            assert (response.status_code, response.json()["code"]) == (500, "internal_error")
            assert b"canary" not in response.content


@pytest.mark.parametrize("query", ["format=xml", "format=yaml", "callback=evil", "format=jsonp&callback=evil"])
@pytest.mark.django_db
def test_format_parameters_are_ignored(query: str) -> None:
    """`format` and `callback` in the query have no effect: no JSONP, no XML."""
    response = call("GET", f"provider/?{query}")
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.content == call("GET", "provider/").content


@pytest.mark.process
def test_geodjango_is_not_imported() -> None:
    """Neither Tastypie nor the adapter imports GeoDjango, whose search for GDAL slows the start down."""
    program = "import django, sys; django.setup(); import legacy_api.urls; print('django.contrib.gis' in sys.modules)"
    environment = {"SECRET_KEY": SECRET_KEY, "DJANGO_SETTINGS_MODULE": "config.settings"}
    ended = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == ["False"]


@pytest.mark.parametrize("package", checks.TESTED)
def test_an_untested_version(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """The installed versions are tested, and the warning names any other."""
    assert run_checks(tags=["legacy_api"]) == []
    monkeypatch.setattr(checks, "TESTED", {**checks.TESTED, package: ("0.1",)})
    (message,) = run_checks(tags=["legacy_api"])
    assert message.id == "legacy_api.W001"
    assert message.msg.startswith(f"{package} ")


def test_the_order_of_the_apis_is_checked() -> None:
    """The adapter must come before the newer API, or it would have no life cycle."""
    assert checks.check_order(None) == []
    with override_settings(APIS=dict(reversed(settings.APIS.items()))):
        (found,) = checks.check_order(None)
    assert found.id == "legacy_api.E001"
