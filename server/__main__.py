"""`python -m server`: the entry point of `server.start`."""

import signal
import sys


def run() -> int:
    """Start the server; return the exit code if an error prevents that."""
    # Ctrl-C ends the start without a traceback, also while the modules are imported. gunicorn has a handler of its own.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from server.start import main  # noqa: PLC0415 - see above

    return main()


if __name__ == "__main__":
    sys.exit(run())
