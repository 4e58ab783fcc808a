"""The requests of the SMS forwarder (D§10): MO messages by POST, delivery reports by PATCH."""

import re
from base64 import b64encode
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import unquote

from operator_emulator.core.network import tpdu
from operator_emulator.core.network.model import Direction, Sms
from operator_emulator.core.world.model import EventType, Outgoing
from operator_emulator.core.world.policy import Policy
from operator_emulator.fixtures import Fixture, FixtureError
from operator_emulator.fixtures.read.consistency import lax_urls
from operator_emulator.fixtures.read.problems import dotted
from operator_emulator.management.editions import Edition
from operator_emulator.management.wire.values import endpoint_id, spaced
from operator_emulator.runtime.sender import OutboundRequest
from operator_emulator.web.json import encode
from operator_emulator.web.openapi import Document

USERINFO: Final = re.compile(r"(\w+://)([^/?#]*)@(.*)", re.DOTALL)


def render(outgoing: Outgoing, *, edition: Edition, policy: Policy, document: Document) -> OutboundRequest:
    """The request for one notification, checked against forwarder.yaml."""
    sms = outgoing.sms
    assert sms is not None, "a message is kept until what is owed of it is settled"
    if outgoing.event.type is EventType.MO_RECEIVED:
        method, operation, component = "POST", "mobileOriginatedSms", "MoSms"
        body = show_mo(sms, edition)
    else:
        method, operation, component = "PATCH", "deliveryReport", "DeliveryReport"
        body = show_report(sms, *final_status(outgoing.event.type, policy), edition)
    if edition.callback_ids is str:
        component += "2019"
    url, headers = without_userinfo(outgoing.subscription.url)
    return OutboundRequest(
        method,
        url,
        (("Content-Type", "application/json"), *headers),
        encode(body),
        operation,
        (*document.findings(component, body), *strange_header(sms)),
    )


def show_mo(sms: Sms, edition: Edition) -> dict[str, Any]:
    """An MO message, or one part of a long one. Ids are ints, or strings in the editions of 2019 (D§10.2)."""
    number = edition.callback_ids
    concatenation = tpdu.header_of(sms.udh).concatenation
    part, total, reference = (
        (1, 1, sms.id) if concatenation is None else (concatenation.part, concatenation.total, concatenation.reference)
    )
    return {
        "multi_part_info": {"partno": part, "total": total, "identifier": number(reference)},
        "payload": sms.payload,
        "submit_date": spaced(sms.submitted),
        "dest_address": sms.dest_address or edition.smsc,  # without a destination, the SMSC's own number
        "organisation": {"id": number(sms.organisation or 0)},
        "pid": number(0),
        "id": number(sms.id),
        "endpoint": {"id": number(endpoint_id(sms.iccid)), "name": sms.iccid},
        "source_address": sms.msisdn,
        "dcs": number(sms.dcs),
    }


def strange_header(sms: Sms) -> Iterable[str]:
    """Findings about a malformed header of an MO message, which the callback does not contain."""
    if sms.direction is Direction.MO:
        for ignored in tpdu.header_of(sms.udh).ignored:
            yield f"udh: {ignored}"


def show_report(sms: Sms, status: str, status_id: int, edition: Edition) -> dict[str, Any]:
    """The delivery report of an MT message. It has ``status.status``, not ``status.description`` (D§10.3)."""
    number = edition.callback_ids
    return {
        "status": {"status": status, "id": number(status_id)},
        "endpoint": {"id": number(endpoint_id(sms.iccid)), "name": sms.iccid},
        "submit_date": spaced(sms.submitted),
        "organisation": {"id": number(sms.organisation or 0)},
        "final_date": spaced(sms.finished or sms.expires),
        "id": number(sms.id),
    }


def final_status(type: EventType, policy: Policy) -> tuple[str, int]:
    """Name and id of a final status. Only DELIVERED and FAILED are documented: expiry is a failure (D§9.4)."""
    if type is EventType.SMS_DELIVERED:
        return "DELIVERED", 4
    if type is EventType.SMS_EXPIRED and policy.dlr_on_expiry == "expired":
        return "EXPIRED", 6
    return "FAILED", 5


def refuse_urls(fixture: Fixture) -> None:
    """Raises FixtureError for URLs that a strict operator does not push to."""
    problems = [f"{dotted(path)}: {problem}" for path, _, problem in lax_urls(fixture)]
    if problems:
        raise FixtureError(problems)


def without_userinfo(url: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The URL without user and password, and the Basic header made of them (assumed, D§10.1)."""
    found = USERINFO.fullmatch(url)
    if found is None:
        return url, ()
    scheme, userinfo, rest = found.groups()
    username, _, password = userinfo.partition(":")
    pair = f"{unquote(username)}:{unquote(password)}".encode()
    return scheme + rest, (("Authorization", f"Basic {b64encode(pair).decode()}"),)
