"""The events of the streams: CloudEvents with the portal's own data (P§5)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from operator_emulator.core.partners.model import PoolType
from operator_emulator.core.partners.notices import (
    ActionDone,
    AnyNotice,
    CostLimitNotice,
    Notice,
    PartnerPayload,
    PoolLimitNotice,
    ProfileNotice,
    TransferNotice,
)
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
    """The CloudEvent, with its keys in the published order (P§5.1). *offset* adds the headers of its message.

    The id is the smallest UUID that the platform accepts plus the number of the event, which is not the signup id.
    """
    type, source = ENVELOPES[event.type]
    payload = event.payload
    assert isinstance(payload, PartnerPayload)
    assert event.number is not None
    shown = {
        "time": instant(event.at),
        "id": f"00000000-0000-1000-a000-{FIRST_EVENT + event.number - 1:012}",
        "source": source,
        "specversion": "1.0",
        "type": type,
        "datacontenttype": "application/json",
        "data": merged(show_data(event, payload, base, policy), payload.overrides),
    }
    return shown if offset is None else shown | {"httpHeaders": {"x-pubsub-offset-id": [offset]}}


def merged(value: Json, overrides: Mapping[str, Any]) -> Json:
    """*value* with the *overrides*, which are merged object by object."""
    over = {
        name: merged(value[name], one) if isinstance(one, dict) and isinstance(value.get(name), dict) else one
        for name, one in overrides.items()
    }
    return {**value, **over}


def show_data(event: Event, payload: AnyNotice, base: str, policy: Policy) -> Json:
    match payload:
        case ActionDone():
            return show_action_done(payload, str(event.partner), base)
        case TransferNotice():
            return show_transfer_notice(payload, str(event.partner), base)
        case ProfileNotice():
            return show_profile_notice(event, payload, policy)
        case PoolLimitNotice():
            return show_pool_notice(event, payload)
        case CostLimitNotice():
            return show_cost_notice(event, payload)


def show_action_done(done: ActionDone, partner: str, base: str) -> Json:
    return {
        "partnerID": partner,
        "signupID": done.signup,
        "message": f"Action with signup ID {done.signup} is done.",
        "actionLink": action_link(base, partner, done.signup),
    }


COUNTED: Final = MappingProxyType({PoolType.DATA: "Data", PoolType.VOICE: "Voice", PoolType.SMS: "SMS"})


def show_pool_notice(event: Event, notice: PoolLimitNotice) -> Json:
    shown = {
        "poolName": notice.pool,
        "offeringName": notice.offering_name,
        "offeringID": notice.offering_id,
        "typeOfThreshold": f"{COUNTED[notice.counted]} Limit {notice.level}",
        "limit": float(notice.limit),  # 50.0 stays 50.0
        "date": instant(event.at),
    }
    return {"partnerID": str(event.partner), "poolLimitNotification": shown}


def show_cost_notice(event: Event, notice: CostLimitNotice) -> Json:
    limit = notice.limit
    values = {
        "iccid": event.iccid,
        "euiccid": notice.euiccid,
        "imsi": event.imsi,
        "msisdn": notice.msisdn,
        "offeringName": notice.offering_name,
        "offeringID": notice.offering_id,
        "typeOfThreshold": f"SMS Limit {notice.level}",
        "limit": int(limit) if limit == int(limit) else limit,  # as it was configured: 25
        "date": instant(event.at),
        "profileName": notice.profile_name,
        "profileID": notice.profile_id,
    }
    shown = {name: value for name, value in values.items() if value is not None}
    return {"partnerID": str(event.partner), "costLimitNotification": shown}


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


def show_transfer_notice(told: TransferNotice, partner: str, base: str) -> Json:
    """One of the four notices; only the first has links (P§5.2)."""
    message = TRANSFER_MESSAGES[told.notice].format(sender=told.sender, receiver=told.receiver)
    shown = {"partnerID": partner, "signupID": told.signup, "transactionID": told.transaction, "message": message}
    if told.notice is not Notice.REQUESTED:
        return shown
    details = transfer_link(base, partner, told.transaction)
    decide = details | {"type": "PATCH", "name": "update SIM transfer"}
    links = {"accept": decide | {"rel": "accept"}, "reject": decide | {"rel": "reject"}, "sims": details}
    return shown | {"actionLinks": links}


def show_profile_notice(event: Event, notice: ProfileNotice, policy: Policy) -> Json:
    spellings = {
        "published": ("restrictionStatus:",),
        "clean": ("restrictionStatus",),
        "both": ("restrictionStatus:", "restrictionStatus"),
    }[policy.restriction_key]
    note = (
        f"Reached: {notice.barring.type} {notice.level} Allowed ({notice.unit}): {notice.allowed} "
        f"Detected ({notice.unit}): {notice.detected}"
    )
    status: Json = {
        "barring": notice.barring,
        "barringType": notice.barring.type,
        "barringLevel": notice.level,
        "allowed": notice.allowed,
        "detected": notice.detected,
        "note": note,
    }
    if notice.apn is not None:
        status["apn"] = {"apnName": notice.apn, "restrictionStatus": notice.apn_restriction}
    return {
        "partnerID": event.partner,
        "sim": {"iccid": event.iccid, **dict.fromkeys(spellings, notice.restriction)},
        "profileStatus": status,
    }
