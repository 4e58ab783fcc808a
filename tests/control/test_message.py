"""The way of one short message, step by step."""

from tests.conftest import OFFLINE, ONLINE, Operator


def texts(operator: Operator, id: int) -> list[str]:
    return [step["text"] for step in operator.control("GET", f"/messages/{id}")["history"]]


def test_each_attempt_of_a_message_shows_its_cause(operator: Operator) -> None:
    """It waits for its device, is delivered when the device attaches, and is reported."""
    id = operator.send_mt(OFFLINE, "wake up")
    operator.advance(3602)
    assert texts(operator, id) == ["Submitted", *["Attempt failed: absent subscriber"] * 2]
    operator.device(OFFLINE, "ATTACHED")
    operator.advance(5)
    assert texts(operator, id)[3:] == [
        "Attempted",
        "Delivered",
        "Delivery report, try 1: your webhook answered 200",
    ]


def test_a_message_from_a_device_shows_each_attempt_at_the_webhook(operator: Operator) -> None:
    """With the status, or why none came."""
    operator.customer.answers = [503, "connection refused"]
    id = operator.send_mo(ONLINE, "hello")
    operator.advance(3600)
    assert texts(operator, id) == [
        "Sent by the device",
        "Message, try 1: your webhook answered 503",
        "Message, try 2: connection refused",
        "Message, try 3: your webhook answered 200",
    ]


def test_a_message_id_that_does_not_exist_is_unknown(operator: Operator) -> None:
    """404, and 400 for what is no number."""
    assert operator.http.get("/_emulator/messages/999").status_code == 404
    assert operator.http.get("/_emulator/messages/x").status_code in (400, 404)
