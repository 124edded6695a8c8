"""Backends of social-core that need a change to exchange a code (`code_backend` in the catalogue)."""

from typing import Any

from social_core.backends.loginradius import LoginRadiusAuth
from social_core.backends.pushbullet import PushbulletOAuth2
from social_core.backends.weixin import WeixinOAuth2, WeixinOAuth2APP


class LoginRadius(LoginRadiusAuth[Any]):
    """LoginRadius, whose codes are called request tokens."""

    def auth_complete(self, *args: Any, **kwargs: Any) -> Any:
        """Exchange the request token that was sent as a code."""
        self.data = {**self.data, "token": self.data["code"]}
        return super().auth_complete(*args, **kwargs)


class Pushbullet(PushbulletOAuth2[Any]):
    """Pushbullet with a profile call; social-core requests the id in the pipeline, and fails to encode the token.

    https://docs.pushbullet.com/#get-user
    """

    def user_data(self, access_token: str, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Request the profile."""
        profile: dict[str, Any] = self.get_json(
            "https://api.pushbullet.com/v2/users/me", headers={"Access-Token": access_token}
        )
        return profile

    def get_user_details(self, response: Any) -> dict[str, Any]:
        """Return the person's name and address."""
        return {"username": response.get("name"), "fullname": response.get("name"), "email": response.get("email")}

    def get_user_id(self, details: Any, response: Any) -> Any:
        """Return the id in the profile."""
        return response.get(self.id_key())


class _DecodesProfile:
    """Weixin without social-core's change of the nickname.

    It undoes a decoding as Latin-1, which requests chooses for the media type that Weixin sends. The transport decodes
    JSON as UTF-8, so the change would fail on each name with a Latin-1 letter.
    """

    def user_data(self, access_token: str, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Request the profile."""
        backend: Any = self
        profile: dict[str, Any] = backend.get_json(
            "https://api.weixin.qq.com/sns/userinfo",
            params={"access_token": access_token, "openid": kwargs["response"]["openid"]},
        )
        backend._process_error(profile, stage="user_info")  # noqa: SLF001 - as social-core does
        return profile


class Weixin(_DecodesProfile, WeixinOAuth2[Any]):
    """Weixin on a site."""


class WeixinApp(_DecodesProfile, WeixinOAuth2APP[Any]):
    """Weixin in its app."""
