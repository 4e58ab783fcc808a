"""Playing the device, through HTTP."""

from typing import Any

import pytest

from tests.conftest import DISABLED, FOREIGN, ISSUED, OFFLINE, ONLINE, Operator


def test_a_device_comes_and_goes(operator: Operator) -> None:
    """Attach, open a session, leave: the answer shows the device after each, and so does the operator."""
    attached = operator.device(OFFLINE, "ATTACHED", operator="Plus", rat="utran-3g", lac=53113, cell=46261)
    assert attached["cause"] is None
    assert (attached["operator"]["name"], attached["rat"]) == ("Plus", "3G")
    assert (attached["lac"], attached["cell"], attached["session"]) == (53113, 46261, None)
    assert operator.get(f"/sims/{OFFLINE}/status")["status"] == "ATTACHED"

    online = operator.device(OFFLINE, "ONLINE")
    assert online["session"]["opened"] == "2026-01-01T00:00:00Z"
    assert operator.get(f"/sims/{OFFLINE}/status")["status"] == "ONLINE"

    assert operator.device(OFFLINE, "OFFLINE")["session"] is None
    assert operator.get(f"/sims/{OFFLINE}/status")["status"] == "OFFLINE"


def test_a_device_moves_without_a_status(operator: Operator) -> None:
    """What is not named stays: a device that is online remains so in another network."""
    moved = operator.control("POST", f"/sims/{ONLINE}/device", json={"operator": "26202"})
    assert (moved["status"], moved["operator"]["name"]) == ("ONLINE", "Vodafone")


@pytest.mark.parametrize(
    ("imei", "imeisv"),
    [
        ("8682390512345607", "8682390512345607"),
        ("868239051234560", "8682390512345601"),
        ("86823905123456", "8682390512345601"),
    ],
)
def test_an_imei_becomes_an_imeisv(operator: Operator, imei: str, imeisv: str) -> None:
    """Whoever knows only the IMEI gets software version 01."""
    assert operator.device(OFFLINE, "ATTACHED", imei=imei)["imei"] == imeisv


@pytest.mark.parametrize(("iccid", "cause"), [(DISABLED, "SIM_SUSPENDED"), (ISSUED, "SIM_NOT_ACTIVATED")])
def test_the_network_may_refuse(operator: Operator, iccid: str, cause: str) -> None:
    """A refusal is an answer with its cause, not an error: the device did try."""
    refused = operator.device(iccid, "ATTACHED")
    assert (refused["status"], refused["cause"]) == ("OFFLINE", cause)


def test_a_device_sends(operator: Operator) -> None:
    """201 with the id that the operator's API knows the message by."""
    id = operator.send_mo(ONLINE, "hello", dest_address="12345")
    assert operator.sms(ONLINE, id)["payload"] == "hello"
    operator.advance(0)
    assert operator.customer.bodies[0]["dest_address"] == "12345"


def test_a_device_without_network_cannot_send(operator: Operator) -> None:
    """409 says why the network did not take it."""
    answer = operator.http.post(f"/_emulator/sims/{OFFLINE}/mo", json={"payload": "hello"})
    assert answer.status_code == 409
    assert "absent subscriber" in answer.json()["error"]


def test_a_device_uses_data(operator: Operator) -> None:
    """Megabytes with fractions, as the device sees them; the quota pays for both directions."""
    used = operator.control("POST", f"/sims/{ONLINE}/usage", json={"volume_tx": 0.25, "volume_rx": 1.000001})
    assert (used["session"]["volume_tx"], used["session"]["volume_rx"]) == (0.25, 1.000001)
    quota = operator.control("GET", f"/sims/{ONLINE}")["data_quota"]
    assert quota == {"left": pytest.approx(quota["total"] - 1.250001), "total": quota["total"]}


def test_a_session_that_is_refused_uses_nothing(operator: Operator) -> None:
    """409 with the cause."""
    answer = operator.http.post(f"/_emulator/sims/{DISABLED}/usage", json={"volume_tx": 1})
    assert answer.status_code == 409
    assert "SIM_SUSPENDED" in answer.json()["error"]


