"""Identity providers on this machine, for the demo, the tests and whoever rehearses a client.

Real HTTP over loopback, the providers' own paths, checks, answers and refusals. The rest of the project
never imports this package and this package never imports the rest: they meet on a socket.
"""
