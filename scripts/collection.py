"""docs/collection/tandem.postman_collection.json, from the declared resources and their examples.

python -m scripts.collection           writes it
python -m scripts.collection --check   fails if it is not up to date

The format is Postman's collection format 2.1, which Bruno, Insomnia and Hoppscotch import.
"""

import base64
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from sandbox.providers import PROVIDERS
from sandbox.registrations import OURS
from scripts.pages import write_or_check
from shared.contract import sign_up
from shared.contract.declarations import SIGN_UP, registry
from shared.contract.fields import InputField
from shared.contract.resources import Access, Endpoint, Example, Operation

COLLECTION = Path(__file__).resolve().parent.parent / "docs" / "collection" / "tandem.postman_collection.json"
SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
API = "/api/v2/"
"""The version that the examples call."""
BASE_URL = f"http://localhost:8000{API.rstrip('/')}"
SANDBOX_URL = "http://127.0.0.1:9100"
SERVICE, SANDBOX = "{{baseUrl}}", "{{sandboxUrl}}"
SIGN_IN_BEFORE = {"deleteTokens"}
"""Operations that need a new access token, because the request before them revokes the one in use."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SignUp:
    """A sign-up with one kind of credential: its values are variables, its other fields have their examples."""

    title: str
    provider: str
    credential: tuple[InputField, ...]
    others: tuple[InputField, ...] = ()
    authenticated: bool = False

    @property
    def variables(self) -> dict[str, str]:
        """The variables of the credential, with the examples of their fields."""
        return {self.variable(field): str(field.example) for field in self.credential}

    def variable(self, field: InputField) -> str:
        """Return the name of a field's variable."""
        return f"{self.provider}_{field.name}".replace("-", "_")

    def body(self) -> Json:
        """Return the body with variables."""
        values = {field.name: f"{{{{{self.variable(field)}}}}}" for field in self.credential}
        return {"provider": self.provider, **values, **{field.name: field.example for field in self.others}}


PKCE = (sign_up.CODE_VERIFIER, sign_up.REDIRECT_URI)
NAMES = (sign_up.FIRST_NAME, sign_up.LAST_NAME)
SIGN_UPS = (
    SignUp("Facebook: access token", "facebook", (sign_up.ACCESS_TOKEN,)),
    SignUp("X: OAuth 1 token and secret", "twitter", (sign_up.ACCESS_TOKEN, sign_up.ACCESS_TOKEN_SECRET)),
    SignUp("Apple: id_token, nonce and name", "apple-id", (sign_up.ID_TOKEN,), (sign_up.NONCE, *NAMES)),
    SignUp("GitHub: code with PKCE", "github", (sign_up.CODE,), PKCE),
    SignUp("Google: code of a native SDK", "google-oauth2", (sign_up.CODE,)),
    SignUp("Google: id_token", "google-oauth2", (sign_up.ID_TOKEN,)),
    SignUp("Link Instagram to the signed-in user", "instagram", (sign_up.ACCESS_TOKEN,), authenticated=True),
)
"""One for each kind of credential. The last two before the link are of one person, so that there are two tokens."""
SIGN_IN_AGAIN = SignUp("Sign in again", "instagram", (sign_up.ACCESS_TOKEN,))


def collection() -> str:
    """Return the collection."""
    variables = {
        "baseUrl": BASE_URL,
        "token": "",
        "client": "collection/1.0",
        **{name: value for each in SIGN_UPS for name, value in each.variables.items()},
        **{_id_name(each): str(_example_id(each)) for each in registry.endpoints if each.has_id},
        "sandboxUrl": SANDBOX_URL,
        "persona": "",
    }
    content = {
        "info": {"name": "Tandem", "description": _DESCRIPTION, "schema": SCHEMA},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]},
        "variable": [{"key": name, "value": value, "type": "string"} for name, value in variables.items()],
        "item": [_sandbox_folder(), *_folders()],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


