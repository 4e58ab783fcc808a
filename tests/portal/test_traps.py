"""The 32 traps of P§11, each with the test that springs it, or a line that says why there is none."""

import re
from pathlib import Path
from typing import Any

import pytest

from operator_emulator.core.tester import synthetic_events
from operator_emulator.portal.context import BASE
from tests.portal.conftest import ACTIVE, ESIM, FOREIGN, MAIN, OTHER, Client, descriptions

HERE = Path(__file__).parent

# Where a trap has its test; of those in this file the name says it.
TRAPS = {
    1: "test_trap_1",
    2: "test_limits.test_a_bulk_of_400_costs_400",
    3: "test_stream.test_a_stream_that_idles_before_any_event_is_a_real_504",
    4: "test_stream.test_a_stream_that_idles_after_an_event_just_ends",
    5: "test_stream.test_each_event_starts_the_minute_anew",
    6: "test_stream.test_the_newest_connection_wins",
    7: "test_stream.test_the_accept_header_is_compared_as_a_whole",
    8: "test_trap_8",
    9: "test_stream.test_http_headers_carry_the_offset_for_a_replay",
    10: "test_stream.test_another_applications_stream_and_an_unknown_one_are_both_forbidden",
    11: "test_stream.test_the_status_line_comes_with_the_first_event",
    12: "test_stream.test_missed_events_come_first_and_oldest_first",
    13: "test_transfers.test_all_notices_of_a_transfer_share_a_signup_id_but_no_event_id",
    14: "test_trap_14",
    15: "test_events.test_the_key_with_its_colon_is_a_setting",
    16: "test_trap_16",
    17: "test_actions.test_done_says_nothing_about_success",
    18: "test_trap_18",
    19: "test_transfers.test_the_request_comes_with_links_to_one_address",
    20: "test_routes.test_fixed_segments_are_no_iccids_and_no_signup_ids",
    21: "test_trap_21",
    22: "test_trap_22",
    23: "test_tokens.test_a_token_has_the_shape_of_keycloaks",
    24: "test_tokens.test_a_token_is_refused_in_keycloaks_words",
    25: "test_trap_25",
    26: "test_routes.test_errors_have_a_blank_and_no_zone_in_their_time",
    27: "test_sims.test_parallel_sessions_have_another_shape",
    28: "test_trap_28",
    29: "test_transfers.test_both_sides_are_notified_when_the_operator_cancels",
    30: "test_sims.test_deprecated_methods_can_be_switched_off",
    31: "none: there are no check marks to be presented; every method takes all five identifiers, and the "
    "description says that this is our reading",
    32: "test_routes.test_every_path_says_how_sure_it_is_as_the_description_does",
}


@pytest.mark.parametrize("trap", range(1, 33))
def test_each_trap_has_a_test_or_a_reason(trap: int) -> None:
    """The list is whole, and what it names exists."""
    where = TRAPS[trap]
    if where.startswith("none: "):
        return
    module, _, name = where.rpartition(".")
    text = (HERE / f"{module or 'test_traps'}.py").read_text(encoding="utf-8")
    assert re.search(rf"^def {name}\b" if module else rf"^def {name}_", text, re.MULTILINE), where


def test_trap_1_forbidden_means_four_things(make_client: Any) -> None:
    """Told apart by body and media type."""
    client = make_client(address=("198.51.100.7", 1), rate_limits=True, action_max_sims=2000)
    sims = [{"iccid": str(8949020000000500000 + n)} for n in range(1001)]
    limit = client.call("POST", "/sims/actions/block", json={"sims": sims})
    permission = client.call("GET", "", partner=OTHER)
    address = client.call("GET", "", as_="at-home")
    stream = client.http.get("/horizon/sse/v1/simaction.v1/0", headers={"Authorization": f"Bearer {client.token()}"})
    answers = (limit, permission, address, stream)
    assert {answer.status_code for answer in answers} == {403}
    assert [answer.headers["content-type"] for answer in answers] == [
        "application/json",
        "application/json",
        "application/json",
        "application/problem+json",
    ]
    assert [answer.json().get("message") for answer in answers[:3]] == [
        "Limit exceeded",
        "Access denied",
        "Your IP address is not allowed",
    ]
    assert list(address.json()) == ["message"]


def test_trap_8_the_default_type_is_not_the_documented_one(client: Client) -> None:
    """application/stream+json on the wire; the guide's application-stream/json does not exist."""
    client.do(synthetic_events.make, "simaction.v1", MAIN, {})
    answer = client.stream(params={"maxNumber": 1}, headers={"Accept": "application-stream/json"})
    assert answer.headers["content-type"] == "application/stream+json"


