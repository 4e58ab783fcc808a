"""SIM transfers (P§4.5): asked, decided, completed, and who is told what."""

from typing import Any

import pytest
from msgspec.structs import replace

from operator_emulator.core.partners import sim_transfers
from operator_emulator.core.world.errors import TransferDecided, UnknownTransfer
from operator_emulator.portal.context import BASE
from tests.portal.conftest import ACTIVE, BRANCH, BRANCHED, FOREIGN, MAIN, OTHER, TERMINATED, TEST, Client

SENDER, RECEIVER = "Secondary Test Company", "Main Test Company"
PATH = "/sims/actions/simtransfer"
TRANSACTION, SIGNUP = "1002946614", "708855306"
ADDRESS = f"http://portal.test{BASE}/partners/{MAIN}{PATH}/{TRANSACTION}"


def offer(client: Client, *iccids: str, status: int = 202, as_: str = "other", **more: Any) -> Any:
    """Offer SIMs, of the other partner to the main one unless said otherwise."""
    sides = {"other": (OTHER, MAIN), "portal-demo": (MAIN, OTHER)}[as_]
    sims = [{"iccid": iccid} for iccid in iccids or (FOREIGN,)]
    body = {"receivingPartnerID": sides[1], "sims": sims, **more}
    return client.succeed("POST", PATH, status, as_=as_, partner=sides[0], json=body)


def decide(client: Client, status: int, as_: str = "portal-demo", partner: str = MAIN, **body: Any) -> Any:
    return client.succeed("PATCH", f"{PATH}/{TRANSACTION}", status, as_=as_, partner=partner, json=body)


def messages(client: Client, as_: str) -> list[str]:
    return [event["data"]["message"] for event in client.events(as_)]


# --------------------------------------------------------------------------------------------- creating


def test_a_transfer_is_an_action_of_its_sender(client: Client) -> None:
    """202, with its signup id, its transaction id and where to look; not to be cancelled as an action is."""
    action = offer(client, comment="pumps of the northern plant")
    base = f"http://portal.test{BASE}/partners/{OTHER}/sims/actions"
    assert action == {
        "signupId": SIGNUP,
        "transactionId": TRANSACTION,
        "action": "simtransfer",
        "status": "PENDING",
        "createdAt": "2026-03-10T12:00:00.000Z",
        "finishedAt": None,
        "sims": [{"iccid": FOREIGN, "status": "PENDING", "error": None}],
        "links": [
            {"rel": "actions", "href": f"{base}/{SIGNUP}", "type": "GET", "name": "get action status"},
            {
                "rel": "sims",
                "href": f"{base}/simtransfer/{TRANSACTION}",
                "type": "GET",
                "name": "get SIM transfer details",
            },
        ],
    }
    assert client.get(f"/sims/actions/{SIGNUP}", as_="other", partner=OTHER) == action
    error = client.refused("DELETE", f"/sims/actions/{SIGNUP}", 409, as_="other", partner=OTHER)
    assert error["errors"] == [f"Action {SIGNUP} is a SIM transfer; cancel the transfer instead."]


