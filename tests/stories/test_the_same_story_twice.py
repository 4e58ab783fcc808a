"""Same fixture, same seed, same requests, same clock: the same bytes out."""

import json
from typing import Any

from tests.conftest import ATTACHED, DISABLED, OFFLINE, ONLINE, Customer, MakeOperator, Operator


def story(operator: Operator) -> None:
    """A bit of everything."""
    operator.customer.answers = [500, 200, "refused", 200]
    operator.send_mt(OFFLINE, "one")
    operator.send_mt(ONLINE, "two", dcs=8)
    operator.send_mo(ATTACHED, "three")
    operator.advance(90)
    operator.device(OFFLINE, "ONLINE")
    operator.control("POST", f"/sims/{OFFLINE}/usage", json={"volume_tx": 1.5, "volume_rx": 450})
    operator.api("PUT", f"/sims/{DISABLED}", json={"label": "x", "status": "Enabled"})
    operator.api("POST", f"/sims/{ONLINE}/reset")
    operator.api("POST", f"/sims/{ONLINE}/topup")
    operator.api("GET", "/sims?sort=-imei")
    operator.api("GET", "/sims/0000000000000000000")
    operator.advance(3 * 86400)
    for path in ("", "/status", "/events", "/usage", "/quota/data", "/sms", "/connectivity_info"):
        operator.api("GET", f"/sims/{OFFLINE}{path}")


def told(operator: Operator) -> list[Any]:
    """Everything that went over HTTP, less what is real time."""
    entries = operator.control("GET", "/journal?limit=1000")["exchanges"]
    for entry in entries:
        del entry["real"], entry["milliseconds"]
    return list(entries)


def test_two_emulators_tell_the_same_story(make_operator: MakeOperator) -> None:
    """The journals of two runs are equal, byte for byte."""
    journals = []
    for _ in range(2):
        operator = make_operator(customer=Customer())
        story(operator)
        journals.append(json.dumps(told(operator)))
        assert len(operator.customer.received) > 3
    assert journals[0] == journals[1]


def test_a_reset_emulator_tells_it_again(make_operator: MakeOperator) -> None:
    """After a reset everything is as it was at first: ids, tokens, clock."""
    operator = make_operator(customer=Customer())
    story(operator)
    first = told(operator)
    operator.control("POST", "/reset")
    operator.customer.received.clear()
    operator.http.delete("/_emulator/journal")
    story(operator)
    assert json.dumps(told(operator)) == json.dumps(first)
