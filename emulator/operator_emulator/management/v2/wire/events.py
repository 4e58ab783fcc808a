"""Events as version 2 shows them (V§9), which is also how generation 2 of the Data Streamer sends them (S§5)."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from operator_emulator.core.customers.model import CoreNetwork, Organisation, Sim
from operator_emulator.core.network import networks
from operator_emulator.core.network.model import AttachFailure, Network, PdpContext, Rat
from operator_emulator.core.world.model import Event, EventType
from operator_emulator.core.world.payloads import (
    Cell,
    PdpContextChange,
    PdpContextRefusal,
    QuotaChange,
    RegionalPoolChange,
    VpnTunnel,
)
from operator_emulator.core.world.policy import Policy
from operator_emulator.management.editions import NOW
from operator_emulator.management.events import CATALOGUE, Words, internal_id, sentence_of, words_of
from operator_emulator.management.v2.wire.quotas import amount_of, show_quota, threshold_volume
from operator_emulator.management.v2.wire.session import APNS, REGION, is_4g, location_of, session_name, tunnels
from operator_emulator.management.wire.status import GATEWAY, RATEZONE, TARIFF
from operator_emulator.management.wire.values import (
    endpoint_id,
    imsi_id,
    megabytes,
    quota_id,
    seconds,
    sim_id,
    zulu,
)

SEVERITIES: Final = {
    "Info": {"id": 0, "description": "INFO"},
    "Warn": {"id": 1, "description": "WARN"},
    "Critical": {"id": 4, "description": "CRITICAL"},
}
SOURCES: Final = {
    name: {"id": number, "description": name} for number, name in enumerate(("Network", "Policy Control", "API"))
}

# Kinds that version 2 does not list any more (S§5.2): 0, 50 and 51.
UNLISTED: Final = frozenset(
    {
        EventType.FORWARDING_FAILED,
        EventType.FORWARDING_IMPOSSIBLE,
        EventType.DATA_DISCONNECTED,
        EventType.SIM_RELEASED,
        EventType.SIM_ASSIGNED,
    }
)


def vlr_update(event: Event, _: object) -> str:
    """With blanks around the signs and without a full stop (S§5.1)."""
    vlr = networks.vlr(event.network) if event.network else ""
    return f"New location received from VLR for IMSI = '{event.imsi or ''}', now attached to VLR = '{vlr}'"


def endpoint(id: int, name: str, became: str) -> Words:
    """Something that happened to the endpoint itself, in the words of the sister platform."""
    sentence = f"Status of Endpoint {{}} changed to {became}"
    return Words(id, name, "Info", "API", False, lambda event, _: sentence.format(internal_id(event, endpoint_id)))


def pool(id: int, name: str, sentence: str) -> Words:
    return Words(id, f"Regional Pool {name}", "Warn", "Policy Control", True, f"Regional pool {sentence}")


# What version 1 does not have (S§5.2). Of types 61 and above, the sentences are assumed.
NEW: Final[Mapping[EventType, Words]] = MappingProxyType(
    {
        EventType.VPN_DISCONNECTED: Words(
            29, "OpenVPN disconnect", "Info", "API", False, "OpenVPN client disconnected"
        ),
        EventType.ENDPOINT_ENABLED: endpoint(42, "Endpoint enabled", "Enabled"),
        EventType.ENDPOINT_DISABLED: endpoint(43, "Endpoint disabled", "Disabled"),
        EventType.SMS_QUOTA_EXPIRED: replace(
            CATALOGUE[EventType.DATA_QUOTA_EXPIRED], id=61, name="SMS quota expired", sentence="SMS quota expired."
        ),
        EventType.POOL_DATA_USED_UP: pool(100, "Data Quota used up", "data quota volume is completely used up."),
        EventType.POOL_DATA_THRESHOLD_REACHED: pool(
            101, "Data Quota Threshold Reached", "data quota threshold reached, volume is below 20%."
        ),
        EventType.POOL_SMS_USED_UP: pool(102, "SMS Quota used up", "SMS quota volume is completely used up."),
        EventType.POOL_SMS_THRESHOLD_REACHED: pool(
            103, "SMS Quota Threshold Reached", "SMS quota threshold reached, volume is below 20%."
        ),
        EventType.ENDPOINT_DELETED: endpoint(121, "Endpoint deleted", "Deleted"),
    }
)
# What reads otherwise than in version 1 (S§5.1, 5.2).
RENAMED: Final[Mapping[EventType, Words]] = MappingProxyType(
    {
        EventType.LOCATION_UPDATED: replace(CATALOGUE[EventType.LOCATION_UPDATED], sentence=vlr_update),
        EventType.DATA_THRESHOLD_REACHED: replace(
            CATALOGUE[EventType.DATA_THRESHOLD_REACHED], name="Quota Threshold Reached"
        ),
        EventType.SMS_THRESHOLD_REACHED: replace(
            CATALOGUE[EventType.SMS_THRESHOLD_REACHED], name="SMS Quota Threshold Reached"
        ),
    }
)


def listed_types(policy: Policy) -> tuple[EventType, ...]:
    """The types of events that version 2 and generation 2 show."""
    everything = (*CATALOGUE, *NEW)
    return everything if policy.v2_unlisted_events else tuple(one for one in everything if one not in UNLISTED)


def describe(event: Event) -> tuple[str, str] | None:
    """Severity and sentence of an event that version 1 does not have; None for all others."""
    words = NEW.get(event.type)
    return None if words is None else (words.severity, sentence_of(words, event, NOW))


def show_event(event: Event, sim: Sim, organisation: Organisation, policy: Policy) -> dict[str, Any]:
    """An event in the list: the Data Streamer's record, and who caused it, which nobody knows."""
    return {**event_record(event, sim, organisation, policy), "user": None}


