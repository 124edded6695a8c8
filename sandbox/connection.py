"""The bare connection, for answers that are more than a status and a body."""

import os
import socket
import struct
import threading
import time

_SLICE = 0.05


class Connection:
    """One open connection; `closing` is set when the sandbox stops."""

    def __init__(self, channel: socket.socket, closing: threading.Event) -> None:
        self._channel = channel
        self._closing = closing

    def send(self, data: bytes) -> None:
        """Write everything.

        Raises:
            OSError: The client has left.
        """
        self._channel.sendall(data)

    def pause(self, seconds: float) -> bool:
        """Wait; false as soon as the client has left or the sandbox stops."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._closing.wait(min(left, _SLICE)) or self._client_left():
                return False
        return True

    def reset(self) -> None:
        """Cut the connection with a reset instead of an orderly end."""
        self._channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The server would shut the socket down first, and that sends an orderly end.
        os.close(self._channel.detach())

    def _client_left(self) -> bool:
        try:
            return not self._channel.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True
