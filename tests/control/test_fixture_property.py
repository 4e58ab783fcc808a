"""A dump loads to the same world: every GET answers alike, now and after a day."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from operator_emulator.app import create_app
from operator_emulator.settings import Settings
from tests.conftest import Customer, Operator

FIRST, SECOND, THIRD, CARD, STOCK, THEIRS = (
    "8988228066600000001",
    "8988228066600000002",
    "8988228066600000003",
    "8949020000000000011",
    "8988228066600000002",
    "8949020000000000013",
)
CARDS = (FIRST, SECOND, THIRD, CARD, STOCK, THEIRS)
OWNED = (FIRST, SECOND, CARD)
WORLD = f"""
version: 1
seed: 5
organisations:
  - id: 4321
    users: [{{username: demo, password: demo}}]
    sms_forwarder: {{url: "http://customer.test/sms"}}
    sims:
      - {{iccid: "{FIRST}", device: {{status: ONLINE}}, quota: {{data: {{left: 101}}, sms: {{left: 51}}}}}}
      - {{iccid: "{SECOND}", auto_topup: true, sms: [{{payload: wait, status: BUFFERED}}]}}
    orders: [{{type: TOPUP, status: IN_PROGRESS, ordered: 1d 20h ago, iccids: ["{FIRST}"]}}]
    support: [{{subject: Hello}}]
  - {{id: 4567, parent: 4321, users: [{{username: branch, password: branch}}], sims: [{{iccid: "{THIRD}"}}]}}
partners:
  - id: "100013"
    applications: [{{client_id: main, client_secret: main}}]
    subunits: [{{id: "100014"}}]
    pools: [{{name: Data, type: DATA, size: 10}}, {{name: SMS, type: SMS, size: 3}}]
    profiles:
      - id: 1
        kind: limit
        thresholds: {{sessions: {{alarm: 2}}, usage: {{warning: 3}}}}
        restriction: Data Restricted
      - {{id: 2, kind: cost, thresholds: {{sms: {{warning: 0.1}}}}, prices: {{sms: 0.1}}}}
    sims:
      - {{iccid: "{CARD}", organisation: 4321, device: {{status: ONLINE}}, profiles: {{limit: 1, cost: 2}}}}
      - {{iccid: "{STOCK}", status: Inactive}}
  - id: "100017"
    applications: [{{client_id: other, client_secret: other}}]
    sims: [{{iccid: "{THEIRS}"}}]
"""
TOKEN = "/auth/realms/default/protocol/openid-connect/token"
PORTAL = "/iot/connectivity/management/v1/partners"


class Emulators:
    """Two emulators: the story happens in the first, and its dump is loaded into the second."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        path = folder / "world.yaml"
        path.write_text(WORLD)
        self.first, self.second = (self.start(stack, path) for _ in range(2))

    def start(self, stack: ExitStack, path: Path) -> Operator:
        customer = Customer()
        app = create_app(Settings(fixture=path, clock="manual", raise_violations=True), transport=customer)
        return Operator(stack.enter_context(TestClient(app, base_url="http://operator.test")), customer)


@pytest.fixture(scope="module")
def emulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulators]:
    with ExitStack() as stack:
        yield Emulators(stack, tmp_path_factory.mktemp("world"))


# --------------------------------------------------------------------------------------------- stories


