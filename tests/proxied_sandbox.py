"""Settings of a service in production's place: it trusts a proxy, although its providers are on this machine.

No environment variable allows that (`social.E014`).
"""

from config.settings import *  # noqa: F403 - all of them
from config.settings import SILENCED_SYSTEM_CHECKS as _SILENCED

SILENCED_SYSTEM_CHECKS = [*_SILENCED, "social.E014"]
