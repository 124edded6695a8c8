"""A Python client that `openapi-python-client` generates from `openapi.yaml`."""

import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.servers import ROOT, Sandbox

pytestmark = pytest.mark.e2e

PACKAGE = "generated_tandem_client"


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """Generate the client; return a function that imports one of its modules."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "config.yaml").write_text("post_hooks: []\n", encoding="utf-8")  # without formatting
    subprocess.run(  # noqa: S603 - the program under its own interpreter
        [
            *[sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"],
            *["--path", str(ROOT / "openapi.yaml"), "--config", str(folder / "config.yaml")],
            *["--output-path", str(folder / PACKAGE)],
        ],
        check=True,
        timeout=120,
    )
    sys.path.insert(0, str(folder))
    try:
        yield lambda name: importlib.import_module(f"{PACKAGE}.{name}" if name else PACKAGE)
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
            del sys.modules[name]


@pytest.fixture
def call(load: Callable[[str], Any]) -> Callable[..., Any]:
    """Return a function that calls an operation and returns the status and the parsed answer."""

    def call(operation: str, client: Any, **arguments: Any) -> tuple[int, Any]:
        answer = load(f"api.{operation}").sync_detailed(client=client, **arguments)
        return int(answer.status_code), answer.parsed

    return call


@pytest.fixture
def closing() -> Iterator[Callable[[Any], Any]]:
    """Return a function that closes a client's connections at the end of the test."""
    with ExitStack() as stack:
        yield stack.enter_context


def test_a_session(
    base_url: str,
    sandbox: Sandbox,
    load: Callable[[str], Any],
    call: Callable[..., Any],
    closing: Callable[[Any], Any],
) -> None:
    """From the list of providers to sign-out, every answer is one of the client's models."""
    models, package = load("models"), load("")
    anonymous = closing(package.Client(base_url=base_url))

    status, providers = call("discovery.list_providers", anonymous)
    assert (status, type(providers)) == (200, models.ProviderList)
    accepts = {provider.name: provider.accepts for provider in providers.objects}
    assert accepts["twitter"][0] == ["access_token", "access_token_secret"]

    def sign_up(client: Any, provider: str, persona: str) -> Any:
        return call("sign_up.sign_up", client, body=models.SignUp(**sandbox.token(provider, persona)))

    status, created = sign_up(anonymous, "facebook", "zoe")
    assert (status, type(created), created.outcome) == (201, models.SignIn, "created")
    assert created.last_name == "Łukasiewicz-山田"
    _, again = sign_up(anonymous, "facebook", "zoe")
    assert (again.outcome, again.id) == ("signed_in", created.id)
    assert again.token_expires_at.utcoffset().total_seconds() == 0

    authenticated = closing(package.AuthenticatedClient(base_url=base_url, token=again.token))
    status, me = call("user.get_user", authenticated, id=created.id)
    assert (status, type(me), me.username) == (200, models.User, created.username)
    assert call("user.list_users", authenticated)[1].objects == [me]

    _, linked = sign_up(authenticated, "twitter", "zoe")
    assert (linked.outcome, linked.id, linked.token, linked.token_expires_at) == ("linked", created.id, None, None)
    _, accounts = call("social_account.list_social_accounts", authenticated, limit=1)
    assert (accounts.meta.total_count, accounts.meta.previous) == (2, None)
    assert accounts.meta.next_.endswith("/social_account/?limit=1&offset=1")
    _, rest = call("social_account.list_social_accounts", authenticated, limit=1, offset=1)
    first, second = accounts.objects[0], rest.objects[0]
    assert [first.provider, second.provider] == ["facebook", "twitter"]
    assert call("social_account.get_social_account", authenticated, id=second.id) == (200, second)

    sign_up(anonymous, "facebook", "dallas")
    status, refused = sign_up(authenticated, "facebook", "dallas")
    assert (status, type(refused), refused.code) == (400, models.ErrorEnvelope, "account_in_use")
    assert refused.errors == "That social media account is already in use"
    status, refused = call("sign_up.sign_up", anonymous, body=models.SignUp(provider="facebook"))
    assert (status, refused.code) == (400, "invalid_request")
    assert refused.fields.additional_properties == {"access_token": ["This field is required."]}

    assert call("social_account.delete_social_account", authenticated, id=first.id) == (204, None)
    status, refused = call("social_account.delete_social_account", authenticated, id=second.id)
    assert (status, refused.code) == (409, "last_login_method")
    status, gone = call("social_account.get_social_account", authenticated, id=first.id)
    assert (status, gone.code) == (404, "not_found")

    _, tokens = call("token.list_tokens", authenticated)
    assert [token.current for token in tokens.objects] == [False, True]
    assert call("token.delete_token", authenticated, id=tokens.objects[0].id) == (204, None)
    assert call("token.get_current_token", authenticated)[1].id == tokens.objects[1].id
    assert call("token.delete_current_token", authenticated) == (204, None)
    status, refused = call("user.list_users", authenticated)
    assert (status, type(refused), refused.code) == (401, models.ErrorEnvelope, "invalid_credentials")

    token = sign_up(anonymous, "twitter", "zoe")[1].token
    authenticated = closing(package.AuthenticatedClient(base_url=base_url, token=token))
    assert call("token.delete_tokens", authenticated) == (204, None)
    assert call("token.list_tokens", authenticated)[0] == 401


def test_a_sign_up_by_code(
    base_url: str,
    sandbox: Sandbox,
    load: Callable[[str], Any],
    call: Callable[..., Any],
    closing: Callable[[Any], Any],
) -> None:
    """The client sends a code with its verifier and redirect URI, and leaves out what is not set."""
    models = load("models")
    client = closing(load("").Client(base_url=base_url))
    _, providers = call("discovery.list_providers", client)
    accepts = {provider.name: provider.accepts for provider in providers.objects}
    assert ["code", "code_verifier", "redirect_uri"] in accepts["github"]

    def sign_up(**fields: Any) -> Any:
        return call("sign_up.sign_up", client, body=models.SignUp(**fields))

    fields = sandbox.code("github", "parker")
    assert models.SignUp(**fields).to_dict() == fields
    status, created = sign_up(**fields)
    assert (status, type(created), created.outcome) == (201, models.SignIn, "created")
    status, used = sign_up(**fields)
    assert (status, used.code) == (400, "token_rejected")
    _, again = sign_up(**sandbox.code("github", "parker"))
    assert (again.outcome, again.id) == ("signed_in", created.id)


@pytest.mark.parametrize("unused", [None, "", "x" * 5000], ids=["null", "empty", "long"])
def test_unused_fields(
    base_url: str,
    sandbox: Sandbox,
    load: Callable[[str], Any],
    call: Callable[..., Any],
    closing: Callable[[Any], Any],
    unused: str | None,
) -> None:
    """One structure for all providers can be sent: fields that the credential does not need are ignored."""
    body = load("models").SignUp(
        **sandbox.token("facebook", "zoe"), access_token_secret=unused, code_verifier=unused, redirect_uri=unused
    )
    status, answer = call("sign_up.sign_up", closing(load("").Client(base_url=base_url)), body=body)
    assert (status, answer.outcome) == (201, "created")


def test_every_operation_has_a_function(load: Callable[[str], Any]) -> None:
    """The client has as many functions as `openapi.yaml` has operations."""
    package = Path(load("").__file__).parent
    assert len([path for path in package.glob("api/*/*.py") if path.stem != "__init__"]) == 14