def test_both_sides_see_its_details(client: Client) -> None:
    """And nobody else: to a third party there is none."""
    offer(client, comment="pumps")
    details = client.get(f"{PATH}/{TRANSACTION}")
    assert details == {
        "transactionId": TRANSACTION,
        "signupId": SIGNUP,
        "status": "PENDING",
        "sendingPartner": {"partnerID": OTHER, "name": SENDER},
        "receivingPartner": {"partnerID": MAIN, "name": RECEIVER},
        "subunitPartnerID": None,
        "comment": "pumps",
        "sims": [{"iccid": FOREIGN}],
        "createdAt": "2026-03-10T12:00:00.000Z",
        "updatedAt": "2026-03-10T12:00:00.000Z",
    }
    assert client.get(f"{PATH}/{TRANSACTION}", as_="other", partner=OTHER) == details
    error = client.refused("GET", f"{PATH}/{TRANSACTION}", 404, partner=BRANCH)
    assert error["errors"] == [f"No SIM transfer found for transaction ID {TRANSACTION}."]
    assert client.refused("GET", f"{PATH}/1002946999", 404)["message"] == "SIM transfer not found"


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"receivingPartnerID": MAIN, "sims": []}, 400, "sims: must not be empty"),
        ({"receivingPartnerID": MAIN}, 400, "sims: must not be null"),
        ({"sims": [{"iccid": FOREIGN}]}, 400, "receivingPartnerID: must match [0-9]{6}"),
        ({"receivingPartnerID": "999999", "sims": [{"iccid": FOREIGN}]}, 400, "receivingPartnerID: 999999 is unknown"),
        (
            {"receivingPartnerID": OTHER, "sims": [{"iccid": FOREIGN}]},
            400,
            "receivingPartnerID: is one of your own; use a move to transfer SIMs within your partner",
        ),
        (
            {"receivingPartnerID": MAIN, "sims": [{"iccid": FOREIGN}, {"imsi": "262015000000009"}]},
            400,
            "sims: names a SIM twice",
        ),
        ({"receivingPartnerID": MAIN, "sims": [{"iccid": ACTIVE}]}, 400, f"sims: No SIM found for ICCID {ACTIVE}."),
        ({"receivingPartnerID": MAIN, "sims": [{"iccid": FOREIGN}], "comment": 5}, 400, "comment: must not be blank"),
        (
            {"receivingPartnerID": MAIN, "sims": [{"iccid": FOREIGN}] * 1001},
            400,
            "sims: size must be between 1 and 1000",
        ),
    ],
)
def test_a_transfer_that_cannot_be_is_refused_whole(client: Client, body: Any, status: int, error: str) -> None:
    """Nothing has begun, and nothing is held."""
    answer = client.refused("POST", PATH, status, as_="other", partner=OTHER, json=body)
    assert answer["errors"] == [error]
    assert offer(client)["signupId"] == SIGNUP, "no number was used up"


def test_an_ambiguous_imei_is_no_offer(client: Client) -> None:
    """400."""
    for iccid in (ACTIVE, TEST):
        client.device(iccid, imei="3569380356438017")
    body = {"receivingPartnerID": OTHER, "sims": [{"imei": "356938035643809"}]}
    assert client.refused("POST", PATH, 400, json=body)["errors"] == [
        "sims: IMEI 356938035643809 matches several SIMs."
    ]


def test_ended_and_held_sims_cannot_be_offered(client: Client) -> None:
    """409; and while a transfer waits, its SIMs take no other action."""
    body = {"receivingPartnerID": OTHER, "sims": [{"iccid": TERMINATED}]}
    assert client.refused("POST", PATH, 409, json=body)["errors"] == [f"SIM {TERMINATED} is Terminated."]
    client.act("block", ACTIVE)
    body["sims"] = [{"iccid": ACTIVE}]
    assert client.refused("POST", PATH, 409, json=body)["errors"] == [f"SIM {ACTIVE} is held by action {SIGNUP}."]
    client.advance(5)
    offer(client, ACTIVE, as_="portal-demo")
    assert client.act("unblock", ACTIVE)["sims"][0]["error"] == "SIM is held by action 708855307."


def test_a_read_only_application_neither_offers_nor_decides(client: Client) -> None:
    """403."""
    offer(client)
    for method, path in (("POST", PATH), ("PATCH", f"{PATH}/{TRANSACTION}")):
        body = {"receivingPartnerID": OTHER, "sims": [{"iccid": ACTIVE}], "action": "accept"}
        assert client.refused(method, path, 403, as_="reader", json=body)["message"] == "Access denied"


# --------------------------------------------------------------------------------------------- deciding


def test_an_accepted_transfer_is_completed_a_minute_later(client: Client) -> None:
    """Its SIMs are the receiver's, without the sender's profiles; both sides are told, of the acceptance nobody."""
    client.do(lambda world: world.contracts.put(replace(world.contracts.get(FOREIGN), profiles={"limit": "1"})))
    offer(client)
    assert decide(client, 200, action="accept")["status"] == "ACCEPTED"
    client.advance(59)
    assert client.refused("GET", f"/sims/{FOREIGN}", 404)
    assert client.get(f"/sims/actions/{SIGNUP}", as_="other", partner=OTHER)["status"] == "IN_PROGRESS"
    client.advance(1)
    sim = client.sim(FOREIGN)
    assert (sim["partnerID"], sim["profiles"]) == (MAIN, {})
    details = client.get(f"{PATH}/{TRANSACTION}")
    assert (details["status"], details["updatedAt"]) == ("COMPLETED", "2026-03-10T12:01:00.000Z")
    action = client.get(f"/sims/actions/{SIGNUP}")
    assert (action["status"], action["sims"][0]["status"]) == ("DONE", "DONE"), "the receiver may look, too"
    done = f"The SIM Transfer between '{SENDER}' and '{RECEIVER}' has been completed."
    assert messages(client, "other") == [done]
    assert messages(client, "portal-demo")[1:] == [done]


