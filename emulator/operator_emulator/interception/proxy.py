"""The proxy: an HTTP proxy that takes requests to the operators' hosts for the emulator, and refuses all others.

It is a port of the same server, so nothing is sent on: behind CONNECT it speaks TLS itself, and a request with an
absolute address is answered as it comes. Clients see the operator's address in links, because it is the one they call.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httptools
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from operator_emulator.interception.forward import forward
from operator_emulator.interception.hosts import OPERATORS
from operator_emulator.serving import Protocol

PORTS: Final[Mapping[int, str]] = {443: "https", 80: "http"}
HANDSHAKE_TIMEOUT: Final = 30.0  # real seconds
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rules:
    """*context* has the certificate for the operators' hosts; with *pass_on*, all other hosts are let through."""

    context: ssl.SSLContext
    pass_on: bool = False


class ProxyProtocol(Protocol):
    """A connection to the proxy."""

    def __init__(self, *arguments: Any, rules: Rules, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._rules = rules
        self._emulator = self.app

    def on_headers_complete(self) -> None:
        if not self.parser.should_upgrade():
            self.app = self._app_for(httptools.parse_url(self.url))
        super().on_headers_complete()

    def _app_for(self, target: Any) -> ASGIApp:
        """The emulator for an operator's host, or else an app that refuses or passes on."""
        if target.host is None:
            return refuse(400, "This is the port of the proxy; the emulator has another, which 'serve' prints.")
        host, scheme = target.host.decode(), target.schema.decode()
        problem = self._problem(host, target.port or {"http": 80, "https": 443}.get(scheme, 0))
        if problem is None:
            self.scope["scheme"] = scheme
            self.headers[:] = [(b"host", target.host), *(one for one in self.headers if one[0] != b"host")]
            emulator: ASGIApp = self._emulator
            return emulator
        if self._rules.pass_on:
            return forward(self.url.decode("latin-1"))
        return refuse(403, problem)

    def connect(self, rest: bytes) -> None:
        host, _, port = self.url.decode("latin-1").rpartition(":")
        host = host.strip("[]")
        if not host or not port.isdecimal():
            self.send_refusal(400, f"CONNECT needs HOST:PORT, not {self.url.decode('latin-1')}.")
            return
        problem = self._problem(host, int(port))
        if rest:
            self.send_refusal(400, "Wait for the answer to CONNECT before you send more.")
        elif problem is None:
            self._start(self._answer_for(host, PORTS[int(port)]))
        elif self._rules.pass_on:
            self._start(self._pass_on(host, int(port)))
        else:
            self.send_refusal(403, problem)

    def _problem(self, host: str, port: int) -> str | None:
        """Why the emulator does not answer for this host and port."""
        if host.lower().rstrip(".") not in OPERATORS:
            return (
                f"{host} is not a host of an operator that is emulated, and this proxy lets nothing else through. "
                "Exempt it by NO_PROXY, or start the emulator with --proxy-pass."
            )
        if port not in PORTS:
            return f"The operator does not listen on port {port} of {host}, but on 443 and 80."
        return None

    def _start(self, work: Any) -> None:
        self.transport.pause_reading()
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answer_for(self, host: str, scheme: str) -> None:
        """Speak to the client behind its tunnel as the operator does."""
        inner = Protocol(self.config, self.server_state, self.app_state, self.loop)
        transport: asyncio.Transport = self.transport
        self._hand_over()
        if scheme == "http":
            transport.set_protocol(inner)
            inner.connection_made(transport)
            transport.resume_reading()
            return
        held = Held()
        try:
            secure = await self.loop.start_tls(
                transport,
                held,
                self._rules.context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_TIMEOUT,
            )
        except (OSError, ssl.SSLError) as error:
            log.warning(
                "a client gave up TLS with %s (%s); 'operator-emulator ca' says how it can trust the certificate",
                host,
                getattr(error, "reason", None) or error,
            )
            transport.close()
        else:
            if secure is not None and not held.is_lost:
                held.hand_over(inner, secure)

    async def _pass_on(self, host: str, port: int) -> None:
        """Connect the client with a host that is none of ours."""
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT):
                far, _ = await self.loop.create_connection(lambda: Relay(self.transport), host, port)
        except (OSError, TimeoutError) as error:
            self.send_refusal(502, f"{host}:{port} cannot be reached: {error or 'no answer in time'}.")
            return
        near: asyncio.Transport = self.transport
        self._hand_over()
        near.set_protocol(Relay(far))
        near.resume_reading()

    def _hand_over(self) -> None:
        """The tunnel is open, and the connection no longer one of HTTP."""
        self.transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.connections.discard(self)

    def send_refusal(self, status: int, problem: str) -> None:
        text = f"operator-emulator: {problem}\n".encode("latin-1", "replace")
        self.transport.write(
            b"HTTP/1.1 %d Refused\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b"
            % (status, len(text), text)
        )
        self.transport.close()


class Held(asyncio.Protocol):
    """Keeps what arrives right behind the TLS handshake, before the server has the transport."""

    def __init__(self) -> None:
        self._data = b""
        self.is_lost = False

    def data_received(self, data: bytes) -> None:
        self._data += data

    def connection_lost(self, error: Exception | None) -> None:
        self.is_lost = True

    def hand_over(self, inner: Protocol, transport: asyncio.Transport) -> None:
        transport.set_protocol(inner)
        inner.connection_made(transport)
        if self._data:
            inner.data_received(self._data)


class Relay(asyncio.Protocol):
    """One side of a tunnel: what comes is written to the *other* side, no faster than that takes it."""

    def __init__(self, other: asyncio.Transport) -> None:
        self._other = other

    def data_received(self, data: bytes) -> None:
        self._other.write(data)

    def pause_writing(self) -> None:
        self._other.pause_reading()

    def resume_writing(self) -> None:
        with contextlib.suppress(RuntimeError):  # it is closed
            self._other.resume_reading()

    def eof_received(self) -> bool:
        with contextlib.suppress(OSError, RuntimeError):
            self._other.write_eof()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self._other.close()


def refuse(status: int, problem: str) -> ASGIApp:
    return PlainTextResponse(f"operator-emulator: {problem}\n", status)
