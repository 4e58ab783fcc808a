"""Records of the first generation: the words of version 1, and null for what is unknown (S§5, 6)."""

from datetime import datetime
from typing import Any, Final

from operator_emulator.core.customers.model import Organisation, Service, Sim, UsageRecord
from operator_emulator.core.network import networks
from operator_emulator.core.network.model import Network
from operator_emulator.core.world.model import Event, EventType
from operator_emulator.core.world.payloads import PdpContextChange, PdpContextRefusal, QuotaChange
from operator_emulator.core.world.policy import Policy
from operator_emulator.management.editions import NOW
from operator_emulator.management.events import sentence_of, words_of
from operator_emulator.management.streamer import usage
from operator_emulator.management.v2.wire.events import SOURCES, location_detail, operator, rat_of, volume_of
from operator_emulator.management.v2.wire.quotas import amount_of, threshold_volume
from operator_emulator.management.v2.wire.session import REGION, is_4g, location_of, tunnels
from operator_emulator.management.wire.status import GATEWAY, RATEZONE, TARIFF
from operator_emulator.management.wire.values import endpoint_id, imsi_id, quota_id, seconds, sim_id, spaced

SEVERITIES: Final = {"Info": 0, "Warn": 1, "Critical": 2}
QUOTA_TYPES: Final = range(52, 60)  # these write the severity in another case (S§5.1)
TARIFF_PROFILE: Final = "129701"
APN: Final = "iot.1nce.net"
CURRENCY: Final = {"id": 1, "symbol": "€", "code": "EUR"}
FORWARDER_TROUBLE: Final = (EventType.FORWARDING_FAILED, EventType.FORWARDING_IMPOSSIBLE)
LOCATIONS: Final = (EventType.LOCATION_UPDATED, EventType.GPRS_LOCATION_UPDATED)
QUOTAS_LOW: Final = (
    EventType.DATA_THRESHOLD_REACHED,
    EventType.DATA_USED_UP,
    EventType.SMS_THRESHOLD_REACHED,
    EventType.SMS_USED_UP,
)
QUOTAS_ASSIGNED: Final = (EventType.DATA_QUOTA_ASSIGNED, EventType.SMS_QUOTA_ASSIGNED)


def show_event(event: Event, sim: Sim, organisation: Organisation, policy: Policy) -> dict[str, Any]:
    """An event of a SIM, which stands now as *sim*."""
    words = words_of(event)
    shown: dict[str, Any] = {
        "id": event.id,
        "timestamp": seconds(event.at),
        "event_type": {"id": words.id, "description": words.name},
        "event_severity": {
            "id": SEVERITIES[words.severity],
            "description": words.severity if words.id in QUOTA_TYPES else words.severity.upper(),
        },
        "event_source": SOURCES[words.source],
        "organisation": {"id": organisation.id, "name": organisation.customer_number},
        "alert": words.alert,
        "description": sentence_of(words, event, NOW),
    }
    if event.type is not EventType.FORWARDING_IMPOSSIBLE:  # the one that tells no IMSI (S§5.1)
        shown["imsi"] = {
            "id": imsi_id(sim.iccid),
            "imsi": event.imsi or sim.imsi,
            "import_date": delivery(sim, event.at),
        }
    shown |= {
        "sim": show_sim(sim, event.at),
        "endpoint": show_endpoint(sim, event.imei),
        "user": None,
    }
    detail = detail_of(event, sim, policy)
    if detail is not None or event.type in FORWARDER_TROUBLE:
        shown["detail"] = detail
    return shown


def show_usage(record: UsageRecord, sim: Sim, organisation: Organisation) -> dict[str, Any]:
    volume = usage.volume_of(record)
    return {
        "id": record.id,
        "start_timestamp": seconds(record.start),
        "end_timestamp": seconds(usage.end_of(record)),
        "imsi": record.imsi,
        "imsi_id": imsi_id(record.iccid),
        "organisation": {"id": organisation.id, "name": organisation.customer_number},
        "endpoint": {**show_endpoint(sim, record.imei), "balance": None},
        "sim": show_sim(sim, record.at),
        **usage.rating_of(record),
        "volume": volume,
        "cost": volume["total"],
        "currency": CURRENCY,
    }


def show_sim(sim: Sim, at: datetime) -> dict[str, Any]:
    return {
        "id": sim_id(sim.iccid),
        "iccid": sim.iccid,
        "msisdn": sim.msisdn,
        "production_date": delivery(sim, at),
    }


def show_endpoint(sim: Sim, imei: str | None) -> dict[str, Any]:
    return {
        "id": endpoint_id(sim.iccid),
        "name": sim.iccid,
        "ip_address": sim.ip_address,
        "tags": None,
        "imei": imei,
    }


