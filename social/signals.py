"""Signals for projects: sign-ins after commit, and instrumentation.

`signed_up`, `signed_in`, `linked` and `disconnected` are sent after commit, with `user`, `provider`, `uid` and
`api_version` (`v1`, `v2`). All others are sent while a request is answered and contain no personal data and no token;
their receivers must be quick.
"""

from django.dispatch import Signal

signed_up = Signal()
signed_in = Signal()
linked = Signal()
disconnected = Signal()

sign_up_ended = Signal()
"""With `provider`, `api_version` and `outcome`: an outcome of the contract, or the code of an error."""
provider_call_started = Signal()
"""With `provider`: a sign-up or the refresh of a provider token begins its calls, within the concurrency limit."""
provider_call_ended = Signal()
"""With `provider`, `result` (`ok`, or the code of an error) and `seconds` since `provider_call_started`."""
concurrency_limit_reached = Signal()
"""With `provider`: the concurrency limit refused a sign-up or a refresh."""
throttled = Signal()
"""With `kind`, `address`, `user`, `admin_address`, `admin_user` or `admin`: a request exceeded that rate limit."""
rate_limit_storage_unavailable = Signal()
"""Redis did not answer, so this process alone counted a request."""
