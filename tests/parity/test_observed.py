"""A host project's own resources: recorded requests are replayed against both versions, and noise is left out."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from hypothesis import given
from hypothesis import strategies as st

from parity.json_text import differences, is_within, layout
from parity.observed import Pairs
from parity.resource_report import ResourceReport
from tests.differential.budget import budget
from tests.parity import hosting
from tests.parity.running import Ended, check_parity

RECORDED = (
    {"method": "GET", "path": "/api/v1/downloads/os/?limit=1&slug=windows", "status": 200},
    {"method": "GET", "path": "/api/v1/downloads/os/?same=1", "status": 401},
    {"method": "GET", "path": "/api/v1/downloads/os/?noisy=1"},
    {"method": "GET", "path": "/api/v1/downloads/os/"},
    {"method": "DELETE", "path": "/api/v1/downloads/os/1/"},
    {"method": "GET", "path": "/api/v1/release/"},
    {"method": "GET", "path": "/api/v1/page/1/"},
    {"method": "GET", "path": "/api/v1/page/2/"},
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Serve the host project."""
    with hosting.serving() as url:
        yield url


def replayed(url: str, folder: Path, *recorded: dict[str, Any], more: tuple[object, ...] = ()) -> Ended:
    """Replay requests against the host project."""
    log = folder / "log.jsonl"
    log.write_text("\n".join(map(json.dumps, recorded)), encoding="utf-8")
    return check_parity("--url", url, "--log", log, "--pair", "downloads/os=os", *more)


def test_a_pair_is_compared_beyond_its_noise(url: str, tmp_path: Path) -> None:
    """Noise is left out and listed; each real difference has its place, count and one sample."""
    ended = replayed(url, tmp_path, *RECORDED, more=("--json",))
    assert ended.code == 1
    systems, release, page = ended.json["resources"]
    assert (systems["old"], systems["new"], systems["verdict"]) == ("downloads/os", "os", "different")
    assert (systems["compared"], systems["identical"], systems["different"]) == (4, 2, 2)
    (difference,) = systems["differences"]
    assert (difference["place"], difference["requests"]) == ("$.objects[*].name", 2)
    assert (difference["old"], difference["new"], difference["number"]) == ('"Windows"', '"windows"', 1)
    noise = {(one["part"], one["place"]): one["requests"] for one in systems["noise"]}
    assert noise == {("body", "$.call"): 4, ("header", "etag"): 4, ("body", "$.objects[*].name"): 1}
    assert systems["covered"] == {
        "methods": {"GET": 4},
        "paths": {"downloads/os/": 4},
        "more_paths": 0,
        "parameters": {"limit": 1, "slug": 1, "same": 1, "noisy": 1},
        "statuses": {"200": 4},
        "other_status_than_recorded": 1,
    }
    assert systems["not_compared"] == {"DELETE changes something (--writes)": 1}
    assert (release["verdict"], release["differences"], release["same_values"]) == ("same values", [], 1)
    assert (page["verdict"], page["identical"], page["covered"]["paths"]) == ("ready", 2, {"page/{id}/": 2})


def test_ready_is_exit_code_0_and_says_over_what(url: str, tmp_path: Path) -> None:
    """The lines and the page show what the verdict covers, and what was not compared."""
    report = tmp_path / "report.html"
    write = {"method": "PATCH", "path": "/api/v1/page/1/"}
    ended = replayed(url, tmp_path, *RECORDED[-2:], write, more=("--report", report))
    assert ended.code == 0, ended
    page = report.read_text(encoding="utf-8")
    for text in (
        "page = page: ready",
        "2 requests compared: 2 identical, 0 with the same values in other bytes or headers, 0 different",
        "paths: page/{id}/ (2)",
        "NOT COMPARED: PATCH changes something (--writes) (1)",
        "Resources of the host project: 1 ready.",
    ):
        assert text in ended.out
        assert text in page


def test_another_status_is_a_difference(url: str, tmp_path: Path) -> None:
    """It is counted once for each request; bodies of other statuses are not compared."""
    ended = replayed(url, tmp_path, {"method": "GET", "path": "/api/v1/page/404/"}, more=("--json",))
    (page,) = ended.json["resources"]
    assert [(one["part"], one["old"], one["new"]) for one in page["differences"]] == [("status", "200", "404")]
    assert (ended.code, page["verdict"]) == (1, "different")


@override_settings(PAIRED_RESOURCES={"downloads/os": "os"})
def test_the_setting_names_the_pairs(url: str, tmp_path: Path) -> None:
    """The same names as the option's."""
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps(RECORDED[1]), encoding="utf-8")
    ended = check_parity("--url", url, "--log", log, "--json")
    assert [(one["new"], one["verdict"]) for one in ended.json["resources"]] == [("os", "ready")]


def test_the_hosts_own_root_is_not_compared(url: str) -> None:
    """A host project that keeps its own root is no reason to refuse the run; the report says so."""
    if len(settings.APIS) < 2:
        pytest.skip("one version is mounted")
    only = r"^(GET|DELETE) (provider/)?(\?\S*)? \(contract, (methods|lists)"
    ended = check_parity("--url", url, "--json", "--only", only)
    assert ended.json["skipped"]["the host project answers there itself"] == 2
    assert (ended.code, ended.json["different"], ended.json["compared"] > 20) == (0, 0, True)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_view_of_the_host_runs_once_for_each_request(method: str) -> None:
    """No middleware calls it again, on either version."""
    hosting.calls.clear()
    with override_settings(ROOT_URLCONF=hosting.__name__, RETIRED_APIS={}):
        for prefix in (hosting.OLD, hosting.NEW):
            answer = Client(SERVER_NAME="api.example.com").generic(method, f"/{prefix}counted/")
            assert answer.status_code == {"GET": 200, "POST": 201}[method]
    assert hosting.calls == {f"{method} /api/v1/counted/": 1, f"{method} /api/v2/counted/": 1}