def event_record(event: Event, sim: Sim, organisation: Organisation, policy: Policy) -> dict[str, Any]:
    """An event of a SIM, which stands now as *sim*."""
    words = NEW.get(event.type) or RENAMED.get(event.type) or words_of(event)
    shown = {
        "id": event.id,
        "event_type": {"id": words.id, "description": words.name},
        "timestamp": zulu(event.at),
        "alert": words.alert,
        "description": sentence_of(words, event, NOW),
        "event_source": SOURCES[words.source],
        "event_severity": SEVERITIES[words.severity],
        "organisation": {"id": organisation.id, "name": organisation.customer_number},
        "endpoint": show_endpoint(sim, event.imei),
        "sim": show_sim(sim),
        "imsi": {"id": imsi_id(sim.iccid), "imsi": event.imsi or sim.imsi},
    }
    detail = detail_of(event, sim, policy)
    return shown if detail is None else {**shown, "detail": detail}


def show_endpoint(sim: Sim, imei: str | None) -> dict[str, Any]:
    return {"id": endpoint_id(sim.iccid), "name": sim.iccid, "ip_address": sim.ip_address, "imei": imei or ""}


def show_sim(sim: Sim) -> dict[str, Any]:
    return {"id": sim_id(sim.iccid), "iccid": sim.iccid, "msisdn": sim.msisdn}


# --------------------------------------------------------------------------------------------- detail (S§5.3)


def detail_of(event: Event, sim: Sim, policy: Policy) -> dict[str, Any] | None:
    """The ``detail`` of an event; None if its type has none."""
    network = event.network
    match event.payload:
        case PdpContextChange() as change if network is not None:
            return session_detail(event, change, sim, network)
        case PdpContextRefusal(cause=cause) if network is not None:
            return {**operator(network), "data_service_failure_cause": FAILURE_CAUSES.get(cause, cause.value)}
        case RegionalPoolChange(pool=name) as change:
            quota = quota_detail(sim.iccid, event.type, change, policy)
            return {"quota": quota, "regional_pool": {"id": POOL, "name": name}}
        case QuotaChange() as change:
            return {"quota": quota_detail(sim.iccid, event.type, change, policy)}
        case VpnTunnel() as tunnel:
            return vpn_detail(tunnel)
    if network is not None and event.type in (EventType.LOCATION_UPDATED, EventType.GPRS_LOCATION_UPDATED):
        return location_detail(network)
    return None


POOL: Final = 1  # the number of every regional pool; the emulator has none


def vpn_detail(tunnel: VpnTunnel) -> dict[str, Any]:
    client = {"version": tunnel.version, "private_ip": tunnel.private_ip, "public_ip": tunnel.public_ip}
    return {"vpn_id": tunnel.vpn, "region": tunnel.region, "client": client}


# Causes that the published list does not have (assumed).
FAILURE_CAUSES: Final[Mapping[AttachFailure, str]] = MappingProxyType(
    {
        AttachFailure.SIM_NOT_ACTIVATED: AttachFailure.DATA_SERVICE_BARRED.value,
        AttachFailure.SIM_SUSPENDED: AttachFailure.DATA_SERVICE_BARRED.value,
    }
)

