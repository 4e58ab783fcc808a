"""SIM actions through HTTP (P§3.3, 4.1 to 4.4): started now, done later, told once."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from operator_emulator.core.network import device
from operator_emulator.core.network.model import DeviceStatus
from operator_emulator.core.partners import actions
from operator_emulator.core.partners.action_model import ActionKind
from operator_emulator.core.partners.model import Alarm, Barring, Restriction
from operator_emulator.core.world import housekeeping
from operator_emulator.portal.context import BASE
from tests.portal.conftest import (
    ACTIVE,
    BLOCKED,
    BRANCH,
    BRANCHED,
    EID,
    ESIM,
    FOREIGN,
    INACTIVE,
    MAIN,
    ORDERED,
    OTHER,
    STATES,
    SUSPENDED,
    TERMINATED,
    TEST,
    Client,
)

MakeClient = Any
HREF = f"http://portal.test{BASE}/partners/{MAIN}/sims/actions/708855306"
STATUS = {"rel": "actions", "href": HREF, "type": "GET", "name": "get action status"}
CANCEL = {"rel": "cancel", "href": HREF, "type": "DELETE", "name": "cancel action"}


def change(client: Client, iccid: str = ACTIVE, **changes: Any) -> None:
    """Change the row of a contract by hand."""
    client.do(lambda world: world.contracts.put(replace(world.contracts.get(iccid), **changes)))


def outcome(action: Any) -> Any:
    """What became of the one SIM of an action: its error, or None."""
    (item,) = action["sims"]
    assert item["status"] == ("DONE" if item["error"] is None else "FAILED")
    assert action["status"] == item["status"]
    return item["error"]


# --------------------------------------------------------------------------------------------- from start to end


def test_an_action_is_accepted_goes_on_and_ends(client: Client) -> None:
    """202 with a link to its cancellation; after two seconds it has none; after five it is done."""
    action = client.act("activation", INACTIVE)
    pending = {"iccid": INACTIVE, "status": "PENDING", "error": None}
    assert action == {
        "signupId": "708855306",
        "action": "activation",
        "status": "PENDING",
        "createdAt": "2026-03-10T12:00:00.000Z",
        "finishedAt": None,
        "sims": [pending],
        "links": [STATUS, CANCEL],
    }
    path = "/sims/actions/708855306"
    assert client.get(path) == action
    client.advance(2)
    working = {**action, "status": "IN_PROGRESS", "links": [STATUS], "sims": [{**pending, "status": "IN_PROGRESS"}]}
    assert client.get(path) == working
    client.advance(3)
    assert client.get(path) == {
        **working,
        "status": "DONE",
        "finishedAt": "2026-03-10T12:00:05.000Z",
        "sims": [{**pending, "status": "DONE"}],
    }
    assert client.sim(INACTIVE)["status"] == "Active"


def test_one_event_reports_that_an_action_is_done(client: Client) -> None:
    """However many SIMs it has, and whether or not they went well."""
    client.act("suspend", ACTIVE, TEST, BLOCKED)
    (event,) = client.events()
    assert event["data"] == {
        "partnerID": MAIN,
        "signupID": "708855306",
        "message": "Action with signup ID 708855306 is done.",
        "actionLink": STATUS,
    }
    assert client.http.get(event["data"]["actionLink"]["href"], headers={"Authorization": f"Bearer {client.token()}"})


def test_done_says_nothing_about_success(client: Client) -> None:
    """Each SIM has a result of its own; only if all failed the action has."""
    action = client.done("suspend", ACTIVE, BLOCKED, "8949020000000000999", FOREIGN)
    assert action["status"] == "DONE"
    assert action["sims"] == [
        {"iccid": ACTIVE, "status": "DONE", "error": None},
        {"iccid": BLOCKED, "status": "FAILED", "error": "SIM is Blocked."},
        {"iccid": None, "status": "FAILED", "error": "No SIM found for ICCID 8949020000000000999."},
        {"iccid": None, "status": "FAILED", "error": f"No SIM found for ICCID {FOREIGN}."},
    ]
    assert client.done("suspend", BLOCKED)["status"] == "FAILED"


def test_sims_are_named_by_any_identifier(client: Client) -> None:
    """The result repeats it, beside the ICCID."""
    client.device(imei="3569380356438017")
    sims = [{"imei": "356938035643809"}, {"msisdn": "+4915100000003"}, {"euiccid": EID}, {"imsi": "262010000000000"}]
    action = client.post("/sims/actions/modifyremarks", {"sims": sims, "remarks": {"remark1": "pump 7"}}, 202)
    client.advance(5)
    items = client.get(f"/sims/actions/{action['signupId']}")["sims"]
    assert [{name: item[name] for name in item if name not in ("status", "error")} for item in items] == [
        {"iccid": ACTIVE, "imei": "356938035643809"},
        {"iccid": TEST, "msisdn": "4915100000003"},
        {"iccid": ESIM, "euiccid": EID},
        {"iccid": None, "imsi": "262010000000000"},
    ]
    assert client.sim(TEST)["remarks"] == {"remark1": "pump 7"}


def test_an_ambiguous_imei_fails_its_item(client: Client) -> None:
    """In a bulk the rest goes on."""
    for iccid in (ACTIVE, TEST):
        client.device(iccid, imei="3569380356438017")
    sims = [{"imei": "356938035643809"}, {"iccid": ACTIVE}]
    action = client.post("/sims/actions/block", {"sims": sims}, 202)
    assert [item["error"] for item in action["sims"]] == ["IMEI 356938035643809 matches several SIMs.", None]


def test_a_sim_is_in_one_action_at_a_time(client: Client) -> None:
    """A second action, or its second mention, fails for this SIM; when the first is over it is free."""
    first = client.act("suspend", ACTIVE, ACTIVE)
    assert [item["error"] for item in first["sims"]] == [None, "SIM is held by action 708855306."]
    assert client.act("block", ACTIVE, TEST)["sims"][0]["error"] == "SIM is held by action 708855306."
    client.advance(5)
    assert client.done("unsuspend", ACTIVE)["status"] == "DONE"


def test_delays_are_settings(make_client: MakeClient) -> None:
    """An action that takes no time is done as soon as time moves at all."""
    client = make_client(action_takes=timedelta(0))
    action = client.act("suspend", ACTIVE)
    assert action["status"] == "PENDING"
    client.advance(0)
    assert client.get(f"/sims/actions/{action['signupId']}")["status"] == "DONE"


# --------------------------------------------------------------------------------------------- cancelling


def test_a_pending_action_can_be_cancelled(client: Client) -> None:
    """Its SIMs are free again, nothing happens to them, and the event comes all the same."""
    signup = client.act("block", ACTIVE, "8949020000000000999")["signupId"]
    action = client.succeed("DELETE", f"/sims/actions/{signup}", 200)
    assert (action["status"], action["finishedAt"]) == ("CANCELLED", "2026-03-10T12:00:00.000Z")
    assert [item["status"] for item in action["sims"]] == ["CANCELLED", "FAILED"]
    assert action["links"] == [STATUS]
    client.advance(5)
    assert client.sim()["status"] == "Active"
    assert client.done("block", ACTIVE)["status"] == "DONE"
    assert [event["data"]["signupID"] for event in client.events()] == [signup, "708855307"]


@pytest.mark.parametrize(("seconds", "state"), [(2, "IN_PROGRESS"), (5, "DONE")])
def test_an_action_that_has_begun_cannot_be_cancelled(client: Client, seconds: int, state: str) -> None:
    """409, as for a second cancellation."""
    signup = client.act("block", ACTIVE)["signupId"]
    client.advance(seconds)
    error = client.refused("DELETE", f"/sims/actions/{signup}", 409)
    assert error["errors"] == [f"Action {signup} is {state} and cannot be cancelled."]


def test_a_second_cancellation_is_refused(client: Client) -> None:
    """409."""
    signup = client.act("block", ACTIVE)["signupId"]
    client.succeed("DELETE", f"/sims/actions/{signup}", 200)
    assert client.refused("DELETE", f"/sims/actions/{signup}", 409)["status"] == "CONFLICT"


def test_an_action_of_the_future_can_be_cancelled_for_long(client: Client) -> None:
    """A plain day begins at midnight, in UTC; a day of the past means now."""
    signup = client.act("termination", ACTIVE, terminationDate="2026-03-12")["signupId"]
    client.advance(35 * 3600)
    assert client.get(f"/sims/actions/{signup}")["status"] == "PENDING"
    assert client.act("block", ACTIVE)["sims"][0]["status"] == "FAILED", "it is held as long"
    client.advance(3600 + 5)
    assert client.sim()["status"] == "Terminated"
    assert outcome(client.done("changetariff", TEST, tariffID=1, validFrom="2026-01-01")) is None


# --------------------------------------------------------------------------------------------- the list of actions


def test_the_list_of_actions_is_newest_first(client: Client) -> None:
    """With pages, and by status and date."""
    client.act("suspend", ACTIVE)
    client.advance(86400)
    client.act("block", TEST, ACTIVE)
    page = client.get("/sims/actions")
    assert page == {
        "actions": [
            {
                "signupId": "708855307",
                "action": "block",
                "status": "PENDING",
                "createdAt": "2026-03-11T12:00:00.000Z",
                "simCount": 2,
            },
            {
                "signupId": "708855306",
                "action": "suspend",
                "status": "DONE",
                "createdAt": "2026-03-10T12:00:00.000Z",
                "simCount": 1,
            },
        ],
        "page": 0,
        "size": 100,
        "totalElements": 2,
    }
    for query, expected in (
        ({"status": "DONE"}, ["708855306"]),
        ({"dateTo": "2026-03-10"}, ["708855306"]),
        ({"dateFrom": "2026-03-11"}, ["708855307"]),
        ({"dateFrom": "2026-03-12"}, []),
        ({"page": 1, "size": 1}, ["708855306"]),
    ):
        assert [one["signupId"] for one in client.get("/sims/actions", params=query)["actions"]] == expected
    assert client.get("/sims/actions", partner=BRANCH)["actions"] == []


@pytest.mark.parametrize("signup", ["708855999", "x"])
def test_an_unknown_action_is_404(client: Client, signup: str) -> None:
    """And so is another partner's."""
    client.act("suspend", ACTIVE)
    error = client.refused("GET", f"/sims/actions/{signup}", 404)
    assert error["errors"] == [f"No action found for signup ID {signup}."]
    assert client.call("GET", "/sims/actions/708855306", as_="other", partner=OTHER).status_code == 404
    assert client.call("GET", "/sims/actions/708855306", partner=BRANCH).status_code == 404


