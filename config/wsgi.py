"""The WSGI application."""

import os
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from django.core.wsgi import get_wsgi_application

from shared.contract.wire import MEDIA_TYPE, media_type

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
_django = get_wsgi_application()
_READ = {MEDIA_TYPE, "application/x-www-form-urlencoded"}
"""The media types of the APIs and of the admin's forms, which upload no files."""
_UNREAD = "application/octet-stream"


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer a request, with every `Content-Type` that nothing here reads replaced by one that Django does not parse.

    Django parses the header before any middleware runs: in quadratic time, and with exceptions for some parameters and
    charsets (`django.utils.http.parse_header_parameters` of 5.2). It parses the headers of a form's parts, too. The
    APIs refuse both types alike.
    """
    content_type = environ.get("CONTENT_TYPE", "")
    if content_type.strip() and media_type(content_type) not in _READ:
        environ["CONTENT_TYPE"] = _UNREAD
    return _django(environ, start_response)
