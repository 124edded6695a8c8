"""How many examples: the same few each time, or many new ones with `HYPOTHESIS_PROFILE=long`."""

import os

from hypothesis import HealthCheck, Phase, settings

_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
_TIMES = 20


def budget(examples: int, *, steps: int = 50, shrink: bool = True) -> settings:
    """Return the Hypothesis settings of one test.

    :param examples: how many examples the usual profile runs; the long one runs twenty times as many.
    :param steps: how long a story may be, for those that tell one.
    :param shrink: whether a failure can be run again from the state it began in.
    """
    return settings(
        max_examples=examples * (_TIMES if _LONG else 1),
        stateful_step_count=steps,
        # Fixtures are put back by the examples themselves.
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if shrink else [])],
    )
