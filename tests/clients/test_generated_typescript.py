"""A TypeScript client with `openapi-typescript` and `openapi-fetch`, type-checked and run."""

import json
import shutil
from pathlib import Path

import pytest

from scripts.node_packages import installed, is_available, run
from tests.e2e.servers import ROOT, Sandbox

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not is_available(), reason="needs Node: node and npm"),
]

SOURCES = Path(__file__).resolve().parent / "typescript"


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled client; its types are generated from `openapi.yaml` and checked strictly."""
    folder = tmp_path_factory.mktemp("typescript")
    for name in ("tsconfig.json", "session.ts"):
        shutil.copy(SOURCES / name, folder)
    (folder / "package.json").write_text('{"type": "module"}', encoding="ascii")
    (folder / "node_modules").symlink_to(installed(), target_is_directory=True)
    run("node_modules/.bin/openapi-typescript", str(ROOT / "openapi.yaml"), "--output", "schema.d.ts", cwd=folder)
    run("node_modules/.bin/tsc", "--project", ".", cwd=folder)
    return folder / "compiled" / "session.js"


def test_a_session(session: Path, base_url: str, sandbox: Sandbox) -> None:
    """It runs from the list of providers to sign-out, in Node, on each API."""
    sign_ups = {
        "mine": sandbox.token("facebook", "zoe"),
        "again": sandbox.token("facebook", "zoe"),
        "more": sandbox.token("twitter", "zoe"),
        "theirs": sandbox.token("facebook", "dallas"),
        "coded": sandbox.code("github", "parker"),
    }
    output = run(
        "node", str(session), base_url, cwd=session.parent.parent, environment={"SIGN_UPS": json.dumps(sign_ups)}
    )
    assert output.endswith(f"session passed: {base_url}\n")
