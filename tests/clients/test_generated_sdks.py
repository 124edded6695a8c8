"""Clients in Kotlin, Swift, Dart and TypeScript, made by OpenAPI Generator with the settings in `sdks/`.

Those in Kotlin and TypeScript are compiled, and sign people up over HTTP. There is no compiler of Swift and Dart in the
registries that the project uses: their files are parsed, and the declarations that an app uses are looked up.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import tree_sitter_dart
import tree_sitter_swift
from tree_sitter import Language, Parser

from scripts.node_packages import is_available, run
from shared.contract.declarations import registry
from tests.clients import sdks
from tests.clients.later_service import later_service
from tests.e2e.servers import Sandbox, Service

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not sdks.is_java_available(), reason="needs Java"),
    pytest.mark.skipif(not is_available(), reason="needs Node: node and npm"),
]

MODELS = (
    *("ErrorEnvelope", "ListMeta", "Provider", "ProviderList", "Resource", "Root", "SignIn", "SignUp"),
    *("SocialAccount", "SocialAccountList", "Token", "TokenList", "User", "UserList"),
)
OPERATIONS = [operation.name for endpoint in registry.endpoints for operation in endpoint.operations]
DECLARED = {
    "kotlin": ("kotlin/src/main/kotlin", "kt", r"data class {} ", r"    fun {}\("),
    "swift": ("swift/Sources", "swift", r"public struct {}: ", r"open class func {}\("),
    "dart": ("dart/lib", "dart", r"abstract class {} ", r"Future<Response<.*>> {}\("),
    "typescript": ("typescript/tandem", "ts", r"export interface {} ", r"    async {}\("),
}
"""The folder and suffix of each language, and how it declares a model and an operation."""


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the four clients."""
    folder = tmp_path_factory.mktemp("sdks")
    sdks.generate(folder)
    return folder


@pytest.fixture
def later(service: Service) -> Iterator[str]:
    """The URL of a service of a later release."""
    with later_service(service.url) as url:
        yield url


def text_of(generated: Path, language: str) -> str:
    """Return all files of a client."""
    folder, suffix, *_ = DECLARED[language]
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((generated / folder).rglob(f"*.{suffix}")))


@pytest.mark.parametrize("language", sdks.LANGUAGES)
def test_names_are_kept(generated: Path, language: str) -> None:
    """Each component and operation has its name in each language: none is reserved there, or taken."""
    _, _, model, operation = DECLARED[language]
    text = text_of(generated, language)
    assert [name for name in MODELS if not re.search(model.format(name), text)] == []
    assert [name for name in OPERATIONS if not re.search(operation.format(name), text)] == []


@pytest.mark.parametrize(
    ("language", "token", "code"),
    [
        ("kotlin", "val token: kotlin.String?,", "val code: kotlin.String,"),
        ("swift", "public var token: String?\n", "public var code: String\n"),
        ("dart", "  String? get token;", "  String get code;"),
        ("typescript", "    token: string | null;", "    code: string;"),
    ],
    ids=sdks.LANGUAGES,
)
def test_open_lists_are_strings_and_null_is_typed(generated: Path, language: str, token: str, code: str) -> None:
    """`token` may be null in each language, and `code` is a string, so that a new value can be read."""
    text = text_of(generated, language)
    assert token in text
    assert code in text


@pytest.mark.parametrize(
    ("language", "grammar"),
    [("swift", tree_sitter_swift.language()), ("dart", tree_sitter_dart.language())],
    ids=["swift", "dart"],
)
def test_files_can_be_parsed(generated: Path, language: str, grammar: object) -> None:
    """The files of models and operations, which the document decides, have no syntax error."""
    parser = Parser(Language(grammar))
    folder, suffix, *_ = DECLARED[language]
    files = [
        path
        for path in (generated / folder).rglob(f"*.{suffix}")
        if path.parent.name.lower() in {"model", "models", "api", "apis"}
    ]
    assert len(files) > len(MODELS)
    assert [path.name for path in files if parser.parse(path.read_bytes()).root_node.has_error] == []


@pytest.fixture(scope="module", params=[sdks.compile_kotlin, sdks.compile_typescript], ids=["kotlin", "typescript"])
def session(request: pytest.FixtureRequest, generated: Path) -> tuple[str, ...]:
    """The command that runs a session with a compiled client."""
    command: tuple[str, ...] = request.param(generated)
    return command


def test_a_session(session: tuple[str, ...], base_url: str, later: str, sandbox: Sandbox) -> None:
    """The client signs up, links, reads, fails as documented, and reads what a later release sends."""
    prefix = base_url.partition("/api/")[2]
    bodies = {
        "mine": sandbox.token("facebook", "zoe"),
        "more": sandbox.token("twitter", "zoe"),
        "refused": sandbox.token("facebook", "expired"),
    }
    environment = {"SIGN_UPS": json.dumps(bodies)}
    output = run(*session, base_url, f"{later}/api/{prefix}", cwd=sdks.SOURCES, environment=environment)
    assert output.endswith(f"session passed: {base_url}\n")
