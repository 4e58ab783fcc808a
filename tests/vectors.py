"""Runners of vectors: inputs with the right value and its authority. Each kind has one, and it goes through the front
door: HTTP over a socket, with a customer's endpoint at the other end.

A runner raises AssertionError if the value is another, and also for a kind or a key that it does not know.
"""

import json
import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote_plus

import httpx2

from operator_emulator.app import create_app
from operator_emulator.core.network import tpdu
from operator_emulator.settings import Settings
from operator_emulator.testing.server import Server

SIM: Final = "8988228066600000001"
PARTNER: Final = "100013"
PARTNER_SIM: Final = "8949020000000000011"
PORTAL: Final = f"/iot/connectivity/management/v1/partners/{PARTNER}"
PORTAL_TOKEN: Final = "/auth/realms/default/protocol/openid-connect/token"
MO_KEYS: Final = {"multi_part_info", "payload", "dcs", "dest_address", "source_address", "pid"}
PATIENCE: Final = 5.0  # real seconds in which anything happens that happens at all

Vector = Mapping[str, Any]

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

            def take(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.received.append((self.command, json.loads(body)))
                endpoint.arrived.set()
                endpoint.may_answer.wait(PATIENCE)
                self.send_response(endpoint.status)
                if endpoint.status not in (204, 304):
                    self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_PATCH = take

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


def run(door: FrontDoor, vector: Vector) -> None:
    """Run one vector in a world that begins anew. Raises AssertionError."""
    assert vector["kind"] in RUNNERS, f"no runner for vectors of kind {vector['kind']}"
    door.begin()
    RUNNERS[vector["kind"]](door, expanded(vector["input"]), expanded(vector["expect"]))


def expanded(value: Any) -> Any:
    """*value* with its repetitions written out."""
    if isinstance(value, dict):
        if value.keys() == {"repeat", "times"}:
            return value["repeat"] * value["times"]
        return {name: expanded(one) for name, one in value.items()}
    return [expanded(one) for one in value] if isinstance(value, list) else value


def known(given: Mapping[str, Any], *, needs: Collection[str] = (), may: Collection[str] = ()) -> None:
    assert set(needs) <= given.keys() <= {*needs, *may}, f"keys are {', '.join(given)}"


def has_status(answer: httpx2.Response, status: int) -> None:
    assert answer.status_code == status, answer.text


# --------------------------------------------------------------------------------------------- messages


def mt(door: FrontDoor, draft: Any, expect: Any) -> None:
    known(expect, needs=["status"])
    has_status(door.submit(draft), expect["status"])


def inbox(door: FrontDoor, drafts: Any, expect: Any) -> None:
    for draft in drafts:
        has_status(door.submit(draft), 201)
        door.advance()
    received = door.control("GET", f"/sims/{SIM}/inbox")["messages"]
    shown = [
        [one["text"] if one["octets"] is None else f"hex:{one['octets']}", list(one["missing"])] for one in received
    ]
    assert shown == expect


def mo(door: FrontDoor, message: Any, expect: Any) -> None:
    known(expect, needs=["status"], may={"pushes", "parts", *MO_KEYS})
    content = message["raw"] if "raw" in message else json.dumps(message)
    if "raw" in message:
        known(message, needs=["raw"])
    headers = {"Content-Type": "application/json"}
    has_status(door.http.post(f"/_emulator/sims/{SIM}/mo", content=content.encode(), headers=headers), expect["status"])
    door.advance()
    pushed = door.endpoint.messages
    taken = expect["status"] == 201
    assert len(pushed) == expect.get("pushes", len(expect.get("parts", [None])) if taken else 0)
    for name in MO_KEYS & expect.keys():
        assert pushed[0][name] == with_id(expect[name], pushed[0]["id"])
    if "parts" in expect:
        assert [len(one["payload"]) for one in pushed] == expect["parts"]
        numbers = [one["multi_part_info"] for one in pushed]
        assert [one["partno"] for one in numbers] == list(range(1, len(pushed) + 1))
        assert {one["total"] for one in numbers} == {len(pushed)}
        assert len({one["identifier"] for one in numbers}) == 1


def with_id(expected: Any, id: int) -> Any:
    """*expected*, in which an identifier of "id" is that of the message itself."""
    if isinstance(expected, dict) and expected.get("identifier") == "id":
        return {**expected, "identifier": id}
    return expected


def portal_sms(door: FrontDoor, body: Any, expect: Any) -> None:
    known(expect, needs=["status"])
    headers = {"Authorization": f"Bearer {door.portal_token()}"}
    has_status(door.http.post(f"{PORTAL}/sims/{PARTNER_SIM}/sms", json=body, headers=headers), expect["status"])


def udh_noted(door: FrontDoor, draft: Any, expect: Any) -> None:
    known(expect, needs=["findings"])
    door.submit(draft)
    exchange = door.journal(method="POST", path=f"/management-api/v1/sims/{SIM}/sms")[-1]
    assert bool(exchange["findings"]) == expect["findings"]


def expiry(door: FrontDoor, given: Any, expect: Any) -> None:
    known(given, needs=["expiry_date"])
    known(expect, needs=["status"], may=["shown"])
    answer = door.submit({"payload": "x", **given})
    has_status(answer, expect["status"])
    if "shown" in expect:
        id = answer.headers["location"].rpartition("/")[2]
        assert door.api("GET", f"/v1/sims/{SIM}/sms/{id}").json()["expiry_date"] == expect["shown"]


# --------------------------------------------------------------------------------------------- HTTP


def lost(door: FrontDoor, given: Any, expect: Any) -> None:
    known(given, needs=["effect", "call"])
    known(expect, needs=["client", "stored"])
    method, path, *body = given["call"]
    door.control("POST", "/faults", json={"point": "http", "effect": given["effect"]})
    client: int | str
    with door.client() as alone:  # the connection may not outlive the fault
        try:
            client = door.api(method, path.format(sim=SIM), alone, json=body[0] if body else None).status_code
        except httpx2.TransportError:
            client = "no answer"
    stored = len(door.control("GET", "/messages", params={"iccid": SIM})["messages"])
    assert {"client": client, "stored": stored} == expect


def page(door: FrontDoor, given: Any, expect: Any) -> None:
    known(given, needs=["query"])
    answer = door.api("GET", f"/v1/sims?{given['query']}")
    for name, value in expect.items():
        if name == "status":
            has_status(answer, value)
        elif name == "rows":
            assert len(answer.json()) == value
        else:
            assert name.startswith("X-"), f"neither status, rows nor a header: {name}"
            assert answer.headers.get(name) == value


def token(door: FrontDoor, given: Any, expect: Any) -> None:
    known(given, needs=["advance"])
    known(expect, may=["expires_in", "min_expires_in", "same"])
    first = last = door.ask_token()
    for seconds in given["advance"]:
        door.advance(seconds)
        last = door.ask_token()
    if "expires_in" in expect:
        assert last["expires_in"] == expect["expires_in"]
    if "min_expires_in" in expect:
        assert last["expires_in"] >= expect["min_expires_in"]
    if "same" in expect:
        assert (last["access_token"] == first["access_token"]) == expect["same"]


def portal_token(door: FrontDoor, given: Any, expect: Any) -> None:
    known(given, needs=["secret", "how"], may=["client_id"])
    known(expect, needs=["status"])
    client, secret, how = given.get("client_id", "vector"), given["secret"], given["how"]
    door.control(
        "POST",
        "/portal/applications",
        json={"client_id": client, "client_secret": secret, "partnerID": PARTNER},
    )
    form = {"grant_type": "client_credentials"}
    ways: dict[str, dict[str, Any]] = {
        "basic": {"auth": (client.encode(), secret.encode()), "data": form},
        "basic-encoded": {"auth": (quote_plus(client), quote_plus(secret)), "data": form},
        "form": {"data": {**form, "client_id": client, "client_secret": secret}},
    }
    assert how in ways, f"no such way: {how}"
    has_status(door.http.post(PORTAL_TOKEN, **ways[how]), expect["status"])


def accept(door: FrontDoor, given: Any, expect: Any) -> None:
    known(given, needs=["accept"])
    known(expect, needs=["content_type"])
    door.control("POST", "/portal/events", json={"type": "simaction.v1", "partnerID": PARTNER})
    streams = door.control("GET", "/portal/subscriptions")["applications"][0]["subscriptions"]
    url = next(one["url"] for one in streams if one["type"] == "simaction.v1")
    headers = {"Authorization": f"Bearer {door.portal_token()}", "Accept": given["accept"]}
    answer = door.http.get(url, params={"maxNumber": 1}, headers=headers)
    has_status(answer, 200)
    assert answer.headers["content-type"].partition(";")[0] == expect["content_type"]


# --------------------------------------------------------------------------------------------- callbacks


def ack(door: FrontDoor, given: Any, expect: Any) -> None:
    known(given, needs=["answer"])
    known(expect, needs=["taken"])
    door.endpoint.status = given["answer"]
    door.control("POST", f"/sims/{SIM}/mo", json={"payload": "x"})
    door.advance(1)
    fates = [one["fate"] for one in door.control("GET", "/callbacks")["callbacks"]]
    assert fates == ["taken" if expect["taken"] else "owed"]


def in_flight(door: FrontDoor, given: Any, expect: Any) -> None:
    known(given, needs=["begin_again"])
    known(expect, needs=["outbound"])
    ways: dict[str, Callable[[], Any]] = {
        "reset": lambda: door.control("POST", "/reset"),
        "fixture": lambda: door.control("POST", "/fixture", content=door.fixture.encode()),
        "restore": lambda: door.control("POST", "/snapshots/vectors/restore"),
        "organisation": lambda: door.control("POST", "/organisations/4321/reset"),
    }
    assert given["begin_again"] in ways, f"no such way: {given['begin_again']}"
    door.control("PUT", "/snapshots/vectors")
    door.control("PUT", "/clock", json={"mode": "real"})
    door.endpoint.may_answer.clear()
    door.control("POST", f"/sims/{SIM}/mo", json={"payload": "x"})
    assert door.endpoint.arrived.wait(PATIENCE)
    ways[given["begin_again"]]()
    door.endpoint.may_answer.set()
    door.control("PUT", "/clock", json={"mode": "real"})  # or nothing would be waited for
    about = {"for": "exchanges", "match": {"direction": "outbound"}, "timeout": 0.5}
    door.http.post("/_emulator/wait", json=about)
    assert len(door.journal(direction="outbound")) == expect["outbound"]


# --------------------------------------------------------------------------------------------- codecs


def codes(_: FrontDoor, given: Any, expect: Any) -> None:
    known(given, needs=["hex"])
    known(expect, needs=["text"])
    assert tpdu.decode_gsm7(bytes.fromhex(str(given["hex"]))) == expect["text"]


def packed(_: FrontDoor, given: Any, expect: Any) -> None:
    known(given, needs=["text"])
    known(expect, needs=["hex"])
    assert tpdu.pack(tpdu.encode_gsm7(given["text"])).hex().upper() == expect["hex"]


RUNNERS: Final[Mapping[str, Callable[[FrontDoor, Any, Any], None]]] = {
    runner.__name__: runner
    for runner in (
        mt,
        inbox,
        mo,
        portal_sms,
        udh_noted,
        expiry,
        lost,
        page,
        token,
        portal_token,
        accept,
        ack,
        in_flight,
        codes,
        packed,
    )
}