_DESCRIPTION = (
    "Every call of the API. `baseUrl` is the address of an API; change `v2` to `v1` in it and all is the same. "
    "A sign-up stores its access token in `token`, which the other calls send. `client` names your app's build to the "
    "operator.\n\n"
    "With `make demo` running, run the whole collection: its first folder gets the credentials of a new person from "
    "the sandbox. Elsewhere, leave that folder out and put the credentials that your app gets into the variables "
    "(`facebook_access_token` and so on)."
)


def _folders() -> Iterator[Json]:
    """Yield a folder for each tag: sign-ups first, what ends a session last."""
    by_tag: dict[str, list[tuple[Endpoint, Operation]]] = {}
    for endpoint in registry.endpoints:
        rows = [(endpoint, operation) for operation in endpoint.operations if operation.example]
        by_tag.setdefault(registry.tag_of(endpoint), []).extend(rows)

    def position(tag: str) -> tuple[bool, bool, bool]:
        deletes = any(operation.method == "DELETE" for _, operation in by_tag[tag])
        return tag != "discovery", tag != registry.tag_of(SIGN_UP), deletes

    for tag in sorted(by_tag, key=position):
        # Lists are read first, because their scripts store the ids; they are deleted last.
        rows = [row for row in by_tag[tag] if row[1].method != "DELETE"]
        rows += [row for row in by_tag[tag][::-1] if row[1].method == "DELETE"]
        yield {"name": tag, "item": [item for endpoint, operation in rows for item in _items(endpoint, operation)]}


def _items(endpoint: Endpoint, operation: Operation) -> Iterator[Json]:
    if endpoint is SIGN_UP:
        yield from (_sign_up(each) for each in SIGN_UPS)
        return
    if operation.name in SIGN_IN_BEFORE:
        yield _sign_up(SIGN_IN_AGAIN)
    path = endpoint.path.replace("{id}", f"{{{{{_id_name(endpoint)}}}}}")
    public = operation.access is Access.PUBLIC
    request = _request(operation.method, SERVICE, f"{path}/" if path else "", public=public)
    yield _item(operation.summary, request, _script(endpoint, operation), [_response(operation, request)])


def _sign_up(each: SignUp) -> Json:
    (operation,) = SIGN_UP.operations
    request = _request("POST", SERVICE, SIGN_UP.uri(""), each.body(), public=not each.authenticated)
    return _item(each.title, request, _script(SIGN_UP, operation))


def _script(endpoint: Endpoint, operation: Operation) -> list[str]:
    """Return the lines of the script that checks the status and stores what later requests send."""
    stored = []
    if endpoint is SIGN_UP:
        stored = ['if (body.token) pm.collectionVariables.set("token", body.token);']
    elif operation.is_list and (detail := _detail_of(endpoint)):
        stored = [f'if (body.objects.length) pm.collectionVariables.set("{_id_name(detail)}", body.objects[0].id);']
    return [
        f'pm.test("{operation.status} {HTTPStatus(operation.status).phrase}", () => {{',
        f"  pm.response.to.have.status({operation.status});",
        "});",
        *(["const body = pm.response.json();", *stored] if stored else []),
    ]


def _detail_of(endpoint: Endpoint) -> Endpoint | None:
    resource = registry.get(endpoint.resource)
    return resource.endpoint_of("detail") if resource else None


def _id_name(endpoint: Endpoint) -> str:
    return f"{endpoint.resource}_id".replace("/", "_")


def _example_id(endpoint: Endpoint) -> object:
    return next(each.example.id for each in endpoint.operations if each.example)


def _request(method: str, host: str, path: str, body: Json | None = None, *, public: bool) -> Json:
    headers = [] if host == SANDBOX else [{"key": "X-Client", "value": "{{client}}"}]
    request: Json = {"method": method, "header": headers, "url": _url(host, path)}
    if body is not None:
        headers.append({"key": "Content-Type", "value": "application/json"})
        request["body"] = {
            "mode": "raw",
            "raw": json.dumps(body, indent=2, ensure_ascii=False),
            "options": {"raw": {"language": "json"}},
        }
    return {**request, "auth": {"type": "noauth"}} if public else request


