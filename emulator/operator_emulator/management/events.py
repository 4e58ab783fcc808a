"""What this API calls an event (D§11.2): one table from EventType to number, name, severity and sentence.

The event list shows the sentence and the severity alone; number, name and source are the data streamer's. A type
that is not in the table is not shown: messages have a list of their own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal, TypeVar

from operator_emulator.core.customers.model import OCTETS_PER_MB, SimState
from operator_emulator.core.network import networks
from operator_emulator.core.network.model import AttachFailure, Rat
from operator_emulator.core.world.model import Event, EventType
from operator_emulator.core.world.payloads import (
    DataDisconnection,
    ForwardingFailure,
    LocationUpdate,
    MissingForwarder,
    Payload,
    PdpContextRefusal,
    QuotaChange,
    SimStateChange,
)
from operator_emulator.core.world.policy import Policy
from operator_emulator.management.editions import Edition
from operator_emulator.management.wire.values import endpoint_id, sim_id, stamp

P = TypeVar("P", bound=Payload)

# --------------------------------------------------------------------------------------------- sentences

# Why a session was cut or refused. Published: disabled, and the traffic limit. On the platform beneath: quota, no
# quota, not activated, barred. The last two are assumed.
DISABLED: Final = "it has been disabled"
REASONS: Final[Mapping[AttachFailure, str]] = MappingProxyType(
    {
        AttachFailure.MONTHLY_USAGE_LIMIT_EXCEEDED: "endpoint is currently blocked due to exceeded traffic limit",
        AttachFailure.QUOTA_EXHAUSTED: (
            "quota volume of endpoint is exhausted and defined action is to block data traffic"
        ),
        AttachFailure.SIM_NOT_ACTIVATED: "SIM is not activated",
        AttachFailure.SIM_SUSPENDED: "SIM is not activated",
        AttachFailure.NO_QUOTA_FOUND: "endpoint has no quota",
        AttachFailure.DATA_SERVICE_BARRED: "data service disabled in service profile",
        AttachFailure.QUOTA_EXPIRED: "quota of endpoint has expired",
        AttachFailure.IMEI_LOCK_BREACHED: "IMEI does not match the IMEI that the SIM is locked to",
    }
)

# As 3GPP TS 29.274 calls them; only E_UTRAN is published.
RAT_NAMES: Final[Mapping[Rat, str]] = MappingProxyType(
    {
        Rat.UTRAN_3G: "UTRAN",
        Rat.GERAN_2G: "GERAN",
        Rat.HSPA_PLUS: "HSPA_EVOLUTION",
        Rat.LTE: "E_UTRAN",
        Rat.NB_IOT: "E_UTRAN_NB_IOT",
        Rat.CAT_M: "LTE_M",
    }
)


def payload_of(event: Event, kind: type[P]) -> P:
    payload = event.payload
    assert isinstance(payload, kind), f"a {event.type} event tells a {kind.__name__}"
    return payload


def vlr_update(event: Event, edition: Edition) -> str:
    vlr = networks.vlr(event.network) if event.network else ""
    return f"New location received from VLR for IMSI='{event.imsi or ''}', now attached to VLR='{vlr}'."


def sgsn_update(event: Event, edition: Edition) -> str:
    network, rat = event.network, payload_of(event, LocationUpdate).cell.rat
    sgsn, ip = (networks.sgsn(network), networks.sgsn_ip(network)) if network else ("", "")
    radio = f", RAT type='{RAT_NAMES[rat]}'" if rat is not None and edition.rat_in_events else ""
    return (
        f"New location received from SGSN for IMSI='{event.imsi or ''}', "
        f"now attached to SGSN='{sgsn}', IP='{ip}'{radio}."
    )


def vlr_purge(event: Event, edition: Edition) -> str:
    return f"VLR location information has been purged for IMSI='{event.imsi or ''}'."


def sgsn_purge(event: Event, edition: Edition) -> str:
    return f"SGSN location information has been purged for IMSI='{event.imsi or ''}'."


def session_opened(event: Event, edition: Edition) -> str:
    control, data = (networks.sgsn_ip(event.network, plane) if event.network else "" for plane in (0, 1))
    return f"New PDP Context successfully activated with SGSN CP={control}, DP={data}."


def session_refused(event: Event, edition: Edition) -> str:
    return f"PDP Context Request rejected, because {REASONS[payload_of(event, PdpContextRefusal).cause]}."


def data_disconnected(event: Event, edition: Edition) -> str:
    cause = payload_of(event, DataDisconnection).cause
    return f"Disconnecting data access for endpoint, because {DISABLED if cause is None else REASONS[cause]}."


def state_changed(event: Event, edition: Edition) -> str:
    """The one sentence without a full stop."""
    change = payload_of(event, SimStateChange)
    return f"Status of SIM changed from '{change.before}' to '{change.after}'"


def released(event: Event, edition: Edition) -> str:
    return f"SIM {internal_id(event, sim_id)} released from endpoint {internal_id(event, endpoint_id)}"


def assigned(event: Event, edition: Edition) -> str:
    return f"SIM {internal_id(event, sim_id)} assigned to endpoint {internal_id(event, endpoint_id)}"


def internal_id(event: Event, of: Callable[[str], int]) -> str:
    return str(of(event.iccid)) if event.iccid else ""


def data_quota_assigned(event: Event, edition: Edition) -> str:
    megabytes = payload_of(event, QuotaChange).quota.last_added / OCTETS_PER_MB
    return (
        f"Data quota got assigned with volume of {megabytes:.6f} MB. On exhaustion, the data service will be blocked."
    )


def sms_quota_assigned(event: Event, edition: Edition) -> str:
    volume = payload_of(event, QuotaChange).quota.last_added
    return f"SMS quota got assigned with volume of {volume} SMS. On exhaustion, the SMS service will be blocked."


def quota_deleted(service: str) -> str:
    return (
        f"{service[0].upper()}{service[1:]} quota got deleted and {service} service will be blocked for this endpoint "
        f"until new {service} quota got assigned."
    )


def forwarding_failed(event: Event, edition: Edition) -> str:
    failure = payload_of(event, ForwardingFailure)
    return (
        f"Unable to dispatch {failure.what} to API Callback URL '{failure.url}' (HTTP code={failure.code}), "
        "please verify the URL is correct and the application server is accepting requests."
    )


def forwarder_missing(event: Event, edition: Edition) -> str:
    missing = payload_of(event, MissingForwarder)
    return (
        f"{missing.what} to {missing.address} cannot be forwarded, "
        "because no API Callback URL defined in service profile."
    )


# --------------------------------------------------------------------------------------------- catalogue

Sentence = str | Callable[[Event, Edition], str]


@dataclass(frozen=True, slots=True)
class Words:
    id: int
    name: str
    severity: Literal["Info", "Warn", "Critical"]
    source: Literal["Network", "Policy Control", "API"]
    alert: bool
    sentence: Sentence


def _network(id: int, name: str, sentence: Sentence) -> Words:
    return Words(id, name, "Info", "Network", False, sentence)


def _policy(id: int, name: str, sentence: Sentence) -> Words:
    return Words(id, name, "Warn", "Policy Control", True, sentence)


def _api(id: int, name: str, sentence: Sentence, *, alert: bool = False) -> Words:
    return Words(id, name, "Info", "API", alert, sentence)


def _generic(sentence: Sentence, source: Literal["Network", "Policy Control"] = "Network") -> Words:
    return Words(0, "Generic", "Warn", source, True, sentence)


CATALOGUE: Final[Mapping[EventType, Words]] = MappingProxyType(
    {
        EventType.FORWARDING_FAILED: _generic(forwarding_failed),
        EventType.FORWARDING_IMPOSSIBLE: _generic(forwarder_missing),
        EventType.DATA_DISCONNECTED: _generic(data_disconnected, "Policy Control"),
        EventType.LOCATION_UPDATED: _network(1, "Update location", vlr_update),
        EventType.GPRS_LOCATION_UPDATED: _network(2, "Update GPRS location", sgsn_update),
        EventType.PDP_CONTEXT_CREATED: _network(3, "Create PDP Context", session_opened),
        EventType.PDP_CONTEXT_REFUSED: _policy(3, "Create PDP Context", session_refused),
        EventType.PDP_CONTEXT_UPDATED: _network(4, "Update PDP Context", "PDP Context updated."),
        EventType.PDP_CONTEXT_DELETED: _network(5, "Delete PDP Context", "PDP Context deleted."),
        EventType.SIM_STATE_CHANGED: _api(8, "SIM activation", state_changed),
        EventType.DATA_LIMIT_REACHED: _policy(
            11, "Endpoint blocked", "Blocking data access for endpoint, traffic limit exceeded."
        ),
        EventType.LOCATION_PURGED: _network(15, "Purge location", vlr_purge),
        EventType.GPRS_LOCATION_PURGED: _network(16, "Purge GPRS location", sgsn_purge),
        EventType.DATA_THRESHOLD_REACHED: _policy(
            18, "Quota threshold reached", "Endpoint quota threshold reached, volume is below 20%."
        ),
        EventType.DATA_USED_UP: _policy(
            19, "Quota used up", "Quota volume is completely used up and data access denied for endpoint."
        ),
        EventType.SMS_THRESHOLD_REACHED: _policy(
            20, "SMS quota threshold reached", "SMS quota threshold reached, volume is below 20%."
        ),
        EventType.SMS_USED_UP: _policy(
            21, "SMS quota used up", "SMS quota volume is completely used up and SMS access denied for endpoint."
        ),
        EventType.VPN_AUTHENTICATED: _api(
            30, "OpenVPN authentication", "OpenVPN client (re-)authenticated successfully"
        ),
        EventType.SIM_RELEASED: _api(50, "SIM Released", released),
        EventType.SIM_ASSIGNED: _api(51, "SIM Assigned", assigned),
        EventType.DATA_QUOTA_ASSIGNED: _api(56, "Data quota assigned", data_quota_assigned, alert=True),
        EventType.DATA_QUOTA_DELETED: _api(57, "Data quota deleted", quota_deleted("data"), alert=True),
        EventType.SMS_QUOTA_ASSIGNED: _api(58, "SMS quota assigned", sms_quota_assigned, alert=True),
        EventType.SMS_QUOTA_DELETED: _api(59, "SMS quota deleted", quota_deleted("SMS"), alert=True),
        EventType.DATA_QUOTA_EXPIRED: _policy(60, "Data quota expired", "Data quota expired."),
    }
)
SUSPENDED: Final = _api(9, "SIM suspension", state_changed)
SMS_MT: Final = Words(0, "SMS MT", "Info", "Network", False, "SMS MT")
SMS_MO: Final = Words(0, "SMS MO", "Info", "Network", False, "SMS MO")
# Rows of the portal's list, which are not in the catalogue (D§11.1).
SMS_ROWS: Final[Mapping[EventType, Words]] = MappingProxyType(
    {
        EventType.SMS_DELIVERED: SMS_MT,
        EventType.SMS_FAILED: SMS_MT,
        EventType.SMS_EXPIRED: SMS_MT,
        EventType.MO_RECEIVED: SMS_MO,
    }
)


def shown_types(policy: Policy) -> tuple[EventType, ...]:
    """The types of events that the event list shows."""
    return (*CATALOGUE, *SMS_ROWS) if policy.sms_rows_in_events else tuple(CATALOGUE)


def words_of(event: Event) -> Words:
    if event.type is EventType.SIM_STATE_CHANGED and payload_of(event, SimStateChange).after is SimState.SUSPENDED:
        return SUSPENDED
    return CATALOGUE.get(event.type) or SMS_ROWS[event.type]


def sentence_of(words: Words, event: Event, edition: Edition) -> str:
    return words.sentence if isinstance(words.sentence, str) else words.sentence(event, edition)


def show_event(event: Event, edition: Edition) -> dict[str, Any]:
    """One event as the list shows it (D§11.1)."""
    words = words_of(event)
    shown: dict[str, Any] = {"timestamp": stamp(event.at), "event_type": sentence_of(words, event, edition)}
    if event.iccid:
        shown["iccid"] = event.iccid
    if event.imsi:
        shown["imsi"] = event.imsi
    if event.imei:
        shown["imei"] = event.imei
    network = event.network
    if network is not None:
        shown |= {"country": network.country, "operator": network.name, "mcc": network.mcc, "mnc": network.mnc}
    return shown | {"alert": words.alert, "event_severity": words.severity}


def describe(event: Event, edition: Edition) -> tuple[str, str] | None:
    """Severity and sentence; None for what this API has no words for."""
    if event.type not in CATALOGUE and event.type not in SMS_ROWS:
        return None
    shown = show_event(event, edition)
    return shown["event_severity"], shown["event_type"]
