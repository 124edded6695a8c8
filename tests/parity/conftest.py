"""The sandbox, the service, a service with a planted difference, and a recorded client of v1."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.e2e.servers import Sandbox, Service, running_sandbox, running_service
from tests.parity.recording import Recorder, story
from tests.parity.running import Listener, listening


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Start the sandbox; these tests need both versions."""
    if "api/v1/" not in settings.APIS.values():
        pytest.skip("v1 is not mounted")
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def service(sandbox: Sandbox) -> Iterator[Service]:
    """Start the service as it is."""
    with running_service(sandbox) as service:
        yield service


@pytest.fixture(scope="session")
def planted_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file that names the planted difference."""
    file = tmp_path_factory.mktemp("planted") / "what"
    file.write_text("", encoding="ascii")
    return file


@pytest.fixture(scope="session")
def planted_service(sandbox: Sandbox, planted_file: Path) -> Iterator[Service]:
    """Start a service whose v2 has the planted difference."""
    module = "tests.parity.planted"
    with running_service(sandbox, PLANTED=str(planted_file), DJANGO_SETTINGS_MODULE=module) as service:
        yield service


@pytest.fixture
def plant(planted_file: Path) -> Iterator[Callable[[str], None]]:
    """Return a function that plants a difference until the test ends."""

    def plant(what: str) -> None:
        planted_file.write_text(what, encoding="ascii")

    yield plant
    planted_file.write_text("", encoding="ascii")


@pytest.fixture(scope="session")
def recorder(sandbox: Sandbox, planted_service: Service) -> Recorder:
    """Return a client of v1 whose requests were recorded."""
    recorder = Recorder(planted_service.url)
    story(recorder, sandbox)
    return recorder


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Start a server that keeps the bytes of each request."""
    with listening() as listener:
        yield listener
