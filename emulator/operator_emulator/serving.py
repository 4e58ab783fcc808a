"""How uvicorn serves the emulator: as it serves any app, but for what ASGI has no word for.

- A fault can reset the connection, and long answers are told that the server is about to stop.
- An offer to upgrade is ignored, as RFC 9110, 7.8 allows. httptools takes a request with such an offer to be without a
  body, and Java's default client makes one with each first request (``Upgrade: h2c``).
- Idle connections are kept longer than clients keep them: Go 90 s, .NET 60 s, Apache HttpClient 180 s, OkHttp 300 s.
  Otherwise a client may send on a connection that is being closed, and its request is lost.
"""

import asyncio
import contextlib
import signal
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from operator_emulator.web.connection import EXTENSION, Connection

NO_LINGER: Final = struct.pack("ii", 1, 0)  # closing sends RST and drops unsent data
IDLE: Final = 310  # seconds that an idle connection is kept
KEPT: Final = ((b"connection", b"keep-alive"), (b"keep-alive", b"timeout=300"))


class Protocol(HttpToolsProtocol):
    """For ``uvicorn.Config(http=Protocol)``."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.closing = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._decline(data[offer.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        connection: Any = Connection(self.transport.write, self.reset, self.closing)
        self.scope["extensions"] = {EXTENSION: connection}

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():
            return  # the same request comes again, without its offer
        super().on_headers_complete()
        if self.cycle.keep_alive:
            self.cycle.default_headers = [*self.cycle.default_headers, *KEPT]

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _decline(self, rest: bytes) -> None:
        """Parse the present request again, without the offer to upgrade; *rest* is what follows its head."""
        method = self.parser.get_method()
        if method == b"CONNECT":
            self.connect(rest)
            return
        headers = b"".join(b"%b: %b\r\n" % (name, value) for name, value in self.headers if name != b"upgrade")
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"%b %b HTTP/1.1\r\n%b\r\n%b" % (method, self.url, headers, rest))

    def connect(self, rest: bytes) -> None:
        """Answer CONNECT, which is for proxies."""
        self.send_400_response("This port is no proxy; serve --proxy-port opens one.")

    def shutdown(self) -> None:
        super().shutdown()
        if self.cycle is not None:
            self.cycle.default_headers = [one for one in self.cycle.default_headers if one not in KEPT]
        self.closing.set()

    def reset(self) -> None:
        """Let the customer's system see "connection reset by peer"."""
        connection = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.transport.abort()


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that listens; what it speaks is a *protocol*, inside of TLS if there is a *context*."""

    socket: socket.socket
    protocol: Callable[..., HttpToolsProtocol] = Protocol
    context: ssl.SSLContext | None = None

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])


class Server(uvicorn.Server):
    """A uvicorn with listeners of several kinds. It is *ready* when it has *started*, or could not."""

    def __init__(self, config: uvicorn.Config, listeners: Sequence[Listener]) -> None:
        super().__init__(config)
        self._listeners = listeners
        self.ready = asyncio.Event()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().serve(sockets)
        finally:
            self.ready.set()  # nobody waits for a server that could not start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's own, but for the listeners."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            self.should_exit = True
            return
        loop = asyncio.get_running_loop()
        self.servers = []
        for one in self._listeners:
            protocol = partial(
                one.protocol, config=self.config, server_state=self.server_state, app_state=self.lifespan.state
            )
            self.servers.append(
                await loop.create_server(
                    cast("Callable[[], asyncio.Protocol]", protocol),
                    sock=one.socket,
                    ssl=one.context,
                    backlog=self.config.backlog,
                )
            )
        self.started = True
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's own, but does not raise the signal again: to be stopped is no failure."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def configure(app: Any, **settings: Any) -> uvicorn.Config:
    """A configuration of uvicorn for the emulator: no access log, because the journal keeps every exchange."""
    return uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=IDLE,
        **settings,
    )
