"""The end of a listening socket: who is in its queue is accepted, who comes later is refused, nobody is reset.

A connection is made by the kernel before any process accepts it, and its first request may be in. When the last
process closes the socket, the kernel resets what is in the queue.
"""

import ctypes
import socket
import struct
import sys
from contextlib import suppress

_ATTACH_FILTER = 26
"""SO_ATTACH_FILTER of <asm-generic/socket.h>, which Python does not name."""
_SYN = 0x02
_NO_NEW_CONNECTIONS = (
    (0x30, 0, 0, 13),  # load the byte of the TCP header that holds its flags,
    (0x45, 0, 1, _SYN),  # and where it asks for a connection
    (0x06, 0, 0, 0),  # drop the packet;
    (0x06, 0, 0, 0xFFFF),  # all others pass
)
"""A classic BPF program (Linux, Documentation/networking/filter.rst)."""


def let_nobody_in(listener: socket.socket) -> None:
    """Let the kernel ignore who asks for a connection from now on, in all processes that share the socket.

    Whoever asked anyhow asks again after a second and is refused by then. Where there are no such filters nothing
    happens, and a connection that comes in the moment before the last process closes the socket is reset.
    """
    if sys.platform != "linux" or listener.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in _NO_NEW_CONNECTIONS))
    described = struct.pack("HP", len(_NO_NEW_CONNECTIONS), ctypes.addressof(program))
    with suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, described)
