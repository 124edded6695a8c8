"""What a read asks for, and who is measured by reads."""

from benchmarks.candidates import candidates
from benchmarks.results import BASELINE


def test_the_baseline_and_tandem_sign_in_and_read():
    """Every other candidate does one of the two."""
    known = candidates()
    both = [one.name for one in known if one.path and one.read_path]

    assert both == [BASELINE, *(one.name for one in known if one.is_tandem)]
    assert all(one.path or one.read_path for one in known)


def test_a_read_presents_the_credential():
    """It expects a user in the response."""
    (baseline,) = candidates([BASELINE])
    request = baseline.read("Bearer one")

    assert request.data.startswith(b"GET /user/ HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Bearer one\r\n" in request.data
    assert request.contains == b'"username"'
