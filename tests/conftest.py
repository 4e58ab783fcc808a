"""What every test may ask for: an emulator in process, in manual time; its customer's endpoint is a function."""

import json
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from starlette.testclient import TestClient

from operator_emulator.app import create_app
from operator_emulator.runtime.sender import OutboundRequest, Reply, Unreachable
from operator_emulator.settings import Settings

# How long an example takes says more of what else the machine does than of the program.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

FIXTURE = """
version: 1
organisations:
  - id: 4321
    name: Example Fleet
    users:
      - {username: demo, password: demo, role: api}
      - {username: viewer, password: viewer, role: portal}
    sms_forwarder: {url: "http://customer.test/sms"}
    sims:
      - {iccid: "8988228066600000001", label: online, device: {status: ONLINE}}
      - {iccid: "8988228066600000002", label: attached, device: {status: ATTACHED}}
      - {iccid: "8988228066600000003", label: offline}
      - {iccid: "8988228066600000004", label: disabled, status: Disabled}
      - {iccid: "8988228066600000005", label: never activated, status: Issued}
  - id: 5136
    name: Somebody Else
    users: [{username: other, password: other, role: api}]
    sims:
      - {iccid: "8988228066600000901"}
"""

collect_ignore = ["sample_project"]  # a project of its own; tests/test_plugin.py runs it

ONLINE, ATTACHED, OFFLINE, DISABLED, ISSUED = (f"898822806660000000{n}" for n in range(1, 6))
FOREIGN = "8988228066600000901"


class Customer:
    """A customer's endpoint: keeps what it received, and answers 200 or what it is told to."""

    def __init__(self) -> None:
        self.received: list[OutboundRequest] = []
        self.answers: list[int | str] = []  # next answers: a status, or why nothing comes; then 200

    async def __call__(self, message: OutboundRequest) -> Reply:
        self.received.append(message)
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, str):
            raise Unreachable(answer)
        return Reply(answer)

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(message.body) for message in self.received]

    @property
    def methods(self) -> list[str]:
        return [message.method for message in self.received]


class Operator:
    """The emulator as a test sees it: HTTP, and the customer at the other end."""

    def __init__(self, http: TestClient, customer: Customer) -> None:
        self.http = http
        self.customer = customer

    def token(self, username: str = "demo", password: str = "demo") -> str:
        answer = self.http.post(
            "/management-api/oauth/token",
            auth=(username, password),
            data={"grant_type": "client_credentials"},
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def api(self, method: str, path: str, *, user: str = "demo", **how: Any) -> Any:
        """Call a ``/v1`` route as *user*, whose password is the same word; the response comes back as it is."""
        headers = {"Authorization": f"Bearer {self.token(user, user)}", **how.pop("headers", {})}
        return self.http.request(method, f"/management-api/v1{path}", headers=headers, **how)

    def v2(self, method: str, path: str, *, user: str = "demo", **how: Any) -> Any:
        """Call a ``/v2`` route as *user*; the response comes back as it is."""
        headers = {"Authorization": f"Bearer {self.token(user, user)}", **how.pop("headers", {})}
        return self.http.request(method, f"/management-api/v2{path}", headers=headers, **how)

    def get(self, path: str, **how: Any) -> Any:
        """The JSON of a GET that must succeed."""
        answer = self.api("GET", path, **how)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def control(self, method: str, path: str, **how: Any) -> Any:
        answer = self.http.request(method, f"/_emulator{path}", **how)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def advance(self, seconds: float) -> Any:
        return self.control("POST", "/clock/advance", json={"seconds": seconds})

    def device(self, iccid: str, status: str, **how: Any) -> Any:
        return self.control("POST", f"/sims/{iccid}/device", json={"status": status, **how})

    def send_mo(self, iccid: str, payload: str, **how: Any) -> int:
        return int(self.control("POST", f"/sims/{iccid}/mo", json={"payload": payload, **how})["id"])

    def send_mt(self, iccid: str, payload: str, **how: Any) -> int:
        """Submit an MT message and read its id from the Location, as clients do."""
        answer = self.api("POST", f"/sims/{iccid}/sms", json={"payload": payload, **how})
        assert answer.status_code == 201, answer.text
        return int(answer.headers["location"].rpartition("/")[2])

    def sms(self, iccid: str, id: int) -> Any:
        return self.get(f"/sims/{iccid}/sms/{id}")


MakeOperator = Callable[..., Operator]


@pytest.fixture
def make_operator(tmp_path: Path) -> Iterator[MakeOperator]:
    """Start an emulator: ``make_operator(fixture_text, edition="bsc-2019", policy={...})``; manual time."""
    with ExitStack() as stack:

        def make(fixture: str = FIXTURE, *, customer: Customer | None = None, **settings: Any) -> Operator:
            path = tmp_path / "fixture.yaml"
            path.write_text(textwrap.dedent(fixture), encoding="utf-8")
            customer = customer or Customer()
            given: dict[str, Any] = {"clock": "manual", "raise_violations": True, **settings}
            app = create_app(Settings(fixture=path, **given), transport=customer)
            http = stack.enter_context(TestClient(app, base_url="http://operator.test"))
            return Operator(http, customer)

        yield make


@pytest.fixture
def operator(make_operator: MakeOperator) -> Operator:
    """An emulator of edition 1nce with the little world of FIXTURE."""
    return make_operator()
