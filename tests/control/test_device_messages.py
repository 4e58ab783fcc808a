"""What a device sends, unasked or not: in parts, in any coding, with any header."""

from typing import Any

import pytest

from tests.conftest import FIXTURE, ONLINE, MakeOperator, Operator


def pushed(operator: Operator) -> list[Any]:
    operator.advance(10)
    return [body for body in operator.customer.bodies if "payload" in body]


@pytest.mark.parametrize(
    ("payload", "more", "lengths", "dcs"),
    [
        ("0123456789" * 26 + "0", {}, [153, 108], 0),
        ("日" * 71, {}, [67, 4], 8),
        ("ab" * 141, {"dcs": 4}, [268, 14], 4),
        ("ğ" * 160, {"udh": "03250101"}, [149, 11], 0),
        ("x" * 161, {"dcs": 0x10}, [153, 8], 0x10),
    ],
)
def test_a_device_splits_a_text_that_does_not_fit(
    operator: Operator, payload: str, more: Any, lengths: list[int], dcs: int
) -> None:
    """Its endpoint gets a request for each part, all with one reference; the answer has the ids of all."""
    sent = operator.control("POST", f"/sims/{ONLINE}/mo", json={"payload": payload, **more})
    assert (sent["id"], sent["cause"]) == (sent["parts"][0], None)
    parts = pushed(operator)
    assert [len(part["payload"]) for part in parts] == lengths
    assert [part["id"] for part in parts] == sent["parts"]
    assert "".join(part["payload"] for part in parts) == payload
    assert {part["dcs"] for part in parts} == {dcs}
    assert [part["multi_part_info"] for part in parts] == [
        {"partno": number, "total": len(parts), "identifier": sent["id"] % 256} for number in range(1, len(parts) + 1)
    ]


def test_a_device_stops_where_the_network_stops_it(make_operator: MakeOperator) -> None:
    """Each part costs a message; when none is left, the rest is not sent, and the answer says why."""
    operator = make_operator(
        FIXTURE.replace("device: {status: ONLINE}", "device: {status: ONLINE}, quota: {sms: {left: 2}}")
    )
    sent = operator.control("POST", f"/sims/{ONLINE}/mo", json={"payload": "x" * 400})
    assert (len(sent["parts"]), sent["cause"]) == (2, "quota exhausted")
    assert [part["multi_part_info"]["total"] for part in pushed(operator)] == [3, 3]


@pytest.mark.parametrize(
    ("dcs", "payload"),
    [
        (0xF0, "flash"),
        (0xF7, "00ff80"),
        (0x11, "class 1"),
        (0x15, "538053"),
        (0x1B, "привет"),
        (0xC8, "you have mail"),
        (0xE0, "письмо"),
        (0x40, "read and delete"),
    ],
)
def test_a_device_sends_in_any_coding(operator: Operator, dcs: int, payload: str) -> None:
    """The endpoint and the API get the octet as it is, the payload as text or in hex."""
    id = operator.send_mo(ONLINE, payload, dcs=dcs)
    assert [(one["payload"], one["dcs"]) for one in pushed(operator)] == [(payload, dcs)]
    shown = operator.sms(ONLINE, id)
    assert (shown["payload"], shown["dcs"]) == (payload, dcs)


@pytest.mark.parametrize(("payload", "dcs"), [("temperature 21 °C", 8), ("21,5 Ä", 0), ("🌡", 8)])
def test_a_device_chooses_its_coding(operator: Operator, payload: str, dcs: int) -> None:
    """The smaller one that has all characters."""
    operator.send_mo(ONLINE, payload)
    assert [(one["payload"], one["dcs"]) for one in pushed(operator)] == [(payload, dcs)]


