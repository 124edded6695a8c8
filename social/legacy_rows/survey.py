"""Counts of all associations by class, made by the database without writing anything."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections, router, transaction
from django.db.models import Count, Max, Min, Q, QuerySet, Sum, Value
from django.db.models.functions import Lower
from social_django.models import UserSocialAuth

from social import provider_token_rotation
from social.conf import conf
from social.legacy_rows.classification import AssociationClass, ProviderAssociations, with_users
from social.providers import registry
from social.providers.catalogue import CATALOGUE

_BY_OTHER_ROWS = (AssociationClass.SUPERSEDED, AssociationClass.CONFLICT)
"""Classes of LEGACY rows that depend on other rows; a row that is in both is of the first."""
_BATCH = 5000


@dataclass(slots=True)
class ClassCounts:
    """Counts of the associations of one class."""

    rows: int = 0
    active: int = 0
    """Those of active users."""
    oldest: datetime | None = None
    newest: datetime | None = None
    """Times of creation, which social_django stores since 4.0; its migration gave older rows the current time."""
    locked_out: int = 0
    """Those with which an active user cannot sign in (or, of ORPHAN, with which a person cannot sign up)."""

    def add(self, group: Mapping[str, Any]) -> None:
        """Add rows whose users are all active, or all inactive or missing."""
        self.rows += group["rows"]
        self.active += group["rows"] if group["active"] else 0
        self.oldest = min(filter(None, (self.oldest, group["oldest"])), default=None)
        self.newest = max(filter(None, (self.newest, group["newest"])), default=None)

    def subtract(self, other: "ClassCounts") -> None:
        """Subtract the rows of another class; keep the times."""
        self.rows -= other.rows
        self.active -= other.active


@dataclass(slots=True)
class ProviderSurvey:
    """Counts of one provider's associations."""

    name: str
    enabled: bool
    adopted: bool
    counts: dict[AssociationClass, ClassCounts] = field(default_factory=dict)
    with_capitals: int = 0
    """Addresses of LEGACY that are found only if the provider still spells them with these capitals."""

    @property
    def locked_out(self) -> int:
        """The sum of all classes."""
        return sum(counts.locked_out for counts in self.counts.values())


@dataclass(frozen=True, slots=True)
class Survey:
    """All that `check_associations` reports."""

    providers: list[ProviderSurvey]
    similar_names: int
    """User names that differ from others only in case, each counted once for all its spellings."""
    similar_users: int
    """The users with these names."""
    tokens_in_clear: int

    @property
    def locked_out(self) -> int:
        """The sum of all providers."""
        return sum(provider.locked_out for provider in self.providers)


@contextmanager
def nested_loops_disabled() -> Iterator[None]:
    """Keep PostgreSQL from comparing each row with each other one, which it does if it expects few rows."""
    using = router.db_for_read(UserSocialAuth)
    with transaction.atomic(using=using):
        if connections[using].vendor == "postgresql":
            with connections[using].cursor() as cursor:
                cursor.execute("SET LOCAL enable_nestloop = off")
        yield


def survey() -> Survey:
    """Count all associations; with many rows, call it within `nested_loops_disabled`."""
    names = UserSocialAuth.objects.order_by("provider").values_list("provider", flat=True).distinct()
    similar = _similar_names()
    return Survey(
        [survey_provider(name) for name in names], similar["names"], similar["users"] or 0, _tokens_in_clear()
    )


def survey_provider(name: str) -> ProviderSurvey:
    """Count one provider's associations."""
    if name not in registry.enabled():
        return _survey_disabled(name)
    associations, adopted = ProviderAssociations.of(name), name in conf.adopt_legacy_uids
    counts = _count_classes(associations.rows().order_by().values("row_class", "active"))
    result = ProviderSurvey(name, enabled=True, adopted=adopted)
    if AssociationClass.LEGACY in counts:
        result.with_capitals = associations.addresses_with_capitals().count()
        superseded, conflict = (_count(associations.of_class(row_class)) for row_class in _BY_OTHER_ROWS)
        # Subtraction replaces an anti-join, at which databases are slow.
        found = associations.found().values("user_id")
        conflict.subtract(_count(associations.of_class(AssociationClass.CONFLICT).filter(user_id__in=found)))
        counts[AssociationClass.SUPERSEDED], counts[AssociationClass.CONFLICT] = superseded, conflict
        counts[AssociationClass.LEGACY].subtract(superseded)
        counts[AssociationClass.LEGACY].subtract(conflict)
    result.counts = {key: counts[key] for key in AssociationClass if key in counts and counts[key].rows}
    for row_class, of_class in result.counts.items():
        of_class.locked_out = _locked_out(row_class, of_class, adopted=adopted)
    return result


