"""The service: sign-ups, linked identities and access tokens, independent of any API framework.

- `service`: the functions that adapters call. The declared operations name them.
- `representations`: the service's results as values of the declared bodies.
- `models`: access tokens. `signals`: what a project can receive.

Everything else is internal: a provider's policies (`providers`), social-core (`engine`), OpenID Connect (`oidc`), calls
to providers (`network`), and reports about associations of older versions (`legacy_rows`).
"""
