"""Instructions are counted of each request, repeatably, and only of right answers."""

import sys
from pathlib import Path

import pytest

from benchmarks.callgrind import counted_application, is_installed
from benchmarks.load import Request, UnexpectedResponseError

pytestmark = pytest.mark.skipif(not is_installed(), reason="valgrind is not installed")


def get(number: str, body: bytes = b"") -> Request:
    return Request(f"GET /{number} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(), frozenset({200}), body)


def test_the_work_of_each_request_is_counted(tmp_path: Path) -> None:
    """The least count is returned; work that is ten times as much takes more instructions."""
    with counted_application(sys.executable, "tests.benchmarks.counted:application", {}, tmp_path) as application:
        assert application.answer([get("3", b"3"), get("4", b"6")]) == [b"3", b"6"]
        little, again = (application.count([get("100000"), *[get("1000")] * 3]) for _ in range(2))
        much = application.count([get("10000")] * 3)
        assert little == pytest.approx(again, rel=0.03)
        assert 5 * little < much < 10 * little
        with pytest.raises(UnexpectedResponseError):
            application.count([get("1"), get("nothing")])
