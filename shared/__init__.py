"""What every API and the service share.

- `shared.contract`: the contract in code, without Django.
- `shared.http`: the contract on Django's requests, responses and middleware.

Nothing here imports an API framework, the service (`social`) or a provider.
"""
