"""A credential to an identity: the network part of a sign-up. No database is touched in here."""

from contextlib import nullcontext
from dataclasses import dataclass

from social_core.exceptions import SocialAuthBaseException

from shared.errors import ApiError, ProviderBadResponse
from shared.sign_up import Credential
from social.conf import conf
from social.details import is_shallow
from social.providers import deadline, engine, registry
from social.providers.slots import slot
from social.providers.told import told
from social.strategy import Pending, StatelessStrategy
from social.tape import on_tape
from social.translation import translate


@dataclass(frozen=True, slots=True)
class Identity:
    """What a provider vouches for: who it is there, and the profile, still to be stored."""

    provider: str
    uid: str
    pending: Pending
    backend: engine.Guarded
    strategy: StatelessStrategy


@on_tape
def identify(credential: Credential) -> Identity:
    """Ask the provider whose token this is, and prove that it was issued to us.

    :raises UnknownProvider: it is not enabled.
    :raises TokenRejected: the provider or the proof refuses the token.
    :raises TokenAudienceMismatch: the provider says that it is another application's.
    :raises SignUpNotAllowed: the provider vouches for too little (an unverified address).
    :raises ProviderFailure: the provider fails; the kinds are leaves of the tree.
    """
    policy = registry.policy_of(credential.provider)
    strategy = StatelessStrategy()
    backend = engine.backend_class(policy)(strategy)
    # Who asks nobody is let in whatever hangs.
    place = nullcontext() if backend.policy.asks_nobody(credential) else slot(credential.provider)
    with place, told(credential.provider), deadline.within(conf.provider_timeout):
        try:
            pending = backend.policy.identify(backend, credential)
            profile = pending.profile
            if not is_shallow(profile):  # it would end in a step of the pipeline, when it is too late to refuse it
                raise ProviderBadResponse
            uid = backend.get_user_id(backend.get_user_details(profile), profile)
        except SocialAuthBaseException as error:
            raise translate(error) from error
        except ApiError:
            raise
        except engine.NONSENSE as error:
            raise ProviderBadResponse from error
    return Identity(credential.provider, uid, pending, backend, strategy)