# --------------------------------------------------------------------------------------------- what is refused at once


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"sims": []}, "sims: must not be empty"),
        ({}, "sims: must not be null"),
        ({"sims": "all"}, "sims: must not be null"),
        ({"sims": [ACTIVE]}, "sims[0]: must be an object"),
        ({"sims": [{"iccid": ACTIVE}, {}]}, "sims[1]: must be exactly one of iccid, euiccid, imsi, imei, msisdn"),
        ({"sims": [{"iccid": "x"}]}, "sims[0].iccid: must match [0-9]{1,22}"),
        ({"sims": [{"iccid": ACTIVE}] * 1001}, "sims: size must be between 1 and 1000"),
    ],
)
def test_a_body_that_is_not_a_list_is_refused(client: Client, body: Any, error: str) -> None:
    """400, and nothing has begun."""
    answer = client.refused("POST", "/sims/actions/block", 400, json=body)
    assert (answer["message"], answer["errors"]) == ("Validation failed", [error])
    assert client.get("/sims/actions")["totalElements"] == 0


@pytest.mark.parametrize(
    ("kind", "parameters", "error"),
    [
        ("activation", {"tariffID": "x"}, "tariffID: must be a number"),
        ("activation", {"tariffID": True}, "tariffID: must be a number"),
        ("activation", {"productive": 5}, "productive should be of type boolean"),
        ("activation", {"profiles": 5}, "profiles: must be an object"),
        ("restrict", {}, "restrictionStatus: must be one of No Restriction, Speed Step-down, Data Restricted"),
        (
            "restrict",
            {"restrictionStatus": "No Restriction"},
            "restrictionStatus: must be one of Speed Step-down, Data Restricted",
        ),
        ("unrestrict", {"apnName": ""}, "apnName: must not be blank"),
        ("termination", {"terminationDate": "soon"}, "terminationDate should be of type date"),
        ("move", {}, "targetPartnerID: must match [0-9]{6}"),
        ("move", {"targetPartnerID": OTHER}, "targetPartnerID: is not one of your partners"),
        ("changetariff", {}, "tariffID: must be a number"),
        ("changeoption", {"optionID": 1}, "attributes: must not be null"),
        ("bookoption", {"optionID": None}, "optionID: must not be blank"),
        ("modifyprofiles", {}, "profiles: must name at least one profile or address"),
        ("modifyprofiles", {"staticIpsPerApn": 5}, "staticIpsPerApn: must be a list of objects"),
        ("modifyprofiles", {"staticIpsPerApn": [{"apnName": "a"}]}, "staticIpsPerApn[0].staticIp: must not be blank"),
        ("modifyremarks", {}, "remarks: must not be null"),
        ("modifyremarks", {"remarks": {"remark1": 5}}, "remarks: must be texts"),
        ("bindeuiccid", {"operation": "BOND"}, "operation: must be one of BIND, UNBIND"),
        ("bindeuiccid", {}, "sims[0].euiccid: must match [0-9]{1,32}"),
    ],
)
def test_parameters_that_are_none_are_refused(client: Client, kind: str, parameters: Any, error: str) -> None:
    """400, with the name of the parameter."""
    body = {"sims": [{"iccid": ACTIVE}], **parameters}
    assert client.refused("POST", f"/sims/actions/{kind}", 400, json=body)["errors"] == [error]


