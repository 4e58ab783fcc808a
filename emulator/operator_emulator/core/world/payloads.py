"""Payloads of events: the facts besides time, place and SIM, one class for each family of event types.

Version 1's sentences (D§11.2), the objects of version 2 (V§9) and the Data Streamer's records (S§5) are rendered from
the same payload. It does not repeat what the event's network implies, such as the number of a VLR. Events of messages
have none: the message's row has everything, and no longer changes.
"""

from datetime import datetime
from enum import StrEnum, unique

from msgspec import Struct

from operator_emulator.core.customers.model import Quota, Service, SimState
from operator_emulator.core.network.model import AttachFailure, PdpContext, Rat
from operator_emulator.core.partners.notices import AnyNotice


class Cell(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The cell of a device, and its radio access technology (None: unknown). *lac* is the TAC in LTE."""

    rat: Rat | None = None
    lac: int = 0
    id: int = 0


class LocationUpdate(Struct, frozen=True, kw_only=True, tag=True, gc=False):
    cell: Cell = Cell()


class PdpContextChange(Struct, frozen=True, kw_only=True, tag=True, gc=False):
    """A data session was opened, updated or closed. *pdp* is the session afterwards, with its volumes."""

    pdp: PdpContext
    cell: Cell = Cell()
    ip_address: str = ""


class PdpContextRefusal(Struct, frozen=True, kw_only=True, tag=True, gc=False):
    cause: AttachFailure
    cell: Cell = Cell()


class SimStateChange(Struct, frozen=True, kw_only=True, tag=True, gc=False):
    before: SimState
    after: SimState


class DataDisconnection(Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True, gc=False):
    """The operator ended a data session. *cause* None: the SIM was disabled."""

    cause: AttachFailure | None = None


class QuotaChange(Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True, gc=False):
    """*quota* is the quota after the change, *expires* the end of the SIM's life."""

    service: Service
    quota: Quota
    expires: datetime | None = None


class RegionalPoolChange(QuotaChange, frozen=True, kw_only=True, tag=True, omit_defaults=True, gc=False):
    """The quota of a pool of that name (S§5.3). The emulator has no such pools."""

    pool: str = "Europe"


class VpnTunnel(Struct, frozen=True, kw_only=True, tag=True, gc=False):
    """A customer's OpenVPN tunnel (S§5.3), and the software and addresses of its client. The emulator has none."""

    vpn: int = 1
    region: str = "eu-central-1"
    version: str = "2.6.12"
    private_ip: str = "10.64.0.200"
    public_ip: str = "198.51.100.9"


@unique
class Forwarded(StrEnum):
    """The two kinds of requests of the SMS forwarder, as events name them (D§10.5)."""

    SMS = "SMS"
    REPORT = "DLR"


class ForwardingFailure(Struct, frozen=True, kw_only=True, tag=True, gc=False):
    """*code* is the HTTP status that the customer's endpoint answered; 500 if it did not answer (D§10.5)."""

    what: Forwarded
    url: str
    code: int


class MissingForwarder(Struct, frozen=True, kw_only=True, tag=True, gc=False):
    """*address* is the destination of the message."""

    what: Forwarded
    address: str


Payload = (
    LocationUpdate
    | PdpContextChange
    | PdpContextRefusal
    | SimStateChange
    | DataDisconnection
    | QuotaChange
    | RegionalPoolChange
    | VpnTunnel
    | ForwardingFailure
    | MissingForwarder
    | AnyNotice
)
