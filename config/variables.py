"""Every environment variable that the service reads: its meaning, default and an example.

scripts/variables_page.py writes deploy/tandem.env and the table in docs/operators.md from this list; `misspelt`
compares the environment with it. `environment` parses the values.
"""

from dataclasses import dataclass
from typing import Final

PATTERN: Final = "<NAME>"
"""In the name of a variable: a provider's name in upper case, with underscores."""
SOCIAL_AUTH: Final = "SOCIAL_AUTH_"
"""Each variable with this prefix is a setting of social-core."""


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable, or one for each provider."""

    name: str
    meaning: str
    """Markdown, with links relative to docs/."""
    default: str = "none"
    """Markdown; empty if the service cannot do without a value where the variable is needed."""
    example: str = ""
    """A value that the service can read; empty for a secret."""
    of: str = "FACEBOOK"
    """The provider of the example."""
    is_secret: bool = False
    """Whether the value must be readable by the service alone."""
    in_production: bool = False
    """Whether a service on a public network needs it."""

    @property
    def example_name(self) -> str:
        """The name with the provider of the example."""
        return self.name.replace(PATTERN, self.of).replace("*", f"{self.of}_SCOPE")

    @property
    def option(self) -> str:
        """The part of the name that follows the provider's, such as `KEY`; empty if no provider is part of the name."""
        return self.name.partition(f"{PATTERN}_")[2]


