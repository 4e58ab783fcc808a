"""Every operation of version 2's description works: each has a case here, which is answered with success (V§3)."""

from dataclasses import dataclass
from typing import Any

import pytest

from operator_emulator import resources
from operator_emulator.web.openapi import METHODS, read_yaml
from tests.conftest import ATTACHED, OFFLINE, ONLINE, Operator

OPERATIONS = [
    f"{method.upper()} {path}"
    for path, item in read_yaml(resources.spec("management-v2.yaml"))["paths"].items()
    for method in METHODS
    if method in item
]


@dataclass(frozen=True)
class Case:
    """What an operation is asked, and the status of its success."""

    iccid: str = ONLINE
    query: str = ""
    body: Any = None
    status: int = 200


CASES = {
    "GET /v2/sims": Case(query="?page=1&pageSize=2&sort=-imei"),
    "GET /v2/sims/{iccid}": Case(),
    "PUT /v2/sims/{iccid}": Case(body={"label": "Pump 7", "status": "Enabled"}),
    "POST /v2/sims/{iccid}/reset": Case(ATTACHED, status=201),
    "GET /v2/sims/{iccid}/quota/data": Case(),
    "GET /v2/sims/{iccid}/quota/sms": Case(),
    "GET /v2/sims/{iccid}/status": Case(),
    "POST /v2/sims/{iccid}/sms": Case(body={"payload": "hello", "source_address": "1234"}, status=201),
    "GET /v2/sims/{iccid}/sms": Case(OFFLINE, query="?page=1&per_page=5"),
    "GET /v2/sims/{iccid}/sms/{id}": Case(OFFLINE),
    "DELETE /v2/sims/{iccid}/sms/{id}": Case(OFFLINE),
    "GET /v2/sims/{iccid}/events": Case(query="?page=1&pageSize=5"),
    "GET /v2/sims/{iccid}/usage": Case(),
    "POST /v2/sims/{iccid}/topup": Case(query="?payment_method=creditcard", status=201),
    "GET /v2/orders": Case(),
    "GET /v2/orders/{order_number}": Case(),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_operation_succeeds(operator: Operator, operation: str) -> None:
    """There are a message that waits and an order. The answer is held against the description on its way out, too."""
    message = operator.v2("POST", f"/sims/{OFFLINE}/sms", json={"payload": "waits"}).json()["id"]
    topped_up = operator.v2("POST", f"/sims/{OFFLINE}/topup?payment_method=creditcard")
    order = topped_up.headers["location"].rpartition("/")[2]

    case = CASES[operation]
    method, path = operation.split(" /v2")
    target = path.format(iccid=case.iccid, id=message, order_number=order) + case.query
    answer = operator.v2(method, target, **({} if case.body is None else {"json": case.body}))
    assert answer.status_code == case.status, answer.text


def test_each_case_belongs_to_an_operation() -> None:
    """One that is left over tests nothing."""
    assert CASES.keys() == set(OPERATIONS)