def _url(host: str, path: str) -> Json:
    return {"raw": f"{host}/{path}", "host": [host], "path": path.split("/")}


def _response(operation: Operation, request: Json) -> Json:
    example = operation.example or Example()
    headers = {"Content-Type": "application/json", **example.headers_below(API)} if operation.returns else {}
    return {
        "name": f"{operation.status} {HTTPStatus(operation.status).phrase}",
        "originalRequest": request,
        "status": HTTPStatus(operation.status).phrase,
        "code": operation.status,
        "_postman_previewlanguage": "json",
        "header": [{"key": name, "value": value} for name, value in headers.items()],
        "body": json.dumps(example.body_below(API), indent=2, ensure_ascii=False) if operation.returns else "",
    }


def _item(name: str, request: Json, script: Sequence[str], responses: Sequence[Json] = (), before: str = "") -> Json:
    scripts = {"prerequest": [before] if before else [], "test": script}
    events = [
        {"listen": when, "script": {"type": "text/javascript", "exec": list(lines)}}
        for when, lines in scripts.items()
        if lines
    ]
    return {"name": name, "event": events, "request": request, "response": list(responses)}


def _sandbox_folder() -> Json:
    """Return the requests for credentials of the sandbox, each of which sets the variables of a sign-up."""
    new_person = (
        'if (!pm.collectionVariables.get("persona")?.match(/^(?!guest-)./)) '
        'pm.collectionVariables.set("persona", `guest-1${Date.now().toString().slice(-9)}`);'
    )
    items = [_credential(each) for each in SIGN_UPS]
    items[0]["event"].insert(0, _item("", {}, [], before=new_person)["event"][0])
    return {
        "name": "sandbox",
        "description": "Only with `make demo`: the credentials of a new person, or of `persona` if it has a name.",
        "auth": {"type": "noauth"},
        "item": items,
    }


def _credential(each: SignUp) -> Json:
    name = f"{each.provider}: {', '.join(field.name for field in each.credential)}"
    if each.others == PKCE:
        return _code_with_pkce(name, each)
    asked = {"persona": "{{persona}}", **({"nonce": sign_up.NONCE.example} if sign_up.NONCE in each.others else {})}
    path = f"{each.provider}/{'code' if sign_up.CODE in each.credential else 'token'}"
    lines = [
        "const issued = pm.response.json();",
        *(f'pm.collectionVariables.set("{each.variable(field)}", issued.{field.name});' for field in each.credential),
    ]
    return _item(name, _request("POST", SANDBOX, path, asked, public=True), lines)


def _code_with_pkce(name: str, each: SignUp) -> Json:
    """Return the request that sends the form of the provider's consent page; its answer redirects with the code."""
    provider = next(one for one in PROVIDERS if one.name == each.provider)()
    verifier = str(sign_up.CODE_VERIFIER.example).encode()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
    form = {
        "response_type": "code",
        "client_id": OURS[each.provider].client_id,
        "redirect_uri": str(sign_up.REDIRECT_URI.example),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "persona": "{{persona}}",
    }
    path = f"{each.provider}{provider.oauth2.authorization_path}"
    request = _request("POST", SANDBOX, path, public=True)
    fields = [{"key": key, "value": value, "type": "text"} for key, value in form.items()]
    request["body"] = {"mode": "urlencoded", "urlencoded": fields}
    lines = [
        'const [, code] = pm.response.headers.get("location").match(/[?&]code=([^&]+)/);',
        f'pm.collectionVariables.set("{each.variable(sign_up.CODE)}", decodeURIComponent(code));',
    ]
    return {**_item(name, request, lines), "protocolProfileBehavior": {"followRedirects": False}}


if __name__ == "__main__":
    sys.exit(write_or_check(COLLECTION, collection, "make openapi", sys.argv[1:]))
