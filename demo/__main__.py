"""`python -m demo`: send the demo's requests, then keep serving; with `ONCE=1` exit after the requests."""

import os
import sys

from demo import programs


def main() -> int:
    """Return the exit status; with `ONCE=1` an interruption is a failure."""
    try:
        programs.install_signal_handlers()
        # After the handlers: an interruption during these imports shows no traceback either.
        from demo.run import run  # noqa: PLC0415 - as said above

        status = run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130 if os.environ.get("ONCE") == "1" else 0
    except BrokenPipeError:
        # The reader of a pipe has closed it. Python must not fail again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
