"""The bodies of the contract's answers, with an example of each (docs/contract.md, section 5)."""

from shared.contract.bodies import Body, Field, Kind


def page(*objects: dict[str, object]) -> dict[str, object]:
    """Return an example of a list with these objects."""
    meta = {"limit": 20, "next": None, "offset": 0, "previous": None, "total_count": len(objects)}
    return {"meta": meta, "objects": list(objects)}


PROVIDER_BODY = Body(
    "Provider",
    (
        Field("name", Kind.STRING, "The value to send as `provider`."),
        Field("protocol", Kind.STRING, "`oauth2` or `oauth1`.", known=("oauth1", "oauth2")),
        Field(
            "accepts",
            Kind.CREDENTIAL_SETS,
            "The sets of credential fields that the provider accepts; a sign-up sends one of them.",
        ),
    ),
    "A provider that this service accepts.",
)
_USER_FIELDS = (
    Field("id", Kind.USER_ID, "The user's id."),
    Field("username", Kind.STRING, "The user's name; it never changes."),
    Field("email", Kind.STRING, "E-mail address; empty when not known."),
    Field("first_name", Kind.STRING, "First name; empty when not known."),
    Field("last_name", Kind.STRING, "Last name; empty when not known."),
    Field("resource_uri", Kind.URI, "Path of this object."),
)
USER_SAMPLE = {
    "id": 7,
    "username": "ripley",
    "email": "ripley@example.com",
    "first_name": "Ellen",
    "last_name": "Ripley",
    "resource_uri": "{api}user/7/",
}
USER_BODY = Body("User", _USER_FIELDS, "A user of this service.")
SIGN_IN_BODY = Body(
    "SignIn",
    (
        *_USER_FIELDS,
        Field("provider", Kind.STRING, "The provider that confirmed the identity."),
        Field(
            "outcome",
            Kind.STRING,
            "`created` (a new user), `signed_in` (a known identity) or `linked` (it is now the caller's identity).",
            known=("created", "signed_in", "linked"),
        ),
        Field("token", Kind.STRING, "The new access token; null if the call was authenticated.", nullable=True),
        Field(
            "token_expires_at",
            Kind.TIME,
            "When the new access token expires if it is not used; null if `token` is null.",
            nullable=True,
        ),
    ),
    "The user who was signed in, and the new access token.",
)
SOCIAL_ACCOUNT_BODY = Body(
    "SocialAccount",
    (
        Field("id", Kind.INTEGER, "The id of the linked identity."),
        Field("provider", Kind.STRING, "The provider of the identity."),
        Field("uid", Kind.STRING, "The provider's id of the person."),
        Field("created", Kind.TIME, "When the identity was linked."),
        Field("resource_uri", Kind.URI, "Path of this object."),
    ),
    "An identity at a provider that is linked to a user.",
)
SOCIAL_ACCOUNT_SAMPLE = {
    "id": 3,
    "provider": "facebook",
    "uid": "10011",
    "created": "2026-11-23T20:00:00Z",
    "resource_uri": "{api}social_account/3/",
}
TOKEN_BODY = Body(
    "Token",
    (
        Field("id", Kind.INTEGER, "The id of the access token; never its value."),
        Field("created", Kind.TIME, "When the access token was issued."),
        Field("last_used", Kind.TIME, "When it was last used, updated at most once an hour."),
        Field("expires_at", Kind.TIME, "When it expires if it is not used; null if it does not expire.", nullable=True),
        Field("current", Kind.BOOLEAN, "Whether this call was made with it."),
        Field("resource_uri", Kind.URI, "Path of this object."),
    ),
    "An access token of this service, without its value.",
)
TOKEN_SAMPLE = {
    "id": 5,
    "created": "2026-11-23T20:00:00Z",
    "last_used": "2026-11-23T20:00:00Z",
    "expires_at": None,
    "current": True,
    "resource_uri": "{api}token/5/",
}
