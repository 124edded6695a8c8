"""HTML pages that stand outside the APIs and work in any project: `/api/v2/docs/` and the page of a client team."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.template import Context, Engine
from django.templatetags.static import static

_TEMPLATES = Engine(app_dirs=True, libraries={"static": "django.templatetags.static"})
"""Not the project's: its context processors may need what our paths do not have, and it may use Jinja2 alone."""


def own_page(template: str, context: Mapping[str, object], *, style_sheet: str, images: str = "") -> HttpResponse:
    """Return a page whose policy allows its own files, and calls to this service.

    A project may serve its static files from another host.

    :param style_sheet: the name of one of these files.
    :param images: further sources of images, such as `data:`.
    """
    response = HttpResponse(_TEMPLATES.get_template(template).render(Context(dict(context))))
    files = f"'self' {urlsplit(static(style_sheet)).netloc}".rstrip()
    response["Content-Security-Policy"] = (
        f"default-src 'none'; script-src {files}; style-src {files}; img-src {f'{files} {images}'.rstrip()}; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return response
