"""The front page: a description of the service and, in the sandbox, a form to try both APIs.

The visitor's browser posts to both APIs, as an app would; the page then posts both answers here to be compared.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from social_core.utils import setting_name

from api_v2.apps import ApiV2Config
from config.documentation import address
from shared.contract import curl, differences
from shared.contract.declarations import SIGN_UP
from shared.contract.declarations import registry as resources
from shared.contract.errors import ApiError
from shared.contract.resources import Example
from shared.http.requests import read_object
from shared.http.urls import mounted
from social.conf import conf
from social.providers import registry

TITLES = {"twitter": "X (Twitter)"}
"""Titles that are better known than social-core's."""
DOCUMENTED = ApiV2Config.name
"""The API with its own documentation page."""
GUIDE, PLATFORMS, ERRORS = address("clients"), address("client-guide"), address("errors")
"""The pages for client developers; each error code is an anchor of the last."""


def page(request: HttpRequest) -> HttpResponse:
    """Return the page or, for a POST in the sandbox, the comparison of two answers."""
    if request.method == "POST" and conf.sandbox:
        return _compared(request)
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD", *(["POST"] if conf.sandbox else [])])
    response = render(request, "config/front.html", _context(request))
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
@cache_control(public=True, max_age=86400)
def favicon(request: HttpRequest) -> HttpResponse:
    """Redirect to the icon: browsers ask for `/favicon.ico` where no page names one, as beside an answer of an API."""
    return HttpResponseRedirect(static("config/icon.svg"))


def _context(request: HttpRequest) -> dict[str, Any]:
    apis = [_api(app) for app in settings.APIS]
    sign_up = SIGN_UP.operations[0]
    sample = sign_up.example or Example()
    newest = mounted(DOCUMENTED).prefix
    sandbox = _sandbox()
    base = request.build_absolute_uri(newest)
    return {
        "apis": apis,
        "names": " and ".join(api["name"] for api in apis),
        "current": newest,
        "providers": [_title(name) for name in registry.enabled()],
        "sample_path": SIGN_UP.uri(newest),
        "sample_request": _pretty(sample.request),
        "sample_status": sign_up.status,
        "sample_answer": _pretty(sample.body_below(newest)),
        "sample_curl": curl.command(sign_up, f"{base}{SIGN_UP.uri('')}", sample.request),
        "calls": [
            {
                "operation": each.operation,
                "command": curl.command(each.operation, f"{base}{each.path}", each.example.request),
            }
            for each in resources.exchanges()
            if each.operation is not sign_up
        ],
        "guide": GUIDE,
        "platforms": PLATFORMS,
        "errors": ERRORS,
        "sandbox": sandbox,
        "rehearsal": {
            "apis": apis,
            "providers": _rehearsed(sandbox),
            "errors": ERRORS,
            "reference": f"{newest}docs/",
            "user": f"{newest}user/",
        }
        if sandbox
        else None,
    }


def _api(app: str) -> dict[str, str]:
    prefix = mounted(app).prefix
    name = prefix.rstrip("/").rpartition("/")[2]
    return {"name": name, "prefix": prefix, "signUp": SIGN_UP.uri(prefix)}


def _sandbox() -> str:
    """Return the sandbox's URL for a browser on this machine; empty if there is no sandbox."""
    targets = {urlsplit(target)[:2] for target in conf.provider_hosts.values()} if conf.sandbox else set()
    if len(targets) != 1:
        return ""
    scheme, address = targets.pop()
    return f"{scheme}://{address}"


def _rehearsed(sandbox: str) -> list[dict[str, Any]]:
    """Return the data for the links to each provider's consent page."""
    return [
        {
            "name": name,
            "title": _title(name),
            "consent": f"{sandbox}/{name}/consent",
            "clientId": _client_id(name),
            "codeClientId": _setting(name, "OAUTH2_KEY") or _client_id(name),
            "accepts": provider.accepted.sets,
            "redirectUris": sorted(provider.accepted.redirect_uris),
        }
        for name, provider in registry.enabled().items()
    ]


def _client_id(name: str) -> str:
    # Apple's `_KEY` is the id of a signing key, not of the client.
    return _setting(name, "CLIENT") or _setting(name, "KEY")


def _setting(provider: str, name: str) -> str:
    return str(getattr(settings, setting_name(provider, name), ""))


def _title(name: str) -> str:
    return TITLES.get(name) or registry.title_of(name)


def _pretty(body: Mapping[str, Any] | None) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)


def _compared(request: HttpRequest) -> HttpResponse:
    try:
        received = read_object(request)
        old, new = (_answer(received[name]) for name in ("old", "new"))
    except (ApiError, KeyError, TypeError, ValueError):
        return HttpResponseBadRequest("Send two answers.", content_type="text/plain")
    found = differences.compare(old, new)
    return JsonResponse(
        {
            "identical": not found.outside,
            "differences": [
                {
                    "place": f"{difference.part} {difference.place}".strip(),
                    "old": _shown(difference.part, difference.old),
                    "new": _shown(difference.part, difference.new),
                    "reasons": difference.reasons,
                }
                for difference in found.differences
            ],
        }
    )


def _answer(received: Mapping[str, Any]) -> differences.Answer:
    return differences.Answer(
        prefix=str(received["prefix"]),
        status=int(received["status"]),
        headers=tuple((str(name), str(value)) for name, value in received["headers"]),
        body=str(received["body"]).encode(),
    )


def _shown(part: str, value: Any) -> str:
    if part == "header" and value is None:
        return "not sent"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
