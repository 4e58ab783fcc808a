"""Playing the device, through HTTP."""

from typing import Any

import pytest

from tests.conftest import DISABLED, FOREIGN, ISSUED, OFFLINE, ONLINE, Operator


def test_a_device_comes_and_goes(operator: Operator) -> None:
    """Attach, open a session, leave: the answer shows the device after each, and so does the operator."""
    attached = operator.device(OFFLINE, "ATTACHED", operator="Plus", rat="UTRAN_3G", lac=53113, cell=46261)
    assert attached["cause"] is None
    assert (attached["operator"]["name"], attached["rat"]) == ("Plus", "UTRAN_3G")
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
        ("mo", {"payload": "x" * 161}, "payload"),
        ("mo", {"payload": "x", "dcs": 3}, "dcs"),
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