def test_a_transfer_can_be_accepted_into_a_subunit(client: Client) -> None:
    """Since 3.8.1; the parameter is taken from query or body."""
    offer(client)
    path = f"{PATH}/{TRANSACTION}?action=accept&subunitPartnerID={BRANCH}"
    details = client.succeed("PATCH", path, 200)
    assert details["subunitPartnerID"] == BRANCH
    client.advance(60)
    assert client.sim(FOREIGN)["partnerID"] == BRANCH


def test_the_sender_is_notified_of_a_rejected_transfer(client: Client) -> None:
    """The SIMs are free again."""
    offer(client)
    assert decide(client, 200, action="reject")["status"] == "REJECTED"
    assert messages(client, "other") == [f"'{RECEIVER}' has rejected your SIM Transfer request."]
    assert client.get(f"/sims/actions/{SIGNUP}", as_="other", partner=OTHER)["status"] == "FAILED"
    assert offer(client)["transactionId"] == "1002946615"


def test_the_receiver_is_notified_of_a_cancelled_transfer(client: Client) -> None:
    """The SIMs are free again."""
    offer(client)
    assert decide(client, 200, "other", OTHER, action="cancel")["status"] == "CANCELLED"
    assert messages(client, "portal-demo")[1:] == [f"'{SENDER}' has cancelled the request to transfer SIM cards."]
    assert messages(client, "other") == []
    assert client.get(f"/sims/actions/{SIGNUP}", as_="other", partner=OTHER)["status"] == "CANCELLED"
    offer(client)


def test_both_sides_are_notified_when_the_operator_cancels(client: Client) -> None:
    """Only while it is pending."""
    offer(client)
    client.do(sim_transfers.cancel_by_operator, TRANSACTION)
    cancelled = f"'{SENDER}' has cancelled the request to transfer SIM cards."
    assert messages(client, "portal-demo")[1:] == messages(client, "other") == [cancelled]
    with pytest.raises(TransferDecided):
        client.do(sim_transfers.cancel_by_operator, TRANSACTION)
    with pytest.raises(UnknownTransfer):
        client.do(sim_transfers.cancel_by_operator, "1002946999")


@pytest.mark.parametrize(
    ("as_", "partner", "action"),
    [("other", OTHER, "accept"), ("other", OTHER, "reject"), ("portal-demo", MAIN, "cancel")],
)
def test_the_wrong_side_cannot_decide(client: Client, as_: str, partner: str, action: str) -> None:
    """403 of the portal."""
    offer(client)
    error = client.refused("PATCH", f"{PATH}/{TRANSACTION}", 403, as_=as_, partner=partner, json={"action": action})
    assert error["errors"] == [f"You may not {action} this SIM transfer."]


@pytest.mark.parametrize("first", ["accept", "reject"])
@pytest.mark.parametrize("second", ["accept", "reject"])
def test_a_decision_is_made_once(client: Client, first: str, second: str) -> None:
    """409 from any state but pending."""
    offer(client)
    status = decide(client, 200, action=first)["status"]
    error = client.refused("PATCH", f"{PATH}/{TRANSACTION}", 409, json={"action": second})
    assert error["errors"] == [f"SIM transfer {TRANSACTION} is {status}."]


