"""The demo: the sandbox and the service as programs of their own, and a story told to both APIs over HTTP.

It imports the contract, to compare answers with; the sandbox and the service it only starts and calls.
"""
