"""A day in the life of short messages, seen through HTTP, in manual time."""

from tests.conftest import ATTACHED, OFFLINE, ONLINE, Operator


def test_a_message_waits_for_an_absent_subscriber(operator: Operator) -> None:
    """A message to an offline device is delivered when it attaches, and reported once."""
    id = operator.send_mt(OFFLINE, "wake up")
    operator.advance(3 * 3600)
    assert operator.customer.received == []
    assert operator.sms(OFFLINE, id)["status"] == {"id": 3, "description": "BUFFERED"}

    operator.device(OFFLINE, "ATTACHED")
    operator.advance(5)
    assert operator.customer.methods == ["PATCH"]
    assert operator.customer.bodies[0]["status"] == {"status": "DELIVERED", "id": 4}
    assert operator.customer.bodies[0]["id"] == id
    assert operator.sms(OFFLINE, id)["status"]["description"] == "DELIVERED"


def test_a_reachable_device_gets_it_within_seconds(operator: Operator) -> None:
    """Submit to final takes one to five seconds (D§9.4), and costs one message of the quota."""
    before = operator.get(f"/sims/{ONLINE}/quota/sms")["volume"]
    id = operator.send_mt(ONLINE, "hello")
    assert operator.sms(ONLINE, id)["status"]["id"] == 1
    assert operator.get(f"/sims/{ONLINE}/quota/sms")["volume"] == before

    operator.advance(5)
    assert operator.sms(ONLINE, id)["status"]["id"] == 4
    assert operator.get(f"/sims/{ONLINE}/quota/sms")["volume"] == before - 1


def test_a_message_that_nobody_fetches_expires(operator: Operator) -> None:
    """After 24 hours it is EXPIRED, is reported as failed (D§9.4), and costs nothing."""
    id = operator.send_mt(OFFLINE, "too late")
    operator.advance(25 * 3600)
    assert operator.sms(OFFLINE, id)["status"] == {"id": 6, "description": "EXPIRED"}
    assert [body["status"] for body in operator.customer.bodies] == [{"status": "FAILED", "id": 5}]
    operator.device(OFFLINE, "ATTACHED")
    operator.advance(60)
    assert operator.sms(OFFLINE, id)["status"]["id"] == 6
    assert operator.get(f"/sims/{OFFLINE}/quota/sms")["volume"] == 250


def test_a_message_is_taken_back_in_time(operator: Operator) -> None:
    """A cancelled message reaches nobody, and nobody is told (D§9.4, 9.5)."""
    id = operator.send_mt(OFFLINE, "never mind")
    operator.advance(60)
    assert operator.api("DELETE", f"/sims/{OFFLINE}/sms/{id}").status_code == 200
    assert operator.sms(OFFLINE, id)["status"] == {"id": 7, "description": "CANCELED"}
    operator.device(OFFLINE, "ATTACHED")
    operator.advance(25 * 3600)
    assert operator.customer.received == []


def test_a_device_writes_to_its_owner(operator: Operator) -> None:
    """An MO message is posted to the customer's URL, whatever number was dialled (D§9.7)."""
    id = operator.send_mo(ATTACHED, "temperature 21", dest_address="12345")
    operator.advance(0)
    assert operator.customer.methods == ["POST"]
    body = operator.customer.bodies[0]
    assert (body["id"], body["payload"], body["dest_address"]) == (id, "temperature 21", "12345")
    assert operator.sms(ATTACHED, id)["status"]["id"] == 4
    assert operator.get(f"/sims/{ATTACHED}/quota/sms")["volume"] == 249


def test_a_customer_that_is_down_gets_it_later(operator: Operator) -> None:
    """The retry follows the recorded schedule: 2, 4, 8 … minutes (D§10.4), each failure is an event (D§10.5)."""
    operator.customer.answers = [500, "nobody there", 302]
    id = operator.send_mo(ATTACHED, "are you there")
    operator.advance(0)
    assert operator.sms(ATTACHED, id)["status"] == {"id": 3, "description": "BUFFERED"}

    operator.advance(2 * 60 + 4 * 60)
    assert len(operator.customer.received) == 3
    assert operator.sms(ATTACHED, id)["retry_count"] == "2"
    operator.advance(8 * 60)
    assert len(operator.customer.received) == 4
    assert operator.sms(ATTACHED, id)["status"]["id"] == 4
    assert len({message.body for message in operator.customer.received}) == 1

    events = [event["event_type"] for event in operator.get(f"/sims/{ATTACHED}/events?pageSize=100")["events"]]
    failures = [text for text in events if text.startswith("Unable to dispatch SMS to API Callback URL")]
    assert len(failures) == 3
    assert all("(HTTP code=500)" in text or "(HTTP code=302)" in text for text in failures)


def test_a_customer_that_never_answers_is_given_up_after_a_day(operator: Operator) -> None:
    """Twenty-four hours, then the MO message is EXPIRED and no more is sent (D§9.7, 10.4)."""
    operator.customer.answers = [503] * 100
    id = operator.send_mo(ATTACHED, "anybody")
    operator.advance(24 * 3600)
    tries = len(operator.customer.received)
    assert operator.sms(ATTACHED, id)["status"]["id"] == 6
    operator.advance(48 * 3600)
    assert len(operator.customer.received) == tries


def test_both_directions_share_one_row_of_ids(operator: Operator) -> None:
    """MT and MO messages are numbered from the same counter (D§9.7)."""
    first = operator.send_mt(ONLINE, "one")
    second = operator.send_mo(ONLINE, "two")
    third = operator.send_mt(ATTACHED, "three")
    assert (second, third) == (first + 1, first + 2)