def test_a_body_that_is_no_json_is_refused(client: Client) -> None:
    """400 for malformed JSON, 415 for anything else."""
    path, json = "/sims/actions/block", {"Content-Type": "application/json"}
    error = client.refused("POST", path, 400, content=b'{"sims": [', headers=json)
    assert error["message"] == "Malformed JSON request"
    error = client.refused("POST", path, 415, content=b"sims", headers={"Content-Type": "text/plain"})
    assert (error["status"], error["errors"]) == (
        "UNSUPPORTED_MEDIA_TYPE",
        ["text/plain media type is not supported. Supported media types are application/json"],
    )


@pytest.mark.parametrize("kind", [kind.value for kind in actions.RULES])
def test_a_read_only_application_starts_nothing(client: Client, kind: str) -> None:
    """403 of the portal for every action."""
    body = {
        "sims": [{"iccid": ESIM} | ({"euiccid": EID} if kind == "bindeuiccid" else {})],
        "restrictionStatus": "Data Restricted",
        "targetPartnerID": BRANCH,
        "tariffID": 1,
        "optionID": 1,
        "attributes": {},
        "remarks": {},
        "limitProfileID": None,
    }
    error = client.refused("POST", f"/sims/actions/{kind}", 403, as_="reader", json=body)
    assert (error["message"], error["errors"]) == ("Access denied", ["User has read-only permissions."])


