"""docs/providers.md, from the code: social/providers/ and its catalogue of social-core's backends.

python -m scripts.providers_page           writes the page
python -m scripts.providers_page --check   says whether it is what the code says
"""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

import django
from django.apps import apps

if not apps.ready:
    # None of an operator's settings is to show in the page.
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()

from social.engine.addresses import AddressRule
from social.engine.policy import Policy
from social.providers.catalogue import CATALOGUE, PACKAGE, SHADOWED, CredentialKind, Entry, settings_in
from social.providers.open_id_connect import OpenIDConnect
from social.providers.registry import policy_for
from social.providers.unverified import UnverifiedAccessToken, UnverifiedTokenPair

PAGE = Path(__file__).resolve().parent.parent / "docs" / "providers.md"
GENERAL: dict[str, type[Policy]] = {
    "any other OpenID Connect provider": OpenIDConnect,
    "any other OAuth 2 provider": UnverifiedAccessToken,
    "any other OAuth 1 provider": UnverifiedTokenPair,
}
"""Policies for all that have none of their own."""
WORKS, OPT_IN, CANNOT = "works", "only with `_ACCEPT_UNVERIFIED=1`", "cannot"


def page() -> str:
    """Return the page."""
    return "\n".join([*_head(), *_policies(), *_addresses(), *_breadth()]) + "\n"


def _head() -> Iterator[str]:
    yield "# Providers"
    yield ""
    yield "<!-- Written by scripts/providers_page.py from social/providers/. -->"
    yield ""
    yield "`SOCIAL_PROVIDERS` lists the enabled providers. `SOCIAL_AUTH_<NAME>_…` has our registration at each"
    yield "(`<NAME>` in upper case, with underscores). A token that was issued to another application must not sign"
    yield "anyone in here, so each provider has a policy with the proof that a token was issued to us"
    yield "([contract, section 7](contract.md#7-what-a-token-must-prove))."
    yield ""


def _policies() -> Iterator[str]:
    yield "## What proves a token"
    yield ""
    yield "With both tokens given, the id_token alone decides who the person is. The names of required settings begin"
    yield "with `SOCIAL_AUTH_<NAME>`; `_CLIENT_IDS` lists further client ids of this service."
    yield ""
    yield "| provider | accepts | proof | required settings | source |"
    yield "| --- | --- | --- | --- | --- |"
    for names, policy in _own().items():
        yield _policy_row(", ".join(f"`{name}`" for name in names), policy)
    for words, policy in GENERAL.items():
        yield _policy_row(words, policy)
    yield ""


def _addresses() -> Iterator[str]:
    yield "## What verifies an address"
    yield ""
    yield 'An address is verified if each of these fields is `true` or `"true"`. One of them with another value keeps'
    yield "the address out; so does a flag such as `email_verified` anywhere in the profile. Without a flag and without"
    yield "a promise in the provider's documentation the address is stored, and satisfies no allow list"
    yield "(`SOCIAL_AUTH_WHITELISTED_EMAILS`, `_DOMAINS`; [decision 17](decisions/0017-verified-addresses.md))."
    yield ""
    yield "| provider | verified if | source |"
    yield "| --- | --- | --- |"
    policies = {", ".join(f"`{name}`" for name in names): policy for names, policy in _own().items()} | GENERAL
    alike: dict[AddressRule, list[str]] = {}
    for names, policy in policies.items():
        alike.setdefault(policy.addresses, []).append(names)
    for rule, providers in alike.items():
        source = f"<{rule.source}>" if rule.source else ""
        yield f"| {', '.join(providers)} | {_evidence(rule)} | {source} |"
    yield ""


def _evidence(rule: AddressRule) -> str:
    if rule.promised:
        return "always"
    flags = " and ".join(f"`{f'{rule.within}.' if rule.within else ''}{flag}`" for flag in rule.flags)
    return f"{flags}: {rule.note}" if rule.note else flags or "never"


def _own() -> dict[tuple[str, ...], type[Policy]]:
    """Return the policies that are written for one provider or a few, by the names that use them."""
    names: dict[tuple[object, ...], list[str]] = {}
    for name in CATALOGUE:
        policy = policy_for(name)
        if policy is not None and _written(policy) not in GENERAL.values():
            key = (_written(policy), policy.accepts, policy.proof, policy.needs)
            names.setdefault(key, []).append(name)
    return {tuple(alike): policy for alike in names.values() if (policy := policy_for(alike[0]))}


def _written(policy: type[Policy]) -> type[Policy]:
    """Return the class in the source; the classes of catalogue entries derive from it."""
    return next(kind for kind in policy.__mro__ if kind.__module__ != "social.providers.registry")


def _policy_row(names: str, policy: type[Policy]) -> str:
    accepts = " or ".join(" + ".join(fields) for fields in policy.accepts)
    needs = [*policy.needs, *([] if policy.verified else ["ACCEPT_UNVERIFIED=1"])]
    text = import_module(_written(policy).__module__).__doc__ or ""
    sources = [f"<{url.rstrip('.,;:')}>" for url in re.findall(r"https://[^\s)>`]+", text) if "<" not in url]
    cells = names, accepts, policy.proof, ", ".join(f"`_{need}`" for need in needs), " ".join(dict.fromkeys(sources))
    return f"| {' | '.join(cells)} |"


def _breadth() -> Iterator[str]:
    rows = sorted(
        [*(_row(entry) for entry in CATALOGUE.values()), *_shadowed_rows()], key=lambda row: row[0].strip("`").lower()
    )
    told = {verdict: sum(row[2] == verdict for row in rows) for verdict in (WORKS, OPT_IN, CANNOT)}
    yield "## Every backend of social-core"
    yield ""
    yield f"Of its {len(rows)} named classes, {told[WORKS]} work. {told[OPT_IN]} work only if the operator accepts that"
    yield f"nothing proves which application a token was issued to. {told[CANNOT]} cannot work with a token that an app"
    yield f"has, and enabling one of them is a start-up error. {len(SHADOWED)} share their name with another class,"
    yield "which the name refers to."
    yield ""
    yield "tests/breadth/ signs up with each one that works, through every mounted API, with the provider's answers"
    yield "from social-core's own test suite (of the installed version, fetched when the tests run), or with our own"
    yield "where that has none. Settings in parentheses are optional: they give another address for the provider."
    yield ""
    yield "| name | class | verdict | accepts | settings besides key and secret | notes |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _row(entry: Entry) -> Sequence[str]:
    policy = policy_for(entry.name)
    verdict = CANNOT if policy is None else WORKS if policy.verified else OPT_IN
    shown = " or ".join(" + ".join(fields) for fields in policy.accepts) if policy else ""
    optional = settings_in(entry) - set(entry.settings)
    needs = [f"`_{name}`" for name in entry.settings] + [f"(`_{name}`)" for name in sorted(optional)]
    return f"`{entry.name}`", f"`{entry.backend.removeprefix(PACKAGE)}`", verdict, shown, ", ".join(needs), entry.note


def _shadowed_rows() -> Iterator[Sequence[str]]:
    for one in SHADOWED:
        shown = {CredentialKind.NONE: "", CredentialKind.TOKEN_PAIR: "access_token + access_token_secret"}.get(
            one.credential, str(one.credential)
        )
        yield f"`{one.name}`", f"`{one.backend.removeprefix(PACKAGE)}`", "not by this name", shown, "", one.note


def main(arguments: Sequence[str]) -> int:
    """Write the page, or report that it is not up to date."""
    if "--check" not in arguments:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page():
        return 0
    print("docs/providers.md is not up to date: python -m scripts.providers_page", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
