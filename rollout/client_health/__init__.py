"""The migration of one client, for its team: its calls, its dates, what to change, and notices before each date.

It offers the URLs of the resource and of the page (`urls.client_health_urls`), the command `notify_clients`, and the
admin of client teams. docs/client-health.md describes all of them.
"""
