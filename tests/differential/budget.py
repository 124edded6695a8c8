"""The number of examples: a few fixed ones, or many new ones with `HYPOTHESIS_PROFILE=long`."""

import os

from hypothesis import HealthCheck, Phase, settings

_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
_TIMES = 20


def budget(examples: int, *, steps: int = 50, shrink: bool = True) -> settings:
    """Return the Hypothesis settings of one test.

    :param examples: the number of examples in the default profile; the long one runs twenty times as many.
    :param steps: the number of steps of a state machine.
    :param shrink: shrink a failing example, which must then run again from the same state.
    """
    return settings(
        max_examples=examples * (_TIMES if _LONG else 1),
        stateful_step_count=steps,
        # The examples themselves reset the fixtures.
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if shrink else [])],
    )
