"""What the events look like and how they arise from the world (P§5)."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from operator_emulator.core.network import device
from operator_emulator.core.partners.model import Restriction, Threshold
from operator_emulator.core.tester import synthetic_events
from operator_emulator.core.world.errors import Malformed
from tests.portal.conftest import ACTIVE, BRANCH, BRANCHED, MAIN, OTHER, TEST, Client

MakeClient = Any
PROFILES, POOLS, COSTS = "profilenotification.v1", "poollimitnotification.v1", "costlimitnotification.v1"
LIMIT, FRAUD, COST, APN, ON_APN = (f"70852965{n}" for n in range(5, 10))


def assign(client: Client, iccid: str = ACTIVE, **profiles: str) -> None:
    """Give a SIM profiles, by kind."""
    client.do(lambda world: world.contracts.put(replace(world.contracts.get(iccid), profiles=profiles)))


def use(client: Client, octets: int, iccid: str = ACTIVE) -> None:
    client.do(device.use_data, iccid, octets, 0)
    client.advance(0)


def statuses(client: Client, type: str = PROFILES) -> list[Any]:
    return [event["data"]["profileStatus"] for event in client.events(type=type)]


# --------------------------------------------------------------------------------------------- the envelope


def test_the_envelope_has_its_keys_in_the_published_order(client: Client) -> None:
    """CloudEvents 1.0, with a number of its own filled up to the smallest UUID that the platform takes."""
    client.act("suspend", ACTIVE)
    client.advance(5)
    (text,) = client.until_idle().text.splitlines()
    event = json.loads(text)
    assert list(event) == ["time", "id", "source", "specversion", "type", "datacontenttype", "data"]
    assert event["time"] == "2026-03-10T12:00:05.000Z"
    assert event["id"] == "00000000-0000-1000-a000-000706409461"
    assert event["source"] == "/v1/partners/simaction"
    assert (event["specversion"], event["datacontenttype"]) == ("1.0", "application/json")
    assert " " not in text.replace(event["data"]["message"], "").replace("get action status", "")


def test_links_may_lead_to_the_vendors_test_host(make_client: MakeClient) -> None:
    """As in the published samples, which lead nowhere."""
    client = make_client(internal_links=True)
    client.act("suspend", ACTIVE)
    client.advance(5)
    (event,) = client.events()
    href = "http://172.19.14.203:8083/v1/partners/100013/sims/actions/708855306"
    assert event["data"]["actionLink"]["href"] == href


# --------------------------------------------------------------------------------------------- profiles


def test_more_sessions_than_allowed_warn_and_then_alarm(client: Client) -> None:
    """At level 2 data is restricted; each notice comes once in a month. The published sample, word for word."""
    assign(client, limit=LIMIT)
    for _ in range(7):
        client.device()
        client.device(status="ATTACHED")
        client.advance(0)
    warning, alarm = client.events(type=PROFILES)
    assert warning["data"] == {
        "partnerID": MAIN,
        "sim": {"iccid": ACTIVE, "restrictionStatus:": "No Restriction"},
        "profileStatus": {
            "barring": "Session Limit",
            "barringType": "Limit",
            "barringLevel": 1,
            "allowed": "2",
            "detected": "3",
            "note": "Reached: Limit 1 Allowed (sessions): 2 Detected (sessions): 3",
        },
    }
    assert warning["source"] == "/notification/limit"
    assert alarm["data"]["sim"] == {"iccid": ACTIVE, "restrictionStatus:": "Data Restricted"}
    assert alarm["data"]["profileStatus"]["note"] == "Reached: Limit 2 Allowed (sessions): 5 Detected (sessions): 6"
    sim = client.sim()
    assert (sim["limitStatus"], sim["restrictionStatus"]) == ("Alarm", "Data Restricted")
    assert client.device()[1] == "DATA_SERVICE_BARRED"


def test_a_session_that_goes_too_far_is_closed(client: Client) -> None:
    """And the history says why."""
    assign(client, limit=LIMIT)
    use(client, 3_000_001)
    (alarm,) = statuses(client)
    assert (alarm["barring"], alarm["allowed"], alarm["detected"]) == ("Usage Limit", "3", "3")
    (session,) = client.get(f"/sims/{ACTIVE}/sessionhistory")["sessions"]
    assert (session["sessionStatus"], session["restrictionReason"]) == ("OFFLINE", "Usage Limit")


def test_limits_begin_anew_with_the_month(client: Client) -> None:
    """Status and restriction are taken back, and notices come again."""
    assign(client, limit=LIMIT)
    use(client, 4_000_000)
    assert client.sim()["limitStatus"] == "Alarm"
    client.advance(22 * 86400)
    sim = client.sim()
    assert (sim["limitStatus"], sim["restrictionStatus"]) == ("OK", "No Restriction")
    use(client, 4_000_000)
    assert [status["barring"] for status in statuses(client)] == ["Usage Limit"], "the first is older than seven days"


def test_a_reset_limit_is_reported_only_once_a_month(client: Client) -> None:
    """What was noticed stays noticed."""
    assign(client, limit=LIMIT)
    use(client, 4_000_000)
    client.done("resetlimitstatus", ACTIVE)
    use(client, 1)
    assert len(statuses(client)) == 1


def test_an_overridden_limit_restricts_no_more(client: Client) -> None:
    """A further alarm is told of, and does nothing."""
    assign(client, limit=LIMIT)
    use(client, 4_000_000)
    client.done("overridelimitstatus", ACTIVE)
    for _ in range(6):
        client.device(status="ATTACHED")
        client.device()
        client.advance(0)
    assert [status["barring"] for status in statuses(client)] == ["Usage Limit", "Session Limit", "Session Limit"]
    sim = client.sim()
    assert (sim["limitStatus"], sim["restrictionStatus"]) == ("Overridden", "No Restriction")


def test_a_profile_of_one_apn_restricts_only_that(client: Client) -> None:
    """The event names it, its key spelled as it should be; data over another one passes."""
    assign(client, limit=ON_APN)
    use(client, 1_500_000)
    use(client, 1_000_000)
    warning, alarm = client.events(type=PROFILES)
    apn = {"apnName": "b2b.dtag.test", "restrictionStatus": "No Restriction"}
    assert warning["data"]["profileStatus"]["apn"] == apn
    assert alarm["data"]["profileStatus"]["apn"] == {**apn, "restrictionStatus": "Data Restricted"}
    assert alarm["data"]["sim"]["restrictionStatus:"] == "No Restriction"
    assert client.device()[1] is None
    assign(client, limit=ON_APN, apn=APN)
    client.device(status="ATTACHED")
    assert client.device()[1] == "DATA_SERVICE_BARRED"


def test_another_device_is_fraud(client: Client) -> None:
    """By the first 14 digits of its IMEI: a new software version is the same device."""
    assign(client, fraud=FRAUD)
    client.device(imei="3569380356438017")
    client.advance(0)
    client.device(imei="3569380356438029")
    client.advance(0)
    assert statuses(client) == []
    client.device(imei="8682390500000017")
    client.advance(0)
    assert statuses(client) == [
        {
            "barring": "Device Fraud",
            "barringType": "Fraud",
            "barringLevel": 2,
            "allowed": "3569380356438017",
            "detected": "8682390500000017",
            "note": "Reached: Fraud 2 Allowed (IMEI): 3569380356438017 Detected (IMEI): 8682390500000017",
        }
    ]
    sim = client.sim()
    assert (sim["fraudStatus"], sim["restrictionStatus"]) == ("Alarm", "Speed Step-down")


def test_roaming_where_it_should_not_be_is_fraud(client: Client) -> None:
    """The country of the visited network decides."""
    assign(client, fraud=FRAUD)
    client.device(status="ATTACHED")
    client.device(status="ATTACHED", operator="23201")
    client.advance(0)
    assert statuses(client) == []
    client.device(status="ATTACHED", operator="Plus")
    client.advance(0)
    (status,) = statuses(client)
    assert (status["barring"], status["allowed"], status["detected"]) == ("Location Fraud", "DE,AT", "PL")


def test_a_limit_that_the_customer_outdoes_keeps_his_reason(client: Client) -> None:
    """The harder restriction wins, and who asked for it."""
    assign(client, fraud=FRAUD)
    client.done("restrict", ACTIVE, restrictionStatus="Data Restricted")
    client.device(status="ATTACHED", operator="Plus")
    client.advance(0)
    sim = client.sim()
    assert (sim["fraudStatus"], sim["restrictionStatus"]) == ("Alarm", "Data Restricted")
    client.done("resetfraudstatus", ACTIVE)
    assert client.sim()["restrictionStatus"] == "Data Restricted"


def test_a_profile_that_restricts_nothing_still_sends_its_event(client: Client) -> None:
    """Its alarm is a status and an event."""

    def soften(world: Any) -> None:

        world.profiles.put(replace(world.profiles.get(LIMIT), restriction=Restriction.NONE))

    client.do(soften)
    assign(client, limit=LIMIT)
    use(client, 4_000_000)
    assert len(statuses(client)) == 1
    assert (client.sim()["limitStatus"], client.sim()["restrictionStatus"]) == ("Alarm", "No Restriction")


def test_a_profile_is_held_against_what_was_before_it(client: Client) -> None:
    """Assigned by an action, it looks at once."""
    use(client, 4_000_000)
    client.done("modifyprofiles", ACTIVE, limitProfileID=int(LIMIT))
    client.advance(0)
    assert [status["barring"] for status in statuses(client)] == ["Usage Limit"]


@pytest.mark.parametrize(
    ("choice", "keys"),
    [
        ("published", ["restrictionStatus:"]),
        ("clean", ["restrictionStatus"]),
        ("both", ["restrictionStatus:", "restrictionStatus"]),
    ],
)
def test_the_key_with_its_colon_is_a_setting(make_client: MakeClient, choice: str, keys: list[str]) -> None:
    """As published, mended, or both."""
    client = make_client(restriction_key=choice)
    client.do(synthetic_events.make, PROFILES, MAIN, {})
    (event,) = client.events(type=PROFILES)
    assert list(event["data"]["sim"])[1:] == keys


# --------------------------------------------------------------------------------------------- pools and costs


def test_a_pool_reports_each_level_once_a_month(client: Client) -> None:
    """The percentage keeps its decimal point."""
    use(client, 4_999_999)
    use(client, 1, BRANCHED)
    use(client, 6_000_000)
    use(client, 1)
    first, second = client.until_idle(type=POOLS).text.splitlines()
    event = json.loads(first)
    assert event["source"] == "/notification/poollimit"
    assert event["data"] == {
        "partnerID": MAIN,
        "poolLimitNotification": {
            "poolName": "Data Pool",
            "offeringName": "M2M Pool",
            "offeringID": 800206106,
            "typeOfThreshold": "Data Limit 1",
            "limit": 50.0,
            "date": "2026-03-10T12:00:00.000Z",
        },
    }
    assert '"limit":50.0,' in first
    assert json.loads(second)["data"]["poolLimitNotification"]["typeOfThreshold"] == "Data Limit 2"
    client.advance(22 * 86400)
    use(client, 5_000_000)
    assert len(client.events(type=POOLS)) == 1


def test_a_pool_of_messages_counts_messages(client: Client) -> None:
    """In both directions."""
    client.device(status="ATTACHED")
    client.do(device.send_mo, ACTIVE, "hello")
    client.post(f"/sims/{ACTIVE}/sms", {"message": "hello"}, 202)
    client.advance(10)
    (event,) = client.events(type=POOLS)
    assert event["data"]["poolLimitNotification"]["typeOfThreshold"] == "SMS Limit 1"


def test_a_pool_need_not_watch_a_level(client: Client) -> None:
    """Or any; and one of size nothing is used up."""

    def loosen(world: Any) -> None:
        world.pools.put(replace(world.pools.get("DATA"), levels=Threshold(None, 100.0), size=0))

    client.do(loosen)
    assert client.get("/pools/usage")["pools"][0]["usedPercent"] == 100
    use(client, 1)
    (event,) = client.events(type=POOLS)
    assert event["data"]["poolLimitNotification"]["typeOfThreshold"] == "Data Limit 2"


def test_costs_of_messages_reach_a_limit(client: Client) -> None:
    """The amount is as it was configured, and what the SIM does not have is left out."""
    assign(client, cost=COST)
    client.device(status="ATTACHED")
    for _ in range(6):
        client.do(device.send_mo, ACTIVE, "hello")
        client.advance(0)
    first, second = client.events(type=COSTS)
    assert first["source"] == "/notification/costlimit"
    assert first["data"] == {
        "partnerID": MAIN,
        "costLimitNotification": {
            "iccid": ACTIVE,
            "imsi": "262015000000004",
            "msisdn": "4915100000004",
            "offeringName": "M2M Standard",
            "offeringID": 800000333,
            "typeOfThreshold": "SMS Limit 1",
            "limit": 0.2,
            "date": "2026-03-10T12:00:00.000Z",
            "profileName": "Cost",
            "profileID": 708529657,
        },
    }
    assert second["data"]["costLimitNotification"]["typeOfThreshold"] == "SMS Limit 2"


def test_an_amount_without_decimals_is_a_whole_number(client: Client) -> None:
    """25 as in the published sample, not 25.0."""
    client.do(synthetic_events.make, COSTS, MAIN, {})
    assert '"limit":25,' in client.until_idle(type=COSTS).text


def test_a_cost_profile_may_watch_one_level_or_none(client: Client) -> None:
    """What is not watched is not told of."""

    def loosen(world: Any) -> None:
        row = world.profiles.get(COST)
        world.profiles.put(replace(row, thresholds={"sms": Threshold(None, 0.1)}))
        world.profiles.put(replace(row, id="708529670", thresholds={}))

    client.do(loosen)
    client.device(status="ATTACHED")
    assign(client, cost="708529670")
    client.do(device.send_mo, ACTIVE, "hello")
    client.advance(0)
    assert client.events(type=COSTS) == []
    assign(client, cost=COST)
    client.do(device.send_mo, ACTIVE, "hello")
    client.advance(0)
    assert len(client.events(type=COSTS)) == 1


def test_a_sim_of_no_partner_is_nobodys_business(client: Client) -> None:
    """No pool, no profile, no job."""

    def orphan(world: Any) -> None:
        world.contracts.delete(TEST)

    client.device(TEST)
    client.do(orphan)
    client.advance(0)
    use(client, 9_000_000, TEST)
    assert client.events(type=POOLS) == []


# --------------------------------------------------------------------------------------------- by hand


@pytest.mark.parametrize(
    ("type", "place"),
    [
        ("simaction.v1", "signupID"),
        (PROFILES, "profileStatus"),
        (POOLS, "poolLimitNotification"),
        (COSTS, "costLimitNotification"),
    ],
)
def test_every_type_can_be_made_by_hand(client: Client, type: str, place: str) -> None:
    """Plausible, and fitting its description."""
    client.do(synthetic_events.make, type, MAIN, {})
    (event,) = client.events(type=type)
    assert event["type"] == type
    assert place in event["data"]


def test_given_members_override_the_generated_ones(client: Client) -> None:
    """Object by object, and unchecked: a client under test may be sent anything; the journal notes it."""
    client.do(synthetic_events.make, POOLS, MAIN, {"poolLimitNotification": {"limit": 75.5}, "extra": [1]})
    (event,) = client.events(type=POOLS)
    assert event["data"]["poolLimitNotification"]["limit"] == 75.5
    assert event["data"]["poolLimitNotification"]["poolName"] == "Data Pool"
    assert event["data"]["extra"] == [1]
    exchange = next(one for one in client.app.journal if "sse" in one.path)
    assert any("event" in finding for finding in exchange.findings)


def test_a_transaction_id_makes_a_notice_of_a_transfer(client: Client) -> None:
    """The type simaction.v1 has both kinds of event."""
    client.act("suspend", ACTIVE)
    client.do(synthetic_events.make, "simaction.v1", MAIN, {"message": "done"}, "1002946999")
    notice = client.events()[0]["data"]
    assert (notice["transactionID"], notice["signupID"]) == ("1002946999", "708855306")


@pytest.mark.parametrize(
    ("type", "partner", "field"),
    [("simaction.v2", MAIN, "type"), ("simaction.v1", "999999", "partner"), (PROFILES, "100099", "partner")],
)
def test_an_event_that_cannot_be_made_by_hand_is_refused(client: Client, type: str, partner: str, field: str) -> None:
    """An unknown type or partner, or a partner without a SIM."""

    def poor(world: Any) -> None:
        world.partners.put(replace(world.partners.get(OTHER), id="100099"))

    client.do(poor)
    with pytest.raises(Malformed) as refusal:
        client.do(synthetic_events.make, type, partner, {})
    assert refusal.value.field == field


def test_a_partner_without_pools_may_have_an_event_about_one(client: Client) -> None:
    """With the values of the published sample."""
    client.do(synthetic_events.make, POOLS, OTHER, {})
    (event,) = client.events("other", POOLS)
    assert event["data"]["poolLimitNotification"]["offeringID"] == 800206106


def test_a_subunits_event_goes_to_its_partner_too(client: Client) -> None:
    """Once for each stream that covers it."""
    client.do(synthetic_events.make, "simaction.v1", BRANCH, {})
    assert len(client.events()) == len(client.events("branch")) == 1
