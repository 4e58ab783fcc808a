"""A client without a socket and without a library: the bytes of a request go straight to the app, and those of its
answer come back. It can say what no decent client would, and takes a fifth of a test client's time.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import unquote

from operator_emulator.app import App, create_app
from operator_emulator.core.world.world import World
from operator_emulator.runtime.sender import Transport
from operator_emulator.settings import Settings
from operator_emulator.store.tables import TABLES

P = ParamSpec("P")
T = TypeVar("T")

Message = MutableMapping[str, Any]
Headers = Sequence[tuple[bytes, bytes]]
LONG = 30.0  # real seconds, after which a request hangs


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Direct:
    """The app, started and stopped as a server would; everything happens in the thread of the test.

    It holds the app to ASGI: one beginning, one end, and as many octets as were promised.
    """

    def __init__(
        self, settings: Settings, transport: Transport, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.app: App = create_app(settings, transport, now)
        self._runner = asyncio.Runner()
        self._to_lifespan: asyncio.Queue[Message] = asyncio.Queue()
        self._from_lifespan: asyncio.Queue[Message] = asyncio.Queue()

    def __enter__(self) -> "Direct":
        self._runner.run(self._start())
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._runner.run(self._stop())
        self._runner.close()

    async def _start(self) -> None:
        lifespan = self.app({"type": "lifespan"}, self._to_lifespan.get, self._from_lifespan.put)
        self._living = asyncio.ensure_future(lifespan)
        await self._to_lifespan.put({"type": "lifespan.startup"})
        assert (await self._from_lifespan.get())["type"] == "lifespan.startup.complete"

    async def _stop(self) -> None:
        await self._to_lifespan.put({"type": "lifespan.shutdown"})
        await self._living

    # ------------------------------------------------------------------------------------------ asking

    def ask(
        self,
        method: str,
        target: str | bytes,
        *,
        headers: Headers = (),
        body: bytes | Iterable[bytes] = b"",
        json: Any = None,
        token: str | None = None,
    ) -> Answer:
        """The answer to one request. *target* is path and query, as they go over the wire; a *body* may be chunks."""
        request = scope(method, target, headers, body, json, token)
        chunks = [encoded(json)] if json is not None else [body] if isinstance(body, bytes) else body
        return self.run(lambda: self._exchange(request, chunks))

    def ask_at_once(self, *requests: tuple[str, str, Any], token: str) -> list[Answer]:
        """The answers to requests of JSON, or of nothing, that are under way at the same time."""
        return self.run(lambda: self.exchange_all(*requests, token=token))

    async def exchange_all(self, *requests: tuple[str, str, Any], token: str | None = None) -> list[Answer]:
        """The same within the app's event loop."""
        return await asyncio.gather(
            *(
                self._exchange(scope(method, target, (), b"", body, token), [b"" if body is None else encoded(body)])
                for method, target, body in requests
            )
        )

    def hang_up(self, method: str, target: str, *, json: Any, after: asyncio.Event) -> None:
        """A request whose client goes away *after* something has happened, and does not see the answer."""
        body = iter([{"type": "http.request", "body": encoded(json), "more_body": False}])

        async def receive() -> Message:
            for message in body:
                return message
            await after.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            raise AssertionError("it was answered before the client went away")

        self.run(lambda: self.app(scope(method, target, (), b"", json, None), receive, send))

    async def _exchange(self, request: Message, chunks: Iterable[bytes]) -> Answer:
        coming = iter(chunks)
        sent: list[Message] = []
        over = False

        async def receive() -> Message:
            nonlocal over
            if over:
                await asyncio.Event().wait()  # the client stays, and says no more
            chunk = next(coming, None)
            over = chunk is None
            return {"type": "http.request", "body": chunk or b"", "more_body": not over}

        async def send(message: Message) -> None:
            sent.append(message)

        async with asyncio.timeout(LONG):
            await self.app(request, receive, send)
        return answer_of(sent)

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        async def working() -> T:
            return await work()

        return self._runner.run(working())

    # ------------------------------------------------------------------------------------------ the world

    def write(self, verb: Callable[Concatenate[World, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self.run(lambda: self.app.engine.write(verb, *args, **kwargs))

    def everything(self, but: Iterable[str] = ()) -> dict[str, list[Any]]:
        """All rows of all tables, *but* those."""
        names = [name for name in TABLES if name not in but]
        return self.run(
            lambda: self.app.engine.read(lambda world: {name: getattr(world, name).find() for name in names})
        )


def scope(
    method: str, target: str | bytes, headers: Headers, body: bytes | Iterable[bytes], json: Any, token: str | None
) -> Message:
    """What a server makes of the head of a request."""
    raw = target.encode() if isinstance(target, str) else target
    path, _, query = raw.partition(b"?")
    said = [(b"host", b"operator.test"), *headers]
    if json is not None:
        body = encoded(json)
        said.append((b"content-type", b"application/json"))
    if isinstance(body, bytes) and not any(name == b"content-length" for name, _ in said):
        said.append((b"content-length", str(len(body)).encode()))
    if token is not None:
        said.append((b"authorization", b"Bearer " + token.encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path.decode("latin-1")) if b"%" in path else path.decode("latin-1"),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": said,
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8080),
    }


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


def answer_of(sent: list[Message]) -> Answer:
    start, *rest = sent
    assert start["type"] == "http.response.start"
    assert {message["type"] for message in rest} == {"http.response.body"}
    assert [message.get("more_body", False) for message in rest] == [True] * (len(rest) - 1) + [False]
    headers: dict[str, str] = {}
    for name, value in start.get("headers", ()):
        assert name == name.lower()
        assert name.decode() not in headers, f"{name} is there twice"
        headers[name.decode()] = value.decode("latin-1")
    body = b"".join(message.get("body", b"") for message in rest)
    if "content-length" in headers:
        assert int(headers["content-length"]) == len(body)
    for text in headers.values():
        assert not set(text) & set("\r\n\0"), f"{text!r} breaks out of its header"
    return Answer(start["status"], headers, body)