def test_a_sim_is_shown_whoever_owns_it(operator: Operator) -> None:
    """The tester sees every organisation."""
    sim = operator.control("GET", f"/sims/{FOREIGN}")
    assert (sim["organisation"], sim["device"]["status"]) == (5136, "OFFLINE")
    assert operator.control("GET", f"/sims/{ISSUED}")["state"] == "Issued"


def test_narrowband_carries_no_sms(operator: Operator) -> None:
    """Attached by NB-IoT, a device gets its messages when it changes its access technology, and sends none before."""
    operator.device(OFFLINE, "ATTACHED", rat="NB-IoT")
    id = operator.send_mt(OFFLINE, "hello")
    operator.advance(10)
    assert operator.sms(OFFLINE, id)["status"]["id"] == 3
    assert operator.http.post(f"/_emulator/sims/{OFFLINE}/mo", json={"payload": "x"}).status_code == 409
    operator.control("POST", f"/sims/{OFFLINE}/device", json={"rat": "LTE"})
    operator.advance(10)
    assert operator.sms(OFFLINE, id)["status"]["id"] == 4


def test_a_locked_sim_refuses_another_device(operator: Operator) -> None:
    """The card is put into another device: the network says no, and takes the first one back."""
    operator.api("PUT", f"/sims/{OFFLINE}", json={"imei_lock": True})
    assert operator.device(OFFLINE, "ONLINE", imei="8682390512345601")["cause"] is None
    assert operator.device(OFFLINE, "ONLINE", imei="8682390599999901")["cause"] == "IMEI_LOCK_BREACHED"
    assert operator.control("GET", f"/sims/{OFFLINE}")["device"]["status"] == "OFFLINE"
    assert operator.device(OFFLINE, "ONLINE", imei="8682390512345601")["cause"] is None


# --------------------------------------------------------------------------------------------- inbox


def inbox(operator: Operator, iccid: str = ONLINE) -> Any:
    return operator.control("GET", f"/sims/{iccid}/inbox")["messages"]


def test_the_inbox_shows_what_arrived(operator: Operator) -> None:
    """Decoded, with its sender and the time, oldest first; what has not arrived is not there."""
    first = operator.send_mt(ONLINE, "hello {€}", source_address="12345")
    operator.send_mt(ONLINE, "never", source_address="emu-buffer", source_address_type={"id": 208})
    operator.advance(5)
    second = operator.send_mt(ONLINE, "54657374534D53", dcs=4)
    third = operator.send_mt(ONLINE, "привет", dcs=8)
    operator.advance(5)
    shown = inbox(operator)
    assert shown[0] == {
        "at": "2026-01-01T00:00:02Z",
        "source_address": "12345",
        "dcs": 0,
        "text": "hello {€}",
        "octets": None,
        "parts": [first],
        "missing": [],
    }
    assert [(one["text"], one["octets"], one["parts"]) for one in shown[1:]] == [
        (None, "54657374534D53", [second]),
        ("привет", None, [third]),
    ]
    assert inbox(operator, OFFLINE) == []


def test_parts_are_put_together(operator: Operator) -> None:
    """In their order, whatever order they came in; what is missing is named; a reference may be used again."""
    parts = {3: "C", 1: "A", 2: "B"}
    ids = {number: operator.send_mt(ONLINE, text, udh=f"050003CC03{number:02}") for number, text in parts.items()}
    again = operator.send_mt(ONLINE, "next", udh="050003CC0301")
    other = operator.send_mt(ONLINE, "other", udh="050003CD0202", source_address="1")
    plain = operator.send_mt(ONLINE, "plain", udh="0401020304")
    operator.advance(5)
    assert [(one["text"], one["parts"], one["missing"]) for one in inbox(operator)] == [
        ("ABC", [ids[1], ids[2], ids[3]], []),
        ("next", [again], [2, 3]),
        ("other", [other], [1]),
        ("plain", [plain], []),
    ]


# --------------------------------------------------------------------------------------------- unasked


def behave(operator: Operator, iccid: str = ONLINE, **behaviour: Any) -> Any:
    return operator.control("PUT", f"/sims/{iccid}/behaviour", json=behaviour)


def next_leave(operator: Operator) -> str:
    (job,) = operator.control("GET", "/jobs", params={"kind": "behaviours.leave"})["jobs"]
    return str(job["due"])


