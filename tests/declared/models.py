"""The rows behind the resource."""

from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models


class Note(models.Model):
    """A note that its owner may change and everyone may read."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    text = models.CharField(max_length=100)
    stars = models.IntegerField(default=0)
    pinned = models.BooleanField(default=False)
    created = models.DateTimeField()
    # For the type checker, whose settings do not have this app.
    owner_id: int
    objects: ClassVar[models.Manager["Note"]] = models.Manager()

    def __str__(self) -> str:
        """Return the text."""
        return self.text


class Release(models.Model):
    """A release, which its slug names in URLs."""

    name = models.CharField(max_length=50)
    slug = models.SlugField(unique=True)
    objects: ClassVar[models.Manager["Release"]] = models.Manager()

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class OS(models.Model):
    """An installer of a release: the model in docs/resources.md."""

    name = models.CharField(max_length=50)
    release = models.ForeignKey(Release, on_delete=models.PROTECT)
    size = models.IntegerField(default=0)
    price = models.DecimalField(max_digits=6, decimal_places=2, default="0.00")
    created = models.DateTimeField(auto_now_add=True)
    objects: ClassVar[models.Manager["OS"]] = models.Manager()

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Tag(models.Model):
    """A word for several files."""

    word = models.CharField(max_length=20, unique=True)
    objects: ClassVar[models.Manager["Tag"]] = models.Manager()

    def __str__(self) -> str:
        """Return the word."""
        return self.word


class File(models.Model):
    """A file of a release, with a column of each kind."""

    name = models.CharField(max_length=50)
    slug = models.SlugField(blank=True)
    description = models.TextField(blank=True)
    size = models.PositiveBigIntegerField(default=0)
    count = models.IntegerField(default=0)
    price = models.DecimalField(max_digits=6, decimal_places=2, default="0.00")
    ratio = models.FloatField(null=True, blank=True)
    is_published = models.BooleanField(default=False)
    created = models.DateTimeField()
    day = models.DateField(null=True, blank=True)
    hour = models.TimeField(null=True, blank=True)
    key = models.UUIDField(null=True, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    length = models.DurationField(null=True, blank=True)
    image = models.FileField(blank=True)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="files")
    previous = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True)
    tags = models.ManyToManyField(Tag, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True)
    # For the type checker, whose settings do not have this app.
    owner_id: int | None
    objects: ClassVar[models.Manager["File"]] = models.Manager()

    class Meta:
        """The order of lists."""

        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("name", "release"), name="name_of_release"),)

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Shown(models.Manager["Country"]):
    """Without the countries that are hidden."""

    def get_queryset(self) -> models.QuerySet["Country"]:
        """Return the countries that are not hidden."""
        return super().get_queryset().filter(is_hidden=False)


class Country(models.Model):
    """A country, whose key the client chooses; hidden ones are only in `everything`."""

    code = models.CharField(max_length=2, primary_key=True)
    name = models.CharField(max_length=50)
    is_hidden = models.BooleanField(default=False, editable=False)
    objects: ClassVar[models.Manager["Country"]] = Shown()
    everything: ClassVar[models.Manager["Country"]] = models.Manager()

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Server(models.Model):
    """A server of a country, with fields whose values not every database can store or compare."""

    name = models.SlugField(unique=True, allow_unicode=True)
    country = models.ForeignKey(Country, on_delete=models.PROTECT)
    mirrors = models.ManyToManyField(Country, related_name="mirrored", blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    uptime = models.DurationField(null=True, blank=True)
    price = models.DecimalField(max_digits=6, decimal_places=2, default="0.00")
    is_new = models.BooleanField(default=False)
    room = models.CharField(max_length=5, default=None, editable=False)
    # For the type checker, whose settings do not have this app.
    country_id: str
    objects: ClassVar[models.Manager["Server"]] = models.Manager()

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Mirror(Server):
    """A server with a table of its own for more fields."""

    source = models.CharField(max_length=50)


class Capital(Country):
    """A country with a table of its own for more fields."""

    mayor = models.CharField(max_length=50)


class Shelf(models.Model):
    """A shelf of a user's, which its name names in URLs."""

    name = models.CharField(max_length=50, unique=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, editable=False)
    # For the type checker, whose settings do not have this app.
    owner_id: int | None
    objects: ClassVar[models.Manager["Shelf"]] = models.Manager()

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Project(models.Model):
    """A project on some shelves, whose key is there before it is stored."""

    key = models.UUIDField(primary_key=True, default=uuid4)
    name = models.CharField(max_length=50)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, editable=False)
    shelves = models.ManyToManyField(Shelf, blank=True)
    # For the type checker, whose settings do not have this app.
    owner_id: int | None
    objects: ClassVar[models.Manager["Project"]] = models.Manager()

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Volume(models.Model):
    """A volume of a user's, whose key the client chooses."""

    title = models.CharField(max_length=50, primary_key=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, editable=False)
    # For the type checker, whose settings do not have this app.
    owner_id: int | None
    objects: ClassVar[models.Manager["Volume"]] = models.Manager()

    def __str__(self) -> str:
        """Return the title."""
        return self.title


class Sample(models.Model):
    """A column of each type."""

    number = models.IntegerField(primary_key=True)
    text = models.CharField(max_length=50)
    large = models.BigIntegerField()
    real = models.FloatField()
    price = models.DecimalField(max_digits=6, decimal_places=2)
    flag = models.BooleanField()
    moment = models.DateTimeField()
    day = models.DateField()
    hour = models.TimeField()
    length = models.DurationField()
    key = models.UUIDField()
    address = models.GenericIPAddressField()
    extra = models.JSONField()
    file = models.FileField()
    raw = models.BinaryField()
    shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE, null=True)
    shelves = models.ManyToManyField(Shelf, related_name="+")
    doubled = models.GeneratedField(
        expression=models.F("number") * 2, output_field=models.IntegerField(), db_persist=True
    )
    is_first = models.GeneratedField(
        expression=models.ExpressionWrapper(models.Q(number=1), output_field=models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    objects: ClassVar[models.Manager["Sample"]] = models.Manager()

    def __str__(self) -> str:
        """Return the number."""
        return str(self.number)


class Words(models.Field):  # type: ignore[type-arg]  # it takes none when it runs
    """A type that Django does not have, such as PostgreSQL's own."""


class Searched(models.Model):
    """A row with a column of such a type; there is no table."""

    words = Words()

    class Meta:
        """No table, because not every database has the type."""

        managed = False

    def __str__(self) -> str:
        """Return the words."""
        return str(self.words)
