"""What this API calls an event (D§11.2): one table from EventType to number, name, severity and sentence.

The event list shows the sentence and the severity alone; number, name and source are the data streamer's. A type
that is not here is not shown: messages have a list of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from operator_emulator.core.customers.model import OCTETS_PER_MB, SimState
from operator_emulator.core.network import networks
from operator_emulator.core.network.model import AttachFailure, Rat
from operator_emulator.core.world.model import Event, EventType
from operator_emulator.core.world.policy import Policy
from operator_emulator.management.editions import Edition
from operator_emulator.management.wire.values import endpoint_id, sim_id, stamp


@dataclass(frozen=True, slots=True)
class Words:
    """*sentence* is filled with the event's data, and what ``values`` makes of it."""

    id: int
    name: str
    severity: Literal["Info", "Warn", "Critical"]
    source: Literal["Network", "Policy Control", "API"]
    alert: bool
    sentence: str


def _network(id: int, name: str, sentence: str) -> Words:
    return Words(id, name, "Info", "Network", False, sentence)


def _policy(id: int, name: str, sentence: str) -> Words:
    return Words(id, name, "Warn", "Policy Control", True, sentence)


def _api(id: int, name: str, sentence: str, *, alert: bool = False) -> Words:
    return Words(id, name, "Info", "API", alert, sentence)


def _generic(sentence: str, source: Literal["Network", "Policy Control"] = "Network") -> Words:
    return Words(0, "Generic", "Warn", source, True, sentence)


STATE_CHANGED: Final = "Status of SIM changed from '{from}' to '{to}'"  # the one sentence without a full stop

CATALOGUE: Final[Mapping[EventType, Words]] = MappingProxyType(
    {
        EventType.FORWARDING_FAILED: _generic(
            "Unable to dispatch {what} to API Callback URL '{url}' (HTTP code={code}), "
            "please verify the URL is correct and the application server is accepting requests."
        ),
        EventType.FORWARDING_IMPOSSIBLE: _generic(
            "{what} to {to} cannot be forwarded, because no API Callback URL defined in service profile."
        ),
        EventType.DATA_DISCONNECTED: _generic(
            "Disconnecting data access for endpoint, because {because}.", "Policy Control"
        ),
        EventType.LOCATION_UPDATED: _network(
            1,
            "Update location",
            "New location received from VLR for IMSI='{imsi}', now attached to VLR='{vlr}'.",
        ),
        EventType.GPRS_LOCATION_UPDATED: _network(
            2,
            "Update GPRS location",
            "New location received from SGSN for IMSI='{imsi}', now attached to SGSN='{sgsn}', IP='{ip}'{rat}.",
        ),
        EventType.PDP_CONTEXT_CREATED: _network(
            3,
            "Create PDP Context",
            "New PDP Context successfully activated with SGSN CP={cp}, DP={dp}.",
        ),
        EventType.PDP_CONTEXT_REFUSED: _policy(
            3, "Create PDP Context", "PDP Context Request rejected, because {because}."
        ),
        EventType.PDP_CONTEXT_UPDATED: _network(4, "Update PDP Context", "PDP Context updated."),
        EventType.PDP_CONTEXT_DELETED: _network(5, "Delete PDP Context", "PDP Context deleted."),
        EventType.SIM_STATE_CHANGED: _api(8, "SIM activation", STATE_CHANGED),
        EventType.DATA_LIMIT_REACHED: _policy(
            11, "Endpoint blocked", "Blocking data access for endpoint, traffic limit exceeded."
        ),
        EventType.LOCATION_PURGED: _network(
            15, "Purge location", "VLR location information has been purged for IMSI='{imsi}'."
        ),
        EventType.GPRS_LOCATION_PURGED: _network(
            16, "Purge GPRS location", "SGSN location information has been purged for IMSI='{imsi}'."
        ),
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
            21,
            "SMS quota used up",
            "SMS quota volume is completely used up and SMS access denied for endpoint.",
        ),
        EventType.SIM_RELEASED: _api(50, "SIM Released", "SIM {sim} released from endpoint {endpoint}"),
        EventType.SIM_ASSIGNED: _api(51, "SIM Assigned", "SIM {sim} assigned to endpoint {endpoint}"),
        EventType.DATA_QUOTA_ASSIGNED: _api(
            56,
            "Data quota assigned",
            "Data quota got assigned with volume of {megabytes} MB. On exhaustion, the data service will be blocked.",
            alert=True,
        ),
        EventType.SMS_QUOTA_ASSIGNED: _api(
            58,
            "SMS quota assigned",
            "SMS quota got assigned with volume of {volume} SMS. On exhaustion, the SMS service will be blocked.",
            alert=True,
        ),
        EventType.DATA_QUOTA_EXPIRED: _policy(60, "Data quota expired", "Data quota expired."),
    }
)
SUSPENDED: Final = _api(9, "SIM suspension", STATE_CHANGED)
SMS_MT: Final = Words(0, "SMS MT", "Info", "Network", False, "SMS MT")
SMS_MO: Final = Words(0, "SMS MO", "Info", "Network", False, "SMS MO")
# Rows of the portal's list, which are no events of the catalogue (D§11.1).
SMS_ROWS: Final[Mapping[EventType, Words]] = MappingProxyType(
    {
        EventType.SMS_DELIVERED: SMS_MT,
        EventType.SMS_FAILED: SMS_MT,
        EventType.SMS_EXPIRED: SMS_MT,
        EventType.MO_RECEIVED: SMS_MO,
    }
)


