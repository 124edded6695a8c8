"""What a project can listen to; all sent after commit, with `user`, `provider`, `uid`, `api` (the calling API)."""

from django.dispatch import Signal

signed_up = Signal()
signed_in = Signal()
linked = Signal()
disconnected = Signal()
