"""What a provider says about the e-mail address in a profile: that it is verified, that it is not, or nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Verification(Enum):
    """The provider's word on an address."""

    VERIFIED = "verified"
    DENIED = "denied"
    """A flag of the provider does not vouch for the address: it is never stored on a user."""
    UNKNOWN = "unknown"
    """There is no flag and no promise: the address is stored, and satisfies no allow list."""


UNAMBIGUOUS_FLAGS = frozenset(
    {"email_confirmed", "email_verified", "confirmed_email", "is_email_valid", "is_email_verified", "verified_email"}
)
"""Names that can only be about the address. Not `verified`: at X it is a paid badge."""


@dataclass(frozen=True, slots=True)
class AddressRule:
    """What makes the addresses of one provider verified.

    Without flags and without a promise, no address of the provider is verified.
    """

    flags: tuple[str, ...] = ()
    """Fields that must all be affirmed; they are about the field `email` beside them."""
    within: str | None = None
    """The object in the profile that has these fields; None for the profile itself."""
    promised: bool = False
    """Whether the provider's documentation says that it returns verified addresses only."""
    source: str = ""
    """The page of the provider's documentation that says so."""
    note: str = ""
    """A restriction, in words for docs/providers.md."""

    @property
    def can_verify(self) -> bool:
        """Return True if the provider can say of an address that it is verified."""
        return self.promised or bool(self.flags)

    def verification_of(self, profile: Mapping[str, Any], address: object) -> Verification:
        """Return what the provider says about an address.

        :param address: the address that the backend has read from the profile. Some backends read other fields than
            `email` (`upn`, `preferred_username`), which the flags are not about.
        """
        holder = profile if self.within is None else profile.get(self.within)
        holder = holder if isinstance(holder, Mapping) else {}
        flags = [holder[name] for name in self.flags if name in holder]
        if not all(is_affirmed(flag) for flag in flags) or _is_denied(profile, address):
            return Verification.DENIED
        vouched = self.can_verify and len(flags) == len(self.flags)
        return Verification.VERIFIED if vouched and holder.get("email") == address else Verification.UNKNOWN


OPENID_CONNECT = AddressRule(
    flags=("email_verified",), source="https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims"
)
"""The rule of OpenID Connect providers."""


def is_affirmed(flag: object) -> bool:
    """Return True if a flag is `true` or the string `"true"`; any other value affirms nothing.

    Apple documents both forms
    (https://developer.apple.com/documentation/signinwithapple/authenticating-users-with-sign-in-with-apple).
    """
    return flag is True or flag == "true"


def _is_denied(profile: Mapping[str, Any], address: object) -> bool:
    """Return True if a flag anywhere in the profile does not affirm the address."""
    if any(
        not is_affirmed(node[name]) for node in _objects_in(profile) for name in UNAMBIGUOUS_FLAGS.intersection(node)
    ):
        return True
    # The list of GitHub (social-core takes the primary one), of PayPal and of others.
    listed = profile.get("emails")
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    return any(
        not is_affirmed(entry[name])
        for entry in entries
        if address in (entry.get("email"), entry.get("value"))
        for name in ("confirmed", "verified")
        if name in entry
    )


def _objects_in(value: object) -> Iterator[dict[str, Any]]:
    pending = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            yield node
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
