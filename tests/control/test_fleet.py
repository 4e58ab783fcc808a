"""SIMs by pages, counts, and what the operator's portal shows of one SIM."""

from typing import Any

from tests.conftest import ATTACHED, DISABLED, ISSUED, OFFLINE, ONLINE, Operator


def iccids(page: Any) -> list[str]:
    return [sim["iccid"] for sim in page["sims"]]


def test_sims_come_in_pages(operator: Operator) -> None:
    """Each page says where the next begins; the last says that there is none."""
    seen: list[str] = []
    after = ""
    while after is not None:
        page = operator.control("GET", f"/sims?limit=4&after={after}")
        assert page["total"] == 6
        seen += iccids(page)
        after = page["next"]
    assert seen == iccids(operator.control("GET", "/sims"))
    assert len(set(seen)) == 6


def test_an_unknown_cursor_is_refused(operator: Operator) -> None:
    """It names the parameter."""
    answer = operator.http.get("/_emulator/sims?limit=1&after=first")
    assert (answer.status_code, answer.json()["field"]) == (400, "after")


def test_a_search_finds_any_part_of_label_and_numbers(operator: Operator) -> None:
    """In any case of letters."""
    msisdn = operator.control("GET", f"/sims/{ATTACHED}")["msisdn"]
    assert iccids(operator.control("GET", f"/sims?search={msisdn[2:]}")) == [ATTACHED]
    assert iccids(operator.control("GET", "/sims?search=NEVER")) == [ISSUED]
    assert iccids(operator.control("GET", "/sims?search=nobody")) == []


def test_a_pattern_is_matched_as_a_whole(operator: Operator) -> None:
    """A part of the text is not enough without a star; a page holds as many as match."""
    assert iccids(operator.control("GET", "/sims?label=line")) == []
    assert iccids(operator.control("GET", "/sims?label=o*line&limit=5")) == [ONLINE, OFFLINE]


def test_sims_are_counted_by_presence_and_volume(operator: Operator) -> None:
    """The counts follow the devices, and are the totals of the filtered lists."""
    before = operator.control("GET", "/counts")
    assert before["sims"] == {"total": 6, "device": {"ONLINE": 1, "ATTACHED": 1, "OFFLINE": 2, "INACTIVE": 2}}
    operator.device(OFFLINE, "ONLINE")
    assert operator.control("GET", "/counts")["sims"]["device"]["ONLINE"] == 2
    for presence, count in operator.control("GET", "/counts")["sims"]["device"].items():
        assert operator.control("GET", f"/sims?status={presence}")["total"] == count
    for volume, count in before["volumes"]["sms"].items():
        assert operator.control("GET", f"/sims?volume={volume}")["total"] == count


def test_usage_is_added_up_by_month_and_shown_by_day(operator: Operator) -> None:
    """Data and SMS of all SIMs; of one SIM also the days without use."""
    operator.control("POST", f"/sims/{ONLINE}/usage", json={"volume_tx": 1, "volume_rx": 2})
    operator.send_mo(ONLINE, "hello")
    [month] = operator.control("GET", "/usage")["months"]
    assert (month["data"], month["sms_mo"], month["sms_mt"]) == (3.0, 1, 0)
    *idle, today = operator.control("GET", f"/sims/{ONLINE}/usage?days=3")["days"]
    assert [day["volume_tx"] for day in idle] == [0.0, 0.0]
    assert (today["volume_tx"], today["volume_rx"], today["sms_mo"]) == (1.0, 2.0, 1)


def test_a_sim_is_changed_as_on_the_operators_portal(operator: Operator) -> None:
    """What is left out stays."""
    changed = operator.control("PATCH", f"/sims/{ATTACHED}", json={"label": "Pump 7", "state": "Suspended"})
    assert (changed["label"], changed["state"], changed["device"]["status"]) == ("Pump 7", "Suspended", "OFFLINE")
    assert operator.control("PATCH", f"/sims/{ATTACHED}", json={"imei_lock": True})["label"] == "Pump 7"


def test_an_sms_to_a_device_needs_no_token(operator: Operator) -> None:
    """It is a message like any other, and the customer sees it."""
    sent = operator.control("POST", f"/sims/{ATTACHED}/mt", json={"payload": "wake up"})
    operator.advance(5)
    assert operator.sms(ATTACHED, sent["id"])["status"]["description"] == "DELIVERED"


def test_a_top_up_adds_volume_at_once(operator: Operator) -> None:
    """As much as an order adds."""
    before = operator.control("GET", f"/sims/{ONLINE}")
    after = operator.control("POST", f"/sims/{ONLINE}/top-up")
    assert after["sms_quota"]["left"] == before["sms_quota"]["left"] + 250
    assert after["data_quota"]["left"] == before["data_quota"]["left"] + 500


def test_a_reset_sends_the_device_off_and_it_returns(operator: Operator) -> None:
    """To the status that it had."""
    assert operator.control("POST", f"/sims/{ONLINE}/reset-connection")["device"]["status"] == "OFFLINE"
    operator.advance(60)
    assert operator.control("GET", f"/sims/{ONLINE}")["device"]["status"] == "ONLINE"


def test_events_of_a_sim_are_in_the_operators_words(operator: Operator) -> None:
    """The newest first, in pages."""
    operator.device(OFFLINE, "ATTACHED")
    first = operator.control("GET", f"/sims/{OFFLINE}/events?limit=1")
    rest = operator.control("GET", f"/sims/{OFFLINE}/events?before={first['next']}")
    assert first["events"][0]["description"].startswith("New location received from SGSN")
    assert rest["events"][0]["description"].startswith("New location received from VLR")
    assert rest["next"] is None


def test_a_sim_that_cannot_be_changed_says_why(operator: Operator) -> None:
    """A SIM that nobody has is 404."""
    assert operator.http.patch("/_emulator/sims/89000/", json={"label": "x"}).status_code == 404
    assert operator.control("GET", f"/sims/{DISABLED}")["state"] == "Suspended"
