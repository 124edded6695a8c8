"""docs/providers.md, from the code: social/providers/ and its catalogue of social-core's backends.

python -m scripts.providers_page           writes the page
python -m scripts.providers_page --check   says whether it is what the code says
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

import django
from django.apps import apps

if not apps.ready:
    # None of an operator's settings is to show in the page.
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()

from scripts.pages import write_or_check
from social.engine.addresses import AddressRule
from social.engine.policy import Policy
from social.providers.catalogue import CATALOGUE, PACKAGE, SHADOWED, CredentialKind, Entry, settings_in
from social.providers.open_id_connect import OpenIDConnect
from social.providers.other_oauth import CodeOnly, SignedTokenPair, UnverifiedAccessToken, UnverifiedTokenPair
from social.providers.registry import policy_for

PAGE = Path(__file__).resolve().parent.parent / "docs" / "providers.md"
GENERAL: dict[str, type[Policy]] = {
    "any other OpenID Connect provider": OpenIDConnect,
    "any other OAuth 2 provider": UnverifiedAccessToken,
    "any other OAuth 2 provider without a token that identifies the person": CodeOnly,
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
    yield "(`<NAME>` in upper case, with underscores). A credential that was issued to another application must not"
    yield "sign anyone in here, so each provider has a policy with the proof that a credential was issued to us"
    yield "([contract, section 7](contract.md#7-what-a-token-must-prove))."
    yield ""
    yield "The proof of an authorization code is its exchange: the provider checks our client id and secret"
    yield "(RFC 6749 section 4.1.3). `SOCIAL_AUTH_<NAME>_REDIRECT_URIS` lists the redirect URIs of our apps, separated"
    yield "by commas, and lets an OAuth 2 provider take codes; `_NATIVE_CLIENT_ID` lets it take those of a native SDK."
    yield ""


def _policies() -> Iterator[str]:
    yield "## What proves a token"
    yield ""
    yield "With several credentials given, the id_token decides who the person is, else the code. The names of"
    yield "required settings begin with `SOCIAL_AUTH_<NAME>`; `_CLIENT_IDS` lists further client ids of this service."
    yield "With PKCE, the client's verifier is required with a code; else it is sent on if there is one."
    yield ""
    yield "| provider | token | its proof | required settings | codes | required for codes | source |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
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
            key = (_written(policy), policy.accepts, policy.proof, policy.needs, policy.pkce, policy.code_needs)
            names.setdefault(key, []).append(name)
    return {tuple(alike): policy for alike in names.values() if (policy := policy_for(alike[0]))}


def _written(policy: type[Policy]) -> type[Policy]:
    """Return the class in the source; the classes of catalogue entries derive from it."""
    return next(kind for kind in policy.__mro__ if kind.__module__ != "social.providers.registry")


def _policy_row(names: str, policy: type[Policy]) -> str:
    needs = [*policy.needs, *([] if policy.verified or not policy.accepts else ["ACCEPT_UNVERIFIED=1"])]
    text = import_module(_written(policy).__module__).__doc__ or ""
    text += f" {policy.entry.binding_source}" if issubclass(policy, SignedTokenPair) else ""
    sources = [f"<{url.rstrip('.,;:')}>" for url in re.findall(r"https://[^\s)>`]+", text) if "<" not in url]
    cells = (
        names,
        _accepted(policy),
        policy.proof if policy.accepts else "",
        _settings(needs) if policy.accepts else "",
        "no" if not policy.takes_codes else "yes, with PKCE" if policy.pkce else "yes",
        _settings(dict.fromkeys((*policy.needs, *policy.code_needs))) if policy.takes_codes else "",
        " ".join(dict.fromkeys(sources)),
    )
    return f"| {' | '.join(cells)} |"


def _accepted(policy: type[Policy]) -> str:
    return " or ".join(" + ".join(fields) for fields in policy.accepts)


def _settings(names: Iterable[str]) -> str:
    return ", ".join(f"`_{name}`" for name in names)


def _breadth() -> Iterator[str]:
    rows = sorted(
        [*(_row(entry) for entry in CATALOGUE.values()), *_shadowed_rows()], key=lambda row: row[0].strip("`").lower()
    )
    told = {verdict: sum(row[2] == verdict for row in rows) for verdict in (WORKS, OPT_IN, CANNOT)}
    policies = [policy for name in CATALOGUE if (policy := policy_for(name))]
    bare = sum(policy.verified for policy in policies)
    codes = sum(policy.takes_codes for policy in policies)
    yield "## Every backend of social-core"
    yield ""
    yield f"Of its {len(rows)} named classes, {told[WORKS]} work with a proof: {bare} by a token, {codes} by code, most"
    yield f"of the former by both. {told[OPT_IN]} work only if the operator accepts that nothing proves which"
    yield f"application a token was issued to. {told[CANNOT]} cannot work, for the reason in the notes, and enabling"
    yield f"one of them is a start-up error. {len(SHADOWED)} share their name with another class, which the name"
    yield "refers to."
    yield ""
    yield "tests/breadth/ signs up with each one that works, by token and by code, through every mounted API, with the"
    yield "answers in social-core's own test suite (of the installed version, fetched when the tests run), or with our"
    yield "own where that has none. None of this calls a real provider, and some may have moved on since social-core's"
    yield "class was written. Settings in parentheses are optional: they give another address for the provider."
    yield "PKCE is required where a page of the provider's documentation says that the provider supports it."
    yield ""
    yield "Where a class of OAuth 1 has a profile call, it is signed with our consumer secret and the token's. That"
    yield "proves whose application the pair was issued to only if the provider compares the consumer with the token's,"
    yield "which RFC 5849 (section 3.2) leaves to the provider, so a pair is proven where a source says that it does."
    yield ""
    yield "| name | class | verdict | token | its proof | code | PKCE | settings besides key and secret | notes |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _row(entry: Entry) -> Sequence[str]:
    policy = policy_for(entry.name)
    named = f"`{entry.name}`", f"`{entry.backend.removeprefix(PACKAGE)}`"
    if policy is None:
        return *named, CANNOT, "", "", "", "", "", entry.note
    usual = {"KEY", "SECRET"}
    needs = list(policy.needs) if policy.accepts else []
    with_code = [name for name in policy.code_needs if policy.takes_codes and name not in {*needs, *usual}]
    optional = sorted(settings_in(entry) - set(entry.settings))
    settings = [f"`_{name}`" for name in needs if name not in usual] + [f"(`_{name}`)" for name in optional]
    return (
        *named,
        WORKS if policy.verified or policy.takes_codes else OPT_IN,
        _accepted(policy),
        policy.proof if policy.verified else OPT_IN if policy.accepts else "",
        "yes" if policy.takes_codes else "no",
        _pkce(policy, entry),
        ", ".join([*settings, *([f"with a code {_settings(with_code)}"] if with_code else [])]),
        entry.note,
    )


def _pkce(policy: type[Policy], entry: Entry) -> str:
    if not policy.takes_codes:
        return ""
    return ("required" + (f" (<{entry.pkce_source}>)" if entry.pkce_source else "")) if policy.pkce else "optional"


def _shadowed_rows() -> Iterator[Sequence[str]]:
    shown = {
        CredentialKind.NONE: "",
        CredentialKind.CODE: "",
        CredentialKind.TOKEN_PAIR: "access_token + access_token_secret",
    }
    for one in SHADOWED:
        token = shown.get(one.credential, str(one.credential))
        code = "yes" if one.credential is CredentialKind.CODE else ""
        backend = f"`{one.backend.removeprefix(PACKAGE)}`"
        yield f"`{one.name}`", backend, "not by this name", token, "", code, "", "", one.note


if __name__ == "__main__":
    sys.exit(write_or_check(PAGE, page, "python -m scripts.providers_page", sys.argv[1:]))
