"""Journaled: write down every exchange. It stands outside everything else, because it keeps what the client really
saw. Secrets are blanked before anything is kept.
"""

import time
from collections.abc import Callable
from functools import cache

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from operator_emulator.runtime.journal import BLANKED, BODY_LIMIT, Exchange, Journal
from operator_emulator.web.context import RequestContext

SECRET_PARAMETERS = ("access_token=", "jwt=")


def journaled(make: Callable[[], ASGIApp], journal: Journal) -> Callable[[], ASGIApp]:
    """What *make* makes, within Journaled."""
    return cache(lambda: Journaled(make(), journal))


class Journaled:
    """ASGI middleware; puts the Exchange into the request's context so that others can write into it."""

    def __init__(self, app: ASGIApp, journal: Journal) -> None:
        self._app = app
        self._journal = journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        context: RequestContext = scope["context"]
        virtual, real = await context.engine.times()
        exchange = Exchange("inbound", scope["method"], target(scope), virtual, real)
        context.exchange = exchange
        asked: list[bytes] = []
        told: list[bytes] = []

        async def listen() -> Message:
            message = await receive()
            body = message.get("body")
            if body:
                keep(asked, body)
            return message

        streamed = False

        async def speak(message: Message) -> None:
            nonlocal streamed
            body = message.get("body")
            if body:
                if not streamed and not message.get("more_body"):
                    keep(told, body)
                else:
                    if not streamed:  # written down while it goes on: a stream may last for days
                        streamed = True
                        complete()
                        self._journal.add(exchange)
                    self._journal.grow(exchange, body)
            elif message["type"] == "http.response.start":
                exchange.status = message["status"]
                exchange.raw_response_headers = message.get("headers", ())
            await send(message)

        def complete() -> None:
            exchange.raw_request_headers = scope["headers"]
            if asked:
                exchange.request_body = b"".join(asked)
            if told:
                exchange.response_body = b"".join(told)
            exchange.milliseconds = (time.perf_counter() - began) * 1000

        try:
            await self._app(scope, listen, speak)
        except BaseException as error:
            exchange.problem = exchange.problem or repr(error)
            raise
        finally:
            complete()
            if not streamed:
                self._journal.add(exchange)


def keep(chunks: list[bytes], chunk: bytes) -> None:
    """Keep a chunk of a body, as far as there is room; most bodies are one chunk."""
    room = BODY_LIMIT - sum(map(len, chunks)) if chunks else BODY_LIMIT
    if room > 0:
        chunks.append(chunk[:room])


def target(scope: Scope) -> str:
    """Path and query, as the client sent them, with tokens blanked."""
    path: str = scope["path"]
    query = scope["query_string"]
    if not query:
        return path
    parts = query.decode("latin-1").split("&")
    return path + "?" + "&".join(blank_parameter(part) for part in parts)


def blank_parameter(part: str) -> str:
    for name in SECRET_PARAMETERS:
        if part.lower().startswith(name):
            return name + BLANKED
    return part
