"""What a project can listen to, sent after commit: `user`, `provider`, `uid`, and `api_version` (`v1`, `v2`)."""

from django.dispatch import Signal

signed_up = Signal()
signed_in = Signal()
linked = Signal()
disconnected = Signal()
