"""Stopping a server of the command line by Ctrl-C or SIGTERM, which is no failure."""

import signal
import threading
from collections.abc import Callable
from http.server import ThreadingHTTPServer


def until_stopped(server: ThreadingHTTPServer, begin: Callable[[], None]) -> None:
    """Call *begin*, and serve until SIGINT or SIGTERM."""

    def stop(*_: object) -> None:
        threading.Thread(target=server.shutdown).start()  # which waits for the loop that the signal interrupted

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        begin()
        server.serve_forever(poll_interval=0.05)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
