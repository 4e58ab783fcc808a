"""SIMs, their data sessions and short messages, as JSON. Answers have all keys; missing values are null."""

from collections.abc import Iterable, Mapping
from math import ceil
from types import MappingProxyType
from typing import Final

from operator_emulator.core.customers.model import OCTETS_PER_MB, DailyUsage, Sim
from operator_emulator.core.network import rats, tpdu
from operator_emulator.core.network.model import AddressType, DeviceStatus, Direction, Rat, Sms, SmsDraft, SmsStatus
from operator_emulator.core.partners.model import IDENTIFIED, Contract, ContractState, DataSession
from operator_emulator.core.partners.partners import IDENTIFIERS
from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.model import DAY
from operator_emulator.portal.wire.actions import PROFILE_KINDS
from operator_emulator.portal.wire.values import Json, instant, maybe, read_choice, read_text, read_value


def read_sim_filter(query: Mapping[str, str]) -> tuple[dict[str, str], ContractState | None]:
    """The identifiers and the state by which a list of SIMs is filtered."""
    identifiers = {kind: read_value(kind, kind, query[kind]) for kind in IDENTIFIERS if query.get(kind)}
    return identifiers, read_choice("status", query["status"], ContractState) if query.get("status") else None


def identities(contract: Contract, sim: Sim) -> Json:
    """The identifiers of the SIM, as far as its state shows them (P§4.1)."""
    shown = contract.state in IDENTIFIED
    return {
        "iccid": sim.iccid,
        "euiccid": contract.euiccid,
        "imsi": sim.imsi if shown else None,
        "msisdn": sim.msisdn if shown else None,
        "imei": sim.imei if shown else None,
    }


def show_sim_summary(contract: Contract, sim: Sim, usage: DailyUsage) -> Json:
    shown = identities(contract, sim)
    del shown["imei"]
    megabytes = (usage.octets_tx + usage.octets_rx) / OCTETS_PER_MB
    return shown | {"status": contract.state, "dataUsage": {"volume": megabytes, "unit": "MB"}}


def show_sim(contract: Contract, sim: Sim, usage: DailyUsage) -> Json:
    """The details of a SIM (P§3.4). *usage* is that of the present month, which is assumed to be the period."""
    in_use = contract.state not in (ContractState.ORDERED, ContractState.INACTIVE)
    return identities(contract, sim) | {
        "partnerID": contract.partner,
        "simType": contract.sim_type,
        "status": contract.state,
        "productive": contract.binding_start is not None,
        "activationDate": maybe(contract.activated),
        "bindingPeriod": show_binding(contract),
        "activationCode": contract.activation_code,
        "eidProfileStatus": contract.eid_profile_status,
        "tariff": ({"offeringID": contract.offering_id, "offeringName": contract.offering_name} if in_use else None),
        "options": [{"optionID": id, "attributes": option.attributes} for id, option in contract.options.items()],
        "profiles": show_profiles(contract),
        "remarks": dict(contract.remarks),
        "restrictionStatus": contract.restriction,
        "limitStatus": contract.limit_status,
        "fraudStatus": contract.fraud_status,
        "simAggregatedData": {
            "dataVolume": usage.octets_tx + usage.octets_rx,
            "smsMo": usage.sms_mo,
            "smsMt": usage.sms_mt,
            "voiceSeconds": 0,
            "periodStart": f"{usage.day}-01T00:00:00.000Z",
        },
    }


def show_binding(contract: Contract) -> Json | None:
    if contract.binding_start is None or contract.binding_end is None:
        return None
    last = contract.binding_end - DAY
    return {"start": str(contract.binding_start.date()), "end": str(last.date())}


def show_profiles(contract: Contract) -> Json:
    shown: Json = {
        key: int(contract.profiles[kind]) for key, kind in PROFILE_KINDS.items() if kind in contract.profiles
    }
    if contract.static_ips:
        shown["staticIpsPerApn"] = [
            {"apnName": apn, "staticIp": address} for apn, address in contract.static_ips.items()
        ]
    return shown


# --------------------------------------------------------------------------------------------- data sessions