def test_restriction_is_a_service_that_must_be_booked(client: Client) -> None:
    """403 of the portal for both directions; a subunit has what its partner has."""
    client.act("restrict", BRANCHED, restrictionStatus="Speed Step-down")
    client.do(lambda world: world.partners.put(replace(world.partners.get(MAIN), booked=())))
    for kind, parameters in (("restrict", {"restrictionStatus": "Data Restricted"}), ("unrestrict", {})):
        error = client.refused(
            "POST", f"/sims/actions/{kind}", 403, partner=BRANCH, json={"sims": [{"iccid": BRANCHED}], **parameters}
        )
        assert error["errors"] == ["Option restrict is not booked."]


# --------------------------------------------------------------------------------------------- states

# What each action makes of each state: Ordered, Inactive, Test, Active, Suspended, Blocked, Terminated; - is an error.
TRANSITIONS = {
    "activation": "- Active - - - - -",
    "enterproductivestate": "- - Active - - - -",
    "suspend": "- - Suspended Suspended - - -",
    "unsuspend": "- - - - Active - -",
    "block": "- - Blocked Blocked Blocked - -",
    "unblock": "- - - - - Active -",
    "termination": "- Terminated Terminated Terminated Terminated Terminated -",
    "restrict": "- - Test Active Suspended - -",
    "changetariff": "- - Test Active Suspended Blocked -",
    "bookoption": "- - Test Active Suspended Blocked -",
    "modifyprofiles": "- - Test Active Suspended Blocked -",
    "modifyremarks": "Ordered Inactive Test Active Suspended Blocked -",
    "move": "Ordered Inactive Test Active Suspended Blocked -",
}
PARAMETERS: dict[str, Any] = {
    "restrict": {"restrictionStatus": "Data Restricted"},
    "changetariff": {"tariffID": "800000334"},
    "bookoption": {"optionID": 800000417},
    "modifyprofiles": {"limitProfileID": 708529655},
    "modifyremarks": {"remarks": {"remark1": "x", "remark2": None}},
    "move": {"targetPartnerID": BRANCH},
}


