"""The providers that the sandbox plays."""

from sandbox.providers.apple import Apple
from sandbox.providers.discord import Discord
from sandbox.providers.facebook import Facebook
from sandbox.providers.github import GitHub
from sandbox.providers.gitlab import GitLab
from sandbox.providers.google import Google
from sandbox.providers.instagram import Instagram
from sandbox.providers.provider import Provider
from sandbox.providers.twitter import Twitter

PROVIDERS: tuple[type[Provider], ...] = (
    Facebook,
    Twitter,
    Instagram,
    Google,
    Apple,
    GitHub,
    Discord,
    GitLab,
)

__all__ = ["PROVIDERS", "Provider"]
