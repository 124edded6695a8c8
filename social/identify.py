"""The network part of a sign-up: prove a credential at the provider, without using the database."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from social_core.exceptions import SocialAuthBaseException

from shared.contract.errors import ApiError, InternalError, ProviderBadResponse
from shared.contract.sign_up import Credential
from shared.http.failures import code_of
from social import signals
from social.conf import conf
from social.engine import backends
from social.engine.failures import translate
from social.engine.profile import is_shallow
from social.engine.strategy import Pending, StatelessStrategy
from social.network import deadline
from social.network.concurrency import limit_concurrency
from social.providers import registry

OK = "ok"
"""The `result` of provider calls that succeeded, in `signals.provider_call_ended`."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A proven identity: the provider and its id of the person.

    `pending`, `backend` and `strategy` are the state of social-core, with which `social.sign_up` runs the pipeline.
    """

    provider: str
    uid: str
    identifying_part: str
    """What tells the credential from others (`Policy.identifying_part`)."""
    pending: Pending
    backend: backends.Guarded
    strategy: StatelessStrategy


def identify(credential: Credential) -> Identity:
    """Return the identity of a credential, after proving that the credential was issued to our registration.

    :raises UnknownProvider: the provider is not enabled.
    :raises TokenRejected: the provider or the proof refuses the credential.
    :raises TokenAudienceMismatch: the provider says that the credential was issued to another application.
    :raises SignUpNotAllowed: the provider has not verified what the policy requires (an e-mail address).
    :raises ProviderFailure: the provider fails.
    """
    policy_class = registry.enabled_policy(credential.provider)
    strategy = StatelessStrategy()
    by_code = credential.id_token is None and credential.code is not None
    backend = backends.backend_class(policy_class, for_code=by_code)(strategy)
    policy = policy_class()
    # Sign-ups that need no provider call skip the concurrency limit.
    limit = nullcontext() if policy.needs_no_call(credential) else limit_concurrency(credential.provider)
    with limit, send_signals(credential.provider), deadline.within(conf.provider_timeout):
        try:
            pending = policy.identify(backend, credential)
            profile = pending.profile
            if not is_shallow(profile):  # a step of the pipeline could exceed the recursion limit
                raise ProviderBadResponse("profile_nested_too_deep")
            uid = backend.get_user_id(backend.get_user_details(profile), profile)
        except SocialAuthBaseException as error:
            raise translate(error) from error
        except ApiError:
            raise
        except backends.MALFORMED_DATA_ERRORS as error:
            raise ProviderBadResponse from error
    return Identity(credential.provider, uid, policy.identifying_part(credential), pending, backend, strategy)


@contextmanager
def send_signals(provider: str) -> Iterator[None]:
    """Send signals when the calls to a provider begin and when they end, with their duration and outcome."""
    signals.provider_call_started.send_robust(sender=None, provider=provider)
    began = time.perf_counter()
    result = InternalError.code
    try:
        yield
        result = OK
    except Exception as error:
        result = code_of(error)
        raise
    finally:
        seconds = time.perf_counter() - began
        signals.provider_call_ended.send_robust(sender=None, provider=provider, result=result, seconds=seconds)