def test_trap_14_ids_are_spelled_by_place(client: Client) -> None:
    """signupID and transactionID in events, signupId and transactionId in answers; and the old name nowhere."""
    body = {"receivingPartnerID": MAIN, "sims": [{"iccid": FOREIGN}]}
    action = client.post("/sims/actions/simtransfer", body, 202, as_="other", partner=OTHER)
    assert {"signupId", "transactionId"} < set(action)
    details = client.get(f"/sims/actions/simtransfer/{action['transactionId']}")
    assert {"signupId", "transactionId", "subunitPartnerID", "sendingPartner"} < set(details)
    (event,) = client.events()
    assert {"partnerID", "signupID", "transactionID"} < set(event["data"])
    assert {"iccid", "euiccid", "partnerID"} < set(client.sim(ESIM))


def test_trap_16_numbers_and_strings_are_as_published(client: Client) -> None:
    """allowed and detected are strings; levels, limits and ids of the price list are numbers; 50.0 stays 50.0."""
    for about in ("profilenotification.v1", "poollimitnotification.v1", "costlimitnotification.v1"):
        client.do(synthetic_events.make, about, MAIN, {})
    status = client.events(type="profilenotification.v1")[0]["data"]["profileStatus"]
    assert [type(status[name]) for name in ("allowed", "detected", "barringLevel")] == [str, str, int]
    assert '"limit":50.0,' in client.stream("reader", "poollimitnotification.v1", params={"maxNumber": 1}).text
    cost = client.events(type="costlimitnotification.v1")[0]["data"]["costLimitNotification"]
    assert [type(cost[name]) for name in ("limit", "offeringID", "profileID", "msisdn")] == [int, int, int, str]


def test_trap_18_links_can_be_followed_and_fit_the_data(client: Client) -> None:
    """Reachable, and with the numbers of the event itself."""
    client.act("suspend", ACTIVE)
    client.advance(5)
    (event,) = client.events()
    data = event["data"]
    href = data["actionLink"]["href"]
    assert href == f"http://portal.test{BASE}/partners/{data['partnerID']}/sims/actions/{data['signupID']}"
    answer = client.http.get(href, headers={"Authorization": f"Bearer {client.token()}"})
    assert answer.json()["signupId"] == data["signupID"]


@pytest.mark.parametrize("identifier", [{"iccid": "8999829698800485278"}, {"euiccid": "22233356789100043"}])
def test_trap_21_published_samples_are_well_formed(client: Client, identifier: Any) -> None:
    """One fails the check digit, the other has 17 digits: unknown here, but not malformed."""
    assert client.call("POST", "/sims/details", json=identifier).status_code == 404


@pytest.mark.parametrize("imei", ["356938035643809", "3569380356438017", "3569380356438099"])
def test_trap_22_imei_and_imeisv_hit_the_same_sim(client: Client, imei: str) -> None:
    """Fourteen digits decide."""
    client.device(imei="3569380356438017")
    assert client.post("/sims/details", {"imei": imei})["iccid"] == ACTIVE


def test_trap_25_the_portals_error_is_behind_a_valid_token_only(client: Client) -> None:
    """Without one, the same wrong request gets the gateway's."""
    path = f"{BASE}/partners/{MAIN}/sims/x"
    without = client.http.get(path)
    assert (without.status_code, list(without.json())) == (401, ["message"])
    assert list(client.refused("GET", "/sims/x", 400)) == ["status", "message", "errors", "timestamp"]


@pytest.mark.parametrize("path", ["details", "session", "sessionhistory", "smshistory", "hlr/check"])
def test_trap_28_read_only_users_can_post_look_ups(client: Client, path: str) -> None:
    """POST does not mean change."""
    client.post(f"/sims/{path}", {"iccid": ACTIVE}, as_="reader")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/sims/{ACTIVE}/hlr/reset", None),
        ("/sims/hlr/reset", {"iccid": ACTIVE}),
        (f"/sims/{ACTIVE}/sms", {"message": "x"}),
        ("/sims/sms", {"iccid": ACTIVE, "message": "x"}),
        ("/orders", {"materialID": "M2M-ESIM", "quantity": 1}),
    ],
)
def test_trap_28_but_changes_are_refused(client: Client, path: str, body: Any) -> None:
    """403 for orders, messages and resets as for actions."""
    assert client.refused("POST", path, 403, as_="reader", json=body)["errors"] == ["User has read-only permissions."]


def test_the_dialects_are_described() -> None:
    """Four bodies of refusals, one schema for each."""
    document, _ = descriptions()
    assert {"PortalError", "GatewayMessage", "Problem", "TokenError"} <= set(document.components)
