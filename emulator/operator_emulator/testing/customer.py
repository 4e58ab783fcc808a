"""Customer: the endpoint that the operator pushes messages and delivery reports to, as a test holds it.

It keeps what it received, answers 200 or what it is told to, and says in an assertion's words why what came is not
what was expected. Requests reach it by real HTTP on loopback (``CallbackServer``), or by a function for an emulator in
the same process (``CallbackServer.deliver``), which needs no socket.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from operator_emulator.core.tester.matching import like, within

if TYPE_CHECKING:
    from operator_emulator.runtime.sender import OutboundRequest, Reply

NOWHERE: Final = "http://customer.test"  # where the endpoint is when there is no socket (RFC 6761: nobody's name)
PATIENCE: Final = 5.0  # real seconds that waiting lasts, unless a test says otherwise
SHORT: Final = 300  # characters of a body in an assertion's message
ANY: Final[Any] = object()


@dataclass(frozen=True, slots=True)
class Callback:
    """One request to the customer's endpoint. *headers* by lower-case name."""

    method: str
    path: str
    headers: Mapping[str, str] = field(hash=False)
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "backslashreplace")

    @property
    def json(self) -> Any:
        """The body, which must be JSON. Raises ValueError."""
        return json.loads(self.body)

    def __str__(self) -> str:
        text = self.text if len(self.text) <= SHORT else self.text[: SHORT - 1] + "…"
        return f"{self.method} {self.path} {text}".rstrip()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Customer:
    """A customer's endpoint at *url*. *received* is what came, oldest first."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.received: list[Callback] = []
        self._next: deque[Answer] = deque()
        self._then = Answer(200)
        self._changed = threading.Condition()

    # ------------------------------------------------------------------------------------------ answering

    def answer_with(
        self,
        status: int,
        *,
        times: int | None = None,
        json: Any = ANY,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Self:
        """Answer so the next *times*, after what was told before; without *times*, whenever nothing else was told.

        Without any of it the answer is an empty 200. Raises ValueError for a status that ends no request.
        """
        if not 200 <= status <= 599:
            raise ValueError(f"{status} is not a status that ends a request")
        if times is not None and times < 1:
            raise ValueError("times is at least 1; leave it out for ever")
        if json is not ANY:
            body, headers = encode(json), {"Content-Type": "application/json", **(headers or {})}
        answer = Answer(status, dict(headers or {}), body)
        if times is None:
            self._then = answer
        else:
            self._next.extend([answer] * times)
        return self

    def take(self, callback: Callback) -> Answer:
        """A request arrives, and is answered."""
        with self._changed:
            self.received.append(callback)
            self._changed.notify_all()
            return self._next.popleft() if self._next else self._then

    # ------------------------------------------------------------------------------------------ looking

    def clear(self) -> None:
        """Forget what was received. What it was told to answer stays."""
        with self._changed:
            self.received.clear()

    def matching(self, method: str | None = None, json: Any = ANY, path: str | None = None) -> list[Callback]:
        """What was received and has this *method* and *path*, and this *json* in its own.

        Objects may have more members than asked for, and in texts ``*`` stands for anything.
        """
        return [one for one in tuple(self.received) if not differences(one, method, json, path)]

    def expect(
        self, count: int, method: str | None = None, json: Any = ANY, path: str | None = None
    ) -> Sequence[Callback]:
        """So many match, no more and no less. Raises AssertionError that names what came instead, and why not."""
        __tracebackhide__ = True  # pytest shows the test's line
        found = self.matching(method, json, path)
        if len(found) != count:
            raise AssertionError(self._complaint(f"{count}", len(found), method, json, path))
        return found

    def expect_one(self, method: str | None = None, json: Any = ANY, path: str | None = None) -> Callback:
        """Exactly one matches; here it is. Raises AssertionError."""
        __tracebackhide__ = True
        return self.expect(1, method, json, path)[0]

    def expect_none(self, method: str | None = None, json: Any = ANY, path: str | None = None) -> None:
        """Nothing matches. Raises AssertionError."""
        __tracebackhide__ = True
        self.expect(0, method, json, path)

    def wait_for(
        self,
        method: str | None = None,
        json: Any = ANY,
        path: str | None = None,
        *,
        count: int = 1,
        timeout: float = PATIENCE,
    ) -> Sequence[Callback]:
        """Wait until so many match or more, for an emulator in real time. Raises AssertionError after *timeout* s.

        With a manual clock there is nothing to wait for: ``emulator.clock.advance`` returns when all has arrived.
        """
        __tracebackhide__ = True
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.matching(method, json, path)) >= count, timeout):
                found = len(self.matching(method, json, path))
                raise AssertionError(self._complaint(f"{count} or more", found, method, json, path))
            return self.matching(method, json, path)

    def _complaint(self, wanted: str, found: int, method: str | None, json: Any, path: str | None) -> str:
        words = [method or "callbacks"]
        if path is not None:
            words.append(f"to {path}")
        if json is not ANY:
            words.append(f"with {encode(json).decode()}")
        lines = [f"expected {wanted} of {' '.join(words)}, got {found}"]
        for number, one in enumerate(tuple(self.received), 1):
            why = differences(one, method, json, path)
            lines += [f"  {number}. {one}", *(f"       {reason}" for reason in why or ["this one matches"])]
        if not self.received:
            lines.append("  nothing was received at all (with a manual clock nothing arrives before clock.advance)")
        return "\n".join(lines)


def encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=str).encode()


def differences(callback: Callback, method: str | None, wanted: Any, path: str | None) -> list[str]:
    """Why a callback is not what is meant; nothing if it is."""
    found = []
    if method is not None and method.upper() != callback.method:
        found.append(f"method is {callback.method}, not {method.upper()}")
    if path is not None and not like(path, callback.path):
        found.append(f"path is {callback.path}, not {path}")
    if wanted is not ANY:
        try:
            value = callback.json
        except ValueError:
            found.append("the body is not JSON")
        else:
            found.extend(unlike(wanted, value, ""))
    return found


def unlike(wanted: Any, value: Any, place: str) -> Iterable[str]:
    """Where *wanted* is not found in *value*, each difference with its place."""
    if within(wanted, value):
        return
    if isinstance(wanted, dict) and isinstance(value, dict):
        for name, one in wanted.items():
            inner = f"{place}.{name}" if place else str(name)
            if name in value:
                yield from unlike(one, value[name], inner)
            else:
                yield f"{inner} is missing"
    else:
        yield f"{place or 'the body'} is {encode(value).decode()}, not {encode(wanted).decode()}"


# --------------------------------------------------------------------------------------------- the two doors


class CallbackServer:
    """Receives for all customers of a process: each has a path of its own, so what comes late disturbs nobody.

    With a *socket*, one is opened on a free port of loopback when the first customer comes.
    """

    def __init__(self, *, socket: bool = True) -> None:
        self._socket = socket
        self._customers: dict[str, Customer] = {}
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self._made = 0

    def customer(self) -> Customer:
        """A new customer, with a URL of its own."""
        self._made += 1
        path = f"/{self._made}/sms"
        self._customers[path] = customer = Customer(self._base() + path)
        return customer

    def remove(self, customer: Customer) -> None:
        """What is still sent to it gets 404."""
        del self._customers[urlsplit(customer.url).path]

    def take(self, callback: Callback) -> Answer:
        customer = self._customers.get(callback.path.partition("?")[0])
        return Answer(404) if customer is None else customer.take(callback)

    async def deliver(self, message: "OutboundRequest") -> "Reply":
        """The emulator's transport when there is no socket. Raises Unreachable for whoever is no customer of ours."""
        from operator_emulator.runtime.sender import Reply, Unreachable

        parts = urlsplit(message.url)
        if f"{parts.scheme}://{parts.netloc}" != NOWHERE:
            raise Unreachable(f"without sockets only the customer fixture can be reached, at {NOWHERE}")
        headers = {name.lower(): value for name, value in message.headers}
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        answer = self.take(Callback(message.method, path, headers, message.body))
        return Reply(answer.status, tuple(answer.headers.items()), answer.body)

    def close(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def _base(self) -> str:
        if not self._socket:
            return NOWHERE
        if self._server is None:
            self._server = server(self.take)
            self._thread = threading.Thread(
                target=self._server.serve_forever,
                kwargs={"poll_interval": 0.05},
                name="operator-emulator customer",
                daemon=True,
            )
            self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}"


def server(take: Callable[[Callback], Answer]) -> ThreadingHTTPServer:
    """An HTTP server on a free port of loopback that hands what it receives to *take*."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # the operator keeps its connections
        disable_nagle_algorithm = True  # or each answer waits 40 ms for an acknowledgement
        timeout = 60

        def take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = take(Callback(self.command, self.path, headers, body))
            content = b"" if answer.status in (204, 304) else answer.body
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status not in (204, 304):
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PATCH = do_PUT = do_GET = take

        def log_message(self, *_: Any) -> None:
            """Say nothing: the test asks."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False  # the operator may keep its connections longer than we live

    return Server(("127.0.0.1", 0), Handler)