# Of the countries of our networks; in the codes by which operators settle roaming, whose ends are made up.
ALPHA_3: Final = {"de": "DEU", "pl": "POL", "at": "AUT", "nl": "NLD", "fr": "FRA", "gb": "GBR", "us": "USA"}


def operator(network: Network) -> dict[str, Any]:
    return {
        "id": network.id,
        "name": network.name,
        "country": {
            "id": network.country_id,
            "name": network.country,
            "country_code": network.country_code,
            "mcc": network.mcc,
            "iso_code": network.iso,
        },
    }


def location_detail(network: Network) -> dict[str, Any]:
    tapcode = ALPHA_3.get(network.iso, network.iso.upper()) + network.mnc
    return {
        **operator(network),
        "tapcode": [{"id": network.id, "tapcode": tapcode}],
        "mnc": [{"id": network.id, "mnc": network.mnc}],
    }


def session_detail(event: Event, change: PdpContextChange, sim: Sim, network: Network) -> dict[str, Any]:
    """The network and the session; of one that is closed, what it carried, too."""
    closed = event.type is EventType.PDP_CONTEXT_DELETED
    detail = {**operator(network), "pdp_context": show_session(event, change, sim, network, closed=closed)}
    return {**detail, "volume": volume_of(change.pdp)} if closed else detail


def volume_of(pdp: PdpContext) -> dict[str, Any]:
    tx, rx = pdp.octets_tx, pdp.octets_rx
    return {"rx": megabytes(rx), "tx": megabytes(tx), "total": megabytes(rx + tx)}


def show_session(event: Event, change: PdpContextChange, sim: Sim, network: Network, *, closed: bool) -> dict[str, Any]:
    """A session with numbers where the network status has strings (S§5.4).

    Of a closed one the access point is null and the tariff missing, as recorded in generation 1.
    """
    pdp = change.pdp
    named = {} if closed else {"tariff_id": str(TARIFF), "ratezone_id": str(RATEZONE), "operator_id": str(network.id)}
    ends = tunnels(pdp)
    return {
        "pdp_context_id": pdp.id,
        "gtp_version": 2 if is_4g(rat_of(change.cell)) else 1,
        "nsapi": 5,
        **location_of_session(change.cell),
        "rat_type": int(rat_of(change.cell)),
        **{name: ends[name] for name in ("tx_teid_control_plane", "tx_teid_data_plane", "rx_teid")},
        "sgsn_control_plane_ip_address": networks.sgsn_ip(network),
        "sgsn_data_plane_ip_address": networks.sgsn_ip(network, 1),
        "ggsn_control_plane_ip_address": GATEWAY[0],
        "ggsn_data_plane_ip_address": GATEWAY[1],
        "region": REGION,
        "breakout_ip": None,
        "apn": None if closed else APNS[CoreNetwork(sim.core)],
        "ue_ip_address": change.ip_address or sim.ip_address,
        "imeisv": pdp.imei or event.imei or "",
        "imsi": event.imsi or sim.imsi,
        "mcc": network.mcc,
        "mnc": network.mnc,
        **named,
        "tunnel_created": pdp.opened.isoformat()[:19],
        "ipcan_session_id": session_name(sim.iccid, pdp.id),
    }


def rat_of(cell: Cell) -> Rat:
    """The radio; LTE if the event does not say."""
    return cell.rat or Rat.LTE


def location_of_session(cell: Cell) -> dict[str, Any]:
    """Where the device is. In 2G and 3G it stands at the top as well: announced as moved, recorded as not (S§5.4)."""
    location: dict[str, Any] = location_of(rat_of(cell), cell.lac, cell.id)
    old = location.get("gtp_v1_uli")
    return location if old is None else {**old, "sac": None, **location}


def quota_detail(iccid: str, type: EventType, change: QuotaChange, policy: Policy) -> dict[str, Any]:
    """The quota after the change: of data that is low or used up in short, otherwise in full (S§5.3)."""
    quota, service = change.quota, change.service
    if type not in (EventType.DATA_THRESHOLD_REACHED, EventType.DATA_USED_UP):
        return show_quota(iccid, service, quota, policy, expires=change.expires, when=seconds)
    volume = threshold_volume(service, quota, policy)
    shown = {
        "id": quota_id(iccid, service),
        "volume": amount_of(service)(quota.volume),
        "total_volume": amount_of(service)(quota.full),
        "threshold": {"volume": volume, "percentage": policy.threshold_percentage},
        "threshold_volume": volume,
        "threshold_percentage": policy.threshold_percentage,
    }
    return shown if change.expires is None else {**shown, "expiry_date": seconds(change.expires)}
