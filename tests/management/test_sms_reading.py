"""What is read of a message beside the plain cases: headers, languages, senders, half characters (D§9.2)."""

from typing import Any

import pytest

from tests.conftest import OFFLINE, MakeOperator, Operator


def submitted(operator: Operator, body: Any, iccid: str = OFFLINE) -> Any:
    """A message that must be taken, as it then stands."""
    answer = operator.api("POST", f"/sims/{iccid}/sms", json=body)
    assert answer.status_code == 201, answer.text
    return operator.sms(iccid, int(answer.headers["location"].rpartition("/")[2]))


def findings(operator: Operator, body: Any, status: int = 201) -> Any:
    """What the journal says of this submission, which is answered with *status*."""
    answer = operator.api("POST", f"/sims/{OFFLINE}/sms", json=body)
    assert answer.status_code == status, answer.text
    return operator.control("GET", "/journal?method=POST&path=*/sms")["exchanges"][-1]["findings"]


@pytest.mark.parametrize(
    ("udh", "finding"),
    [
        ("05 00 03 CC 02 01", "must be hexadecimal, with two digits per octet: it is dropped"),
        ("0x050003CC0201", "must be hexadecimal, with two digits per octet: it is dropped"),
        ("05:00:03:CC:02:01", "must be hexadecimal, with two digits per octet: it is dropped"),
        ("050003CC020", "must be hexadecimal, with two digits per octet: it is dropped"),
        ("060003CC0201", "announces 6 octets but has 5: the header is ignored"),
        ("050003CC0203", "element 00 says part 3 of 2: it is ignored"),
    ],
)
def test_a_header_that_means_nothing_leaves_a_trace(make_operator: MakeOperator, udh: str, finding: str) -> None:
    """The message is taken, and the journal says what became of its header; a strict contract refuses."""
    body = {"payload": "x", "udh": udh}
    assert findings(make_operator(), body) == [f"request udh: {finding}"]
    assert findings(make_operator(contract="strict"), body, 400) == [f"request udh: {finding}"]


def test_a_header_as_it_should_be_leaves_no_trace(operator: Operator) -> None:
    """Parts, ports, and blanks around them."""
    for udh in ("050003CC0201", "06050415811581", " 050003cc0202 ", ""):
        assert findings(operator, {"payload": "x", "udh": udh}) == []


def test_a_header_brings_the_letters_of_a_language(operator: Operator) -> None:
    """Turkish by its locking shift table, Spanish by its single shift table; without the header they are refused."""
    for text, udh in (("ğışĞİŞ", "03250101"), ("áíóúÁ", "03240102")):
        assert submitted(operator, {"payload": text, "udh": udh})["payload"] == text
        assert operator.api("POST", f"/sims/{OFFLINE}/sms", json={"payload": text}).status_code == 400


@pytest.mark.parametrize(
    ("sender", "status"), [("ABCDEFGHIJK", 201), ("ABCDEFGHIJKL", 400), ("Fleet [EU]", 400), ("привет", 400)]
)
def test_an_alphanumeric_sender_fits_into_an_address(operator: Operator, sender: str, status: int) -> None:
    """Eleven septets (TS 23.040, 9.1.2.5); of other kinds any text is taken, as it is not routed (D§9.2)."""
    body = {"payload": "x", "source_address": sender}
    answer = operator.api("POST", f"/sims/{OFFLINE}/sms", json={**body, "source_address_type": {"id": 208}})
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["error"] == "Bad Request"
        assert "source_address" in answer.text
    assert operator.api("POST", f"/sims/{OFFLINE}/sms", json=body).status_code == 201


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (r'{"payload": "ab\ud83d"}', r"payload: contains half a surrogate pair, \ud83d, as character 3"),
        (r'{"payload": "\ude00\ud83d"}', r"payload: contains half a surrogate pair, \ude00, as character 1"),
        (
            r'{"payload": "😀", "source_address_type": {"id": "x\ud83d"}}',
            r"source_address_type.id: contains half a surrogate pair, \ud83d, as character 2",
        ),
        (
            r'{"payload": "x", "n": [{"m\udfff": 1}]}',
            r"n[0].m\udfff: contains half a surrogate pair, \udfff, as character 2",
        ),
        (r'{"payload": "ab\ud83dx"', "the body is not JSON"),
    ],
)
def test_half_a_surrogate_pair_is_named(operator: Operator, body: str, said: str) -> None:
    """It is JSON (RFC 8259, 8.2), and no text: which character of which field."""
    headers = {"Content-Type": "application/json"}
    answer = operator.api("POST", f"/sims/{OFFLINE}/sms", content=body.encode(), headers=headers)
    assert answer.status_code == 400
    assert said in answer.json()["message"]
