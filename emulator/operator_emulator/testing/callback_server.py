"""CallbackServer: receives for all customers of a process, by real HTTP on loopback or without a socket."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from operator_emulator.testing.customer import Answer, Customer, ReceivedRequest

if TYPE_CHECKING:
    from operator_emulator.runtime.sender import OutboundRequest, Reply

NOWHERE: Final = "http://customer.test"  # the endpoint's address without a socket (RFC 6761: nobody's name)


class CallbackServer:
    """Receives for all customers of a process. Each has a path of its own, so late requests disturb nobody.

    With a *socket*, it listens on a free port of loopback from the first customer on. Without, ``deliver`` is the
    transport of an emulator in this process.
    """

    def __init__(self, *, socket: bool = True) -> None:
        self._socket = socket
        self._customers: dict[str, Customer] = {}
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self._count = 0

    def add_customer(self, path: str = "/sms", app: Callable[[ReceivedRequest], Answer] | None = None) -> Customer:
        """A new customer, with a URL of its own. An *app* that answers for it sees its requests at *path*."""
        self._count += 1
        own = f"/{self._count}"

        def respond(request: ReceivedRequest) -> Answer:
            assert app is not None
            return app(replace(request, path=request.path.removeprefix(own)))

        customer = Customer(self._base() + own + path, None if app is None else respond)
        self._customers[own + path] = customer
        return customer

    def remove(self, customer: Customer) -> None:
        """Answer 404 to later requests for a customer."""
        del self._customers[urlsplit(customer.url).path]

    def respond(self, request: ReceivedRequest) -> Answer:
        customer = self._customers.get(request.path.partition("?")[0])
        return Answer(404) if customer is None else customer.respond(request)

    async def deliver(self, request: "OutboundRequest") -> "Reply":
        """Answer a request of the emulator. Raises Unreachable for a URL that is not a customer's."""
        from operator_emulator.runtime.sender import Reply, Unreachable

        parts = urlsplit(request.url)
        if f"{parts.scheme}://{parts.netloc}" != NOWHERE:
            raise Unreachable(f"without sockets, callbacks reach only the customer fixture, at {NOWHERE}")
        headers = {name.lower(): value for name, value in request.headers}
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        received = ReceivedRequest(request.method, path, headers, request.body)
        customer = self._customers.get(parts.path)
        if customer is None or customer.app is None:
            answer = self.respond(received)
        else:  # an app may call the emulator before it answers
            answer = await asyncio.to_thread(self.respond, received)
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
            self._server = http_server(self.respond)
            self._thread = threading.Thread(
                target=self._server.serve_forever,
                kwargs={"poll_interval": 0.05},
                name="operator-emulator customer",
                daemon=True,
            )
            self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}"


def http_server(
    respond: Callable[[ReceivedRequest], Answer], address: tuple[str, int] = ("127.0.0.1", 0)
) -> ThreadingHTTPServer:
    """An HTTP server, by default on a free port of loopback, whose requests *respond* answers."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # the operator keeps its connections
        disable_nagle_algorithm = True  # or each answer waits 40 ms for an acknowledgement
        timeout = 60

        def answer(self) -> None:
            length = self.headers.get("Content-Length") or "0"
            if not length.isdecimal():
                self.send_error(400)
                return
            body = self.rfile.read(int(length))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = respond(ReceivedRequest(self.command, self.path, headers, body))
            content = b"" if answer.status in (204, 304) else answer.body
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status not in (204, 304):
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PATCH = do_PUT = do_GET = answer

        def log_message(self, *_: Any) -> None:
            """Silence the request log."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False  # the operator may keep its connections longer than the test lives

    return Server(address, Handler)
