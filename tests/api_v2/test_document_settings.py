"""The document does not depend on the settings of a project, but on the key of its users (tests/custom_user)."""

import os
import subprocess
import sys

import pytest

from tests import SECRET_KEY
from tests.api_v2.documents import COMMITTED

PRINT = """
import sys
{before}
import django
django.setup()
from api_v2.documents import openapi_yaml
sys.stdout.buffer.write(openapi_yaml())
"""
ODD = """
from django.conf import settings
settings.REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.BrowsableAPIRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.FormParser"],
    "DEFAULT_SCHEMA_CLASS": "rest_framework.schemas.openapi.AutoSchema",
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.NamespaceVersioning",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
    "PAGE_SIZE": 7,
    "COERCE_DECIMAL_TO_STRING": False,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
settings.SPECTACULAR_SETTINGS = {
    "TITLE": "Another project",
    "VERSION": "9.9.9",
    "DESCRIPTION": "Not ours.",
    "OAS_VERSION": "3.1.1",
    "SERVERS": [{"url": "https://example.com"}],
    "SCHEMA_PATH_PREFIX": "/x",
    "SCHEMA_PATH_PREFIX_TRIM": True,
    "CAMELIZE_NAMES": True,
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATIONS": True,
    "ENUM_NAME_OVERRIDES": {"X": ["a", "b"]},
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums"],
    "PREPROCESSING_HOOKS": ["drf_spectacular.hooks.preprocess_exclude_path_format"],
    "APPEND_COMPONENTS": {"schemas": {"Foreign": {"type": "object"}}},
    "SECURITY": [{"foreign": []}],
    "EXTENSIONS_ROOT": {"x-foreign": 1},
    "EXTENSIONS_INFO": {"x-foreign": 1},
    "EXTERNAL_DOCS": {"url": "https://example.com"},
    "CONTACT": {"name": "Somebody"},
    "TOS": "https://example.com/tos",
    "DEFAULT_GENERATOR_CLASS": "drf_spectacular.generators.SchemaGenerator",
    "GENERIC_ADDITIONAL_PROPERTIES": "bool",
    "ENFORCE_NON_BLANK_FIELDS": True,
    "AUTHENTICATION_WHITELIST": ["rest_framework.authentication.BasicAuthentication"],
    "PARSER_WHITELIST": ["rest_framework.parsers.FormParser"],
    "RENDERER_WHITELIST": ["rest_framework.renderers.BrowsableAPIRenderer"],
}
settings.LANGUAGE_CODE = "de"
settings.USE_I18N = True
settings.APPEND_SLASH = True
settings.APIS = {"api_v2": "elsewhere/"}
"""


def document(before: str = "", **environment: str) -> bytes:
    """Return the document as made in a new process with these settings."""
    variables = {
        "SECRET_KEY": SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": "sqlite://:memory:",
        "PATH": os.environ["PATH"],
        **environment,
    }
    ended = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", PRINT.format(before=before)],
        cwd=COMMITTED.parent,
        env=variables,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    return ended.stdout


@pytest.mark.process
@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({}, id="no provider"),
        pytest.param(
            {
                "SOCIAL_PROVIDERS": "google-oauth2",
                "SOCIAL_AUTH_GOOGLE_OAUTH2_KEY": "k",
                "SOCIAL_AUTH_GOOGLE_OAUTH2_SECRET": "s",
                "DEBUG": "1",
                "V1_SUNSET_AT": "2020-01-01T00:00:00Z",
                "PYTHONHASHSEED": "7",
            },
            id="other providers",
        ),
    ],
)
def test_environment_has_no_effect(environment: dict[str, str]) -> None:
    """The enabled providers, DEBUG, the dates of v1 and the hash seed change no byte."""
    assert document(**environment) == COMMITTED.read_bytes()


@pytest.mark.process
def test_project_settings_have_no_effect() -> None:
    """Settings of REST framework and drf-spectacular, the language and the mounted prefix change no byte."""
    assert document(ODD) == COMMITTED.read_bytes()