PROCESS = (
    Variable(
        "SECRET_KEY",
        "Django's; required, and a weak one is an error ([the secret key](#the-secret-key))",
        "",
        is_secret=True,
        in_production=True,
    ),
    Variable(
        "ALLOWED_HOSTS",
        "hosts the service answers to, comma-separated",
        "`localhost`",
        "api.example.com",
        in_production=True,
    ),
    Variable(
        "BIND",
        "IP addresses to listen on, comma-separated; on most systems `::` includes IPv4, so name it alone. Behind a "
        "proxy in another container or machine: the address that it reaches, or `0.0.0.0` in a container ([why a "
        "proxy](#the-proxy-is-not-optional))",
        "127.0.0.1",
        "127.0.0.1",
    ),
    Variable("PORT", "the port to listen on", "8000", "8000"),
    Variable("WEB_CONCURRENCY", "processes; more than one needs `REDIS_URL`", "cores (1 without Redis)", "2"),
    Variable("THREADS", "threads of each process ([threads](#threads))", "128", "128"),
    Variable(
        "MAX_REQUESTS",
        "requests after which a process is replaced, and up to half as many more; 0: never. Only with two processes or "
        "more ([restarts](#restarts))",
        "0",
        "100000",
    ),
    Variable(
        "TRUSTED_PROXIES",
        "the number of your proxies between the client and the service",
        "0",
        "1",
        in_production=True,
    ),
    Variable(
        "HSTS_SECONDS",
        "how long browsers use https only; begin with a small value, since it cannot be withdrawn earlier",
        "0: off",
        "31536000",
        in_production=True,
    ),
    Variable("LOG_LEVEL", "`DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`", "`INFO`", "INFO"),
    Variable("LOG_FORMAT", "the format of [the log](#the-log), `text` or `json`", "`text`", "json"),
    Variable("DEBUG", "debug mode, never in production; no answer shows a traceback in any mode", "off", "0"),
)
STORAGE = (
    Variable(
        "DATABASE_URL",
        "`sqlite:///…` or `postgres://…`, with [options](#tls-to-postgresql-and-redis)",
        "SQLite in the project folder",
        "postgres://tandem:password@db.example.com/tandem?sslmode=verify-full&sslrootcert=/etc/tandem/ca.pem",
        is_secret=True,
        in_production=True,
    ),
    Variable("DATABASE_POOL_SIZE", "connections of a process ([scaling](scaling.md))", "8", "8"),
    Variable(
        "REDIS_URL",
        "limits shared by all processes; more than one process needs it; `rediss://…` for "
        "[TLS](#tls-to-postgresql-and-redis)",
        example="rediss://:password@cache.example.com/0?ssl_ca_certs=/etc/tandem/ca.pem",
        is_secret=True,
        in_production=True,
    ),
)
PROVIDERS = (
    Variable(
        "SOCIAL_PROVIDERS",
        "enabled providers, comma-separated ([names](providers.md))",
        example="facebook",
        in_production=True,
    ),
    Variable(
        "SOCIAL_AUTH_<NAME>_KEY",
        "this service's client id at the provider (`apple-id`: the id of the key, for codes)",
        "",
        example="1042",
        in_production=True,
    ),
    Variable("SOCIAL_AUTH_<NAME>_SECRET", "the client's secret", "", is_secret=True, in_production=True),
    Variable(
        "SOCIAL_AUTH_<NAME>_CLIENT_IDS",
        "further client ids of this service at the provider, comma-separated",
        example="1043,1044",
    ),
    Variable(
        "SOCIAL_AUTH_<NAME>_REDIRECT_URIS",
        "the redirect URIs at which the apps receive authorization codes, comma-separated; with it the provider's "
        "[codes](contract.md#4-sign-up) are accepted. Each is https, the private-use scheme of an app "
        "(`com.example.app:/callback`), or http on loopback. Give each provider a redirect URI of its own: an app then "
        "knows which provider a code is from, and posts it to no other (RFC 9700 section 4.4). `apple-id` needs "
        "`_CLIENT`, `_TEAM`, `_KEY`, `_SECRET` for codes",
        example="https://app.example.com/facebook",
    ),
    Variable(
        "SOCIAL_AUTH_<NAME>_NATIVE_CLIENT_ID",
        "the client to which a native SDK's codes, which have no redirect URI, are issued: `_KEY` (Google's "
        "`serverAuthCode`), or at `apple-id` the bundle id",
        example="1042.apps.example.com",
        of="GOOGLE_OAUTH2",
    ),
    Variable("SOCIAL_AUTH_APPLE_ID_CLIENT", "this service's client id at Apple", "", "com.example.web"),
    Variable(
        "SOCIAL_AUTH_APPLE_ID_AUDIENCE",
        "further client ids of this service at Apple, comma-separated",
        example="com.example.app",
    ),
    Variable("SOCIAL_AUTH_APPLE_ID_TEAM", "the id of this service's team at Apple, for codes", "", "A1B2C3D4E5"),
    Variable(
        "SOCIAL_AUTH_TWITTER_OAUTH2_KEY",
        "the client id of OAuth 2 of the app at X whose consumer is `SOCIAL_AUTH_TWITTER_KEY`; needed for codes",
        "",
        "QTFiMmMz",
    ),
    Variable("SOCIAL_AUTH_TWITTER_OAUTH2_SECRET", "the secret of that client", "", is_secret=True),
    Variable(
        "SOCIAL_AUTH_TWITTER_API",
        "which of X's APIs is asked for a token pair's profile, `2` or `1.1`; `2` needs an app in a project, and "
        'addresses need "Request email from users" in its settings ([decision '
        "22](decisions/0022-the-first-three-providers.md))",
        "2",
        "2",
    ),
    Variable(
        "SOCIAL_AUTH_KAKAO_APP_ID",
        "the number of this service's app at Kakao, which Kakao's checks name",
        "",
        "1042",
    ),
    Variable(
        "SOCIAL_AUTH_<NAME>_TENANTS",
        "Microsoft tenants whose users may sign in, comma-separated; required where the endpoint serves all tenants",
        example="11111111-2222-3333-4444-555555555555",
        of="AZUREAD_OAUTH2",
    ),
    Variable(
        "SOCIAL_AUTH_<NAME>_ACCEPT_UNVERIFIED",
        "on: accept a provider's tokens although nothing proves which application they were issued to; a check "
        "warning, and an error where there is a proof ([providers](providers.md))",
        "off",
        example="0",
    ),
    Variable(
        "SOCIAL_AUTH_WHITELISTED_DOMAINS",
        "a JSON list; only people with a [verified address](providers.md#what-verifies-an-address) on it may sign in; "
        "a check warning where a provider verifies none",
        example='["example.com"]',
    ),
    Variable("SOCIAL_AUTH_WHITELISTED_EMAILS", "likewise, of whole addresses", example='["ripley@example.com"]'),
    Variable("SOCIAL_AUTH_<NAME>_WHITELISTED_DOMAINS", "likewise, for one provider", example='["example.com"]'),
    Variable("SOCIAL_AUTH_<NAME>_WHITELISTED_EMAILS", "likewise, for one provider", example='["ripley@example.com"]'),
    Variable(
        "SOCIAL_AUTH_VERIFY_SSL",
        "a bundle of certificates (file or folder) to trust instead of the default one; `1` is the default one, off is "
        "an error outside the sandbox",
        "1",
        "/etc/tandem/providers.pem",
    ),
    Variable("SOCIAL_AUTH_<NAME>_VERIFY_SSL", "likewise, for one provider", "1", example="/etc/tandem/facebook.pem"),
    Variable(
        "SOCIAL_AUTH_*",
        "any other setting of social-core, such as `SOCIAL_AUTH_<NAME>_SCOPE`; JSON unless it is a string",
        "",
        '["email"]',
    ),
    Variable("PROVIDER_TIMEOUT", "seconds for all provider calls of one sign-up", "10", "10"),
    Variable("PROVIDER_CONCURRENCY", "calls in progress to one provider, per process", "half the threads", "64"),
    Variable(
        "PROVIDER_TOKEN_KEYS",
        "Fernet keys, comma-separated; the first encrypts, all decrypt; without keys provider tokens are not stored "
        "([provider tokens](#provider-tokens))",
        is_secret=True,
    ),
    Variable(
        "ADOPT_LEGACY_UIDS",
        "providers whose old identifiers (such as an address) may be rewritten "
        "([adopters](adopters.md#associations-of-years-ago))",
        example="google-oauth2",
    ),
)
ACCOUNTS = (
    Variable("TOKEN_TTL", "days for which an access token is valid after its last use", "90", "90"),
    Variable("TOKENS_PER_USER", "valid access tokens of one user", "50", "50"),
    Variable(
        "RECENT_SIGN_IN",
        "seconds after a sign-in, or a repeated proof of an identity, in which a client may link and disconnect "
        "identities and sign out everywhere ([stolen tokens](#stolen-access-tokens))",
        "none: no limit",
        "300",
    ),
    Variable(
        "PASSWORD_COUNTS_AS_LOGIN", "a user with a usable password may disconnect the last account", "on", example="1"
    ),
    Variable("THROTTLE_ANONYMOUS", "rate limit of an address: `60/min`, `off`", "`60/min`", "60/min"),
    Variable("THROTTLE_USER", "rate limit of a user", "`600/min`", "600/min"),
    Variable("ADMIN", "whether [the admin](#the-admin) exists", "off", "1"),
    Variable(
        "ADMIN_THROTTLE",
        "rate limits of attempts to sign in to the admin: by user name, by address, in all",
        "`5/min,20/min,100/min`",
        "5/min,20/min,100/min",
    ),
    Variable(
        "CORS_ALLOWED_ORIGINS",
        "origins whose pages may call the APIs, comma-separated: `https://app.example.com`, `capacitor://localhost` "
        "([details](retiring.md#clients-in-a-browser))",
        example="https://app.example.com",
    ),
)
MIGRATION = (
    Variable(
        "V1_DEPRECATED_AT",
        "when v1 is deprecated; [the admin](retiring.md), with `ADMIN=1`, can override it and the next",
        example="2027-01-10T10:00:00Z",
    ),
    Variable("V1_SUNSET_AT", "when v1 ends", example="2027-07-10T10:00:00Z"),
    Variable("V1_GUIDE_URL", "a page for v1's clients", example="https://example.com/migrate"),
    Variable(
        "V1_BROWNOUTS",
        "starts and durations, comma-separated; [the admin](retiring.md#brownouts) has further kinds",
        example="2027-06-10T10:00:00Z/PT15M",
    ),
    Variable("CLIENT_HEADER", "the header that names an app build ([ledger](ledger.md))", "`X-Client`", "X-Client"),
    Variable(
        "LEDGER_FLUSH_SECONDS", "how often a process writes its counts; a crash loses at most this much", "5", "5"
    ),
    Variable("LEDGER_CLIENTS", "clients with rows of their own, per day", "200", "200"),
    Variable("LEDGER_DAYS", "days for which counts are kept", "760", "760"),
    Variable("LAST_CALL_DAYS", "days for which the times of users' last calls are kept", "400", "400"),
    Variable(
        "EMAIL_URL",
        "the mail server for [notices to client teams](client-health.md): `smtps://user:password@mail.example.com` "
        "(TLS), or `smtp://…` (STARTTLS; without TLS on this machine only)",
        example="smtps://tandem:password@mail.example.com",
        is_secret=True,
    ),
    Variable("EMAIL_FROM", "the sender of these mails", example="Tandem <api@example.com>"),
    Variable(
        "CLIENT_NOTICE_DAYS",
        "how many days before a date of v1 its clients receive a notice, comma-separated",
        "30,7,1",
        "30,7,1",
    ),
    Variable(
        "METRICS_TOKEN",
        "the token that Prometheus sends to `/metrics`, 16 characters or more; without it there are no metrics "
        "([metrics](metrics.md))",
        is_secret=True,
    ),
)
SANDBOX = (
    Variable("SANDBOX", "providers on this machine; never in production ([the sandbox](#the-sandbox))", "off", "0"),
    Variable(
        "PROVIDER_HOSTS",
        "a JSON object: where each provider of the sandbox is reached",
        example='{"https://graph.facebook.com": "http://127.0.0.1:9100/facebook"}',
    ),
)
GROUPS: dict[str, tuple[Variable, ...]] = {
    "The process": PROCESS,
    "Database and Redis": STORAGE,
    "Providers": PROVIDERS,
    "Accounts, limits, the admin, browsers": ACCOUNTS,
    "The migration and metrics": MIGRATION,
    "The sandbox": SANDBOX,
}
VARIABLES = tuple(variable for group in GROUPS.values() for variable in group)
