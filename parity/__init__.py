"""Compare two versions of a running deployment from outside, over HTTP: `manage.py check_parity`.

The command sends each request to both versions and reports what differs. Requests come from the contract's own cases
and from recorded traffic. Nothing outside the package imports it.
"""
