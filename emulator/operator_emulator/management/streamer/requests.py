"""The requests of the Data Streamer: one batch of a stream, checked against data-streamer.yaml (S§3)."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from operator_emulator.core.customers.model import Generation, StreamKind, UsageRecord
from operator_emulator.core.network.model import Sms
from operator_emulator.core.world.model import Event, EventType, Record, RecordBatch
from operator_emulator.core.world.policy import Policy
from operator_emulator.management import forwarder
from operator_emulator.management.editions import NOW
from operator_emulator.management.streamer import ds1, ds2
from operator_emulator.management.v2.wire.events import event_record
from operator_emulator.runtime.sender import OutboundRequest
from operator_emulator.web.json import encode
from operator_emulator.web.openapi import Document

SLICE: Final = 200  # records that are shown in one step of the event loop

OPERATIONS: Final = {
    (Generation.DS1, StreamKind.EVENTS): "ds1Events",
    (Generation.DS1, StreamKind.USAGE): "ds1Usage",
    (Generation.DS2, StreamKind.EVENTS): "ds2Events",
    (Generation.DS2, StreamKind.USAGE): "ds2Usage",
    (Generation.DS2, StreamKind.SMS): "ds2Sms",
}


async def render(
    batch: RecordBatch, *, policy: Policy, document: Callable[[], Document], callbacks: Document
) -> OutboundRequest:
    """The request for one batch. A fault may make it break its description.

    A full batch takes a fifth of a second, so others have their turn meanwhile.
    """
    if batch.stream.kind is StreamKind.SMS and policy.data_stream_sms == "forwarder":
        return as_forwarder(batch, policy, callbacks)
    operation = OPERATIONS[batch.stream.generation, batch.stream.kind]
    records = await show_all(batch, policy)
    findings = document().findings(operation[0].upper() + operation[1:], records)
    if len(records) >= SLICE:
        await asyncio.sleep(0)
    if batch.strike is not None and batch.strike.fault.effect.get("string_volume"):
        records = [with_string_volumes(record) for record in records]
    return request(batch, policy, "POST", operation, records, findings)


async def show_all(batch: RecordBatch, policy: Policy) -> list[dict[str, Any]]:
    records = []
    for number, record in enumerate(batch.records, 1):
        records.append(show(batch, record, policy))
        if number % SLICE == 0:
            await asyncio.sleep(0)
    return records


def show(batch: RecordBatch, record: Record, policy: Policy) -> dict[str, Any]:
    if batch.stream.kind is StreamKind.SMS:
        event, sms = message_of(batch, record)
        return ds2.show_sms(event, sms)
    assert record.iccid is not None, "streams carry records of SIMs"
    assert record.organisation is not None, "streams carry records of customers"
    sim, organisation = batch.sims[record.iccid], batch.organisations[record.organisation]
    old = batch.stream.generation is Generation.DS1
    if isinstance(record, UsageRecord):
        return ds1.show_usage(record, sim, organisation) if old else ds2.show_usage(record, sim, organisation)
    show_event = ds1.show_event if old else event_record
    return show_event(record, sim, organisation, policy)


def message_of(batch: RecordBatch, record: Record) -> tuple[Event, Sms]:
    assert isinstance(record, Event), "the SMS stream carries events"
    assert record.sms is not None, "the SMS stream carries events of messages"
    return record, batch.messages[record.sms]


def as_forwarder(batch: RecordBatch, policy: Policy, callbacks: Document) -> OutboundRequest:
    """The one message of the batch as the SMS forwarder sends it, which one customer's receiver is built for (S§7)."""
    event, sms = message_of(batch, batch.records[0])
    if event.type is EventType.MO_RECEIVED:
        method, operation, component, body = "POST", "mobileOriginatedSms", "MoSms", forwarder.show_mo(sms, NOW)
    else:
        status = forwarder.final_status(event.type, policy)
        method, operation, component = "PATCH", "deliveryReport", "DeliveryReport"
        body = forwarder.show_report(sms, *status, NOW)
    return request(batch, policy, method, operation, body, callbacks.findings(component, body))


def request(
    batch: RecordBatch, policy: Policy, method: str, operation: str, body: Any, findings: tuple[str, ...]
) -> OutboundRequest:
    return OutboundRequest(
        method,
        batch.stream.url,
        (("Content-Type", "application/json"), ("Authorization", f"Basic {batch.stream.authorization}")),
        encode(body),
        operation,
        findings,
        policy.data_stream_timeout,
    )


def with_string_volumes(value: Any, within: bool = False) -> Any:
    """*value* with strings for all numbers under ``volume``: one published example has one (S§5.3)."""
    if isinstance(value, dict):
        return {name: with_string_volumes(one, within or name == "volume") for name, one in value.items()}
    if isinstance(value, list):
        return [with_string_volumes(one, within) for one in value]
    return str(value) if within and isinstance(value, int | float) else value
