"""The contract in code: what goes over the wire, declared once for every mounted API.

Nothing here knows an API framework, a provider or a database. The adapters parse and
render with it, `openapi.yaml` is generated from it, the tests read their expectations from it.
"""