def shown_types(policy: Policy) -> tuple[EventType, ...]:
    """What the event list shows."""
    return (*CATALOGUE, *SMS_ROWS) if policy.sms_rows_in_events else tuple(CATALOGUE)


def words_of(event: Event) -> Words:
    if event.type is EventType.SIM_STATE_CHANGED and event.data.get("to") == SimState.SUSPENDED:
        return SUSPENDED
    return CATALOGUE.get(event.type) or SMS_ROWS[event.type]


# Why a session was cut or refused. Published: disabled, and the traffic limit. On the platform beneath: quota, no
# quota, not activated, barred. The last two are assumed.
REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "disabled": "it has been disabled",
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
RAT_NAMES: Final[Mapping[int, str]] = MappingProxyType(
    {
        Rat.UTRAN_3G: "UTRAN",
        Rat.GERAN_2G: "GERAN",
        Rat.HSPA_PLUS: "HSPA_EVOLUTION",
        Rat.LTE: "E_UTRAN",
        Rat.NB_IOT: "E_UTRAN_NB_IOT",
        Rat.CAT_M: "LTE_M",
    }
)


def show_event(event: Event, edition: Edition) -> dict[str, Any]:
    """One event as the list shows it (D§11.1)."""
    words = words_of(event)
    shown: dict[str, Any] = {
        "timestamp": stamp(event.at),
        "event_type": words.sentence.format_map(values(event, edition)),
    }
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


class Values(dict[str, Any]):
    """The values of a sentence. What an event does not tell, as one from a fixture may not, is left empty."""

    def __missing__(self, key: str) -> str:
        return ""


def values(event: Event, edition: Edition) -> Values:
    """What the sentence of an event is filled with."""
    filled = Values(imsi=event.imsi or "")
    if event.iccid:
        filled |= {"sim": sim_id(event.iccid), "endpoint": endpoint_id(event.iccid)}
    if event.network is not None:
        filled |= {
            "vlr": networks.vlr(event.network),
            "sgsn": networks.sgsn(event.network),
            "ip": networks.sgsn_ip(event.network),
            "cp": networks.sgsn_ip(event.network),
            "dp": networks.sgsn_ip(event.network, 1),
        }
    filled |= event.data
    rat = event.data.get("rat")
    named = RAT_NAMES.get(rat) if isinstance(rat, int) and edition.rat_in_events else None
    filled["rat"] = f", RAT type='{named}'" if named else ""
    reason = str(event.data.get("cause") or event.data.get("reason", ""))
    filled["because"] = REASONS.get(reason, reason)
    volume = event.data.get("volume")
    if isinstance(volume, (int, float)):
        filled["megabytes"] = f"{volume / OCTETS_PER_MB:.6f}"
    return filled


def describe(event: Event, edition: Edition) -> tuple[str, str] | None:
    """Severity and sentence; None for what this API has no words for."""
    if event.type not in CATALOGUE and event.type not in SMS_ROWS:
        return None
    shown = show_event(event, edition)
    return shown["event_severity"], shown["event_type"]
