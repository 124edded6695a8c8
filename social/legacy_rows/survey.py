"""Counts of all associations by what will become of them; the database counts, and nothing is written."""

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
from social.legacy_rows.classification import Class, Provider, with_users
from social.providers import registry
from social.providers.catalogue import CATALOGUE

_BY_OTHERS = (Class.SUPERSEDED, Class.CONFLICT)
"""Classes that other rows make of OLD, the stronger first."""
_BATCH = 5000


@dataclass(slots=True)
class Tally:
    """The associations of one class."""

    rows: int = 0
    active: int = 0
    """Those of active users."""
    oldest: datetime | None = None
    newest: datetime | None = None
    """When they were made; social_django 4.0 and later know, and gave older rows the time of its migration."""
    locked_out: int = 0
    """Those by which an active user cannot sign in (or, of ORPHAN, by which a person cannot sign up)."""

    def add(self, group: Mapping[str, Any]) -> None:
        """Take in rows whose users are all active, or all not."""
        self.rows += group["rows"]
        self.active += group["rows"] if group["active"] else 0
        self.oldest = min(filter(None, (self.oldest, group["oldest"])), default=None)
        self.newest = max(filter(None, (self.newest, group["newest"])), default=None)

    def __isub__(self, other: "Tally") -> "Tally":
        """Take out rows that are another class's; what is known of their age stays."""
        self.rows -= other.rows
        self.active -= other.active
        return self


@dataclass(slots=True)
class Findings:
    """What there is of one provider."""

    name: str
    enabled: bool
    adopted: bool
    tallies: dict[Class, Tally] = field(default_factory=dict)
    with_capitals: int = 0
    """Addresses of OLD that are found only if the provider still writes them with these capitals."""

    @property
    def locked_out(self) -> int:
        """Sum up its classes."""
        return sum(tally.locked_out for tally in self.tallies.values())


@dataclass(frozen=True, slots=True)
class Survey:
    """All that `check_associations` tells."""

    providers: list[Findings]
    names_alike: int
    """User names that more than one user has, but for the case of their letters."""
    users_alike: int
    tokens_in_clear: int

    @property
    def locked_out(self) -> int:
        """Sum up the providers."""
        return sum(findings.locked_out for findings in self.providers)


@contextmanager
def planned() -> Iterator[None]:
    """Keep PostgreSQL from comparing every row with every other, which it does where it expects few rows."""
    using = router.db_for_read(UserSocialAuth)
    with transaction.atomic(using=using):
        if connections[using].vendor == "postgresql":
            with connections[using].cursor() as cursor:
                cursor.execute("SET LOCAL enable_nestloop = off")
        yield


def survey() -> Survey:
    """Count everything; `planned` around it helps with many rows."""
    names = UserSocialAuth.objects.order_by("provider").values_list("provider", flat=True).distinct()
    alike = _names_alike()
    return Survey([findings_of(name) for name in names], alike["names"], alike["users"] or 0, _tokens_in_clear())


def findings_of(name: str) -> Findings:
    """Count one provider's rows."""
    if name not in registry.enabled():
        return _out_of_use(name)
    provider, adopted = Provider.named(name), name in conf.adopt_legacy_uids
    tallies = _tallies(provider.rows().order_by().values("kind", "active"))
    found = Findings(name, enabled=True, adopted=adopted, tallies=tallies)
    if Class.OLD in tallies:
        found.with_capitals = provider.addresses_with_capitals().count()
        superseded, conflict = (_tally(provider.of_class(kind)) for kind in _BY_OTHERS)
        # By subtraction: a database is slow at what is not in another table.
        both = provider.of_class(Class.CONFLICT).filter(user_id__in=provider.found().values("user_id"))
        conflict -= _tally(both)
        tallies[Class.SUPERSEDED], tallies[Class.CONFLICT] = superseded, conflict
        tallies[Class.OLD] -= superseded
        tallies[Class.OLD] -= conflict
    found.tallies = {kind: tallies[kind] for kind in Class if kind in tallies and tallies[kind].rows}
    for kind, tally in found.tallies.items():
        tally.locked_out = _locked_out(kind, tally, adopted=adopted)
    return found


def ids(name: str) -> Iterator[tuple[int, Class]]:
    """Give id and class of a provider's rows that are not FOUND, by id, one at a time."""
    if name not in registry.enabled():
        kind = _why_out_of_use(name)
        pks = UserSocialAuth.objects.filter(provider=name).order_by("pk").values_list("pk", flat=True)
        yield from ((pk, kind) for pk in pks.iterator(_BATCH))
        return
    provider = Provider.named(name)
    first = provider.rows().exclude(kind=Class.FOUND).order_by("pk").values_list("pk", "kind")
    by_others = [_of_class(provider, kind) for kind in _BY_OTHERS]
    # Sorted streams side by side: a row that several have is of the strongest class.
    together = merge(*by_others, ((pk, Class(kind)) for pk, kind in first.iterator(_BATCH)), key=itemgetter(0))
    for _, same in groupby(together, key=itemgetter(0)):
        yield next(same)


def _of_class(provider: Provider, kind: Class) -> Iterator[tuple[int, Class]]:
    for pk in provider.of_class(kind).order_by("pk").values_list("pk", flat=True).iterator(_BATCH):
        yield pk, kind


def _locked_out(kind: Class, tally: Tally, *, adopted: bool) -> int:
    if kind is Class.ORPHAN:
        return tally.rows
    lost = {Class.CONFLICT, Class.UNPROVABLE, Class.UNUSABLE} | (set() if adopted else {Class.OLD})
    return tally.active if kind in lost else 0


def _out_of_use(name: str) -> Findings:
    """Count the rows of a provider that nobody can sign in with: who has another way in is not locked out."""
    rows = with_users(UserSocialAuth.objects.filter(provider=name))
    tally = _tally(rows)
    others = UserSocialAuth.objects.filter(_is_a_way_in()).values("user_id")
    tally.locked_out = tally.active - rows.filter(active=True, user_id__in=others).count()
    return Findings(name, enabled=False, adopted=False, tallies={_why_out_of_use(name): tally})


def _why_out_of_use(name: str) -> Class:
    if registry.policy_for(name) is not None:
        return Class.OFF
    return Class.IMPOSSIBLE if name in CATALOGUE else Class.UNKNOWN


def _is_a_way_in() -> Q:
    way = Q(pk__in=[])
    for name in registry.enabled():
        way |= Provider.named(name).signs_in(adopted=name in conf.adopt_legacy_uids)
    return way


def _tallies(groups: QuerySet[Any, dict[str, Any]]) -> dict[Class, Tally]:
    tallies: dict[Class, Tally] = {}
    for group in groups.annotate(rows=Count("pk"), oldest=Min("created"), newest=Max("created")):
        tallies.setdefault(Class(group["kind"]), Tally()).add(group)
    return tallies


def _tally(rows: QuerySet[Any]) -> Tally:
    (tally,) = _tallies(rows.order_by().values("active", kind=Value(Class.FOUND))).values() or (Tally(),)
    return tally


def _names_alike() -> Mapping[str, Any]:
    model = get_user_model()
    users = model._default_manager.order_by().annotate(folded=Lower(model.USERNAME_FIELD))
    alike = users.values("folded").annotate(same=Count("pk")).filter(same__gt=1)
    return alike.aggregate(names=Count("folded"), users=Sum("same"))


def _tokens_in_clear() -> int:
    in_clear = 0
    for tally in provider_token_rotation.forget(batch_size=_BATCH, write=False):
        in_clear = tally.of_which_in_clear
    return in_clear
