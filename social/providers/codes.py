"""OAuth 2 providers by code only: the answer of the token endpoint, not a token, identifies the person."""

from typing import ClassVar

from social.providers.unverified import UnverifiedAccessToken


class CodeOnly(UnverifiedAccessToken):
    """An OAuth 2 provider by code."""

    accepts: ClassVar[tuple[tuple[str, ...], ...]] = ()
