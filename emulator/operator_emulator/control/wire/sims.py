"""SIMs in JSON, with the devices that hold them."""

from typing import Any

from operator_emulator.control.wire.values import show_maybe, show_time
from operator_emulator.core.customers.model import OCTETS_PER_MB, Quota, Sim
from operator_emulator.core.network import rats
from operator_emulator.core.network.inbox import Received
from operator_emulator.core.network.model import Device, Network
from operator_emulator.core.tester.model import Behaviour


def read_imei(text: str | None) -> str | None:
    """An IMEISV of 16 digits; of an IMEI the first 14 count, and the software version is 01 (3GPP TS 23.003)."""
    return text if text is None or len(text) == 16 else text[:14] + "01"


def show_sim(sim: Sim) -> dict[str, Any]:
    return {
        "iccid": sim.iccid,
        "organisation": sim.organisation,
        "core": sim.core,
        "label": sim.label,
        "state": sim.state,
        "imsi": sim.imsi,
        "msisdn": sim.msisdn,
        "ip_address": sim.ip_address,
        "imei": sim.imei,
        "imei_lock": sim.imei_lock,
        "delivered": show_maybe(sim.delivered),
        "activated": show_maybe(sim.activated),
        "expires": show_maybe(sim.expires),
        "message_waiting": sim.message_waiting,
        "data_quota": show_quota(sim.data_quota, OCTETS_PER_MB),
        "sms_quota": show_quota(sim.sms_quota, 1),
        "device": show_device(sim.device),
    }


def show_quota(quota: Quota | None, unit: int) -> dict[str, Any] | None:
    """Megabytes of data, or messages."""
    if quota is None:
        return None
    return {"left": quota.volume / unit, "total": quota.total / unit}


def show_device(device: Device) -> dict[str, Any]:
    pdp = device.pdp
    return {
        "status": device.status,
        "imei": device.imei,
        "rat": rats.NAMES[device.rat],
        "operator": None if device.network is None else show_network(device.network),
        "lac": device.cell_lac,
        "cell": device.cell_id,
        "attached": show_maybe(device.attached),
        "session": None
        if pdp is None
        else {
            "id": pdp.id,
            "opened": show_time(pdp.opened),
            "volume_tx": pdp.octets_tx / OCTETS_PER_MB,
            "volume_rx": pdp.octets_rx / OCTETS_PER_MB,
        },
    }


def show_network(network: Network) -> dict[str, Any]:
    return {
        "id": network.id,
        "name": network.name,
        "country": network.country,
        "mcc": network.mcc,
        "mnc": network.mnc,
    }


def show_received(received: Received) -> dict[str, Any]:
    return {
        "at": show_time(received.at),
        "source_address": received.source_address,
        "dcs": received.dcs,
        "text": received.text,
        "octets": received.octets,
        "parts": received.parts,
        "missing": received.missing,
    }


def show_behaviour(behaviour: Behaviour) -> dict[str, Any]:
    replies, leaves, uses = behaviour.auto_reply, behaviour.goes_offline, behaviour.uses_data
    return {
        "auto_reply": None if replies is None else {"payload": replies.payload, "seconds": replies.seconds},
        "goes_offline": None if leaves is None else {"seconds": leaves.seconds, "away": leaves.away},
        "uses_data": None
        if uses is None
        else {
            "seconds": uses.seconds,
            "volume_tx": uses.octets_tx / OCTETS_PER_MB,
            "volume_rx": uses.octets_rx / OCTETS_PER_MB,
        },
        "acknowledges_after": behaviour.acknowledges_after,
    }
