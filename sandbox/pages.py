"""The HTML pages."""

from collections.abc import Iterable, Mapping
from html import escape
from urllib.parse import urlencode

from sandbox.personas import PERSONAS, Persona
from sandbox.providers import Provider
from sandbox.registrations import OURS, Registration

_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""The challenge of RFC 7636, appendix B, whose verifier is published there."""

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --accent: #0b6e5f; }
@media (prefers-color-scheme: dark) { :root { --accent: #5fd3bf; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 3rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.1rem; margin-top: 2.5rem; }
a { color: var(--accent); }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 600; }
th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
code, pre { font: .875em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
td:first-child { white-space: nowrap; } td:first-child code { white-space: inherit; }
button { font: inherit; width: 100%; padding: .6rem .9rem; margin: .2rem 0; text-align: left; cursor: pointer;
  background: transparent; color: inherit; border: 1px solid var(--line); border-radius: .5rem; }
button:hover, button:focus-visible { border-color: var(--accent); }
button small { display: block; opacity: .7; }
summary { cursor: pointer; margin: 1.5rem 0 .5rem; }
"""

_RECEIVED = """
<p>This page stands in for an app: it shows the response of the provider.</p>
<pre id="received">Nothing yet.</pre>
<script>
const received = new URLSearchParams(location.search);
for (const [name, value] of new URLSearchParams(location.hash.slice(1))) received.append(name, value);
if (received.size) {
  document.getElementById("received").textContent = JSON.stringify(Object.fromEntries(received), null, 2);
}
</script>
"""


def index(providers: Iterable[Provider], server: str) -> str:
    """Return the index: the providers and the personas."""
    rows = "".join(
        f'<tr><td><a href="{escape(_consent_link(provider, server))}">{escape(provider.title)}</a></td>'
        f"<td><code>{provider.name}</code></td><td>{_issued(provider)}</td>"
        f'<td><a href="{escape(_authorization_link(provider, server))}">code</a></td></tr>'
        for provider in providers
    )
    return _page(
        "Sandbox providers",
        "<p>Stand-ins for identity providers on this machine. Choose one to sign in as a persona, for tokens or "
        f"for an authorization code, or get tokens with <code>POST {escape(server)}/&lt;provider&gt;/token</code> and "
        '<code>{"persona": "ripley"}</code>. The lists below as JSON: '
        '<a href="/personas">/personas</a>.</p>'
        f"<h2>Providers</h2><table><tr><th>Provider<th>Name<th>Issues<th></tr>{rows}</table>"
        f"<h2>People</h2>{_table(persona for persona in PERSONAS if persona.ordinary)}"
        f"<h2>Failures</h2>{_table(persona for persona in PERSONAS if not persona.ordinary)}",
    )


def consent(provider: Provider, registration: Registration, parameters: Mapping[str, str]) -> str:
    """Return the page on which one chooses the persona whose tokens the app gets."""
    return _consent(provider, registration, f'<form action="/{provider.name}/grant">', parameters)


def authorization(provider: Provider, registration: Registration, path: str, parameters: Mapping[str, str]) -> str:
    """Return the page on which one chooses the persona for whom the app gets a code, or refuses.

    Args:
        provider: The provider.
        registration: The app that asks.
        path: The path of the authorization endpoint, which receives the form.
        parameters: The parameters of the request.
    """
    refuse = '<button name="decision" value="refuse">Refuse<small>The app gets an error.</small></button>'
    return _consent(provider, registration, f'<form method="post" action="{escape(path)}">', parameters, refuse)


def form_post(redirect_uri: str, parameters: Mapping[str, str]) -> str:
    """Return a page that posts these parameters to the app (OAuth 2.0 Form Post Response Mode, section 2)."""
    return _page(
        "Back to the app",
        f'<form method="post" action="{escape(redirect_uri)}">{_hidden(parameters)}<button>Continue</button></form>'
        "<script>document.forms[0].submit()</script>",
    )


def refusal(reason: str) -> str:
    """Return the page for an authorization request without a valid redirect_uri."""
    return _page("This sign-in cannot continue", f"<p>{escape(reason)}</p>")


def received() -> str:
    """Return the page that stands in for an app."""
    return _page("Signed in", _RECEIVED)


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1>{body}</html>"
    )


def _consent(
    provider: Provider, registration: Registration, form: str, parameters: Mapping[str, str], refuse: str = ""
) -> str:
    return _page(
        f"Sign in with {provider.title}",
        f"<p><strong>{escape(registration.title)}</strong> asks you to sign in. Choose a persona.</p>"
        f"{form}{_hidden(parameters)}"
        f"{_buttons(persona for persona in PERSONAS if persona.ordinary)}{refuse}"
        "<details><summary>Personas whose sign-in fails</summary>"
        f"{_buttons(persona for persona in PERSONAS if not persona.ordinary)}</details></form>",
    )


def _hidden(parameters: Mapping[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in parameters.items()
    )


def _issued(provider: Provider) -> str:
    tokens = [
        ("access_token", provider.issues_access_token),
        ("access_token_secret", provider.issues_token_secret),
        ("id_token", provider.issuer is not None),
    ]
    return ", ".join(f"<code>{name}</code>" for name, issued in tokens if issued)


def _consent_link(provider: Provider, server: str) -> str:
    query = {"client_id": OURS[provider.name].client_id, "redirect_uri": f"{server}/received"}
    return f"/{provider.name}/consent?{urlencode(query)}"


def _authorization_link(provider: Provider, server: str) -> str:
    query = {
        "response_type": "code",
        "client_id": OURS[provider.oauth2.name].client_id,
        "redirect_uri": f"{server}/received",
    }
    if provider.oauth2.requires_challenge:
        query |= {"code_challenge": _CHALLENGE, "code_challenge_method": "S256"}
    return f"/{provider.name}{provider.oauth2.authorization_path}?{urlencode(query)}"


def _table(rows: Iterable[Persona]) -> str:
    cells = "".join(
        f"<tr><td><code>{persona.name}</code></td><td>{escape(persona.description)}</td></tr>" for persona in rows
    )
    return f"<table><tr><th>Persona<th>What happens</tr>{cells}</table>"


def _buttons(rows: Iterable[Persona]) -> str:
    return "".join(
        f'<button name="persona" value="{persona.name}">{escape(persona.title)}'
        f"<small>{escape(persona.description)}</small></button>"
        for persona in rows
    )
