"""Records of the second generation, Platform 2.0 (S§5 to 7). Its events are those of version 2's list."""

from typing import Any

from operator_emulator.core.customers.model import Organisation, Service, Sim, UsageRecord
from operator_emulator.core.network.model import Rat, Sms
from operator_emulator.core.world.model import Event, EventType
from operator_emulator.management.streamer import usage
from operator_emulator.management.v2.wire.events import show_endpoint, show_sim
from operator_emulator.management.v2.wire.session import session_name
from operator_emulator.management.wire.values import endpoint_id, imsi_id, seconds, spaced, zulu

FINAL: dict[EventType, dict[str, Any]] = {
    EventType.SMS_DELIVERED: {"status": "DELIVERED", "id": 4},
    EventType.SMS_FAILED: {"status": "FAILED", "id": 5},
    EventType.SMS_EXPIRED: {"status": "EXPIRED", "id": 6},
}


def show_usage(record: UsageRecord, sim: Sim, organisation: Organisation) -> dict[str, Any]:
    """Dates of data have a fraction, those of messages none; data tells its session."""
    data = record.service is Service.DATA
    show_time = zulu if data else seconds
    shown = {
        "id": record.id,
        "start_timestamp": show_time(record.start),
        "end_timestamp": show_time(usage.end_of(record)),
        "imsi": record.imsi,
        "imsi_id": imsi_id(record.iccid),
        "organisation": {"id": organisation.id, "name": organisation.customer_number},
        "endpoint": show_endpoint(sim, record.imei),
        "sim": show_sim(sim),
        **usage.rating_of(record),
        "volume": usage.volume_of(record),
    }
    if not data or record.session is None:
        return shown
    session = {
        "rat_type": int(record.rat or Rat.LTE),
        "ipcan_session_id": session_name(record.iccid, record.session),
    }
    return {**shown, "detail": {"pdp_context": session}}


def show_sms(event: Event, sms: Sms) -> dict[str, Any]:
    """A message from a device, or how a message to a device ended."""
    return show_mo(sms) if event.type is EventType.MO_RECEIVED else show_report(event, sms)


def show_mo(sms: Sms) -> dict[str, Any]:
    """Its date has the old form, and there is no ``multi_part_info`` (S§7)."""
    return {
        "id": sms.id,
        "submit_date": spaced(sms.submitted),
        "pid": 0,
        "organisation": {"id": sms.organisation or 0},
        "dest_address": sms.dest_address,
        "source_address": sms.msisdn,
        "dcs": sms.dcs,
        "payload": sms.payload,
        "endpoint": {"id": endpoint_id(sms.iccid), "name": sms.iccid},
    }


def show_report(event: Event, sms: Sms) -> dict[str, Any]:
    """Here EXPIRED is a documented final status (S§7)."""
    return {
        "id": sms.id,
        "submit_date": seconds(sms.submitted),
        "final_date": seconds(sms.finished or event.at),
        "organisation": {"id": sms.organisation or 0},
        "endpoint": {"id": endpoint_id(sms.iccid), "name": sms.iccid},
        "status": FINAL[event.type],
        "detail": {"sms": {"id": str(sms.id)}},
    }