OFFLINE: Final = MappingProxyType(
    {
        "sessionStatus": "OFFLINE",
        "apnName": None,
        "ipAddress": None,
        "ratType": None,
        "network": None,
        "sessionStart": None,
        "volumeUpload": None,
        "volumeDownload": None,
        "volumeRounded": None,
        "restrictionReason": None,
    }
)


def show_session_record(session: DataSession, *, online: bool) -> Json:
    return {
        "sessionStatus": "ONLINE" if online else "OFFLINE",
        "apnName": session.apn,
        "ipAddress": session.ip_address,
        "ratType": rats.NAMES[Rat(session.rat)],
        "network": session.network,
        "sessionStart": instant(session.opened),
        "volumeUpload": session.octets_tx,
        "volumeDownload": session.octets_rx,
        "volumeRounded": ceil((session.octets_tx + session.octets_rx) / 1024),
        "restrictionReason": session.reason,
    }


def show_session(iccid: str, session: DataSession | None) -> Json:
    record = dict(OFFLINE) if session is None else show_session_record(session, online=True)
    return {"iccid": iccid, **record}


def show_parallel_sessions(iccid: str, session: DataSession | None) -> Json:
    """The other shape, with a list; a device of the emulator has at most one session."""
    return {"iccid": iccid, "sessions": [] if session is None else [show_session_record(session, online=True)]}


def show_session_history(iccid: str, running: DataSession | None, past: Iterable[DataSession]) -> Json:
    shown = [] if running is None else [show_session_record(running, online=True) | {"sessionEnd": None}]
    shown += [show_session_record(one, online=False) | {"sessionEnd": instant(one.closed)} for one in past]
    return {"iccid": iccid, "sessions": shown}


def show_hlr(contract: Contract, sim: Sim) -> Json:
    device = sim.device
    attached = device.status is not DeviceStatus.OFFLINE
    shown = identities(contract, sim)
    del shown["euiccid"]
    return shown | {
        "attached": attached,
        "network": device.network.name if attached and device.network is not None else None,
        "ratType": rats.NAMES[device.rat] if attached else None,
        "locationUpdatedAt": maybe(device.attached),
        "gprsLocationUpdatedAt": maybe(device.attached_gprs),
    }


# --------------------------------------------------------------------------------------------- short messages


def read_message(body: Json) -> SmsDraft:
    """One short message, in the GSM alphabet if possible, otherwise in UCS-2."""
    text = read_text("message", body.get("message"))
    sender = body.get("sender")
    if sender is not None and not (isinstance(sender, str) and 1 <= len(sender) <= NUMBER_LENGTH):
        raise Malformed("sender", f"size must be between 1 and {NUMBER_LENGTH}")
    kind = AddressType.INTERNATIONAL if sender is None or is_number(sender) else AddressType.ALPHANUMERIC
    if sender is not None and kind is AddressType.ALPHANUMERIC:
        tpdu.check_sender("sender", sender)
    dcs = tpdu.coding_for(text)
    try:
        tpdu.check(text, dcs)
    except Malformed as problem:
        raise Malformed("message", problem.problem) from None
    return SmsDraft(payload=text, source_address=sender or "", source_address_type=kind, dcs=int(dcs))


NUMBER_LENGTH: Final = 15  # digits of an international number (E.164)


def is_number(text: str) -> bool:
    digits = text.removeprefix("+")
    return digits.isascii() and digits.isdecimal()


SMS_STATUS: Final = MappingProxyType({status: status.name for status in SmsStatus} | {SmsStatus.CANCELED: "CANCELLED"})


def show_sms_history(messages: Iterable[Sms]) -> Json:
    return {
        "smsHistory": [
            {
                "direction": sms.direction.name,
                "timestamp": instant(sms.submitted),
                "source": sms.source_address if sms.direction is Direction.MT else sms.msisdn,
                "destination": sms.msisdn if sms.direction is Direction.MT else sms.dest_address,
                "status": SMS_STATUS[sms.status],
            }
            for sms in messages
        ]
    }


def show_sent(sms: Sms) -> Json:
    return {
        "messageId": str(sms.id),
        "iccid": sms.iccid,
        "status": SMS_STATUS[sms.status],
        "submittedAt": instant(sms.submitted),
    }
