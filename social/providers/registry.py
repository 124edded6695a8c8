"""Which providers there are: a name, its policy. A provider without a policy cannot be enabled."""

from collections.abc import Mapping

from shared.errors import UnknownProvider
from shared.sign_up import Accepts
from social.conf import conf
from social.providers.apple import Apple
from social.providers.facebook import Facebook
from social.providers.github import GitHub
from social.providers.google import Google
from social.providers.instagram import Instagram
from social.providers.policy import Policy
from social.providers.twitter import Twitter

POLICIES: Mapping[str, type[Policy]] = {
    "apple-id": Apple,
    "facebook": Facebook,
    "github": GitHub,
    "google-oauth2": Google,
    "instagram": Instagram,
    "twitter": Twitter,
}


def enabled() -> dict[str, type[Policy]]:
    """Give the enabled providers by name, in the order of their names."""
    return {name: POLICIES[name] for name in sorted(conf.providers)}


def accepts_of(name: str) -> Accepts | None:
    """Give the sets of token fields that a provider takes; None where it is not enabled."""
    policy = enabled().get(name)
    return policy.accepts if policy else None


def policy_of(name: str) -> type[Policy]:
    """Give an enabled provider's policy.

    :raises UnknownProvider: where it is not enabled.
    """
    policy = enabled().get(name)
    if policy is None:
        raise UnknownProvider
    return policy