@pytest.mark.parametrize("kind", TRANSITIONS)
def test_every_action_from_every_state(client: Client, kind: str) -> None:
    """P§4.2, as a table."""
    action = client.done(kind, *STATES, **PARAMETERS.get(kind, {}))
    for item, becomes, (iccid, was) in zip(action["sims"], TRANSITIONS[kind].split(), STATES.items(), strict=True):
        if becomes == "-":
            assert (item["status"], item["error"]) == ("FAILED", f"SIM is {was}."), was
            becomes = was.value
        else:
            assert item["status"] == "DONE", was
        assert client.sim(iccid)["status"] == becomes


def test_a_sim_that_is_not_productive_enters_the_productive_state_later(client: Client) -> None:
    """Its binding period begins only then."""
    client.done("activation", INACTIVE, productive=False)
    sim = client.sim(INACTIVE)
    assert (sim["status"], sim["productive"], sim["bindingPeriod"]) == ("Test", False, None)
    client.done("enterproductivestate", INACTIVE)
    sim = client.sim(INACTIVE)
    assert (sim["status"], sim["productive"]) == ("Active", True)
    assert sim["bindingPeriod"] == {"start": "2026-03-10", "end": "2028-03-09"}


def test_suspended_and_blocked_sims_return_to_their_previous_state(client: Client) -> None:
    """Test to Test; and what was blocked while suspended is suspended again."""
    states = []
    for kind in ("suspend", "block", "unblock", "unsuspend"):
        client.done(kind, TEST)
        states.append(client.sim(TEST)["status"])
    assert states == ["Suspended", "Blocked", "Suspended", "Test"]


def test_an_activation_brings_tariff_and_profiles_along(client: Client) -> None:
    """One action for what would be three."""
    client.done(
        "activation",
        INACTIVE,
        tariffID=800000500,
        profiles={
            "limitProfileID": 708529655,
            "fraudProfileID": None,
            "staticIpsPerApn": [{"apnName": "internet.m2mportal.de", "staticIp": "10.64.0.11"}],
        },
    )
    sim = client.sim(INACTIVE)
    assert sim["tariff"] == {"offeringID": 800000500, "offeringName": "Tariff 800000500"}
    assert sim["profiles"] == {
        "limitProfileID": 708529655,
        "staticIpsPerApn": [{"apnName": "internet.m2mportal.de", "staticIp": "10.64.0.11"}],
    }
    client.device(INACTIVE)
    assert client.get(f"/sims/{INACTIVE}/session")["ipAddress"] == "10.64.0.11"


def test_a_terminated_sim_gives_its_identity_back(client: Client) -> None:
    """All but the ICCID."""
    client.done("termination", ESIM)
    sim = client.sim(ESIM)
    assert [sim[name] for name in ("euiccid", "imsi", "msisdn", "eidProfileStatus", "activationCode")] == [None] * 5
    assert client.refused("POST", "/sims/details", 404, json={"euiccid": EID})


# --------------------------------------------------------------------------------------------- attributes


