"""How one operation's answer leads to the next: OpenAPI's links, for tools that follow them."""

from dataclasses import dataclass

_BODY_ID = "$response.body#/id"
_FIRST_ID = "$response.body#/objects/0/id"
_SAME_ID = "$request.path.id"


@dataclass(frozen=True, slots=True)
class Link:
    """A way from one operation to another; `id` is an OpenAPI runtime expression."""

    source: str
    target: str
    id: str
    words: str


LINKS = (
    Link("signUp", "getUser", _BODY_ID, "The user, once the call is made with the new token."),
    Link("listUsers", "getUser", _FIRST_ID, "Oneself."),
    Link("listSocialAccounts", "getSocialAccount", _FIRST_ID, "The first identity of the list."),
    Link("listSocialAccounts", "deleteSocialAccount", _FIRST_ID, "Disconnect the first identity of the list."),
    Link("getSocialAccount", "deleteSocialAccount", _BODY_ID, "Disconnect this identity."),
    Link("deleteSocialAccount", "getSocialAccount", _SAME_ID, "Not found from now on."),
    Link("listTokens", "getToken", _FIRST_ID, "The first credential of the list."),
    Link("listTokens", "deleteToken", _FIRST_ID, "Revoke the first credential of the list."),
    Link("getToken", "deleteToken", _BODY_ID, "Revoke this credential."),
    Link("deleteToken", "getToken", _SAME_ID, "Not found from now on."),
    Link("getCurrentToken", "getToken", _BODY_ID, "The same credential by its id."),
    Link("getCurrentToken", "deleteToken", _BODY_ID, "Sign out by the id."),
)


def links_of(operation: str) -> dict[str, dict[str, object]]:
    """Give the Link Objects of an operation's success (OpenAPI 3.0.3), by the name of the operation they lead to."""
    return {
        link.target: {"operationId": link.target, "parameters": {"id": link.id}, "description": link.words}
        for link in LINKS
        if link.source == operation
    }
