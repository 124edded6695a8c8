"""Requests in any parts: the worker finds their end wherever they are cut."""

import gc
import socket
import time

import pytest
from gunicorn.config import Config  # type: ignore[import-untyped]  # the package has no types
from gunicorn.http import RequestParser  # type: ignore[import-untyped]  # the package has no types
from hypothesis import given
from hypothesis import strategies as st

from server.arrivals import MAX_BODY, MAX_HEAD, Request, TimedUnreader
from tests.growth import BOUND, FACTOR, growth
from tests.server.callers import request

PIECES = st.sampled_from(
    [
        b"POST / HTTP/1.1\r\n",
        b"Host: localhost\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: 99999\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Expect: 100-continue\r\n",
        b"5\r\nabcde\r\n",
        b"0\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"abcde",
        b"f;name\r\n",
        b"\xff",
    ]
)


@given(pieces=st.lists(PIECES, max_size=12), size=st.integers(1, 20))
def test_the_end_is_found_wherever_a_request_is_cut(pieces: list[bytes], size: int) -> None:
    """What the worker collects of a request, and whether it waits for more, does not depend on how it arrives."""
    sent = b"".join(pieces)
    at_once, in_parts = Request(sent), Request(b"")
    whole = at_once.is_whole()
    for start in range(0, len(sent), size):
        in_parts.received += sent[start : start + size]
        if in_parts.is_whole():
            break
    assert in_parts.is_whole() == whole
    assert type(in_parts.error) is type(at_once.error)


@pytest.mark.threat(41)
@pytest.mark.parametrize(
    "body",
    [b"5\n", b"0" * 30 + b"5\r\n{", b"1;" + b"a" * 200, b"0\r\nX-Sum: " + b"a" * 1_100, b"some\r\n"],
    ids=["a line feed", "a long size", "a long extension", "a long trailer", "no size"],
)
def test_chunks_whose_end_a_thread_would_wait_for_are_refused(body: bytes) -> None:
    """They get an error instead of a thread."""
    collected = Request(request("POST", "/", Transfer_Encoding="chunked") + body)
    assert collected.is_whole()
    assert collected.error is not None


@pytest.mark.threat(35, 41)
@pytest.mark.parametrize(
    ("head", "rest", "length"),
    [
        (b"GET / HTTP/1.1\r\n", b"X-Client: aaaaa\r\n", MAX_HEAD),
        (request("POST", "/", Transfer_Encoding="chunked"), b"1\r\n \r\n", MAX_HEAD),
        (request("POST", "/", Content_Length=str(MAX_BODY)), b" ", MAX_BODY),
    ],
    ids=["a head", "chunks", "a body"],
)
def test_collecting_takes_linear_time(head: bytes, rest: bytes, length: int) -> None:
    """Eight times as many bytes, one after the other, take about eight times the CPU time; of squares, 64 times."""

    def seconds(number: int) -> float:
        one, began = Request(head), time.process_time()
        for byte in (rest * number)[:number]:
            one.received.append(byte)
            one.is_whole()
        return time.process_time() - began

    assert min(seconds(length) / seconds(length // 8) for _ in range(4)) < 24


@pytest.mark.threat(35)
def test_reading_collected_chunks_takes_linear_time() -> None:
    """gunicorn's parser copies what it has of the rest for each chunk, so it gets no more than it would receive."""
    head = request("POST", "/", Transfer_Encoding="chunked")

    def read(sent: bytes) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            parser = RequestParser(Config(), ours, ("127.0.0.1", 1))
            parser.unreader = TimedUnreader(ours)
            parser.unreader.unread(sent)
            assert len(next(parser).body.read()) == sent.count(b"1\r\n ")
            assert parser.unreader.take_buffered() == b"GET"

    def chunks(number: int) -> bytes:
        return head + b"1\r\n \r\n" * number + b"0\r\n\r\nGET"

    assert growth(read, chunks, MAX_BODY // FACTOR - 1500) < BOUND


def test_a_request_is_freed_at_once() -> None:
    """It is part of no reference cycle, and the bytes of many requests do not wait for the garbage collector."""
    gc.collect()
    gc.disable()
    try:
        Request(request("GET", "/")).is_whole()
        assert gc.collect() == 0
    finally:
        gc.enable()
