"""What is read as if it were not there leaves a trace in the journal, and is refused under a strict contract."""

from typing import Any

import pytest

from tests.conftest import OFFLINE, ONLINE, MakeOperator, Operator

SIM = f"/sims/{ONLINE}"
NOWHERE = "8988228066699999999"


def findings(operator: Operator, method: str, path: str, **how: Any) -> Any:
    """What the journal says of a request that is carried out."""
    answer = operator.api(method, path, **how)
    assert answer.status_code < 300, answer.text
    return operator.control("GET", "/journal?direction=inbound")["exchanges"][-1]["findings"]


CASES: list[tuple[str, str, dict[str, Any], str]] = [
    ("GET", f"{SIM}/usage?start_dt=yesterday", {}, "request start_dt: is not a date: no day matches"),
    ("GET", f"{SIM}/usage?end_dt=None", {}, "request end_dt: is None, which counts as absent"),
    (
        "GET",
        f"{SIM}/usage?start_dt=2026-01-01T12:00:00Z",
        {},
        "request start_dt: has more than a date: the rest is ignored",
    ),
    ("GET", "/sims?sort=label", {}, "request sort: knows no key 'label': it is ignored"),
    ("GET", f"{SIM}/sms?sort=-payload", {}, "request sort: knows no key 'payload': it is ignored"),
    ("GET", "/orders?sort=colour", {}, "request sort: knows no key 'colour': it is ignored"),
    ("GET", "/sims?q=label:x", {}, "request q: knows no key 'label': it is ignored"),
    ("GET", "/sims?q=imei", {}, "request q: has no value for 'imei': it is ignored"),
    ("GET", "/sims?pageSize=500", {}, "request pageSize: is reduced to 100"),
    ("GET", "/orders?pageSize=11", {}, "request pageSize: is reduced to 10"),
    (
        "POST",
        "/sims",
        {"json": [{"iccid": NOWHERE, "label": "x"}]},
        f"request iccid: 1 are unknown, and skipped: {NOWHERE}",
    ),
    ("POST", f"{SIM}/reset", {"json": {"hard": True}}, "request body: is not described, so it is ignored"),
    ("DELETE", f"{SIM}/sms/1", {"json": {}}, "request body: is not described, so it is ignored"),
    ("GET", "/sims", {"content": b"x"}, "request body: is not described, so it is ignored"),
    (
        "POST",
        f"{SIM}/topup",
        {"json": {"payment_method": "creditcard"}},
        "request body: is not described, so it is ignored",
    ),
    (
        "POST",
        "/sims/extension",
        {"json": {"iccids": [OFFLINE], "productId": 1002, "payment_method": "creditcard"}},
        "request payment_method: is not described",
    ),
    ("PUT", SIM, {"json": {"labell": "x"}}, "request labell: is not described"),
    ("POST", "/sims", {"json": [{"iccid": ONLINE, "labell": "x"}]}, "request [0].labell: is not described"),
    (
        "POST",
        f"{SIM}/sms",
        {"json": {"payload": "x", "source_address_type": {"id": 161, "name": "x"}}},
        "request source_address_type.name: is not described",
    ),
]


@pytest.mark.parametrize(("method", "path", "how", "finding"), CASES)
def test_ignored_input_leaves_a_finding(
    operator: Operator, method: str, path: str, how: dict[str, Any], finding: str
) -> None:
    """The request is carried out, as the operator does, and the journal says what was passed over."""
    operator.send_mt(ONLINE, "hello")
    assert finding in findings(operator, method, path, **how)


@pytest.mark.parametrize(("method", "path", "how", "finding"), [one for one in CASES if "pageSize" not in one[1]][::3])
def test_a_strict_contract_refuses_input_that_would_be_ignored(
    make_operator: MakeOperator, method: str, path: str, how: dict[str, Any], finding: str
) -> None:
    """400 with the same words."""
    answer = make_operator(contract="strict").api(method, path, **how)
    assert answer.status_code == 400
    assert finding in answer.json()["message"]


@pytest.mark.parametrize(
    ("method", "path", "how"),
    [
        ("GET", "/sims?page=1&pageSize=100&sort=imei&q=imei:1,ip_address:2", {}),
        ("GET", f"{SIM}/usage?start_dt=2026-01-01&end_dt=", {}),
        ("POST", f"{SIM}/reset", {"content": b""}),
        ("POST", "/sims", {"json": [{"iccid": ONLINE, "label": "x", "imei_lock": True, "status": "Enabled"}]}),
        ("POST", f"{SIM}/sms", {"json": {"payload": "x", "udh": "", "source_address": "", "expiry_date": ""}}),
        ("PUT", SIM, {"json": {"iccid": ONLINE, "label": "x", "imei_lock": False, "status": "Enabled"}}),
    ],
)
def test_input_as_described_leaves_no_finding(operator: Operator, method: str, path: str, how: dict[str, Any]) -> None:
    """An empty string is a way to say nothing (D§9.2)."""
    assert findings(operator, method, path, **how) == []
