"""Google under social-core's other name: id_tokens alone, with the same rules but for the nonce.

https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken
"""

from dataclasses import replace

from social.providers.google import Google


class GoogleOpenIDConnect(Google):
    """Google by id_token; the address must be verified."""

    backend = "social_core.backends.google_openidconnect.GoogleOpenIdConnect"
    accepts = (("id_token",),)
    needs = ("KEY",)
    proof = "the id_token's `aud` is one of our client ids"
    # Apps with Google's iOS SDK sign in by the other name (docs/contract.md, section 7).
    issuer = replace(Google.issuer, nonce_unasked=False)
