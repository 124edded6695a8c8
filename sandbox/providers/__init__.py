"""The providers of the sandbox, one module each."""

from sandbox.providers.apple import Apple
from sandbox.providers.base import Provider
from sandbox.providers.discord import Discord
from sandbox.providers.facebook import Facebook
from sandbox.providers.github import GitHub
from sandbox.providers.gitlab import GitLab
from sandbox.providers.google import Google
from sandbox.providers.instagram import Instagram
from sandbox.providers.kakao import Kakao
from sandbox.providers.line import Line
from sandbox.providers.oidc import OpenIDConnect
from sandbox.providers.twitch import Twitch
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
    Twitch,
    Line,
    Kakao,
    OpenIDConnect,
)

__all__ = ["PROVIDERS", "Provider"]
