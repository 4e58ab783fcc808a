"""Location and session of a SIM, and the look-up in the visited network (D§8.1, 8.2)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from operator_emulator.core.customers.model import Sim
from operator_emulator.core.network import networks
from operator_emulator.core.network.model import DeviceStatus, Network, PdpContext, Rat
from operator_emulator.core.world.policy import Policy
from operator_emulator.management.wire.values import Notation, endpoint_id, imsi_id, notation, precise, sim_id, spaced

# The published names. The operator's own table of technologies has HSPA+, LTE and CAT-M.
RAT_WORDS: Final[Mapping[Rat, str]] = {
    Rat.UTRAN_3G: "3G",
    Rat.GERAN_2G: "2G",
    Rat.HSPA_PLUS: "3G",
    Rat.LTE: "4G",
    Rat.NB_IOT: "NB-IoT",
    Rat.CAT_M: "4G",
}
CIRCUIT: Final = frozenset({Rat.UTRAN_3G, Rat.GERAN_2G, Rat.HSPA_PLUS})  # a look-up works in these only (D§8.2)
GATEWAY: Final = ("203.0.113.5", "203.0.113.6")  # from TEST-NET-3: control plane, data plane
TARIFF: Final = 442
RATEZONE: Final = 2171


def show_status(sim: Sim, now: datetime, policy: Policy) -> dict[str, Any]:
    """Location and session. All values are strings except the two ids in "operator" (D§8.1)."""
    device, when = sim.device, notation(policy, spaced)
    shown: dict[str, Any] = {"status": device.status.value}
    if device.network is not None:
        shown["location"] = show_location(sim, device.network, when)
        if device.pdp is not None:
            shown["pdp_context"] = show_pdp_context(sim, device.network, device.pdp, now, when)
    there = device.status is not DeviceStatus.OFFLINE
    services = (("GSM", device.attached), ("GPRS", device.attached_gprs))
    shown["services"] = [name for name, since in services if there and since is not None]
    return shown


def show_location(sim: Sim, network: Network, when: Notation) -> dict[str, Any]:
    device = sim.device
    shown: dict[str, Any] = {"iccid": sim.iccid, "imsi": sim.imsi}
    if device.attached is not None:
        shown["last_updated"] = when(device.attached)
    if device.attached_gprs is not None:
        shown["last_updated_gprs"] = when(device.attached_gprs)
        shown |= {"sgsn_number": networks.sgsn(network), "sgsn_number_np": "1"}
    if device.attached is not None:
        shown |= {
            "vlr_number": networks.vlr(network),
            "vlr_number_np": "1",
            "msc": networks.msc(network),
            "msc_number_np": "1",
        }
    shown |= {
        "operator_id": str(network.id),
        "operator": {
            "id": network.id,
            "name": network.name,
            "country": {"id": network.country_id, "name": network.country, "iso_code": network.iso},
        },
        "country": {
            "country_id": str(network.country_id),
            "name": network.country,
            "country_code": network.country_code,
            "mcc": network.mcc,
            "iso_code": network.iso,
            "latitude": network.latitude,
            "longitude": network.longitude,
        },
    }
    if device.attached_gprs is not None:
        shown["sgsn_ip_address"] = networks.sgsn_ip(network)
    return shown


def show_pdp_context(sim: Sim, network: Network, pdp: PdpContext, now: datetime, when: Notation) -> dict[str, Any]:
    device = sim.device
    minutes, seconds = divmod(int((now - pdp.opened).total_seconds()), 60)
    shown: dict[str, Any] = {
        "pdp_context_id": str(pdp.id),
        "endpoint_id": str(endpoint_id(sim.iccid)),
        "tariff_profile_id": "129701",
        "tariff_id": str(TARIFF),
        "ratezone_id": str(RATEZONE),
        "organisation_id": str(sim.organisation),
        "imsi_id": str(imsi_id(sim.iccid)),
        "imsi": sim.imsi,
        "sim_id": str(sim_id(sim.iccid)),
        "teid_data_plane": str(2 * pdp.id + 1),
        "teid_control_plane": str(2 * pdp.id),
        "gtp_version": "1",
        "nsapi": "5",
        "sgsn_control_plane_ip_address": networks.sgsn_ip(network),
        "sgsn_data_plane_ip_address": networks.sgsn_ip(network, 1),
        "ggsn_control_plane_ip_address": GATEWAY[0],
        "ggsn_data_plane_ip_address": GATEWAY[1],
        "created": when(pdp.opened),
        "mcc": network.mcc,
        "mnc": network.mnc,
        "operator_id": str(network.id),
        "lac": str(device.cell_lac),
        "ci": str(device.cell_id),
        "ue_ip_address": sim.ip_address,
    }
    if pdp.imei:
        shown["imeisv"] = pdp.imei
    shown["duration"] = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    shown["rat_type"] = {
        "rat_type_id": str(device.rat.value),
        "description": RAT_WORDS[device.rat],
    }
    return shown


def show_connectivity(sim: Sim, now: datetime, policy: Policy, *, subscriber: bool, ussd: bool) -> dict[str, Any]:
    """A look-up in the visited network. It works in 2G and 3G only; failures are in the body (D§8.2)."""
    shown: dict[str, Any] = {}
    if ussd:
        shown["ussd_info"] = {"success": False, "error": "Request Timeout Error"}
    if subscriber:
        shown["subscriber_info"] = show_subscriber(sim, now)
    return shown | {
        "request_timestamp": precise(now),
        "reply_timestamp": precise(now + policy.lookup_time),
    }


def show_subscriber(sim: Sim, now: datetime) -> dict[str, Any]:
    device = sim.device
    if (
        device.status is DeviceStatus.OFFLINE
        or device.rat not in CIRCUIT
        or device.network is None
        or device.attached is None
    ):
        return {"success": False, "error": "Absent Subscriber"}
    return {
        "success": True,
        "state": "assumed_idle",
        "location": {
            "current_location_retrieved": False,
            "age_of_location": int((now - device.attached).total_seconds()) // 60,
            "cell_global_id": {
                "mcc": device.network.mcc,
                "mnc": str(int(device.network.mnc)),
                "lac": device.cell_lac,
                "cid": device.cell_id,
            },
        },
    }