def test_a_rare_change_hides_no_difference() -> None:
    """A place that is noise less often than it differs is a difference in the other requests."""
    name, call = ("body", "$.name"), ("body", "$.call")
    report = ResourceReport("os", "os")
    report.compared = [(frozenset({name, call}), True)] * 3
    report.noise.update({name: 2, call: 3})
    assert report.differing() == {name: 3}
    report.noise[("body", "$")] = 1
    assert (report.differing(), report.verdict) == ({}, "no success")
    report.statuses[200] = 1
    assert report.verdict == "ready"


@pytest.mark.parametrize(
    ("old", "new", "places", "is_laid_out_alike"),
    [
        ('{"a": 1, "b": [1, 2]}', '{"a": 1, "b": [1, 2]}', [], True),
        ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}', [], False),
        ('{"a": 1.0}', '{"a": 1}', [], False),
        ('{"a": true}', '{"a": 1}', ["$.a"], True),
        ('{"a": NaN}', '{"a": NaN}', [], True),
        ('{"a": [{"b": "}\\""}, {"b": 2}]}', '{"a": [{"b": "]"}, {"b": 3}]}', ["$.a[*].b"], True),
        ('{"a": [1], "c": 1}', '{"a": [1, 2], "c": 1}', ["$.a"], True),
        ('{"a": 1}', '{"a": 1, "b": {"c": 2}}', ["$.b"], False),
        ('{"a": 1}', "<p>1</p>", ["$"], True),
        ("\xff", "\xfe", ["$"], True),
        ("{\x00}\x00", "[\x00]\x00", ["$"], True),
    ],
)
def test_values_and_bytes_are_told_apart(old: str, new: str, places: list[str], is_laid_out_alike: bool) -> None:
    """Differences are of values; the layout is what is left of the bytes without the places that differ."""
    one, other = old.encode("latin-1"), new.encode("latin-1")
    found = differences(one, other)
    assert [place for _, place in found] == places
    assert (layout(one, set(found)) == layout(other, set(found))) is is_laid_out_alike


KEYS = st.sampled_from(["a", "b", "é", "a b", '"', "}"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text('"\\\\]}:,a é', max_size=5)
VALUES = st.recursive(LEAVES, lambda one: st.lists(one, max_size=4) | st.dictionaries(KEYS, one, max_size=4))
STYLES = st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 1}, {"ensure_ascii": False}])


@given(old=VALUES, new=VALUES, around=VALUES, style=STYLES, other_style=STYLES)
@budget(200)
def test_a_text_without_a_place_is_the_rest(
    old: Any, new: Any, around: Any, style: dict[str, Any], other_style: dict[str, Any]
) -> None:
    """Two texts that differ in one place are alike to the byte without it; another style changes no value."""
    one, other = (json.dumps({"a": around, "x": value, "z": [around, 1]}, **style).encode() for value in (old, new))
    assert "".join(layout(one, set())).encode() == one
    assert layout(one, {("body", "$.x")}) == layout(other, {("body", "$.x")})
    assert all(is_within(place, {("body", "$.x")}) for place in differences(one, other))
    assert differences(json.dumps(old, **style).encode(), json.dumps(old, **other_style).encode()) == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/rest/1.0/downloads/os/1/", "/rest/2/os/1/"),
        (r"http:\/\/h\/rest\/1.0\/downloads\/os\/1\/", r"http:\/\/h\/rest\/2\/os\/1\/"),
        ("/rest/1.0/downloads/osx/", "/rest/2/downloads/osx/"),
        ("/rest/1.0/downloads/os?x=/rest/1.0/", "/rest/2/os?x=/rest/2/"),
        ("/rest/1x0/downloads/os/", "/rest/1x0/downloads/os/"),
    ],
)
def test_uris_of_the_older_version_are_renamed(old: str, new: str) -> None:
    """Any prefix, the names of pairs, and escaped slashes."""
    pairs = Pairs(
        {"downloads": "files", "downloads/os": "os"} if "osx" not in old else {"downloads/os": "os"},
        ("rest/1.0/", "rest/2/"),
        ("/rest/1.0/", "/rest/2/"),
    )
    assert pairs.renamed(old.encode()) == new.encode()


def test_the_hosts_urls_name_its_resources() -> None:
    """A pair may have one path in both versions, and other names than the parts of their paths."""

    def view(request: HttpRequest) -> HttpResponse:
        raise NotImplementedError

    own = (
        path("rest/1.0/downloads/os/", view, {"resource_name": "downloads/os"}),
        path("rest/1.0/downloads/release/", view, {"resource_name": "downloads/release"}),
        path("rest/2/downloads/os/", view, name="os"),
    )
    with override_settings(ROOT_URLCONF=own):
        names = {"downloads/os": "os", "downloads/release": "release"}
        pairs = Pairs(names, ("rest/1.0/", "rest/2/"), ("/rest/1.0/", "/rest/2/"))
        assert pairs.counterpart("downloads/os/1/?x=1") == "downloads/os/1/?x=1"
        assert pairs.renamed(b"/rest/1.0/downloads/os/1/") == b"/rest/2/downloads/os/1/"
        assert pairs.counterpart("downloads/release/1/") == "release/1/"
        unpaired = Pairs({}, ("rest/1.0/", "rest/2/"), ("/rest/1.0/", "/rest/2/"))
        found = [unpaired.resource(one) for one in ("downloads/os/", "downloads/release/", "downloads/none/")]
        assert found == ["downloads/os", "downloads/release", "downloads"]
