"""Stand-ins for identity providers on this machine, for the demo, the tests and the development of clients.

They speak real HTTP over loopback, with the providers' paths, checks and error responses. No other package imports the
sandbox and it imports no other package: it is reached over HTTP only.
"""
