"""What will become of an association when its person signs in: the classes, and how SQL tells them apart."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Lower
from social_django.models import UserSocialAuth

from social.engine.backends import backend_class
from social.engine.strategy import StatelessStrategy
from social.legacy_rows.association_lookup import ADDRESS_KEYS, TAKEN_AT_WILL, old_key_of
from social.providers.registry import policy_of

UNUSABLE_UID = r"^\s|\s$|[\u0001-\u001f\u007f-\u00a0\u200b-\u200f\u2028\u2029\ufeff]"
"""White space at an end, or a character that cannot be seen: no provider gives such; `engine` refuses the latter."""


class Class(StrEnum):
    """The classes, by the names that `check_associations --json` gives them."""

    FOUND = "found"
    """The id that the provider gives today."""
    PROVEN = "proven"
    """An old identifier, with today's id kept beside it: found, and rewritten, whatever the settings."""
    SUPERSEDED = "superseded"
    """An old identifier of a user who has a row with today's id, too, and is found by that one."""
    OLD = "old_identifier"
    """Found, and rewritten, only while `ADOPT_LEGACY_UIDS` names the provider."""
    CONFLICT = "conflict"
    """An address that another user has, who has a row with today's id: that one is found, this one never."""
    UNPROVABLE = "unprovable"
    """An old identifier that anybody may take: never adopted."""
    UNUSABLE = "unusable_uid"
    """A uid that no provider gives."""
    ORPHAN = "orphan"
    """Its user is gone."""
    OFF = "provider_off"
    """`SOCIAL_PROVIDERS` does not name the provider."""
    IMPOSSIBLE = "provider_takes_no_token"
    """There is nothing of this provider's that an app could show."""
    UNKNOWN = "provider_unknown"
    """social-core has no such provider any more."""


@dataclass(frozen=True, slots=True)
class Provider:
    """An enabled provider, and what its associations are kept under."""

    name: str
    key: str
    evidence: tuple[str, ...]
    """Where in `extra_data` today's id may be kept."""
    configured: bool
    """Whether `SOCIAL_AUTH_<NAME>_ID_KEY` chose the key."""

    @classmethod
    def named(cls, name: str) -> "Provider":
        """Give an enabled provider by its name."""
        backend = backend_class(policy_of(name))(StatelessStrategy())
        key = backend.id_key()
        return cls(name, key, tuple(backend.get_stored_user_id_keys(key)), bool(backend.setting("ID_KEY")))

    def rows(self) -> Any:
        """Give the provider's rows, each with its `kind` and whether its user is `active`.

        The kind is FOUND, PROVEN, OLD or UNPROVABLE, UNUSABLE or ORPHAN: what the row alone says. `superseded` and
        `conflicts` find those among OLD that other rows make out.
        """
        unproven = Class.UNPROVABLE if self.name in TAKEN_AT_WILL else Class.OLD
        rows = with_users(UserSocialAuth.objects.filter(provider=self.name))
        return rows.annotate(
            kind=Case(
                When(has_user=False, then=Value(Class.ORPHAN)),
                When(uid__regex=UNUSABLE_UID, then=Value(Class.UNUSABLE)),
                When(self._is_found(), then=Value(Class.FOUND)),
                When(self._is_proven(), then=Value(Class.PROVEN)),
                default=Value(unproven),
            )
        )

    def of_class(self, kind: Class) -> Any:
        """Give the rows of a class."""
        if kind is Class.SUPERSEDED:
            return self.rows().filter(kind=Class.OLD, user_id__in=self.found().values("user_id"))
        if kind is Class.CONFLICT:
            field = _address_field()
            if field is None:
                return self.rows().none()
            # Together with IN, each database sorts or hashes once; one look-up a row would not end.
            taken = self.found().exclude(**{f"user__{field}": ""}).values(taken=Lower(f"user__{field}"))
            return self.rows().alias(address=Lower("uid")).filter(kind=Class.OLD, address__in=taken)
        return self.rows().filter(kind=kind)

    def addresses_with_capitals(self) -> Any:
        """Give the rows of OLD that are found only if the provider still writes the address with these capitals."""
        return self.of_class(Class.OLD).filter(uid__contains="@").exclude(uid=Lower(F("uid")))

    def signs_in(self, *, adopted: bool) -> Q:
        """Say which rows their users can sign in with.

        :param adopted: whether `ADOPT_LEGACY_UIDS` names the provider.
        """
        ways = Q() if adopted and self.name not in TAKEN_AT_WILL else self._is_found() | self._is_proven()
        return Q(provider=self.name) & ways

    def found(self) -> QuerySet[Any]:
        """Give the rows of FOUND, and such of users that are gone."""
        return UserSocialAuth.objects.filter(self._is_found(), provider=self.name)

    def _is_found(self) -> Q:
        """Say what `social_user` finds as it is."""
        old_key = old_key_of(self.name)
        if old_key in ADDRESS_KEYS:
            return Q(id_key__in=["", old_key, self.key]) & ~Q(uid__contains="@")
        return Q(id_key__in=[self.key] if self.configured or old_key else ["", self.key])

    def _is_proven(self) -> Q:
        kept = Q()
        for key in self.evidence:
            told = f"extra_data__{key}"
            kept |= Q(**{f"{told}__isnull": False}) & ~Q(**{told: None}) & ~Q(**{told: ""})
        return kept


def with_users(rows: QuerySet[Any]) -> Any:
    """Annotate whether a row `has_user`, and one who is `active`."""
    model = get_user_model()
    user = model._default_manager.filter(pk=OuterRef("user_id"))
    active = user.filter(is_active=True) if _has("is_active") else user
    return rows.annotate(has_user=Exists(user), active=Exists(active))


def _address_field() -> str | None:
    name = get_user_model().get_email_field_name()
    return name if _has(name) else None


def _has(field: str) -> bool:
    try:
        get_user_model()._meta.get_field(field)
    except FieldDoesNotExist:
        return False
    return True