@dataclass(frozen=True)
class Call:
    """One request of a story: of a user of the management API, of an application of the portal, or of the tester."""

    where: str
    method: str
    path: str
    caller: str = ""
    json: Any = None

    def __call__(self, operator: Operator) -> Any:
        how = {} if self.json is None else {"json": self.json}
        if self.where == "api":
            return operator.api(self.method, self.path, user=self.caller, **how)
        if self.where == "portal":
            form = {"grant_type": "client_credentials", "client_id": self.caller, "client_secret": self.caller}
            token = operator.http.post(TOKEN, data=form).json()["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            return operator.http.request(self.method, PORTAL + self.path, headers=headers, **how)
        return operator.http.request(self.method, f"/_emulator{self.path}", **how)


def api(method: str, path: str, user: str = "demo", json: Any = None) -> Call:
    return Call("api", method, path, user, json)


def control(method: str, path: str, json: Any = None) -> Call:
    return Call("control", method, path, "", json)


def portal(method: str, path: str, client: str = "main", json: Any = None) -> Call:
    return Call("portal", method, path, client, json)


def troubled(operator: Operator) -> None:
    """The customer's endpoint fails a few times."""
    operator.customer.answers += [500, "refused", 503]


owned, any_card = st.sampled_from(OWNED), st.sampled_from(CARDS)
texts = st.text(st.sampled_from("abc {}:#-'\"\\€\n"), min_size=1, max_size=20)
seconds = st.sampled_from([0, 1, 2, 61, 3600, 40_000, 90_000])
partners_card = st.sampled_from([CARD, STOCK])

STEPS = st.one_of(
    st.builds(
        lambda iccid, text, source: api("POST", f"/sims/{iccid}/sms", json={"payload": text, "source_address": source}),
        owned,
        texts,
        st.sampled_from(["", "emu-late", "emu-fail", "emu-buffer"]),
    ),
    st.builds(lambda iccid, text: control("POST", f"/sims/{iccid}/mo", json={"payload": text}), any_card, texts),
    st.builds(
        lambda iccid, status, operator: control(
            "POST", f"/sims/{iccid}/device", json={"status": status, "operator": operator}
        ),
        any_card,
        st.sampled_from(["ONLINE", "ATTACHED", "OFFLINE"]),
        st.sampled_from(["T-Mobile", "Plus"]),
    ),
    st.builds(
        lambda iccid, volume: control("POST", f"/sims/{iccid}/usage", json={"volume_tx": volume}),
        any_card,
        st.sampled_from([0.000001, 1.7, 4, 600]),
    ),
    st.builds(
        lambda iccid, enabled, label: api(
            "PUT", f"/sims/{iccid}", json={"label": label, "status": "Enabled" if enabled else "Disabled"}
        ),
        owned,
        st.booleans(),
        texts,
    ),
    st.builds(
        lambda iccid: api("POST", "/sims", json=[{"iccid": iccid, "imei_lock": True, "status": "Enabled"}]), owned
    ),
    st.builds(lambda iccid: api("POST", f"/sims/{iccid}/reset"), owned),
    st.builds(lambda iccid: api("POST", f"/sims/{iccid}/topup", json={"payment_method": "banktransfer"}), owned),
    st.builds(
        lambda iccid: api("POST", "/sims/simTransfer", json={"iccids": [iccid], "target_organisation": 4567}), owned
    ),
    st.builds(
        lambda text: api(
            "POST", "/support", json={"senderName": "A", "replyToMail": "a@b.test", "subject": "?", "text": text}
        ),
        texts,
    ),
    st.builds(lambda name: control("POST", "/faults", json={"name": name}), st.sampled_from(["network-down"])),
    st.just(
        control("POST", "/faults", json={"point": "network", "effect": {"cause": "call barred"}, "probability": 0.5})
    ),
    st.just(control("POST", "/organisations", json={"sims": 2, "forwarder": "http://customer.test/new"})),
    st.just(control("PUT", "/limits", json={"limits": "operator"})),
    st.builds(
        lambda iccid, leaves: control(
            "PUT", f"/sims/{iccid}/behaviour", json={"goes_offline": {"seconds": 600, "away": 60}} if leaves else {}
        ),
        any_card,
        st.booleans(),
    ),
    st.builds(
        lambda kind, iccid: portal("POST", f"/100013/sims/actions/{kind}", json={"sims": [{"iccid": iccid}]}),
        st.sampled_from(["activation", "block", "unblock", "suspend", "unsuspend", "termination"]),
        partners_card,
    ),
    st.builds(
        lambda iccid: portal(
            "POST",
            "/100013/sims/actions/simtransfer",
            json={"receivingPartnerID": "100017", "sims": [{"iccid": iccid}]},
        ),
        partners_card,
    ),
    st.just(
        portal("PATCH", "/100017/sims/actions/simtransfer/1002946614", "other", json={"action": "accept"}),
    ),
    st.builds(
        lambda iccid, text: portal("POST", f"/100013/sims/{iccid}/sms", json={"message": text}), partners_card, texts
    ),
    st.just(portal("POST", "/100013/orders", json={"materialID": "M2M-ESIM", "quantity": 2})),
    st.just(troubled),
    st.builds(lambda by: control("POST", "/clock/advance", json={"seconds": by}), seconds),
    st.builds(lambda by: control("POST", "/clock/advance", json={"seconds": by}), seconds),
)


# --------------------------------------------------------------------------------------------- what can be seen


def seen(operator: Operator) -> Iterator[tuple[Call, Any]]:
    """What every GET answers, and a dump."""
    calls: list[Call] = []
    for path in ("/sims", "/orders", "/products", "/support", "/sims/limits", "/sims/data/limits"):
        calls += [api("GET", path, user) for user in ("demo", "branch")]
    for iccid in OWNED:
        for part in ("", "/status", "/connectivity_info", "/events", "/usage", "/quota/data", "/quota/sms", "/sms"):
            calls.append(api("GET", f"/sims/{iccid}{part}"))
        for part in ("", "/inbox", "/behaviour"):
            calls.append(control("GET", f"/sims/{iccid}{part}"))
    for path in ("/clock", "/jobs", "/callbacks", "/messages", "/faults", "/limits", "/organisations", "/sims"):
        calls.append(control("GET", path))
    for path in ("/portal/subscriptions", "/fixture?secrets=true"):
        calls.append(control("GET", path))
    for partner, client in (("100013", "main"), ("100017", "other")):
        for path in ("", "/sims", "/sims/actions", "/pools/usage", "/apiusage"):
            calls.append(portal("GET", f"/{partner}{path}", client))
        for iccid in (CARD, STOCK):
            for part in ("", "/session", "/sessionhistory", "/smshistory"):
                calls.append(portal("GET", f"/{partner}/sims/{iccid}{part}", client))
    for call in calls:
        answer = call(operator)
        yield call, (answer.status_code, answer.json())


@settings(max_examples=12)
@given(story=st.lists(STEPS, min_size=3, max_size=14), as_yaml=st.booleans())
def test_a_dump_loads_to_the_same_world_with_the_same_future(
    emulators: Emulators, story: list[Callable[[Operator], Any]], as_yaml: bool
) -> None:
    """Clock, ids, timers, tokens and all: what can be seen is the same at once and after a day, callbacks too."""
    first, second = emulators.first, emulators.second
    first.control("POST", "/reset")
    for step in story:
        step(first)
    accept = "application/yaml" if as_yaml else "application/json"
    dumped = first.http.get("/_emulator/fixture?secrets=true", headers={"Accept": accept})
    answer = second.http.post("/_emulator/fixture", content=dumped.content)
    assert answer.status_code == 200, answer.text
    for operator in (first, second):
        operator.customer.answers.clear()
        operator.customer.received.clear()
    assert dict(seen(first)) == dict(seen(second))
    assert first.advance(86_400) == second.advance(86_400)
    assert first.customer.received == second.customer.received
    assert dict(seen(first)) == dict(seen(second))
