"""What a project can listen to.

Of persons, sent after commit: `user`, `provider`, `uid`, and `api_version` (`v1`, `v2`). Of how the service does, sent
while a request is answered: no person and no token is in them, and receivers must be quick.
"""

from django.dispatch import Signal

signed_up = Signal()
signed_in = Signal()
linked = Signal()
disconnected = Signal()

sign_up_ended = Signal()
"""With `provider`, `api_version` and `outcome`: the contract's, or the code of an error."""
provider_asked = Signal()
"""With `provider`: a sign-up has got its place and begins to ask."""
provider_answered = Signal()
"""With `provider`, `result` (`ok`, or the code of an error) and `seconds`: the end of what `provider_asked` began."""
place_refused = Signal()
"""With `provider`: no place got free in time."""
throttled = Signal()
"""With `kind`, `address` or `user`: its budget is spent."""
limits_storage_away = Signal()
"""A call was counted by this process alone, since Redis does not answer."""