def test_options_are_booked_changed_and_terminated(client: Client) -> None:
    """Each once."""
    assert outcome(client.done("bookoption", ACTIVE, optionID=800000417)) is None
    assert outcome(client.done("bookoption", ACTIVE, optionID="800000417")) == "Option 800000417 is already booked."
    assert outcome(client.done("changeoption", ACTIVE, optionID=800000417, attributes={"bandwidth": 64})) is None
    assert client.sim()["options"] == [{"optionID": "800000417", "attributes": {"bandwidth": 64}}]
    assert outcome(client.done("terminateoption", ACTIVE, optionID=800000417)) is None
    absent: dict[str, Any] = {"terminateoption": {}, "changeoption": {"attributes": {}}}
    for kind, more in absent.items():
        error = outcome(client.done(kind, ACTIVE, optionID=800000417, **more))
        assert error == "Option 800000417 is not booked."
    assert client.sim()["options"] == []


def test_an_option_is_changed_for_one_sim_only(client: Client) -> None:
    """400 for two, 404 for an unknown one; a state that forbids it is the item's, unless chosen otherwise."""
    body = {"sims": [{"iccid": ACTIVE}, {"iccid": TEST}], "optionID": 1, "attributes": {}}
    path = "/sims/actions/changeoption"
    assert client.refused("POST", path, 400, json=body)["errors"] == ["sims: must be exactly one SIM"]
    body["sims"] = [{"imsi": "262010000000000"}]
    assert client.refused("POST", path, 404, json=body)["errors"] == ["No SIM found for IMSI 262010000000000."]
    assert outcome(client.done("changeoption", INACTIVE, optionID=1, attributes={})) == "SIM is Inactive."


def test_a_state_conflict_of_a_single_sim_can_be_409(make_client: MakeClient) -> None:
    """Its state, or another action; what is possible goes on."""
    client = make_client(single_sim_conflict="409")
    body = {"sims": [{"iccid": INACTIVE}], "optionID": 1, "attributes": {}}
    path = "/sims/actions/changeoption"
    assert client.refused("POST", path, 409, json=body)["errors"] == ["SIM is Inactive."]
    body["sims"] = [{"iccid": ACTIVE}]
    signup = client.post(path, body, 202)["signupId"]
    assert client.refused("POST", path, 409, json=body)["errors"] == [f"SIM is held by action {signup}."]


def test_profiles_are_the_partners_own_and_of_their_kind(client: Client) -> None:
    """What is left out stays, null takes away."""
    assert (
        outcome(client.done("modifyprofiles", ACTIVE, limitProfileID=708529655, costLimitProfileID="708529657")) is None
    )
    assert outcome(client.done("modifyprofiles", ACTIVE, fraudProfileID=708529656, limitProfileID=None)) is None
    assert client.sim()["profiles"] == {"fraudProfileID": 708529656, "costLimitProfileID": 708529657}
    for parameters, kind in (
        ({"limitProfileID": 1}, "limit"),
        ({"limitProfileID": 708529656}, "limit"),
        ({"limitProfileID": 708529660}, "limit"),  # another partner's
    ):
        error = outcome(client.done("modifyprofiles", ACTIVE, **parameters))
        assert error == f"There is no {kind} profile {parameters['limitProfileID']}."
    assert client.done("modifyprofiles", BRANCHED, limitProfileID=708529655)["status"] == "DONE"


def test_remarks_are_set_and_cleared(client: Client) -> None:
    """What is left out stays."""
    client.done("modifyremarks", ACTIVE, remarks={"remark1": "a", "remark3": "c"})
    client.done("modifyremarks", ACTIVE, remarks={"remark1": None, "remark2": "b", "other": 5})
    assert client.sim()["remarks"] == {"remark2": "b", "remark3": "c"}


def test_sims_move_between_a_partner_and_its_subunits(client: Client) -> None:
    """There and back."""
    client.done("move", ACTIVE, targetPartnerID=BRANCH)
    assert client.sim()["partnerID"] == BRANCH
    assert client.get("", partner=BRANCH)["total"] == 2
    client.done("move", ACTIVE, targetPartnerID=MAIN)
    assert client.get("", partner=BRANCH)["total"] == 1


