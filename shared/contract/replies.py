"""An answer before a framework renders it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.contract.dialects import CONTRACT, Dialect


@dataclass(frozen=True, slots=True)
class Reply:
    """The status, body and headers of an answer.

    `body` is None for an answer without a body. Its keys are in the order in which they are sent.
    """

    status: int
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    dialect: Dialect = CONTRACT
    """How the body is written."""
