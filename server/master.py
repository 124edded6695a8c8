"""gunicorn's master, which lets a worker go when its successor serves, and turns nobody away who is already in.

gunicorn by itself starts a successor after the worker has ended, which takes as long as the slowest sign-up in it; and
at the end of the service it resets the connections that no worker has accepted yet, whatever was sent on them.
"""

# mypy: disable-error-code="misc"
# gunicorn has no types: every class of its is Any.

import signal
import sys
import time

from gunicorn.app.wsgiapp import WSGIApplication  # type: ignore[import-untyped]  # the package has no types
from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]  # the package has no types


class Master(Arbiter):
    """Keeps so many workers that serve, and the leaving ones besides until they may go."""

    def __init__(self, app: WSGIApplication) -> None:
        """Begin; after SIGUSR2 the next master is started as this one was."""
        super().__init__(app)
        self.START_CTX["args"] = [sys.executable, "-m", "server.master", *sys.argv[1:]]

    def manage_workers(self) -> None:
        """Start the workers that are missing, successors of the leaving ones among them."""
        missing = self.num_workers - sum(not worker.leaves for worker in self.WORKERS.values())
        for _ in range(missing):
            self.spawn_worker()
            # As gunicorn does: not all at once.
            time.sleep(0.05)
        self._let_go()

    def reap_workers(self) -> None:
        """See who has ended; gunicorn calls this also while it waits for workers to go."""
        super().reap_workers()
        self._let_go()

    def reload(self) -> None:
        """Replace every worker, at SIGHUP."""
        for worker in self.WORKERS.values():
            worker.leaves = True
        super().reload()

    def _let_go(self) -> None:
        workers = self.WORKERS.values()
        surplus = len(workers) - self.num_workers
        if surplus > 0 and all(worker.serves or worker.leaves for worker in workers):
            for worker in sorted(workers, key=lambda worker: (not worker.leaves, worker.age))[:surplus]:
                self.kill_worker(worker.pid, signal.SIGTERM)


class Service(WSGIApplication):
    """gunicorn's command line, with our master."""

    def run(self) -> None:
        """Serve until a signal ends it."""
        Master(self).run()


if __name__ == "__main__":
    Service().run()
