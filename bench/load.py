"""A load generator in one thread: so many keep-alive connections, each with one request under way.

It knows nothing of HTTP but where an answer ends, which is why Python is fast enough for it: some microseconds a
request, most of them in the kernel. ``Load.busy`` tells how much of its core it used; near 1 it is itself what is
measured.
"""

import selectors
import socket
import time
from dataclasses import dataclass

END_OF_HEADERS = b"\r\n\r\n"
LENGTH = b"content-length: "


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it: requests answered, in how many seconds, and the share of its core that the generator used."""

    answered: int
    seconds: float
    busy: float


class WrongAnswer(Exception):
    """An answer with another status than was expected: whatever was measured is worth nothing."""


def load(port: int, request: bytes, status: int, *, connections: int, seconds: float) -> Load:
    """Send *request* over and over. Raises WrongAnswer, and ConnectionError when the server hangs up."""
    expected = b"HTTP/1.1 %d " % status
    buffer = bytearray(1 << 20)
    selector = selectors.DefaultSelector()
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
    try:
        for connection in sockets:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setblocking(False)
            selector.register(connection, selectors.EVENT_READ, connection)
            connection.send(request)
        answered = 0
        missing: dict[socket.socket, int] = {}  # octets, of answers that came in part
        began, worked = time.perf_counter(), time.process_time()
        stop = began + seconds
        while (now := time.perf_counter()) < stop:
            for key, _ in selector.select(stop - now):
                connection = key.data
                size = connection.recv_into(buffer)
                if not size:
                    raise ConnectionError("the server closed the connection")
                left = missing.pop(connection, 0) or length(buffer, size, expected)
                if size < left:
                    missing[connection] = left - size
                    continue
                answered += 1
                connection.send(request)
        elapsed = time.perf_counter() - began
        return Load(answered, elapsed, (time.process_time() - worked) / elapsed)
    finally:
        selector.close()
        for connection in sockets:
            connection.close()


def length(buffer: bytearray, size: int, expected: bytes) -> int:
    """How long the answer is that begins in the first *size* octets of *buffer*; its headers come in one piece."""
    end = buffer.find(END_OF_HEADERS, 0, size)
    at = buffer.find(LENGTH, 0, end)
    if end < 0 or at < 0 or not buffer.startswith(expected):
        raise WrongAnswer(bytes(buffer[: min(size, 500)]).decode("utf-8", "replace"))
    at += len(LENGTH)
    return end + len(END_OF_HEADERS) + int(buffer[at : buffer.find(b"\r", at)])
