"""A process whose threads ask for one provider token at once: `python -m tests.social.refreshing go-file threads`.

It prints `ready`, waits for the file, and prints the tokens as JSON.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import django


def main(go: Path, threads: int) -> None:
    """Ask for the token of the only user."""
    django.setup()

    from django.contrib.auth import get_user_model  # noqa: PLC0415 - after the setup
    from django.db import connections  # noqa: PLC0415

    from shared.contract.errors import ProviderTimeout  # noqa: PLC0415
    from social import provider_token_refresh  # noqa: PLC0415
    from social.provider_tokens import get_provider_token  # noqa: PLC0415

    provider_token_refresh.STORE_SECONDS = 1  # a killed process leaves a short lease
    user = get_user_model().objects.get()

    connections.close_all()

    def token(_: int) -> str:
        while True:
            try:
                return str(get_provider_token(user=user, provider="gitlab"))
            except ProviderTimeout:
                continue
            finally:
                connections.close_all()  # as at the end of a request

    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while not go.exists():
        time.sleep(0.01)
    with ThreadPoolExecutor(threads) as pool:
        sys.stdout.write(json.dumps(list(pool.map(token, range(threads)))))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
