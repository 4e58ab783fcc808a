"""The events of the streams: CloudEvents with the portal's own data (P§5)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from operator_emulator.core.partners.sim_transfers import Notice
from operator_emulator.core.world.model import Event, EventType
from operator_emulator.core.world.policy import Policy
from operator_emulator.portal.wire.actions import action_link, transfer_link
from operator_emulator.portal.wire.values import Json, instant

FIRST_EVENT: Final = 706409461  # P§9

# Type and source of each event (P§5.1).
ENVELOPES: Final = MappingProxyType(
    {
        EventType.SIM_ACTION_DONE: ("simaction.v1", "/v1/partners/simaction"),
        EventType.SIM_TRANSFER_NOTICE: ("simaction.v1", "/v1/partners/simaction"),
        EventType.PROFILE_NOTICE: ("profilenotification.v1", "/notification/limit"),
        EventType.POOL_LIMIT_NOTICE: ("poollimitnotification.v1", "/notification/poollimit"),
        EventType.COST_LIMIT_NOTICE: ("costlimitnotification.v1", "/notification/costlimit"),
    }
)


def show_event(event: Event, base: str, policy: Policy, offset: str | None = None) -> Json:
    """The CloudEvent, its keys in the published order (P§5.1). *offset*: with the headers of its message.

    The id is the smallest UUID that the platform takes, with a number of its own: not the signup id.
    """
    type, source = ENVELOPES[event.type]
    shown = {
        "time": instant(event.at),
        "id": f"00000000-0000-1000-a000-{FIRST_EVENT + event.data['number'] - 1:012}",
        "source": source,
        "specversion": "1.0",
        "type": type,
        "datacontenttype": "application/json",
        "data": merged(show_data(event, base, policy), event.data.get("given") or {}),
    }
    return shown if offset is None else shown | {"httpHeaders": {"x-pubsub-offset-id": [offset]}}


def merged(value: Json, given: Mapping[str, Any]) -> Json:
    """*value* with what was given by hand put over it, object by object."""
    over = {
        name: merged(value[name], one) if isinstance(one, dict) and isinstance(value.get(name), dict) else one
        for name, one in given.items()
    }
    return {**value, **over}


def show_data(event: Event, base: str, policy: Policy) -> Json:
    data, partner = event.data, str(event.partner)
    if event.type is EventType.SIM_ACTION_DONE:
        signup = data["signup"]
        return {
            "partnerID": partner,
            "signupID": signup,
            "message": f"Action with signup ID {signup} is done.",
            "actionLink": action_link(base, partner, signup),
        }
    if event.type is EventType.SIM_TRANSFER_NOTICE:
        return show_transfer_notice(data, partner, base)
    if event.type is EventType.PROFILE_NOTICE:
        return show_profile_notice(event, policy)
    if event.type is EventType.POOL_LIMIT_NOTICE:
        notice = {
            "poolName": data["pool"],
            "offeringName": data["offering_name"],
            "offeringID": data["offering_id"],
            "typeOfThreshold": data["threshold"],
            "limit": float(data["limit"]),  # 50.0 stays 50.0
            "date": instant(event.at),
        }
        return {"partnerID": partner, "poolLimitNotification": notice}
    limit = data["limit"]
    notice = {
        "iccid": event.iccid,
        "euiccid": data["euiccid"],
        "imsi": event.imsi,
        "msisdn": data["msisdn"],
        "offeringName": data["offering_name"],
        "offeringID": data["offering_id"],
        "typeOfThreshold": data["threshold"],
        "limit": int(limit) if limit == int(limit) else limit,  # as it was configured: 25
        "date": instant(event.at),
        "profileName": data["profile_name"],
        "profileID": data["profile_id"],
    }
    shown = {name: value for name, value in notice.items() if value is not None}
    return {"partnerID": partner, "costLimitNotification": shown}


TRANSFER_MESSAGES: Final = MappingProxyType(
    {
        Notice.REQUESTED: (
            "You have received a request from '{sender}' to add SIM cards to your inventory. "
            "Please follow the link to accept or reject them."
        ),
        Notice.REJECTED: "'{receiver}' has rejected your SIM Transfer request.",
        Notice.CANCELLED: "'{sender}' has cancelled the request to transfer SIM cards.",
        Notice.COMPLETED: "The SIM Transfer between '{sender}' and '{receiver}' has been completed.",
    }
)


def show_transfer_notice(data: Json, partner: str, base: str) -> Json:
    """One of the four notices; only the first has links (P§5.2)."""
    notice = Notice(data["notice"])
    message = TRANSFER_MESSAGES[notice].format(sender=data["sender"], receiver=data["receiver"])
    shown = {"partnerID": partner, "signupID": data["signup"], "transactionID": data["transaction"], "message": message}
    if notice is not Notice.REQUESTED:
        return shown
    details = transfer_link(base, partner, data["transaction"])
    decide = details | {"type": "PATCH", "name": "update SIM transfer"}
    links = {"accept": decide | {"rel": "accept"}, "reject": decide | {"rel": "reject"}, "sims": details}
    return shown | {"actionLinks": links}


def show_profile_notice(event: Event, policy: Policy) -> Json:
    data = event.data
    spellings = {
        "published": ("restrictionStatus:",),
        "clean": ("restrictionStatus",),
        "both": ("restrictionStatus:", "restrictionStatus"),
    }[policy.restriction_key]
    note = (
        f"Reached: {data['barring_type']} {data['level']} Allowed ({data['unit']}): {data['allowed']} "
        f"Detected ({data['unit']}): {data['detected']}"
    )
    status = {
        "barring": data["barring"],
        "barringType": data["barring_type"],
        "barringLevel": data["level"],
        "allowed": data["allowed"],
        "detected": data["detected"],
        "note": note,
    }
    if data["apn"] is not None:
        status["apn"] = {"apnName": data["apn"], "restrictionStatus": data["apn_restriction"]}
    return {
        "partnerID": event.partner,
        "sim": {"iccid": event.iccid, **dict.fromkeys(spellings, data["restriction"])},
        "profileStatus": status,
    }
