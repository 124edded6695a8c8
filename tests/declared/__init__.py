"""A project's own resource, declared once and served by every mounted API.

`declaration` declares it, `service` has its functions, and `apps` registers it. The tests are in `story`;
`test_declared` runs them in a process of its own, with `settings`.
"""
