"""Where a SIM is, as version 2 shows it (V§7): objects around single words, names for 4G, a list of sessions."""

from typing import Any, Final

from operator_emulator.core.customers.model import CoreNetwork, Sim
from operator_emulator.core.network import networks
from operator_emulator.core.network.model import Device, DeviceStatus, Network, PdpContext
from operator_emulator.management.v2.wire.session import APNS, REGION, is_4g, location_of, session_name, tunnels
from operator_emulator.management.wire.status import GATEWAY, RAT_WORDS, RATEZONE, TARIFF
from operator_emulator.management.wire.values import endpoint_id, imsi_id, sim_id, spaced, zulu

BLOCKED: Final = "BLOCKED"


def show_status(sim: Sim, *, blocked: bool) -> dict[str, Any]:
    """Registers and session. *blocked*: the monthly limit keeps the SIM from data (assumed, V§7)."""
    device = sim.device
    shown: dict[str, Any] = {
        "status": {"description": BLOCKED if blocked else device.status.value},
        "data_traffic_limit_state": {"description": "REACHED" if blocked else "NOT_REACHED"},
    }
    if device.network is not None:
        shown["location"] = show_location(sim, device, device.network)
        if device.pdp is not None:
            shown["pdp_contexts"] = [show_pdp_context(sim, device, device.network, device.pdp)]
    there = device.status is not DeviceStatus.OFFLINE
    services = (("GSM", device.attached), ("GPRS", device.attached_gprs))
    return shown | {"services": [name for name, since in services if there and since is not None]}


def show_location(sim: Sim, device: Device, network: Network) -> dict[str, Any]:
    shown: dict[str, Any] = {"iccid": sim.iccid, "imsi": sim.imsi}
    seen = [at for at in (device.attached, device.attached_gprs) if at is not None]
    if seen:
        shown["last_updated"] = spaced(max(seen))
    if device.attached_gprs is not None:
        shown["sgsn_number"] = networks.mme(network) if is_4g(device.rat) else networks.sgsn(network)
    if device.attached is not None:
        shown |= {"vlr_number": networks.vlr(network), "msc": networks.msc(network)}
    shown["operator_id"] = str(network.id)
    if device.attached_gprs is not None:
        shown["sgsn_ip_address"] = networks.sgsn_ip(network)
        node = ("mme", networks.mme(network)) if is_4g(device.rat) else ("sgsn", networks.sgsn_name(network))
        shown |= {f"{node[0]}_name": node[1], f"{node[0]}_realm": networks.realm(network)}
    return shown | {
        "operator": {
            "id": network.id,
            "name": network.name,
            "mnc": network.mnc,
            "country": {"id": network.country_id, "name": network.country, "iso_code": network.iso},
        },
        "country": {
            "country_id": str(network.country_id),
            "name": network.country,
            "country_code": network.country_code,
            "mcc": network.mcc,
            "iso_code": network.iso,
        },
    }


def show_pdp_context(sim: Sim, device: Device, network: Network, pdp: PdpContext) -> dict[str, Any]:
    """A session; every value is a string (V§7)."""
    location = location_of(device.rat, device.cell_lac, device.cell_id)
    shown: dict[str, Any] = {
        "pdp_context_id": str(pdp.id),
        "endpoint_id": str(endpoint_id(sim.iccid)),
        "tariff_id": str(TARIFF),
        "ratezone_id": str(RATEZONE),
        "organisation_id": str(sim.organisation),
        "imsi_id": str(imsi_id(sim.iccid)),
        "imsi": sim.imsi,
        "sim_id": str(sim_id(sim.iccid)),
        **{name: str(number) for name, number in tunnels(pdp).items()},
        "gtp_version": "2" if is_4g(device.rat) else "1",
        "nsapi": "5",
        "sgsn_control_plane_ip_address": networks.sgsn_ip(network),
        "sgsn_data_plane_ip_address": networks.sgsn_ip(network, 1),
        "ggsn_control_plane_ip_address": GATEWAY[0],
        "ggsn_data_plane_ip_address": GATEWAY[1],
        "created": zulu(pdp.opened),
        "mcc": network.mcc,
        "mnc": network.mnc,
        "operator_id": str(network.id),
        # Deprecated, and required all the same.
        "lac": str(device.cell_lac),
        "ci": str(device.cell_id),
        "sac": "0",
        "rac": str(location.get("gtp_v1_uli", {}).get("rac", 0)),
    }
    for name, places in location.items():
        shown[name] = {place: str(number) for place, number in places.items()}
    return shown | {
        "ue_ip_address": sim.ip_address,
        "imeisv": pdp.imei or device.imei or "",
        "rat_type": {"rat_type_id": str(device.rat.value), "description": RAT_WORDS[device.rat]},
        "region": REGION,
        "apn": APNS[CoreNetwork(sim.core)],
        "ipcan_session_id": session_name(sim.iccid, pdp.id),
    }
