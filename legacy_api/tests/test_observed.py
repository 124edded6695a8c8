"""A Tastypie resource and a REST framework viewset, as a host project has them, are compared as a pair."""

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.urls import include, path
from rest_framework import renderers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSet
from tastypie import fields  # type: ignore[import-untyped]  # the package has no types
from tastypie.api import Api  # type: ignore[import-untyped]  # the package has no types
from tastypie.resources import Resource  # type: ignore[import-untyped]  # the package has no types

from tests.parity.hosting import serving
from tests.parity.running import check_parity


@dataclass
class System:
    """An operating system for which there are downloads."""

    pk: int = 0
    name: str = ""
    slug: str = ""


SYSTEMS = [System(1, "Windows", "windows"), System(2, "macOS", "macos")]
_calls = itertools.count()


class SystemResource(Resource):  # type: ignore[misc]  # the package has no types
    """The older version's resource."""

    id = fields.IntegerField("pk")
    name = fields.CharField("name")
    slug = fields.CharField("slug")

    class Meta:
        resource_name = "downloads/os"
        object_class = System
        allowed_methods = ("get", "post")

    def detail_uri_kwargs(self, bundle_or_obj: Any) -> dict[str, int]:
        """Return the id for `resource_uri`."""
        return {"pk": getattr(bundle_or_obj, "obj", bundle_or_obj).pk}

    def obj_get_list(self, bundle: Any, **kwargs: Any) -> Sequence[System]:
        """Return the objects that `slug` selects."""
        slug = bundle.request.GET.get("slug")
        return [one for one in SYSTEMS if slug in {None, one.slug}]

    def obj_get(self, bundle: Any, **kwargs: Any) -> System:
        """Return one object."""
        return SYSTEMS[int(kwargs["pk"]) - 1]

    def dehydrate(self, bundle: Any) -> Any:
        """Add a number that is new on each call."""
        bundle.data["served"] = next(_calls)
        return bundle


class SystemViewSet(ViewSet):
    """The newer version's resource, which ignores the filter."""

    authentication_classes = ()
    permission_classes = ()

    class renderer_class(renderers.JSONRenderer):  # noqa: N801 - local to the class
        """With a space after commas and colons."""

        compact = False

    renderer_classes = (renderer_class,)

    def _fields(self, one: System) -> dict[str, Any]:
        uri = f"/api/v2/os/{one.pk}/"
        served = next(_calls)
        return {"id": one.pk, "name": one.name, "resource_uri": uri, "served": served, "slug": one.slug}

    def list(self, request: Request) -> Response:
        """Return all objects."""
        meta = {"limit": 20, "next": None, "offset": 0, "previous": None, "total_count": len(SYSTEMS)}
        return Response({"meta": meta, "objects": [self._fields(one) for one in SYSTEMS]})

    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one object."""
        return Response(self._fields(SYSTEMS[int(pk) - 1]))


_api = Api(api_name="v1")
_api.register(SystemResource())
_router = SimpleRouter()
_router.register("os", SystemViewSet, basename="os")
urlpatterns = [path("api/", include(_api.urls)), path("api/v2/", include(_router.urls))]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Serve both resources."""
    with serving(__name__) as url:
        yield url


def compared(url: str, folder: Path, *paths: str) -> Any:
    """Replay GET requests and return the report of the resource."""
    log = folder / "log.jsonl"
    log.write_text("\n".join(json.dumps({"method": "GET", "path": f"/api/v1/{one}"}) for one in paths))
    ended = check_parity(
        *("--url", url, "--log", log, "--pair", "downloads/os=os", "--json"),
        *("--ignore-header", "allow", "--ignore-header", "cache-control", "--ignore-header", "vary"),
    )
    (resource,) = ended.json["resources"]
    return resource


def test_the_pair_is_ready_where_both_answer_alike(url: str, tmp_path: Path) -> None:
    """The bytes are the same after the prefix, the name and the noise."""
    found = compared(url, tmp_path, "downloads/os/", "downloads/os/1/", "downloads/os/2/?format=json")
    assert (found["verdict"], found["compared"], found["differences"]) == ("ready", 3, [])
    assert {one["place"] for one in found["noise"]} == {"$.objects[*].served", "$.served"}
    assert found["covered"]["paths"] == {"downloads/os/{id}/": 2, "downloads/os/": 1}


def test_a_filter_that_the_new_version_ignores_is_found(url: str, tmp_path: Path) -> None:
    """Filters are sent as recorded; the difference is named by its place."""
    found = compared(url, tmp_path, "downloads/os/", "downloads/os/?slug=macos")
    places = {one["place"]: (one["old"], one["new"]) for one in found["differences"]}
    assert places == {"$.meta.total_count": ("1", "2"), "$.objects": ("1 elements", "2 elements")}
    assert (found["verdict"], found["identical"], found["different"]) == ("different", 1, 1)
