"""docs/errors.md, from the error tree, its guidance, the declared resources and the providers' policies.

python -m scripts.errors_page           writes the page
python -m scripts.errors_page --check   fails if the page is not up to date
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from textwrap import fill

import django
from django.apps import apps

if not apps.ready:
    # None of an operator's settings is to show in the page.
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()

from scripts.pages import write_or_check
from shared.contract import declarations
from shared.contract.error_guidance import GUIDANCE, STEPS, Guidance, Step
from shared.contract.errors import (
    AccountConflict,
    ApiError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    ProviderBadResponse,
    ProviderTimeout,
    RetryLater,
    ServiceUnavailable,
    TokenAudienceMismatch,
    TokenRejected,
    VersionRetired,
    leaves,
)
from shared.contract.fields import REQUIRED
from shared.contract.registry import Registry
from shared.contract.wire import encode
from social.providers.registry import POLICIES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "errors.md"


def page() -> str:
    """Return the page."""
    lines = [*_head(), *_steps(), *(line for leaf in leaves() for line in _section(leaf))]
    return "\n".join(lines).rstrip() + "\n"


def retry_after_codes() -> list[str]:
    """Return the codes of the errors that have `Retry-After`."""
    return [leaf.code for leaf in leaves() if issubclass(leaf, RetryLater)]


def _head() -> Iterator[str]:
    yield "# Errors"
    yield ""
    yield "<!-- Written by scripts/errors_page.py from shared/contract/errors.py, shared/contract/error_guidance.py,"
    yield "     shared/contract/declarations.py and social/providers/. -->"
    yield ""
    yield _filled(
        "Every error of the API is a JSON object. `code` is stable, for programs; `errors` is a sentence in English "
        "for people; `fields` is there where fields are at fault. This page says what an app does about each code. The "
        "service serves it at `/docs/errors/`, and `/docs/errors/<code>/` leads to the section of a code."
    )
    yield ""
    yield _filled(
        f"Codes may be added. Treat an unknown code by its status: 5xx like {_links([ProviderBadResponse.code])}, 4xx "
        f"like {_links([AccountConflict.code])}. An answer that is no JSON object comes from a proxy in front of the "
        f"service: treat 429, 502, 503 and 504 like {_links([ServiceUnavailable.code])}. If no answer arrives at all, "
        f"treat that like {_links([ProviderTimeout.code])}. "
        "[Writing a client](clients.md#time-outs-and-retries) has the rules for retries and time-outs."
    )
    yield ""


def _steps() -> Iterator[str]:
    yield "## What to do"
    yield ""
    yield _filled(
        f"Only {_listed(retry_after_codes())} have `Retry-After`, a number of seconds, at least 1. No other error has "
        "it, whatever its status."
    )
    yield ""
    yield "| step | what the app does | codes |"
    yield "| --- | --- | --- |"
    for step in Step:
        codes = [leaf.code for leaf in leaves() if GUIDANCE[leaf.code].step is step]
        yield f"| {step} | {STEPS[step]} | {_links(codes)} |"
    yield ""
    changed = {code: one.step_with_code for code, one in GUIDANCE.items() if one.step_with_code is not one.step}
    (step,) = set(changed.values())
    yield _filled(
        f"With an authorization code in the request the step of {_listed(changed)} is **{step}**: the exchange may "
        "have happened, and a code cannot be exchanged twice."
    )
    yield ""


def _section(leaf: type[ApiError]) -> Iterator[str]:
    advice = GUIDANCE[leaf.code]
    yield f"## {leaf.code}"
    yield ""
    yield _filled(f"**{leaf.status} {HTTPStatus(leaf.status).phrase}.** {leaf.when}")
    yield ""
    yield _item(f"**The app:** {advice.app}")
    yield _item(f"**The person sees:** “{advice.person}”")
    yield _item(f"**Retry:** {_retry(leaf, advice)}")
    yield _item(f"**`Retry-After`:** {'yes' if issubclass(leaf, RetryLater) else 'no'}.")
    yield _item(f"**Sent by:** {_operations(leaf)}")
    yield ""
    yield "Check:"
    yield ""
    yield from map(_item, advice.check)
    yield ""
    if leaf is TokenAudienceMismatch:
        yield from _applications()
    yield "```http"
    yield from _answer(leaf)
    yield "```"
    yield ""


def _retry(leaf: type[ApiError], advice: Guidance) -> str:
    plain = {
        Step.RETRY: f"yes, the same request, {_pause(leaf)}.",
        Step.RESTART: "not the same credential; once with a new one.",
        Step.PROVE: "yes, after a sign-in with a linked account.",
        Step.SIGN_IN: "not with this access token; after a new sign-up.",
        Step.SHOW: "no.",
    }[advice.step]
    if advice.step_with_code is advice.step:
        return plain
    return f"{plain} Not with a code: start again at the provider."


def _pause(leaf: type[ApiError]) -> str:
    return "after `Retry-After` seconds" if issubclass(leaf, RetryLater) else "after a few seconds, with growing pauses"


def _operations(leaf: type[ApiError]) -> str:
    """Return the calls that can have this answer."""
    if leaf in {MethodNotAllowed, NotFound, VersionRetired}:
        return {
            MethodNotAllowed: "any path, for a method that it lacks.",
            NotFound: "any path that does not exist, and the paths of one object.",
            VersionRetired: "every path of v1.",
        }[leaf]
    registry: Registry = declarations.registry
    every = [(endpoint, one) for endpoint in registry.endpoints for one in endpoint.operations]
    found = [(endpoint, one) for endpoint, one in every if leaf in endpoint.failures(one)]
    if len(found) == len(every):
        return "every call."
    if len(found) > len(every) // 2:
        return "every call that needs an access token."
    return ", ".join(f"`{one.method} {endpoint.uri('', id='<id>')}`" for endpoint, one in found) + "."


def _applications() -> Iterator[str]:
    named, unnamed = by_named_application()
    yield "Which providers can cause it depends on the credential:"
    yield ""
    yield "| credential | providers |"
    yield "| --- | --- |"
    yield "| `id_token` | every provider that takes one: `aud` names the application |"
    yield f"| `access_token` | {_listed(named)} |"
    yield "| `access_token_secret`, `code` | none |"
    yield ""
    yield _filled(
        f"Where it says none, and with the access tokens of {_listed(unnamed)}, another application's credential is "
        f"{_links([TokenRejected.code])}."
    )
    yield ""


def by_named_application() -> tuple[list[str], list[str]]:
    """Return the providers whose check of an access token names its application, and those whose check does not."""
    found = {name: policy for name, policy in POLICIES.items() if ("access_token",) in policy.accepts}
    named = [name for name, policy in found.items() if policy.names_application]
    return named, [name for name in found if name not in named]


def _answer(leaf: type[ApiError]) -> Iterator[str]:
    reply = _sample_of(leaf).reply()
    yield f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"
    yield "Content-Type: application/json"
    yield from (f"{name}: {value}" for name, value in reply.headers.items())
    yield ""
    yield encode(reply.body).decode()


def _sample_of(leaf: type[ApiError]) -> ApiError:
    if leaf is MethodNotAllowed:
        return MethodNotAllowed(declarations.SIGN_UP.allow)
    return InvalidRequest({"access_token": [REQUIRED]}) if leaf is InvalidRequest else leaf()


def _filled(text: str) -> str:
    return fill(text, 120, break_long_words=False, break_on_hyphens=False)


def _item(text: str) -> str:
    return fill(f"- {text}", 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _listed(codes: Iterable[str]) -> str:
    *first, last = (f"`{code}`" for code in codes)
    return f"{', '.join(first)} and {last}" if first else last


def _links(codes: Sequence[str]) -> str:
    return ", ".join(f"[`{code}`](#{code})" for code in codes)


if __name__ == "__main__":
    sys.exit(write_or_check(PAGE, page, "make documents", sys.argv[1:]))
