"""What `failure_reply` logs."""

import pytest
from django.test import RequestFactory

from shared.contract.errors import ProviderBadResponse
from shared.http.failures import failure_reply


@pytest.mark.threat(29)
def test_messages_of_libraries_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The log has the class of the cause but not its message, also in a project without `ContractMiddleware`."""
    error = ProviderBadResponse()
    error.__cause__ = ValueError("invalid literal: 'canary'")
    reply = failure_reply(error, RequestFactory().get("/api/v2/"))
    assert reply.status == 502
    assert "provider_bad_response: cause=ValueError" in caplog.text
    assert "canary" not in caplog.text