@pytest.mark.parametrize(
    ("query", "body", "error"),
    [
        ("", {}, "action: must be one of accept, reject, cancel"),
        ("", {"action": "take"}, "action: must be one of accept, reject, cancel"),
        ("?action=reject", {"action": "accept"}, "action: is given twice, and differently"),
        ("", {"action": "accept", "subunitPartnerID": "x"}, "subunitPartnerID: must match [0-9]{6}"),
        ("", {"action": "accept", "subunitPartnerID": OTHER}, "subunitPartnerID: is not a subunit of the receiver"),
        ("", {"action": "accept", "subunitPartnerID": "999999"}, "subunitPartnerID: is not a subunit of the receiver"),
        ("", {"action": "reject", "subunitPartnerID": BRANCH}, "subunitPartnerID: is allowed only with accept"),
    ],
)
def test_an_invalid_decision_is_refused(client: Client, query: str, body: Any, error: str) -> None:
    """400."""
    offer(client)
    assert client.refused("PATCH", f"{PATH}/{TRANSACTION}{query}", 400, json=body)["errors"] == [error]


def test_a_decision_given_twice_and_alike_is_one(client: Client) -> None:
    """In query and body."""
    offer(client)
    answer = client.succeed("PATCH", f"{PATH}/{TRANSACTION}?action=accept", 200, json={"action": "accept"})
    assert answer["status"] == "ACCEPTED"


# --------------------------------------------------------------------------------------------- notices


def test_the_request_comes_with_links_to_one_address(client: Client) -> None:
    """Accept and reject are the same PATCH; the decision is sent along."""
    offer(client)
    (event,) = client.events()
    assert event["data"] == {
        "partnerID": MAIN,
        "signupID": SIGNUP,
        "transactionID": TRANSACTION,
        "message": f"You have received a request from '{SENDER}' to add SIM cards to your inventory. "
        "Please follow the link to accept or reject them.",
        "actionLinks": {
            "accept": {"rel": "accept", "href": ADDRESS, "type": "PATCH", "name": "update SIM transfer"},
            "reject": {"rel": "reject", "href": ADDRESS, "type": "PATCH", "name": "update SIM transfer"},
            "sims": {"rel": "sims", "href": ADDRESS, "type": "GET", "name": "get SIM transfer details"},
        },
    }
    link = event["data"]["actionLinks"]["accept"]
    headers = {"Authorization": f"Bearer {client.token()}"}
    answer = client.http.request(link["type"], link["href"], json={"action": link["rel"]}, headers=headers)
    assert answer.json()["status"] == "ACCEPTED"


def test_all_notices_of_a_transfer_share_a_signup_id_but_no_event_id(client: Client) -> None:
    """Who recognises repeated events by the signup id loses some."""
    offer(client)
    decide(client, 200, action="accept")
    client.advance(60)
    events = client.events()
    assert [event["data"]["signupID"] for event in events] == [SIGNUP] * 2
    assert len({event["id"] for event in events}) == 2
    assert {event["data"]["transactionID"] for event in events} == {TRANSACTION}
    assert "actionLinks" not in events[1]["data"]


def test_without_the_option_there_is_only_word_of_the_end(client: Client) -> None:
    """A plain event, whose link leads somewhere (assumed)."""
    client.do(lambda world: world.partners.put(replace(world.partners.get(MAIN), booked=())))
    offer(client)
    decide(client, 200, action="accept")
    client.advance(60)
    (event,) = client.events()
    assert event["data"]["message"] == f"Action with signup ID {SIGNUP} is done."
    headers = {"Authorization": f"Bearer {client.token()}"}
    assert client.http.get(event["data"]["actionLink"]["href"], headers=headers).json()["status"] == "DONE"


def test_a_subunits_sims_can_be_offered_by_its_partner(client: Client) -> None:
    """The partner reaches its subunits' SIMs, a subunit only its own."""
    assert offer(client, BRANCHED, as_="portal-demo")["sims"][0]["iccid"] == BRANCHED
    body = {"receivingPartnerID": OTHER, "sims": [{"iccid": ACTIVE}]}
    assert client.call("POST", PATH, as_="branch", partner=BRANCH, json=body).status_code == 400


def test_a_sim_that_is_gone_meanwhile_is_left_out(client: Client) -> None:
    """The transfer is completed all the same."""
    offer(client)
    decide(client, 200, action="accept")
    client.do(lambda world: world.contracts.delete(FOREIGN))
    client.advance(60)
    assert client.get(f"{PATH}/{TRANSACTION}")["status"] == "COMPLETED"
    assert client.refused("GET", f"/sims/{FOREIGN}", 404)
