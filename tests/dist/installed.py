"""The distribution from inside a project: `proof.py` renames these tests and runs them beside the installed wheel."""

import sysconfig
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from social import service
from tests.contract.conftest import ApiClient

LABELS = ("social", "rollout")


def test_only_the_installed_packages_can_be_imported() -> None:
    """The service is imported from site-packages; a folder that has the tests of an app has nothing else of it."""
    installed = Path(sysconfig.get_path("purelib"))
    assert Path(str(service.__file__)).is_relative_to(installed)
    for app in [*settings.APIS, *(config.name for config in apps.get_app_configs())]:
        package = find_spec(app)
        assert package is not None
        if app.startswith("tandem."):
            assert Path(str(package.origin)).is_relative_to(installed)
    for old in ("shared", "social", "api_v2", "rollout", "parity", "config", "server"):
        assert find_spec(old) is None


def test_labels_and_tables_are_those_of_the_checkout() -> None:
    """Labels of apps, names of tables and of migrations do not have the namespace."""
    for label in LABELS:
        config = apps.get_app_config(label)
        assert config.name == f"tandem.{label}"
        assert {model._meta.db_table.partition("_")[0] for model in config.get_models()} == {label}


@pytest.mark.parametrize("app", list(settings.APIS))
def test_all_declared_apis_are_mounted(app: str) -> None:
    """Each API of the settings answers, and its app is in the namespace."""
    assert app.startswith("tandem.")
    assert ApiClient(app).get("provider/").status_code == 200