def test_an_esim_profile_is_bound_to_a_chip_and_unbound(client: Client) -> None:
    """A physical card cannot be."""
    chip = "22233356789100043"

    def bind(iccid: str, **more: Any) -> Any:
        body = {"sims": [{"iccid": iccid, "euiccid": chip}], **more}
        action = client.post("/sims/actions/bindeuiccid", body, 202)
        client.advance(5)
        return outcome(client.get(f"/sims/actions/{action['signupId']}"))

    assert bind(ESIM) is None
    assert (client.sim(ESIM)["euiccid"], client.sim(ESIM)["eidProfileStatus"]) == (chip, "RELEASED")
    assert bind(ACTIVE, operation="BIND") == "SIM is no eSIM profile."
    assert outcome(client.done("bindeuiccid", ESIM, operation="UNBIND")) is None
    assert (client.sim(ESIM)["euiccid"], client.sim(ESIM)["eidProfileStatus"]) == (None, None)
    assert outcome(client.done("bindeuiccid", ESIM, operation="UNBIND")) == "SIM is bound to no eUICC."


# --------------------------------------------------------------------------------------------- restriction


def test_restricted_data_has_no_session(client: Client) -> None:
    """The one that is open is closed, a new one is refused with an event; slowed down, it may open."""
    client.device()
    client.done("restrict", ACTIVE, restrictionStatus="Data Restricted")
    assert client.sim()["restrictionStatus"] == "Data Restricted"
    (past,) = client.get(f"/sims/{ACTIVE}/sessionhistory")["sessions"]
    assert past["sessionStatus"] == "OFFLINE"
    _, refused = client.device()
    assert refused == "DATA_SERVICE_BARRED"
    client.done("restrict", ACTIVE, restrictionStatus="Speed Step-down")
    client.device()
    session = client.get(f"/sims/{ACTIVE}/session")
    assert (session["sessionStatus"], session["restrictionReason"]) == ("ONLINE", "Customer")
    client.done("unrestrict", ACTIVE)
    assert client.sim()["restrictionStatus"] == "No Restriction"
    assert client.get(f"/sims/{ACTIVE}/session")["sessionStatus"] == "OFFLINE", "a new session gets the new terms"
    assert outcome(client.done("unrestrict", ACTIVE)) == "SIM is not restricted."


def test_one_apn_can_be_released(client: Client) -> None:
    """For one SIM, and only what is restricted there."""
    apns = {"b2b.dtag.test": Restriction.DATA, "internet.m2mportal.de": Restriction.DATA}
    change(client, apn_restrictions=apns)
    assert client.device()[1] == "DATA_SERVICE_BARRED"
    assert outcome(client.done("unrestrict", ACTIVE, apnName="x")) == "APN x is not restricted."
    assert outcome(client.done("unrestrict", ACTIVE, apnName="internet.m2mportal.de")) is None
    assert client.device()[1] is None
    body = {"sims": [{"iccid": ACTIVE}, {"iccid": TEST}], "apnName": "b2b.dtag.test"}
    assert client.refused("POST", "/sims/actions/unrestrict", 400, json=body)
    assert outcome(client.done("unrestrict", ACTIVE)) is None


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (Alarm.OK, "resetlimitstatus", "The limit status is OK."),
        (Alarm.WARNING, "overridelimitstatus", "The limit status is no alarm."),
        (Alarm.ALARM, "restorelimitstatus", "The limit status is not overridden."),
        (Alarm.OK, "resetfraudstatus", "The fraud status is OK."),
    ],
)
def test_limit_and_fraud_status_change_only_where_there_is_something(
    client: Client, status: Alarm, kind: str, error: str
) -> None:
    """An item error otherwise."""
    change(client, limit_status=status)
    assert outcome(client.done(kind, ACTIVE)) == error


def test_an_overridden_limit_lets_data_pass_until_it_is_restored(client: Client) -> None:
    """Alarm, Overridden, Alarm again, OK."""
    change(client, limit_status=Alarm.ALARM, restriction=Restriction.DATA, restriction_reason=Barring.USAGE)
    shown = []
    for kind in ("overridelimitstatus", "restorelimitstatus", "resetlimitstatus"):
        assert outcome(client.done(kind, ACTIVE)) is None
        sim = client.sim()
        shown.append((sim["limitStatus"], sim["restrictionStatus"]))
    assert shown == [("Overridden", "No Restriction"), ("Alarm", "Data Restricted"), ("OK", "No Restriction")]


