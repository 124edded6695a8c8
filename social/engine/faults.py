"""Whose fault an error answer of a provider is: it decides what the client and the operator are told."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeAlias


class Fault(Enum):
    """Who can do something about an error."""

    CREDENTIAL = "credential"
    """The client, with another credential: `token_rejected`."""
    OPERATOR = "operator"
    """The operator: the provider refuses our registration, plan or permissions, or the call that we make.

    The client gets `provider_misconfigured`, the log an error, and the metric `tandem_provider_misconfigured_total`
    counts it.
    """
    EITHER = "either"
    """The provider has one error for an invalid credential and for our registration: `token_rejected`, and a warning
    in the log."""
    TEMPORARY = "temporary"
    """Nobody but the provider, later: `provider_unavailable`."""

    def of(self, *codes: object) -> dict[object, "Fault"]:
        """Return this fault for each of these codes."""
        return dict.fromkeys(codes, self)


EXCHANGES = frozenset({"token_exchange", "refresh"})
"""The stages (`social_core.exceptions.ErrorStage`) that call the token endpoint."""

Faults: TypeAlias = Mapping[object, Fault]
"""Faults by the provider's error code, or by `http_<status>` for answers whose code is not listed."""
