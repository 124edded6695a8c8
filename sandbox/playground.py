"""Who answers which path."""

import threading
from dataclasses import replace
from http import HTTPStatus

from sandbox import pages, views
from sandbox.messages import Answer, Reply, Request, json_reply, page
from sandbox.personas import PERSONAS
from sandbox.providers import PROVIDERS, Provider


class Playground:
    """All providers, the pages about them, and a canary that nobody should meet."""

    def __init__(self) -> None:
        self._providers = {provider.name: provider() for provider in PROVIDERS}
        self._canary_visits = 0
        self._counting = threading.Lock()

    def answer(self, request: Request) -> Answer:
        """Answer a request."""
        first, _, rest = request.path.removeprefix("/").partition("/")
        provider = self._providers.get(first)
        if provider is not None:
            return _attend(provider, replace(request, path=f"/{rest}"))
        match request.method, request.path:
            case "GET", "/":
                return page(pages.index(self._providers.values(), request.server))
            case "GET", "/received":
                return page(pages.received())
            case "GET", "/personas":
                return json_reply(self._directory(), headers=views.CROSS_ORIGIN)
            case "OPTIONS", "/personas":
                return Reply(HTTPStatus.NO_CONTENT, headers=views.CROSS_ORIGIN)
            case "GET", "/canary/visits":
                return json_reply({"visits": self._canary_visits})
            case _, "/canary":
                return self._visit_canary()
        return page(pages.refusal("There is nothing here."), 404)

    def _visit_canary(self) -> Reply:
        with self._counting:
            self._canary_visits += 1
        # Whoever follows the redirect would take this for a profile.
        return json_reply({"id": "666", "sub": "666", "name": "Canary", "email_verified": True})

    def _directory(self) -> dict[str, object]:
        providers = [
            {
                "name": provider.name,
                "title": provider.title,
                "consent": f"/{provider.name}/consent",
                "token": f"/{provider.name}/token",
            }
            for provider in self._providers.values()
        ]
        personas = [
            {
                "name": persona.name,
                "title": persona.title,
                "description": persona.description,
                "ordinary": persona.ordinary,
            }
            for persona in PERSONAS
        ]
        return {"providers": providers, "personas": personas}


def _attend(provider: Provider, request: Request) -> Answer:
    match request.method, request.path:
        case "GET", "/consent":
            return views.consent(provider, request)
        case "GET", "/grant":
            return views.grant(provider, request)
        case "GET", "/account":
            return views.account(provider, request)
        case "POST", "/token":
            return views.token(provider, request)
        case "OPTIONS", "/token":
            return Reply(HTTPStatus.NO_CONTENT, headers=views.CROSS_ORIGIN)
    return provider.respond(request)
