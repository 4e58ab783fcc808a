"""What an event tells, besides when, where and about whom: a payload for each type of event, or for a family of types.

Sentences (D§11.2), the objects of version 2 (V§9) and the Data Streamer's records (S§5) are rendered from the same
payload. It repeats neither the event nor what follows from the event's network, such as the number of a VLR. The
events of a message have none: the message is final, or an MO, and its row says everything.
"""

from datetime import datetime
from enum import StrEnum, unique

from msgspec import Struct

from operator_emulator.core.customers.model import Quota, Service, SimState
from operator_emulator.core.network.model import AttachFailure, PdpContext, Rat
from operator_emulator.core.partners.notices import AnyNotice


class Cell(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Where in its network a device was, and by which radio. *lac* is the TAC in LTE; *rat* None: not known."""

    rat: Rat | None = None
    lac: int = 0
    id: int = 0


class LocationUpdate(Struct, frozen=True, kw_only=True, tag=True, gc=False):
    cell: Cell = Cell()


class PdpContextChange(Struct, frozen=True, kw_only=True, tag=True, gc=False):
    """A data session that was opened, updated or closed. *pdp* is the session after that, with its volumes."""

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
    """Why the operator ended a data session. None: the SIM was disabled."""

    cause: AttachFailure | None = None


class QuotaChange(Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True, gc=False):
    """*quota* after the change; *expires* is the end of the SIM's life."""

    service: Service
    quota: Quota
    expires: datetime | None = None


@unique
class Forwarded(StrEnum):
    """What the SMS forwarder sends (D§10.5): messages from devices, and delivery reports."""

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
    | ForwardingFailure
    | MissingForwarder
    | AnyNotice
)
