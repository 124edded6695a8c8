"""Make in advance what sign-ups share: backends, TLS contexts, patterns (docs/decisions/0020-warm-up.md)."""

from django.db.models import OuterRef
from social_core.utils import module_member

from social import limits, tokens
from social.engine import backends, profile
from social.engine.strategy import StatelessStrategy
from social.network import transport
from social.providers import registry


def warm_up() -> None:
    """Make in one thread what simultaneous first sign-ups would each make; send nothing and use no database."""
    limits.prepare()
    profile.clean_details({"email": "someone@example.com"})
    tokens.has_many_tokens(OuterRef("user"))
    for provider in registry.enabled().values():
        backend = backends.backend_class(provider.policy)(StatelessStrategy())
        backends.backend_class(provider.policy, for_code=True)
        transport.prepare(backend.setting("VERIFY_SSL", True))
        for step in backend.strategy.get_pipeline(backend):
            module_member(step)