def test_a_device_goes_offline_by_itself(operator: Operator) -> None:
    """Again and again, and comes back as what it was; messages wait for it meanwhile."""
    behave(operator, goes_offline={"seconds": 600, "away": 60})
    for _ in range(3):
        operator.control("POST", "/clock/advance", json={"to": next_leave(operator)})
        assert operator.get(f"/sims/{ONLINE}/status")["status"] == "OFFLINE"
        id = operator.send_mt(ONLINE, "hello")
        operator.advance(10)
        assert operator.sms(ONLINE, id)["status"]["id"] == 3
        operator.advance(60)
        assert operator.get(f"/sims/{ONLINE}/status")["status"] == "ONLINE"
        assert operator.sms(ONLINE, id)["status"]["id"] == 4


def test_a_device_that_is_offline_anyway_stays_so(operator: Operator) -> None:
    """It comes back only from where it went by itself."""
    behave(operator, OFFLINE, goes_offline={"seconds": 600, "away": 60})
    operator.advance(3600)
    assert operator.get(f"/sims/{OFFLINE}/status")["status"] == "OFFLINE"


def test_a_device_uses_data_by_itself(operator: Operator) -> None:
    """While it is attached, in a session that opens for it."""
    behave(operator, uses_data={"seconds": 60, "volume_tx": 0.5, "volume_rx": 0.25})
    behave(operator, OFFLINE, uses_data={"seconds": 60, "volume_tx": 1})
    operator.device(ONLINE, "ATTACHED")
    operator.advance(600)
    assert operator.control("GET", f"/sims/{ONLINE}")["device"]["session"]["volume_tx"] == 5
    assert operator.control("GET", f"/sims/{OFFLINE}")["device"]["status"] == "OFFLINE"


def test_a_device_acknowledges_slowly(operator: Operator) -> None:
    """The message is in progress until then."""
    behave(operator, acknowledges_after=120)
    id = operator.send_mt(ONLINE, "hello")
    operator.advance(120)
    assert operator.sms(ONLINE, id)["status"]["id"] == 2
    operator.advance(1)
    assert operator.sms(ONLINE, id)["status"]["id"] == 4


def test_behaviours_end(operator: Operator) -> None:
    """What is left out is no longer done, and no timer remains; the world can come to rest with them."""
    before = operator.control("GET", "/clock")["jobs"]
    everything: dict[str, Any] = {
        "auto_reply": {"payload": "x", "seconds": 1.0},
        "goes_offline": {"seconds": 60.0, "away": 1.0},
        "uses_data": {"seconds": 60.0, "volume_tx": 0.0, "volume_rx": 0.0},
        "acknowledges_after": 5.0,
    }
    assert behave(operator, **everything) == everything
    assert operator.control("GET", "/clock")["jobs"] == before + 2
    assert operator.control("POST", "/clock/advance", json={"until": "idle"})["jobs_run"] == 0
    assert behave(operator) == dict.fromkeys(everything)
    assert operator.control("GET", "/clock")["jobs"] == before


def test_what_is_no_longer_wanted_does_not_happen(operator: Operator) -> None:
    """Neither the answer to a message that has arrived already, nor anything of a SIM that is gone."""
    behave(operator, auto_reply={"payload": "x", "seconds": 60})
    operator.send_mt(ONLINE, "hello")
    operator.advance(10)
    behave(operator, goes_offline={"seconds": 60, "away": 10}, uses_data={"seconds": 60})
    operator.advance(61)
    http: Any = operator.http
    http.portal.call(http.app.engine.write, lambda world: world.sims.delete(ONLINE))
    operator.advance(120)
    assert operator.customer.methods == ["PATCH"]
    assert operator.control("GET", "/jobs", params={"kind": "behaviours.come_back"})["jobs"] == []


