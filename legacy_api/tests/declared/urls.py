"""The service's URLs, and a project's old Tastypie API with default settings at `/old/v1/`."""

from django.urls import include, path
from tastypie import fields  # type: ignore[import-untyped]  # the package has no types
from tastypie.api import Api  # type: ignore[import-untyped]  # the package has no types
from tastypie.authorization import Authorization  # type: ignore[import-untyped]  # the package has no types
from tastypie.constants import ALL, ALL_WITH_RELATIONS  # type: ignore[import-untyped]  # the package has no types
from tastypie.resources import ModelResource  # type: ignore[import-untyped]  # the package has no types

from shared.http.urls import api_urls
from tests.declared.models import OS, File, Release, Tag


class ReleaseResource(ModelResource):  # type: ignore[misc]  # likewise
    """Releases, found by their slug."""

    class Meta:
        """The options of the old API."""

        queryset = Release.objects.all()
        resource_name = "downloads/release"
        detail_uri_name = "slug"
        filtering = {"slug": ["exact", "in"]}


class PageReleaseResource(ReleaseResource):
    """Releases, as docs/resources.md has them."""

    class Meta(ReleaseResource.Meta):
        """The options of the old API."""

        resource_name = "release"


class OSResource(ModelResource):  # type: ignore[misc]  # likewise
    """Installers, as docs/resources.md has them."""

    release = fields.ToOneField(PageReleaseResource, "release")

    class Meta:
        """The options of the old API."""

        queryset = OS.objects.all()
        resource_name = "downloads/os"


class TagResource(ModelResource):  # type: ignore[misc]  # likewise
    """Tags."""

    class Meta:
        """The options of the old API."""

        queryset = Tag.objects.all()
        resource_name = "downloads/tag"
        fields = ("word",)


class LabelResource(ModelResource):  # type: ignore[misc]  # likewise
    """Tags that clients write, without a maximum of objects on a page."""

    class Meta:
        """The options of the old API."""

        queryset = Tag.objects.all()
        resource_name = "downloads/label"
        authorization = Authorization()
        always_return_data = True
        max_limit = 0


class FileResource(ModelResource):  # type: ignore[misc]  # likewise
    """Files, with relations of each kind."""

    release = fields.ToOneField(ReleaseResource, "release")
    previous = fields.ToOneField("self", "previous", null=True)
    tags = fields.ToManyField(TagResource, "tags", blank=True)
    whole_release = fields.ToOneField(ReleaseResource, "release", full=True, readonly=True)
    release_id = fields.IntegerField("release_id", readonly=True)
    release_name = fields.CharField("release__name", readonly=True)

    class Meta:
        """The options of the old API."""

        queryset = File.objects.all()
        resource_name = "downloads/file"
        authorization = Authorization()
        limit = 3
        filtering = {
            "name": ALL,
            "size": ALL,
            "is_published": ["exact"],
            "created": ["gt"],
            "release": ALL_WITH_RELATIONS,
            "previous": ["isnull", "exact"],
        }
        ordering = ("name", "created")


api = Api(api_name="v1")
for resource in (ReleaseResource, PageReleaseResource, OSResource, TagResource, LabelResource, FileResource):
    api.register(resource())

urlpatterns = [path("old/", include(api.urls)), *api_urls()]