def test_the_customers_own_restriction_outlives_a_limit(client: Client) -> None:
    """Overriding and resetting lift what the limit did, no more."""
    change(client, limit_status=Alarm.ALARM, restriction=Restriction.SPEED)
    client.done("overridelimitstatus", ACTIVE)
    assert client.sim()["restrictionStatus"] == "Speed Step-down"
    client.done("restorelimitstatus", ACTIVE)
    client.done("resetlimitstatus", ACTIVE)
    assert client.sim()["restrictionStatus"] == "Speed Step-down"


def test_a_reset_fraud_status_takes_the_new_device_for_the_right_one(client: Client) -> None:
    """What the fraud profile did is lifted."""
    client.done("modifyprofiles", ACTIVE, fraudProfileID=708529656)
    client.device(imei="3569380356438017")
    client.advance(0)
    client.device(imei="8682390500000017")
    client.advance(0)
    assert (client.sim()["fraudStatus"], client.sim()["restrictionStatus"]) == ("Alarm", "Speed Step-down")
    assert outcome(client.done("resetfraudstatus", ACTIVE)) is None
    assert (client.sim()["fraudStatus"], client.sim()["restrictionStatus"]) == ("OK", "No Restriction")
    client.device(status="OFFLINE")
    client.device()
    client.advance(0)
    assert client.sim()["fraudStatus"] == "OK"


# --------------------------------------------------------------------------------------------- what the network feels


def test_a_blocked_sim_is_off_the_air(client: Client) -> None:
    """It cannot attach, and a message for it waits."""
    client.device()
    client.done("block", ACTIVE)
    assert client.device()[1] == "SIM_SUSPENDED"
    sent = client.post(f"/sims/{ACTIVE}/sms", {"message": "x"}, 202)
    client.advance(10)
    history = client.get(f"/sims/{ACTIVE}/smshistory")["smsHistory"]
    assert [one["status"] for one in history] == ["BUFFERED"], sent
    client.done("unblock", ACTIVE)
    assert client.device()[1] is None
    client.advance(10)
    assert client.get(f"/sims/{ACTIVE}/smshistory")["smsHistory"][0]["status"] == "DELIVERED"


@pytest.mark.parametrize("iccid", [ORDERED, INACTIVE, SUSPENDED, TERMINATED])
def test_only_a_sim_in_use_gets_into_the_network(client: Client, iccid: str) -> None:
    """Test and Active."""
    assert client.device(iccid)[1] is not None
    assert client.device(TEST)[1] is None


def test_every_kind_of_action_has_a_rule() -> None:
    """A transfer alone is another matter."""
    assert set(actions.RULES) == set(ActionKind) - {ActionKind.SIM_TRANSFER}


def test_a_sim_that_ends_its_life_on_the_air_is_no_obstacle(client: Client) -> None:
    """Its network state does not follow a contract any more."""
    client.do(lambda world: housekeeping.end_life(world, world.sims.get(ACTIVE)))
    assert outcome(client.done("suspend", ACTIVE)) is None
    assert outcome(client.done("unsuspend", ACTIVE)) is None
    assert client.do(device.set_status, ACTIVE, DeviceStatus.ONLINE)[0].device.pdp is None


def test_a_sim_that_is_gone_meanwhile_fails_its_item(client: Client) -> None:
    """Its organisation was removed, or begun again; the rest goes on, and a cancelled action has nothing to free."""
    action = client.act("suspend", ACTIVE, TEST)
    other = client.act("block", BRANCHED)

    def remove(world: Any) -> None:
        world.sims.delete(ACTIVE)
        world.contracts.delete(ACTIVE)
        world.contracts.put(replace(world.contracts.get(BRANCHED), pending=None))

    client.do(remove)
    client.succeed("DELETE", f"/sims/actions/{other['signupId']}", 200)
    client.advance(5)
    items = client.get(f"/sims/actions/{action['signupId']}")["sims"]
    assert [item["error"] for item in items] == ["SIM is not held any more.", None]
