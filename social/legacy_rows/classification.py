"""The classes of associations, by what happens when their users sign in, and the SQL that assigns them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Lower
from social_django.models import UserSocialAuth

from social.engine.association_lookup import EMAIL_KEYS, REASSIGNABLE_UIDS, legacy_key_of
from social.engine.backends import backend_class
from social.engine.strategy import StatelessStrategy
from social.providers.registry import enabled_policy

UNUSABLE_UID = (
    r"^\s|\s$|[\u0001-\u001f\u007f-\u00a0\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u1680\u180e"
    r"\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ue000-\uf8ff\ufeff\ufff9-\ufffb\U000110bd\U000110cd"
    r"\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001-\U000e007f\U000f0000-\U0010fffd]"
)
"""White space at an end, which no provider's ids have, or a character that is not printable, which `engine` refuses."""
PROOF = r"^(?!$|\{|\[|(true|false|null)$|-?\d+\.\d+(e.*)?$)"
"""The text of a JSON value that can be an id: a string or an integer, as `identifier_matches` requires."""


class AssociationClass(StrEnum):
    """The class of an association; the values are those of `check_associations --json`."""

    FOUND = "found"
    """The uid is the provider's current id."""
    PROVEN = "proven"
    """A legacy uid, with the current id in `extra_data`: found and rewritten, whatever the settings."""
    SUPERSEDED = "superseded"
    """A legacy uid of a user who also has a row with the current id, which is found instead."""
    LEGACY = "old_identifier"
    """A legacy uid: found and rewritten only while `ADOPT_LEGACY_UIDS` lists the provider."""
    CONFLICT = "conflict"
    """An address of another user, who has a row with the current id: that row is found, this one never."""
    UNPROVABLE = "unprovable"
    """A legacy uid that another person can acquire: never adopted."""
    UNUSABLE = "unusable_uid"
    """A uid that no provider issues."""
    ORPHAN = "orphan"
    """The user no longer exists."""
    DISABLED = "provider_off"
    """`SOCIAL_PROVIDERS` does not list the provider."""
    NO_CREDENTIAL = "provider_takes_no_token"
    """The provider has no credential that an app could present."""
    UNKNOWN = "provider_unknown"
    """social-core has no such provider, or no longer."""


@dataclass(frozen=True, slots=True)
class ProviderAssociations:
    """The associations of an enabled provider."""

    name: str
    id_key: str
    """The `id_key` of rows with the current id."""
    stored_id_keys: tuple[str, ...]
    """Keys of `extra_data` that can contain the current id."""
    is_configured: bool
    """Whether `SOCIAL_AUTH_<NAME>_ID_KEY` sets the `id_key`."""

    @classmethod
    def of(cls, name: str) -> "ProviderAssociations":
        """Return the associations of an enabled provider."""
        backend = backend_class(enabled_policy(name))(StatelessStrategy())
        key = backend.id_key()
        return cls(name, key, tuple(backend.get_stored_user_id_keys(key)), bool(backend.setting("ID_KEY")))

    def rows(self) -> Any:
        """Return the provider's rows, annotated with `row_class` and whether the user is `active`.

        `row_class` follows from the row alone: FOUND, PROVEN, LEGACY, UNPROVABLE, UNUSABLE or ORPHAN. `of_class` finds
        those of LEGACY that are SUPERSEDED or in CONFLICT because of other rows.
        """
        unproven = AssociationClass.UNPROVABLE if self.name in REASSIGNABLE_UIDS else AssociationClass.LEGACY
        rows = with_users(UserSocialAuth.objects.filter(provider=self.name))
        return rows.annotate(
            row_class=Case(
                When(has_user=False, then=Value(AssociationClass.ORPHAN)),
                When(uid__regex=UNUSABLE_UID, then=Value(AssociationClass.UNUSABLE)),
                When(self._is_found(), then=Value(AssociationClass.FOUND)),
                When(self._is_proven(), then=Value(AssociationClass.PROVEN)),
                default=Value(unproven),
            )
        )

    def of_class(self, row_class: AssociationClass) -> Any:
        """Return the rows of a class."""
        if row_class is AssociationClass.SUPERSEDED:
            return self.rows().filter(row_class=AssociationClass.LEGACY, user_id__in=self.found().values("user_id"))
        if row_class is AssociationClass.CONFLICT:
            field = _address_field()
            if field is None:
                return self.rows().none()
            # With IN, both databases sort or hash once. A subquery for each row takes too long on a million rows.
            taken = self.found().exclude(**{f"user__{field}": ""}).values(taken=Lower(f"user__{field}"))
            return self.rows().alias(address=Lower("uid")).filter(row_class=AssociationClass.LEGACY, address__in=taken)
        return self.rows().filter(row_class=row_class)

    def addresses_with_capitals(self) -> Any:
        """Return the rows of LEGACY that are found only if the provider still spells them with these capitals."""
        return self.of_class(AssociationClass.LEGACY).filter(uid__contains="@").exclude(uid=Lower(F("uid")))

    def signs_in(self, *, adopted: bool) -> Q:
        """Return the condition of rows with which users can sign in.

        :param adopted: whether `ADOPT_LEGACY_UIDS` lists the provider.
        """
        usable = Q() if adopted and self.name not in REASSIGNABLE_UIDS else self._is_found() | self._is_proven()
        return Q(provider=self.name) & usable

    def found(self) -> QuerySet[Any]:
        """Return the rows of FOUND, including those of users that no longer exist."""
        return UserSocialAuth.objects.filter(self._is_found(), provider=self.name)

    def _is_found(self) -> Q:
        """Return the condition of rows that `social_user` finds without rewriting them."""
        legacy_key = legacy_key_of(self.name)
        if legacy_key in EMAIL_KEYS:
            return Q(id_key__in=["", legacy_key, self.id_key]) & ~Q(uid__contains="@")
        return Q(id_key__in=[self.id_key] if self.is_configured or legacy_key else ["", self.id_key])

    def _is_proven(self) -> Q:
        proven = Q()
        for key in self.stored_id_keys:
            proven |= Q(**{f"extra_data__{key}__regex": PROOF})
        return proven


def with_users(rows: QuerySet[Any]) -> Any:
    """Annotate rows with `has_user`, and with `active` if that user is active."""
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
