"""What the control plane answers, as frozen values."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar, Literal, TypeVar

Json = dict[str, Any]

T = TypeVar("T", bound="Value")


@dataclass(frozen=True, slots=True)
class Value:
    """An object of the control plane. *json* is all of it, with members that have no field here, too."""

    instants: ClassVar[frozenset[str]] = frozenset()

    json: Json = field(default_factory=dict, repr=False, compare=False, kw_only=True)

    @classmethod
    def read(cls: type[T], shown: Json) -> T:
        values: Json = {"json": shown}
        for one in fields(cls):
            if one.name != "json":
                values[one.name] = read_member(shown.get(one.name), one.name in cls.instants)
        return cls(**values)


def read_member(value: Any, is_instant: bool) -> Any:
    if is_instant and isinstance(value, str):
        return datetime.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Time(Value):
    """The world's clock. *speed* is how many of its seconds pass in a real one; 0 if it is manual."""

    instants = frozenset({"now"})

    now: datetime
    mode: Literal["real", "manual"]
    speed: float
    jobs: int


@dataclass(frozen=True, slots=True)
class World(Value):
    """How large the world is, and its time."""

    clock: Json
    sims: int
    organisations: int


@dataclass(frozen=True, slots=True)
class Advanced(Value):
    """The time after an advance, and how many jobs ran on the way."""

    instants = frozenset({"now"})

    now: datetime
    jobs_run: int


@dataclass(frozen=True, slots=True)
class Job(Value):
    instants = frozenset({"due"})

    id: int
    due: datetime
    kind: str
    about: str


@dataclass(frozen=True, slots=True)
class Device(Value):
    """The device that holds a SIM. *cause* says why the network refused the last request, if it did."""

    instants = frozenset({"attached"})

    status: Literal["OFFLINE", "ATTACHED", "ONLINE"]
    imei: str | None
    rat: str
    operator: Json | None
    lac: int
    cell: int
    attached: datetime | None
    session: Json | None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Card(Value):
    """A SIM as it really is. Quotas are ``{"left", "total"}`` in megabytes and messages."""

    instants = frozenset({"delivered", "activated", "expires"})

    iccid: str
    organisation: int | None
    core: int
    label: str | None
    state: Literal["Issued", "Activated", "Suspended", "Expired"]
    imsi: str
    msisdn: str
    ip_address: str
    imei: str | None
    imei_lock: bool
    delivered: datetime | None
    activated: datetime | None
    expires: datetime | None
    message_waiting: bool
    data_quota: Json | None
    sms_quota: Json | None
    device: Json


@dataclass(frozen=True, slots=True)
class Message(Value):
    """A short message, to a device (MT) or from it (MO)."""

    instants = frozenset({"submitted", "expires", "attempted", "next_attempt", "finished"})

    id: int
    iccid: str
    organisation: int | None
    direction: Literal["MT", "MO"]
    status: str
    payload: str
    source_address: str
    dest_address: str
    dcs: int
    udh: str
    submitted: datetime
    expires: datetime
    attempted: datetime | None
    next_attempt: datetime | None
    finished: datetime | None
    cause: str | None


@dataclass(frozen=True, slots=True)
class Sent(Value):
    """A message from a device: the *id* of the message or of its first part, and the ids of all *parts*.

    *cause*: why the network did not take the rest. *ignored*: what a receiver ignores of the header, and why.
    """

    id: int
    parts: tuple[int, ...]
    cause: str | None
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Received(Value):
    """A message as a device shows it: *text*, or *octets* in hex. *parts* are the ids of its short messages."""

    instants = frozenset({"at"})

    at: datetime
    source_address: str
    dcs: int
    text: str | None
    octets: str | None
    parts: tuple[int, ...]
    missing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SimEvent(Value):
    """Something that happened to a SIM. *severity* and *description* are the operator's words."""

    instants = frozenset({"at"})

    id: int
    at: datetime
    type: str
    severity: str
    description: str
    sms: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """Rows that changed, by table and key; *keys* of a table are True if there are too many to name.

    *event* is "change", "exchange" for a new entry of the journal, or "lost" if what happened is not known.
    """

    id: str
    event: str
    keys: Json


@dataclass(frozen=True, slots=True)
class Callback(Value):
    """A notification for a customer's endpoint; *tries* are ``{"at", "status", "problem"}``."""

    instants = frozenset({"created", "deadline", "next_try", "finished"})

    id: int
    organisation: int | None
    url: str
    event: str
    iccid: str | None
    sms: int | None
    created: datetime
    deadline: datetime
    fate: Literal["owed", "taken", "given-up"]
    tries: tuple[Json, ...]
    next_try: datetime | None
    finished: datetime | None


@dataclass(frozen=True, slots=True)
class Migration(Value):
    """The calls to version 1 of the management API. *organisations* are as the control plane describes them."""

    instants = frozenset({"now", "retired_at"})

    now: datetime
    retired_at: datetime | None
    retired: bool
    calls: int
    organisations: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Exchange(Value):
    """An HTTP request with its response: *inbound* from a customer, or *outbound* to a customer's endpoint.

    *request* and *response* are ``{"headers", "body"}``.
    """

    instants = frozenset({"at", "real"})

    id: int
    direction: Literal["inbound", "outbound"]
    method: str
    path: str
    operation: str | None
    organisation: int | None
    at: datetime
    real: datetime
    milliseconds: float
    request: Json
    status: int | None
    response: Json
    problem: str | None
    findings: tuple[str, ...]
    fault: str | None
    callback: int | None

    @property
    def body(self) -> Any:
        """The JSON of the request."""
        return json.loads(self.request["body"])

    @property
    def answer(self) -> Any:
        """The JSON of the response."""
        return json.loads(self.response["body"])


@dataclass(frozen=True, slots=True)
class Fault(Value):
    """Something that goes wrong; *times* is how often it still strikes, None if without end."""

    id: int
    name: str
    point: Literal["http", "network", "callback", "data-stream"]
    match: Json
    effect: Json
    probability: float
    times: int | None
    considered: int
    struck: int


@dataclass(frozen=True, slots=True)
class FaultList(Value):
    """The active faults, and as *ready* the predefined ones, which ``Faults.add`` knows by name."""

    faults: Sequence[Fault]
    ready: Sequence[Json]


@dataclass(frozen=True, slots=True)
class DataStream(Value):
    """A stream of records to a customer's endpoint. *attempts* are the newest, oldest first."""

    instants = frozenset({"created", "next_try"})

    id: int
    organisation: int
    kind: Literal["events", "usage", "sms"]
    generation: Literal["ds1", "ds2"]
    url: str
    created: datetime
    state: Literal["RUNNING", "PAUSED", "FAILED"]
    backlog: int
    attempts: Sequence[Json]
    next_try: datetime | None


@dataclass(frozen=True, slots=True)
class Snapshot(Value):
    instants = frozenset({"saved", "now"})

    name: str
    saved: datetime
    now: datetime
    sims: int
    octets: int