def classified_ids(name: str) -> Iterator[tuple[int, AssociationClass]]:
    """Yield the id and the class of a provider's rows that are not FOUND, in order of the ids."""
    if name not in registry.enabled():
        reason = _reason_disabled(name)
        pks = UserSocialAuth.objects.filter(provider=name).order_by("pk").values_list("pk", flat=True)
        yield from ((pk, reason) for pk in pks.iterator(_BATCH))
        return
    associations = ProviderAssociations.of(name)
    rows = associations.rows().exclude(row_class=AssociationClass.FOUND).order_by("pk").values_list("pk", "row_class")
    by_other_rows = [_classified_ids_of(associations, row_class) for row_class in _BY_OTHER_ROWS]
    by_row = ((pk, AssociationClass(row_class)) for pk, row_class in rows.iterator(_BATCH))
    # Merging sorted streams takes constant memory. It is stable: the first entry of a row has the class that applies.
    for _, entries in groupby(merge(*by_other_rows, by_row, key=itemgetter(0)), key=itemgetter(0)):
        yield next(entries)


def _classified_ids_of(
    associations: ProviderAssociations, row_class: AssociationClass
) -> Iterator[tuple[int, AssociationClass]]:
    for pk in associations.of_class(row_class).order_by("pk").values_list("pk", flat=True).iterator(_BATCH):
        yield pk, row_class


def _locked_out(row_class: AssociationClass, counts: ClassCounts, *, adopted: bool) -> int:
    if row_class is AssociationClass.ORPHAN:
        return counts.rows
    lost = {AssociationClass.CONFLICT, AssociationClass.UNPROVABLE, AssociationClass.UNUSABLE}
    if not adopted:
        lost.add(AssociationClass.LEGACY)
    return counts.active if row_class in lost else 0


def _survey_disabled(name: str) -> ProviderSurvey:
    """Count the rows of a provider that is not enabled; users who can sign in otherwise are not locked out."""
    rows = with_users(UserSocialAuth.objects.filter(provider=name))
    counts = _count(rows)
    others = UserSocialAuth.objects.filter(_signs_in()).values("user_id")
    counts.locked_out = counts.active - rows.filter(active=True, user_id__in=others).count()
    return ProviderSurvey(name, enabled=False, adopted=False, counts={_reason_disabled(name): counts})


def _reason_disabled(name: str) -> AssociationClass:
    if registry.policy_for(name) is not None:
        return AssociationClass.DISABLED
    return AssociationClass.NO_CREDENTIAL if name in CATALOGUE else AssociationClass.UNKNOWN


def _signs_in() -> Q:
    """Return the condition of all rows with which users can sign in."""
    condition = Q(pk__in=[])
    for name in registry.enabled():
        condition |= ProviderAssociations.of(name).signs_in(adopted=name in conf.adopt_legacy_uids)
    return condition


def _count_classes(groups: QuerySet[Any, dict[str, Any]]) -> dict[AssociationClass, ClassCounts]:
    counts: dict[AssociationClass, ClassCounts] = {}
    for group in groups.annotate(rows=Count("pk"), oldest=Min("created"), newest=Max("created")):
        counts.setdefault(AssociationClass(group["row_class"]), ClassCounts()).add(group)
    return counts


def _count(rows: QuerySet[Any]) -> ClassCounts:
    one_class = rows.order_by().values("active", row_class=Value(AssociationClass.FOUND))
    return _count_classes(one_class).get(AssociationClass.FOUND, ClassCounts())


def _similar_names() -> Mapping[str, Any]:
    model = get_user_model()
    users = model._default_manager.order_by().annotate(folded=Lower(model.USERNAME_FIELD))
    similar = users.values("folded").annotate(same=Count("pk")).filter(same__gt=1)
    return similar.aggregate(names=Count("folded"), users=Sum("same"))


def _tokens_in_clear() -> int:
    in_clear = 0
    for progress in provider_token_rotation.remove(batch_size=_BATCH, write=False):
        in_clear = progress.changed_in_clear
    return in_clear
