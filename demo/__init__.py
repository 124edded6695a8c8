"""The demo: it starts the sandbox and the service as processes and sends the same requests to both APIs over HTTP.

It imports `shared`, to compare the answers; the sandbox and the service it only starts and calls.
"""
