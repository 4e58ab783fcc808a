"""Webhook: an app under test that receives the callbacks in this process, and whose answers the emulator gets."""

import inspect
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from operator_emulator.testing.customer import Answer, ReceivedRequest

App = Callable[..., Any]
"""An ASGI app, a WSGI app, or a function of a ReceivedRequest that returns a status, an Answer, or None for 200."""

Respond = Callable[[ReceivedRequest], Answer]


@contextmanager
def responding(app: App) -> Iterator[Respond]:
    """How *app* answers a request. An ASGI app is started and stopped. Raises TypeError."""
    if is_coroutine(app):
        from starlette.testclient import TestClient

        with TestClient(without_lifespan(app), raise_server_exceptions=False) as client:
            yield lambda request: ask(client, request)
    elif parameters(app) == 2:
        transport = httpx2.WSGITransport(app=app, raise_app_exceptions=False)
        with httpx2.Client(transport=transport, base_url="http://testserver") as client:
            yield lambda request: ask(client, request)
    elif parameters(app) == 1:
        yield lambda request: call(app, request)
    else:
        raise TypeError(f"webhook must be a URL, an ASGI or WSGI app, or a function of one request, not {app!r}")


def is_coroutine(app: App) -> bool:
    return inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(type(app).__call__)


def parameters(app: App) -> int:
    """The number of arguments that *app* must be called with."""
    if not callable(app):
        return 0
    given = inspect.signature(app).parameters.values()
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(one.kind in positional and one.default is one.empty for one in given)


def ask(client: httpx2.Client, request: ReceivedRequest) -> Answer:
    answer = client.request(
        request.method, request.path, headers=dict(request.headers), content=request.body, follow_redirects=False
    )
    return Answer(answer.status_code, dict(answer.headers), answer.content)


def call(function: App, request: ReceivedRequest) -> Answer:
    """The answer of a function. An exception is a 500 with its traceback, which the journal shows."""
    try:
        return answer_of(function(request))
    except Exception:
        return Answer(500, {"Content-Type": "text/plain"}, traceback.format_exc().encode())


def answer_of(value: Any) -> Answer:
    if value is None or isinstance(value, int):
        return Answer(200 if value is None else value)
    if isinstance(value, Answer):
        return value
    raise TypeError(f"a webhook returns a status, an Answer or None, not {value!r}")


def without_lifespan(app: ASGIApp) -> ASGIApp:
    """*app*, which may refuse to speak of its start and stop, as Django does."""

    async def tolerant(scope: Scope, receive: Receive, send: Send) -> None:
        said: list[Message] = []

        async def note(message: Message) -> None:
            said.append(message)
            await send(message)

        try:
            await app(scope, receive, note)
        except Exception:
            if scope["type"] != "lifespan" or said:
                raise
            for event in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{event}.complete"})

    return tolerant
