"""`python -m demo`: tell the story, then keep serving; `ONCE=1` ends after the story."""

import os
import sys

from demo import interrupts


def run() -> int:
    """Give the exit status: after the story alone, an interruption is no success."""
    try:
        interrupts.install()
        # Only now: whoever interrupts while this is read gets a quiet end too.
        from demo.run import perform  # noqa: PLC0415 - as said above

        status = perform()
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130 if os.environ.get("ONCE") == "1" else 0
    except BrokenPipeError:
        # Whoever read along has left; there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


if __name__ == "__main__":
    sys.exit(run())
