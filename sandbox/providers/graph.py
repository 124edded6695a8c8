"""What Facebook and Instagram share: the Graph API's errors and its selection of fields."""

from collections.abc import Mapping

from sandbox.faults import Call
from sandbox.messages import Reply, json_reply
from sandbox.providers.base import Reason
from sandbox.providers.oauth2 import OAuth2Provider

VERSION = r"(?:/v\d+\.\d+)?"

_CODES = {429: 4, 500: 1, 503: 2}


def graph_error(
    message: str, code: int, subcode: int | None = None, kind: str = "OAuthException", status: int = 400
) -> Reply:
    """Return an error in the Graph API's format."""
    error: dict[str, object] = {"message": message, "type": kind, "code": code}
    if subcode is not None:
        error["error_subcode"] = subcode
    return json_reply({"error": {**error, "fbtrace_id": "ASandboxTraceSandboxTra"}}, status)


_REFUSALS = {
    Reason.UNKNOWN: graph_error("Invalid OAuth access token - Cannot parse access token", 190),
    Reason.EXPIRED: graph_error("Error validating access token: Session has expired.", 190, 463),
    Reason.REVOKED: graph_error("Error validating access token: The user has not authorized application.", 190, 458),
    Reason.UNREGISTERED: graph_error("Error validating application. Application has been deleted.", 101),
}


class GraphProvider(OAuth2Provider):
    """A provider with a Graph API."""

    refusals = dict.fromkeys(Call, _REFUSALS)

    def error(self, status: int, message: str) -> Reply:
        """Return an error with the Graph API's code."""
        return graph_error(message, _CODES.get(status, 100), status=status)


def select_fields(fields: Mapping[str, object], requested: str, withheld: frozenset[str] = frozenset()) -> Reply:
    """Return a reply with the requested fields and the id, or an error if a field does not exist."""
    # `picture.type(large)` and `picture{url}` both request `picture`.
    names = [name.partition(".")[0].partition("{")[0].strip() for name in requested.split(",")]
    for name in names:
        if name not in fields and name not in withheld:
            return graph_error(f"(#100) Tried accessing nonexisting field ({name}) on node type (User)", 100)
    return json_reply({name: value for name, value in fields.items() if name in {*names, "id"}})