def test_behaviours_go_with_their_organisation(operator: Operator) -> None:
    """A reset of it ends them."""
    behave(operator, goes_offline={"seconds": 60, "away": 1})
    operator.advance(61)
    operator.control("POST", "/organisations/4321/reset")
    assert set(operator.control("GET", f"/sims/{ONLINE}/behaviour").values()) == {None}
    assert not [job for job in operator.control("GET", "/jobs")["jobs"] if job["kind"].startswith("behaviours")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"sings": True}, "sings"),
        ({"auto_reply": {}}, "auto_reply.payload"),
        ({"auto_reply": {"payload": ""}}, "auto_reply.payload"),
        ({"auto_reply": {"payload": "x", "seconds": -1}}, "auto_reply.seconds"),
        ({"goes_offline": {"seconds": 60}}, "goes_offline.away"),
        ({"goes_offline": {"seconds": 60, "away": 60}}, "goes_offline.away"),
        ({"goes_offline": {"seconds": 0, "away": 1}}, "goes_offline.seconds"),
        ({"uses_data": {"seconds": 1e300}}, "uses_data.seconds"),
        ({"uses_data": {"seconds": 60, "volume_tx": -1}}, "uses_data.volume_tx"),
        ({"acknowledges_after": "soon"}, "acknowledges_after"),
    ],
)
def test_absurd_behaviours_are_refused(operator: Operator, body: Any, field: str) -> None:
    """400 names the field."""
    answer = operator.http.put(f"/_emulator/sims/{ONLINE}/behaviour", json=body)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


@pytest.mark.parametrize(("method", "path"), [("GET", "inbox"), ("GET", "behaviour"), ("PUT", "behaviour")])
def test_an_unknown_device_does_nothing(operator: Operator, method: str, path: str) -> None:
    """404."""
    body: Any = {} if method == "PUT" else None
    assert operator.http.request(method, f"/_emulator/sims/8988228066699999999/{path}", json=body).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("device", {}, None),
        ("device", {"status": "ASLEEP"}, "status"),
        ("device", {"status": "ONLINE", "operator": "Atlantis Telecom"}, "operator"),
        ("device", {"status": "ONLINE", "rat": "6G"}, "rat"),
        ("device", {"status": "ONLINE", "imei": "12"}, "imei"),
        ("device", {"state": "ONLINE"}, "state"),
        ("device", {"lac": -1}, "lac"),
        ("mo", {}, "payload"),
        ("mo", {"payload": 1}, "payload"),
        ("mo", {"payload": ""}, "payload"),
        ("mo", {"payload": "x" * 153 * 256}, "payload"),
        ("mo", {"payload": "x" * 154, "udh": "050003CC0201"}, "payload"),
        ("mo", {"payload": "ğ", "dcs": 0}, "payload"),
        ("mo", {"payload": "x", "dcs": 256}, "dcs"),
        ("mo", {"payload": "x", "udh": "5"}, "udh"),
        ("mo", {"payload": "no hex", "dcs": 4}, "payload"),
        ("usage", {}, None),
        ("usage", {"volume_tx": -1}, "volume_tx"),
        ("usage", {"volume_tx": "1"}, "volume_tx"),
        ("usage", {"volume_rx": 1e300}, "volume_rx"),
        ("usage", {"volume": 1}, "volume"),
    ],
)
def test_absurd_requests_are_refused(operator: Operator, path: str, body: Any, field: str | None) -> None:
    """400 names the field, and the SIM is as it was."""
    before = operator.control("GET", f"/sims/{ONLINE}")
    answer = operator.http.post(f"/_emulator/sims/{ONLINE}/{path}", json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json().get("field") == field
    assert operator.control("GET", f"/sims/{ONLINE}") == before


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/device"), ("POST", "/mo"), ("POST", "/usage")])
def test_unknown_sims_are_not_found(operator: Operator, method: str, path: str) -> None:
    """404 names the ICCID."""
    body = {"/device": {"status": "ONLINE"}, "/mo": {"payload": "x"}, "/usage": {"volume_tx": 1}}.get(path)
    answer = operator.http.request(method, f"/_emulator/sims/8988228066699999999{path}", json=body)
    assert answer.status_code == 404
    assert "8988228066699999999" in answer.json()["error"]
    assert "check digit" not in answer.json()["error"]


def test_the_answer_to_a_20_digit_iccid_mentions_the_check_digit(operator: Operator) -> None:
    """The number that is printed on a card has 20 digits."""
    answer = operator.http.get(f"/_emulator/sims/{ONLINE}1")
    assert answer.status_code == 404
    assert answer.json()["error"].endswith("leave out the check digit: an ICCID has 19 digits here")