def delivery(sim: Sim, at: datetime) -> str:
    """A substitute for the dates of production and import, which are not known (assumed)."""
    return seconds(sim.delivered or at)


# --------------------------------------------------------------------------------------------- detail (S§5.3)


def detail_of(event: Event, sim: Sim, policy: Policy) -> dict[str, Any] | str | None:
    """The ``detail`` of an event; None if its type has none."""
    network = event.network
    match event.payload:
        case PdpContextChange() as change if network is not None:
            return session_detail(event, change, sim, network)
        case PdpContextRefusal() if network is not None:
            return operator(network)
        case QuotaChange() as change if event.type in QUOTAS_LOW:
            return {"quota": quota_detail(change, policy)}
        case QuotaChange() as change if event.type in QUOTAS_ASSIGNED:
            return quota_text(sim.iccid, change, policy)
    if network is not None and event.type in LOCATIONS:
        return location_detail(network)
    return None


def session_detail(event: Event, change: PdpContextChange, sim: Sim, network: Network) -> dict[str, Any]:
    """The network and the session; of one that is closed, what it carried, too."""
    closed = event.type is EventType.PDP_CONTEXT_DELETED
    detail = {**operator(network), "pdp_context": show_session(event, change, sim, network, closed=closed)}
    return {**detail, "volume": volume_of(change.pdp)} if closed else detail


def show_session(event: Event, change: PdpContextChange, sim: Sim, network: Network, *, closed: bool) -> dict[str, Any]:
    """A session (S§5.4). Of a closed one the access point is null and the tariff missing."""
    pdp, rat = change.pdp, rat_of(change.cell)
    ends = tunnels(pdp)
    shown = {
        "pdp_context_id": pdp.id,
        "gtp_version": 2 if is_4g(rat) else 1,
        "nsapi": 5,
        "lac": change.cell.lac,
        "ci": change.cell.id,
        "sac": None,
        "rac": location_of(rat, change.cell.lac, change.cell.id).get("gtp_v1_uli", {}).get("rac"),
        "rat_type": int(rat),
        **{name: ends[name] for name in ("tx_teid_control_plane", "tx_teid_data_plane", "rx_teid")},
        "sgsn_control_plane_ip_address": networks.sgsn_ip(network),
        "sgsn_data_plane_ip_address": networks.sgsn_ip(network, 1),
        "ggsn_control_plane_ip_address": GATEWAY[0],
        "ggsn_data_plane_ip_address": GATEWAY[1],
        "region": REGION,
        "breakout_ip": None if closed else "unavailable",
        "apn": None if closed else APN,
        "ue_ip_address": change.ip_address or sim.ip_address,
        "imeisv": pdp.imei or event.imei or "",
        "imsi": event.imsi or sim.imsi,
        "mcc": network.mcc,
        "mnc": network.mnc,
        "tunnel_created": pdp.opened.isoformat()[:19],
    }
    if closed:
        return shown
    return shown | {
        "tariff_id": str(TARIFF),
        "ratezone_id": str(RATEZONE),
        "operator_id": str(network.id),
        "tariff_profile_id": TARIFF_PROFILE,
    }


def quota_detail(change: QuotaChange, policy: Policy) -> dict[str, Any]:
    """A quota that is low or used up."""
    shown = {
        "threshold_volume": threshold_volume(change.service, change.quota, policy),
        "volume": amount_of(change.service)(change.quota.volume),
        "threshold_percentage": policy.threshold_percentage,
    }
    return {**shown, "traffic_type": usage.TRAFFIC[Service.SMS]} if change.service is Service.SMS else shown


def quota_text(iccid: str, change: QuotaChange, policy: Policy) -> str:
    """A quota that was assigned: a text that looks like JSON, but its dates have no quotation marks (S§5.3)."""
    quota, amount = change.quota, amount_of(change.service)
    members: dict[str, Any] = {
        "endpoint_quota_id": quota_id(iccid, change.service),
        "quota_status_id": 1,
        "action_on_quota_exhaustion_id": 1,
        "volume": f"{amount(quota.volume):.6f}",
        "expiry_date": "null" if change.expires is None else spaced(change.expires),
        "peak_throughput": policy.peak_throughput,
        "last_volume_added": f"{amount(quota.last_added):.6f}",
        "last_status_change_date": spaced(quota.changed),
        "auto_refill": 0,
        "threshold_percentage": policy.threshold_percentage,
        "threshold_volume": f"{threshold_volume(change.service, quota, policy):.6f}",
    }
    return "{" + ", ".join(f'"{name}": {value}' for name, value in members.items()) + "}"