def test_a_device_sends_half_a_surrogate_pair(operator: Operator) -> None:
    """It counts units, and cuts a character in two; whoever puts the parts together has it again."""
    for half, number in (('"ab\\ud83d"', 1), ('"\\ude00cd"', 2)):
        body = f'{{"payload":{half},"dcs":8,"udh":"050003AA020{number}"}}'
        answer = operator.http.post(
            f"/_emulator/sims/{ONLINE}/mo", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 201, answer.text
    parts = [one["payload"] for one in pushed(operator)]
    assert parts == ["ab\ud83d", "\ude00cd"]
    assert "".join(parts).encode("utf-16-be", "surrogatepass").decode("utf-16-be") == "ab😀cd"
    listed = operator.control("GET", "/messages")["messages"]
    assert [one["payload"] for one in listed] == parts
    assert operator.get(f"/sims/{ONLINE}/sms?sort=id")[0]["payload"] == "ab\ud83d"


@pytest.mark.parametrize(
    ("udh", "finding"),
    [
        ("060003F30202", "announces 6 octets but has 5: the header is ignored"),
        ("05C01BF40201", "ends within element C0: the header is ignored"),
        ("050003CC0200", "element 00 says part 0 of 2: it is ignored"),
    ],
)
def test_a_strange_header_of_a_device_is_noted(operator: Operator, udh: str, finding: str) -> None:
    """The message is one of its own, as for any receiver (TS 23.040, 9.2.3.24)."""
    sent = operator.control("POST", f"/sims/{ONLINE}/mo", json={"payload": "x", "udh": udh})
    assert sent["ignored"] == [finding]
    assert [one["multi_part_info"] for one in pushed(operator)] == [{"partno": 1, "total": 1, "identifier": sent["id"]}]
    (callback,) = operator.control("GET", "/journal?direction=outbound")["exchanges"]
    assert callback["findings"] == [f"udh: {finding}"]


# --------------------------------------------------------------------------------------------- replies


def behave(operator: Operator, iccid: str = ONLINE, **behaviour: Any) -> Any:
    return operator.control("PUT", f"/sims/{iccid}/behaviour", json=behaviour)


def test_a_device_answers_by_itself(operator: Operator) -> None:
    """Every message that arrives, so much later, to whom it came from; in text or as it came."""
    shown = behave(operator, auto_reply={"payload": "got {payload}", "seconds": 30})
    assert shown == operator.control("GET", f"/sims/{ONLINE}/behaviour")
    operator.send_mt(ONLINE, "wake up", source_address="12345")
    operator.advance(31)
    assert operator.customer.methods == ["PATCH"]
    operator.advance(1)
    assert operator.customer.methods == ["PATCH", "POST"]
    assert (operator.customer.bodies[1]["payload"], operator.customer.bodies[1]["dest_address"]) == (
        "got wake up",
        "12345",
    )
    behave(operator, auto_reply={"payload": "{payload}"})
    operator.send_mt(ONLINE, "54657374", dcs=4, source_address="acme", source_address_type={"id": 208})
    operator.send_mt(ONLINE, "привет", dcs=8)
    operator.advance(10)
    echoes = [body for body in operator.customer.bodies[2:] if "payload" in body]
    assert [(body["payload"], body["dcs"]) for body in echoes] == [("54657374", 4), ("привет", 8)]


def test_an_answer_that_does_not_fit_is_sent_in_parts(operator: Operator) -> None:
    """As a device does with whatever it has to say."""
    behave(operator, auto_reply={"payload": "you said: {payload}"})
    operator.send_mt(ONLINE, "x" * 160)
    operator.advance(10)
    assert operator.customer.methods == ["PATCH", "POST", "POST"]
    assert "".join(body["payload"] for body in operator.customer.bodies[1:]) == "you said: " + "x" * 160


def test_an_answer_that_no_device_could_send_is_not_sent(operator: Operator) -> None:
    """More than 255 parts; and time goes on."""
    behave(operator, auto_reply={"payload": "{payload}" * 250})
    operator.send_mt(ONLINE, "x" * 160)
    operator.advance(10)
    assert operator.customer.methods == ["PATCH"]


def test_a_long_message_is_answered_once(operator: Operator) -> None:
    """When the last of its parts is there, whichever that is; a part that comes twice is no message."""
    behave(operator, auto_reply={"payload": "got {payload}"})
    for text, number in (("C", 3), ("A", 1), ("A", 1)):
        operator.send_mt(ONLINE, text, udh=f"050003CC030{number}")
        operator.advance(10)
    assert operator.customer.methods == ["PATCH"] * 3
    operator.send_mt(ONLINE, "B", udh="050003CC0302")
    operator.advance(10)
    assert operator.customer.methods == ["PATCH"] * 4 + ["POST"]
    assert operator.customer.bodies[-1]["payload"] == "got ABC"


def test_parts_that_arrive_together_are_answered_once(operator: Operator) -> None:
    """Each of them is the last for a moment, and one of them for good."""
    behave(operator, auto_reply={"payload": "got {payload}"})
    for text, number in (("A", 1), ("B", 2)):
        operator.send_mt(ONLINE, text, udh=f"050003CC020{number}")
    operator.advance(10)
    assert [body["payload"] for body in operator.customer.bodies if "payload" in body] == ["got AB"]
