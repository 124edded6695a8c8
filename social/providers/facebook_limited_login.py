"""Facebook's Limited Login under social-core's own name for it; `facebook` takes these id_tokens as well.

https://developers.facebook.com/docs/facebook-login/limited-login/token/validating
"""

from social.engine.policy import Policy
from social.providers.facebook import Facebook


class FacebookLimitedLogin(Policy):
    """Facebook's Limited Login by id_token."""

    backend = "social_core.backends.facebook_limited.FacebookLimitedLogin"
    accepts = (("id_token",),)
    needs = ("KEY",)
    hosts = Facebook.hosts
    proof = "the id_token's `aud` is one of our app ids"
    enforced = {"ID_KEY": None}
    issuer = Facebook.issuer
