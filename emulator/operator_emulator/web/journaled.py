"""Journaled: write down every exchange. It stands outside everything else, because it keeps what the client really
saw. Secrets are blanked before anything is kept.
"""

import time
from collections.abc import Callable
from functools import cache

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from operator_emulator.runtime import redaction
from operator_emulator.runtime.journal import BODY_LIMIT, Exchange, Journal
from operator_emulator.web.context import RequestContext


def journaled(make: Callable[[], ASGIApp], journal: Journal) -> Callable[[], ASGIApp]:
    """What *make* makes, within Journaled."""
    return cache(lambda: Journaled(make(), journal))


class Journaled:
    """ASGI middleware; puts the Exchange into the request's context so that others can write into it."""

    def __init__(self, app: ASGIApp, journal: Journal) -> None:
        self._app = app
        self._journal = journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        context: RequestContext = scope["context"]
        began = time.perf_counter()
        virtual, real = await context.engine.times()
        context.exchange = exchange = Exchange("inbound", scope["method"], target(scope), virtual, real)
        recording = Recording(self._journal, exchange, scope, receive, send, began)
        try:
            await self._app(scope, recording.receive, recording.send)
        except BaseException as error:
            exchange.problem = exchange.problem or repr(error)
            raise
        finally:
            recording.end()


class Recording:
    """The two directions of one exchange, each handed on and kept. A stream is in the journal while it goes on."""

    def __init__(
        self, journal: Journal, exchange: Exchange, scope: Scope, receive: Receive, send: Send, began: float
    ) -> None:
        self._journal = journal
        self._exchange = exchange
        self._scope = scope
        self._receive = receive
        self._send = send
        self._began = began
        self._requested: list[bytes] = []
        self._answered: list[bytes] = []
        self._streamed = False

    async def receive(self) -> Message:
        message = await self._receive()
        body = message.get("body")
        if body:
            keep(self._requested, body)
        return message

    async def send(self, message: Message) -> None:
        body = message.get("body")
        if body:
            self._keep_answer(body, more=bool(message.get("more_body")))
        elif message["type"] == "http.response.start":
            self._exchange.status = message["status"]
            self._exchange.raw_response_headers = message.get("headers", ())
        await self._send(message)

    def _keep_answer(self, body: bytes, *, more: bool) -> None:
        if not self._streamed and not more:
            keep(self._answered, body)
            return
        if not self._streamed:  # a stream may last for days
            self._streamed = True
            self._complete()
            self._journal.add(self._exchange)
        self._journal.grow(self._exchange, body)

    def end(self) -> None:
        self._complete()
        if not self._streamed and not self._scope["context"].dropped:
            self._journal.add(self._exchange)

    def _complete(self) -> None:
        exchange = self._exchange
        exchange.raw_request_headers = self._scope["headers"]
        if self._requested:
            exchange.request_body = b"".join(self._requested)
        if self._answered:
            exchange.response_body = b"".join(self._answered)
        exchange.milliseconds = (time.perf_counter() - self._began) * 1000


def keep(chunks: list[bytes], chunk: bytes) -> None:
    """Keep a chunk of a body, as far as there is room; most bodies are one chunk."""
    room = BODY_LIMIT - sum(map(len, chunks)) if chunks else BODY_LIMIT
    if room > 0:
        chunks.append(chunk[:room])


def target(scope: Scope) -> str:
    """Path and query, as the client sent them, with tokens and secrets blanked."""
    path: str = scope["path"]
    query = scope["query_string"]
    return f"{path}?{redaction.form(query.decode('latin-1'))}" if query else path
