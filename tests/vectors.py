"""Runners of vectors: inputs with the right value and its authority. Each kind has one, and it goes through the front
door.

A runner raises AssertionError if the value is another, and also for a kind or a key that it does not know.
"""

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final
from urllib.parse import quote_plus

import httpx2

from operator_emulator.core.network import tpdu
from tests.front_door import PARTNER, PARTNER_SIM, PATIENCE, PORTAL_TOKEN, SIM, FrontDoor

PORTAL: Final = f"/iot/connectivity/management/v1/partners/{PARTNER}"
MO_KEYS: Final = {"multi_part_info", "payload", "dcs", "dest_address", "source_address", "pid"}

Vector = Mapping[str, Any]


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
