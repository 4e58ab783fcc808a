"""The emulator behind a socket, in manual time: its clients, and a customer's endpoint at the other end."""

import json
import threading
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, Self

import httpx2

from operator_emulator.app import create_app
from operator_emulator.settings import Settings
from operator_emulator.testing.server import Server

SIM: Final = "8988228066600000001"
PARTNER: Final = "100013"
PARTNER_SIM: Final = "8949020000000000011"
PORTAL_TOKEN: Final = "/auth/realms/default/protocol/openid-connect/token"
PATIENCE: Final = 5.0  # real seconds in which anything happens that happens at all

FIXTURE: Final = """
version: 1
now: 2026-01-01T00:00:00Z
organisations:
  - id: 4321
    name: Example Fleet
    users: [{{username: demo, password: demo}}]
    sms_forwarder: {{url: "{url}"}}
    sims: [{{iccid: "{sim}", device: {{status: ONLINE}}}}]
partners:
  - id: "{partner}"
    name: Main Test Company
    applications: [{{client_id: portal-demo, client_secret: portal-demo}}]
    sims: [{{iccid: "{partner_sim}", status: Active, organisation: 4321, device: {{status: ATTACHED}}}}]
"""


class Endpoint:
    """A customer's endpoint: keeps the bodies that it gets, and answers *status*, at once or when it is let."""

    def __init__(self) -> None:
        self.received: list[tuple[str, Any]] = []
        self.status = 200
        self.arrived = threading.Event()
        self.may_answer = threading.Event()
        self.begin()

    def begin(self) -> None:
        self.received.clear()
        self.status = 200
        self.arrived.clear()
        self.may_answer.set()

    @property
    def messages(self) -> list[Any]:
        return [body for method, body in self.received if method == "POST"]

    def server(self) -> ThreadingHTTPServer:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            timeout = 60

            def respond(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.received.append((self.command, json.loads(body)))
                endpoint.arrived.set()
                endpoint.may_answer.wait(PATIENCE)
                self.send_response(endpoint.status)
                if endpoint.status not in (204, 304):
                    self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_PATCH = respond

            def log_message(self, *_: Any) -> None: ...

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

        return Quiet(("127.0.0.1", 0), Handler)


class FrontDoor:
    """An emulator behind a socket, in manual time, and its clients. It serves all vectors, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.endpoint = Endpoint()
        self._folder = folder
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        customer = self.endpoint.server()
        serving = threading.Thread(target=customer.serve_forever, args=(0.05,), daemon=True)
        serving.start()
        for end in (customer.server_close, serving.join, customer.shutdown):
            self._stack.callback(end)
        self.fixture = FIXTURE.format(
            url=f"http://127.0.0.1:{customer.server_port}/sms", sim=SIM, partner=PARTNER, partner_sim=PARTNER_SIM
        )
        path = self._folder / "vectors.yaml"
        path.write_text(self.fixture)
        server = self._stack.enter_context(Server(lambda: create_app(Settings(clock="manual", fixture=path))))
        self.url = server.url
        self.http = self._stack.enter_context(self.client())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, trust_env=False, timeout=30)

    def begin(self) -> None:
        self.control("POST", "/reset")
        self.endpoint.begin()
        self.token = self.ask_token()["access_token"]

    # ------------------------------------------------------------------------------------------ the tester

    def control(self, method: str, path: str, **how: Any) -> Any:
        answer = self.http.request(method, f"/_emulator{path}", **how)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def advance(self, seconds: float = 60) -> None:
        self.control("POST", "/clock/advance", json={"seconds": seconds})

    def journal(self, **match: Any) -> list[Any]:
        found: list[Any] = self.control("GET", "/journal", params=match)["exchanges"]
        return found

    # ------------------------------------------------------------------------------------------ customers

    def ask_token(self) -> Any:
        form = {"grant_type": "client_credentials"}
        answer = self.http.post("/management-api/oauth/token", auth=("demo", "demo"), data=form)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def api(self, method: str, path: str, http: httpx2.Client | None = None, **how: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return (http or self.http).request(method, f"/management-api{path}", headers=headers, **how)

    def submit(self, draft: Any) -> httpx2.Response:
        return self.api("POST", f"/v1/sims/{SIM}/sms", json=draft)

    def portal_token(self, client: str = "portal-demo", secret: str = "portal-demo") -> str:
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
        answer = self.http.post(PORTAL_TOKEN, data=form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])
