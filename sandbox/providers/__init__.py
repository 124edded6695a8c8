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
from sandbox.providers.linkedin import LinkedIn
from sandbox.providers.microsoft import Microsoft
from sandbox.providers.oauth2 import OAuth2Provider
from sandbox.providers.oidc import OpenIDConnect
from sandbox.providers.slack import Slack
from sandbox.providers.spotify import Spotify
from sandbox.providers.twitch import Twitch
from sandbox.providers.twitter import Twitter
from sandbox.providers.twitter_oauth2 import TwitterOAuth2

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
    TwitterOAuth2,
    LinkedIn,
    Microsoft,
    Slack,
    Spotify,
    OpenIDConnect,
)

__all__ = ["PROVIDERS", "OAuth2Provider", "Provider"]
