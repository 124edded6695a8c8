"""openapi.yaml, from the code: it has to be valid, and drf-spectacular must not warn.

python -m scripts.openapi_document FILE    writes the document to a file
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import django
from django.apps import apps

if not apps.ready:
    # None of an operator's settings is to show in the document.
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()

from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from api_v2.documents import openapi_yaml
from api_v2.generator import openapi_schema


def main(arguments: Sequence[str]) -> int:
    """Write the document; return the exit status."""
    (path,) = arguments
    validate_schema(openapi_schema())
    if GENERATOR_STATS:
        GENERATOR_STATS.emit_summary()
        return 1
    Path(path).write_bytes(openapi_yaml())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
