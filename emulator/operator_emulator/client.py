"""EmulatorClient: the control plane in Python, for tests, scripts and the command line.

    with EmulatorClient("http://127.0.0.1:8080") as emulator:
        emulator.reset()
        sim = emulator.sim("8988228066600000003").attach()
        sim.send_mo("hello")
        emulator.clock.advance(hours=3)
        emulator.verify(direction="outbound", body={"payload": "hello"})

Answers are plain frozen data. Whoever prefers the JSON as it is uses ``call``.

It speaks HTTP by httpx2, which Starlette's test client is made of, too: so with a *transport* that ends in an app
it needs no socket, and a connection stays open from call to call. The standard library has neither.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, ClassVar, Final, Literal, Self, TypeVar

import httpx2

DEFAULT_URL: Final = "http://127.0.0.1:8080"
BASE: Final = "/_emulator"
# An advance answers when everything has happened, however long that takes; only connecting is limited.
TIMEOUT: Final = httpx2.Timeout(None, connect=5.0)

Json = dict[str, Any]
Kind = Literal["callbacks", "messages", "exchanges"]


# --------------------------------------------------------------------------------------------- what can go wrong


class Unreachable(Exception):
    """No emulator answers at this URL."""


class EmulatorError(Exception):
    """The emulator refused: its *status*, the *error* in words, the *field* that it is about, and the whole *body*."""

    def __init__(self, status: int, error: str, field: str | None = None, body: Any = None) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.field = field
        self.body = body


class NotVerified(EmulatorError, AssertionError):
    """What was to have happened did not, or not as often; the text shows what comes closest, and why it is not it."""


class TimedOut(EmulatorError, TimeoutError):
    """It was not so within the time; ``body["matched"]`` is what came."""


class Refused(EmulatorError):
    """The network refused the device; *error* is the cause."""


# --------------------------------------------------------------------------------------------- what comes back


T = TypeVar("T", bound="Shown")


@dataclass(frozen=True, slots=True)
class Shown:
    """An object of the control plane. Members that are not described here are in ``call``'s JSON only."""

    instants: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def read(cls: type[T], shown: Json) -> T:
        values = {}
        for field in fields(cls):
            value = shown.get(field.name)
            if isinstance(value, str) and field.name in cls.instants:
                value = datetime.fromisoformat(value)
            elif isinstance(value, list):
                value = tuple(value)
            values[field.name] = value
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Time(Shown):
    """The world's clock. *speed* is how many seconds pass in it in one of ours: 0 when it is manual."""

    instants = frozenset({"now"})

    now: datetime
    mode: Literal["real", "manual"]
    speed: float
    jobs: int


@dataclass(frozen=True, slots=True)
class Advanced(Shown):
    """What an advance did: it is *now* this time, and *jobs_run* jobs ran on the way."""

    instants = frozenset({"now"})

    now: datetime
    jobs_run: int


@dataclass(frozen=True, slots=True)
class Job(Shown):
    instants = frozenset({"due"})

    id: int
    due: datetime
    kind: str
    about: str


@dataclass(frozen=True, slots=True)
class Device(Shown):
    """What holds a SIM. *cause* says why the network refused what was just asked, if it did."""

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
class Card(Shown):
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
class Message(Shown):
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
class Received(Shown):
    """A message as a device shows it: *text*, or *octets* in hex; *parts* are the ids of its short messages."""

    instants = frozenset({"at"})

    at: datetime
    source_address: str
    dcs: int
    text: str | None
    octets: str | None
    parts: tuple[int, ...]
    missing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Callback(Shown):
    """Something that is or was owed to a customer's endpoint; *tries* are ``{"at", "status", "problem"}``."""

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
class Exchange(Shown):
    """One request with its response; *inbound*: a customer asked, *outbound*: a customer's endpoint was called.

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

    @property
    def body(self) -> Any:
        """The JSON of the request."""
        return json.loads(self.request["body"])

    @property
    def answer(self) -> Any:
        """The JSON of the response."""
        return json.loads(self.response["body"])


@dataclass(frozen=True, slots=True)
class Fault(Shown):
    """Something that goes wrong; *times* is how often it still strikes, None without end."""

    id: int
    name: str
    point: Literal["http", "network", "callback"]
    match: Json
    effect: Json
    probability: float
    times: int | None
    considered: int
    struck: int


@dataclass(frozen=True, slots=True)
class Snapshot(Shown):
    instants = frozenset({"saved", "now"})

    name: str
    saved: datetime
    now: datetime
    sims: int
    octets: int


# --------------------------------------------------------------------------------------------- the client


class EmulatorClient:
    """The control plane of the emulator at *url*.

    *token* is the secret of ``--control-token``, needed from other machines. Raises Unreachable when nobody is there,
    and EmulatorError for whatever is refused.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        token: str | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        headers = {} if token is None else {"X-Emulator-Token": token}
        # The environment's proxies are not asked: they are no way to this machine.
        self._http = httpx2.Client(
            base_url=self.url, headers=headers, transport=transport, timeout=TIMEOUT, trust_env=False
        )
        self.clock = Clock(self)
        self.faults = Faults(self)
        self.limits = Limits(self)
        self.snapshots = Snapshots(self)
        self.organisations = Organisations(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: str | bytes | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Any:
        """The JSON of an answer, or None where it has none: ``call("GET", "/clock")["now"]``.

        What is sent is *json*, or a *content* of another kind. A parameter that is None is left out.
        """
        wanted = {name: value for name, value in (params or {}).items() if value is not None}
        try:
            answer = self._http.request(method, BASE + path, json=json, content=content, params=wanted)
        except httpx2.TransportError as error:
            raise Unreachable(f"no emulator answers at {self.url}: {error}") from error
        if answer.is_success:
            return answer.json() if answer.content else None
        raise refusal(answer)

    # ------------------------------------------------------------------------------------------ the world

    def health(self) -> Json:
        """Version, edition and clock of an emulator that is ready."""
        return dict(self.call("GET", "/health"))

    def reset(self) -> None:
        """Begin again from the fixture: everything, clock and ids included."""
        self.call("POST", "/reset")

    def load(self, fixture: str | Mapping[str, Any], *, add: bool = False) -> None:
        """Replace the world by that of a fixture, YAML or data, or *add* it to this one; wholly or not at all."""
        text = fixture if isinstance(fixture, str) else json.dumps(fixture)
        self.call("POST", "/fixture", content=text.encode(), params={"mode": "add" if add else None})

    def dump(self, *, secrets: bool = False) -> Json:
        """The present world as a fixture, with passwords if *secrets*."""
        return dict(self.call("GET", "/fixture", params={"secrets": "true" if secrets else None}))

    def jobs(self, kind: str | None = None, limit: int | None = None) -> list[Job]:
        """What is due when, in that order."""
        return [Job.read(one) for one in self.call("GET", "/jobs", params={"kind": kind, "limit": limit})["jobs"]]

    def sim(self, iccid: str) -> "Sim":
        """A SIM and the device that holds it, to play with. Nothing is asked until it does something."""
        return Sim(self, iccid)

    def sims(self, **match: Any) -> list[Card]:
        """All SIMs, or those of an *organisation*, in a *state*, with a device *status*, like a *label* …"""
        return [Card.read(one) for one in self.call("GET", "/sims", params=match)["sims"]]

    # ------------------------------------------------------------------------------------------ what happened

    def journal(self, **match: Any) -> list[Exchange]:
        """What went over HTTP, oldest first: by *direction*, *method*, *path*, *status*, *organisation*,

        *operation*, *fault*, *since* an id, and only the newest *limit*. Texts may hold ``*``.
        """
        return [Exchange.read(one) for one in self.call("GET", "/journal", params=match)["exchanges"]]

    def clear_journal(self) -> None:
        self.call("DELETE", "/journal")

    def verify(
        self, *, count: int | None = None, min: int | None = None, max: int | None = None, **match: Any
    ) -> list[Exchange]:
        """The exchanges that match, by all that ``journal`` knows and by *headers*, *body* and *answer*.

        Raises NotVerified unless there are *count*, or from *min* to *max*, or at least one.
        """
        expected = {"count": count, "min": min, "max": max}
        body = {"match": match, **{name: value for name, value in expected.items() if value is not None}}
        try:
            found = self.call("POST", "/journal/verify", json=body)
        except EmulatorError as error:
            if error.status != 409:
                raise
            raise NotVerified(409, missed(error.body), body=error.body) from None
        return [Exchange.read(one) for one in found["exchanges"]]

    def callbacks(self, **match: Any) -> list[Callback]:
        """What is or was owed to customers' endpoints: by *organisation*, *iccid*, *fate*, *event*, *url*, *sms*."""
        return [Callback.read(one) for one in self.call("GET", "/callbacks", params=match)["callbacks"]]

    def retry(self, callback: int) -> Callback:
        """Try to push once more, now; also in manual time."""
        return Callback.read(self.call("POST", f"/callbacks/{callback}/retry"))

    def messages(self, **match: Any) -> list[Message]:
        """Short messages: by *iccid*, *organisation*, *direction*, *status*, *payload*."""
        return [Message.read(one) for one in self.call("GET", "/messages", params=match)["messages"]]

    def wait(self, what: Kind, *, count: int = 1, timeout: float = 10.0, **match: Any) -> list[Any]:
        """Wait until so many callbacks, messages or exchanges match, and answer them.

        Raises TimedOut after so many real seconds, or at once in manual time, where nothing happens by itself.
        """
        asked = {"for": what, "match": match, "count": count, "timeout": timeout}
        try:
            found = self.call("POST", "/wait", json=asked)
        except EmulatorError as error:
            if error.status != 408:
                raise
            raise TimedOut(408, f"{error.error}: {match}", body=error.body) from None
        return [KINDS[what].read(one) for one in found["matched"]]


KINDS: Final[Mapping[str, type[Callback] | type[Message] | type[Exchange]]] = {
    "callbacks": Callback,
    "messages": Message,
    "exchanges": Exchange,
}


class Part:
    """A part of the client."""

    def __init__(self, emulator: EmulatorClient) -> None:
        self._call = emulator.call


class Clock(Part):
    """The world's time."""

    def show(self) -> Time:
        return Time.read(self._call("GET", "/clock"))

    @property
    def now(self) -> datetime:
        return self.show().now

    def advance(
        self,
        by: timedelta | None = None,
        *,
        to: datetime | None = None,
        until: Literal["next-job", "idle"] | None = None,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> Advanced:
        """Let time pass, and wait until everything due on the way has happened, callbacks included.

        By a time (``hours=3``; nothing at all: only what is due now), *to* an instant, or *until* the next job or
        until nothing is left to happen.
        """
        if to is not None:
            asked: Json = {"to": to.isoformat()}
        elif until is not None:
            asked = {"until": until}
        else:
            whole = (by or timedelta()) + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
            asked = {"seconds": whole.total_seconds()}
        return Advanced.read(self._call("POST", "/clock/advance", json=asked))

    def set(
        self,
        mode: Literal["real", "manual"] | None = None,
        *,
        now: datetime | None = None,
        speed: float | None = None,
    ) -> Time:
        """Let time stand or pass, at a speed; move it forward to *now*."""
        asked = {"mode": mode, "now": None if now is None else now.isoformat(), "speed": speed}
        return Time.read(self._call("PUT", "/clock", json=given(asked)))


class Sim:
    """A SIM card and the device that holds it. Its methods are what the device does; most answer the Sim itself."""

    def __init__(self, emulator: EmulatorClient, iccid: str) -> None:
        self._emulator = emulator
        self._call = emulator.call
        self.iccid = iccid

    def __repr__(self) -> str:
        return f"Sim({self.iccid!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sim) and (self.iccid, self._emulator) == (other.iccid, other._emulator)

    def __hash__(self) -> int:
        return hash(self.iccid)

    def show(self) -> Card:
        """The SIM as it really is."""
        return Card.read(self._call("GET", f"/sims/{self.iccid}"))

    @property
    def device(self) -> Device:
        """The device as it is now."""
        return Device.read(self.show().device)

    def try_to(self, status: str | None = None, **how: Any) -> Device:
        """Let the device become OFFLINE, ATTACHED or ONLINE, with an *imei*, *operator*, *rat*, *lac*, *cell*.

        Answers what became of it, with the *cause* if the network refused.
        """
        asked = given({"status": status, **how})
        return Device.read(self._call("POST", f"/sims/{self.iccid}/device", json=asked))

    def become(self, status: str | None = None, **how: Any) -> Self:
        """As ``try_to``, but raises Refused when the network refuses."""
        device = self.try_to(status, **how)
        if device.cause is not None:
            raise Refused(409, device.cause)
        return self

    def attach(self, **how: Any) -> Self:
        """Join the network. Raises Refused."""
        return self.become("ATTACHED", **how)

    def online(self, **how: Any) -> Self:
        """Open a data session, attaching first if need be. Raises Refused."""
        return self.become("ONLINE", **how)

    def offline(self) -> Self:
        """Leave the network."""
        return self.become("OFFLINE")

    def move(self, **how: Any) -> Self:
        """Be somewhere else, or in another device: *operator*, *rat*, *lac*, *cell*, *imei*. Raises Refused."""
        return self.become(**how)

    def send_mo(
        self, payload: str, dest_address: str | None = None, dcs: int | None = None, udh: str | None = None
    ) -> int:
        """Send a short message; answers its id."""
        message = given({"payload": payload, "dest_address": dest_address, "dcs": dcs, "udh": udh})
        return int(self._call("POST", f"/sims/{self.iccid}/mo", json=message)["id"])

    def use_data(self, tx: float = 0, rx: float = 0) -> Self:
        """Send and receive megabytes, in a session that opens if there is none."""
        self._call("POST", f"/sims/{self.iccid}/usage", json={"volume_tx": tx, "volume_rx": rx})
        return self

    def inbox(self) -> list[Received]:
        """What it received, decoded, and put together where it came in parts."""
        return [Received.read(one) for one in self._call("GET", f"/sims/{self.iccid}/inbox")["messages"]]

    def behave(
        self,
        *,
        auto_reply: str | Mapping[str, Any] | None = None,
        goes_offline: Mapping[str, float] | None = None,
        uses_data: Mapping[str, float] | None = None,
        acknowledges_after: float | None = None,
    ) -> Self:
        """From now on do this unasked, and nothing else; nothing at all if nothing is given.

        *auto_reply*: a text, or ``{"payload", "seconds"}``; *goes_offline*: ``{"seconds", "away"}``; *uses_data*:
        ``{"seconds", "volume_tx", "volume_rx"}``; *acknowledges_after*: seconds.
        """
        asked = {
            "auto_reply": {"payload": auto_reply} if isinstance(auto_reply, str) else auto_reply,
            "goes_offline": goes_offline,
            "uses_data": uses_data,
            "acknowledges_after": acknowledges_after,
        }
        self._call("PUT", f"/sims/{self.iccid}/behaviour", json=given(asked))
        return self

    def messages(self, **match: Any) -> list[Message]:
        """Its short messages, in both directions."""
        return self._emulator.messages(iccid=self.iccid, **match)


class Faults(Part):
    """What should go wrong."""

    def add(
        self,
        name: str | None = None,
        *,
        point: Literal["http", "network", "callback"] | None = None,
        match: Mapping[str, Any] | None = None,
        effect: Mapping[str, Any] | None = None,
        probability: float | None = None,
        times: int | None = None,
    ) -> Fault:
        """Arm a fault: a ready-made one by its *name*, or one with a *point* and an *effect* of your own."""
        asked = {
            "name": name,
            "point": point,
            "match": match,
            "effect": effect,
            "probability": probability,
            "times": times,
        }
        return Fault.read(self._call("POST", "/faults", json=given(asked)))

    @contextmanager
    def during(self, name: str | None = None, **how: Any) -> Iterator[Fault]:
        """As ``add``, for as long as a block takes."""
        fault = self.add(name, **how)
        try:
            yield fault
        finally:
            self.remove(fault.id)

    def list(self) -> "list[Fault]":
        return [Fault.read(one) for one in self._call("GET", "/faults")["faults"]]

    def remove(self, id: int) -> None:
        self._call("DELETE", f"/faults/{id}")

    def clear(self) -> None:
        self._call("DELETE", "/faults")


class Limits(Part):
    """How fast customers may ask."""

    def show(self) -> list[Json]:
        return list(self._call("GET", "/limits")["limits"])

    def set(self, limits: Sequence[Mapping[str, Any]]) -> None:
        """Each with *name*, *path*, *per* ("organisation" or "address"), *requests*, *seconds*."""
        self._call("PUT", "/limits", json={"limits": list(limits)})

    def on(self) -> None:
        """The operator's own."""
        self._call("PUT", "/limits", json={"limits": "operator"})

    def off(self) -> None:
        self.set([])


class Snapshots(Part):
    """Copies of the whole world."""

    def save(self, name: str) -> Snapshot:
        return Snapshot.read(self._call("PUT", f"/snapshots/{name}"))

    def restore(self, name: str) -> None:
        """Go back to a copy, which stays."""
        self._call("POST", f"/snapshots/{name}/restore")

    def list(self) -> "list[Snapshot]":
        return [Snapshot.read(one) for one in self._call("GET", "/snapshots")["snapshots"]]

    def discard(self, name: str) -> None:
        self._call("DELETE", f"/snapshots/{name}")


class Organisations(Part):
    """Customers that come and go."""

    def __init__(self, emulator: EmulatorClient) -> None:
        super().__init__(emulator)
        self._emulator = emulator

    def create(
        self,
        *,
        sims: int = 0,
        forwarder: str | None = None,
        name: str | None = None,
        id: int | None = None,
        username: str | None = None,
        password: str | None = None,
        seed: int | None = None,
    ) -> "Organisation":
        """A new one with a user and so many activated SIMs; its messages are pushed to *forwarder*."""
        asked = {
            "sims": sims,
            "forwarder": forwarder,
            "name": name,
            "id": id,
            "username": username,
            "password": password,
            "seed": seed,
        }
        return Organisation(self._emulator, self._call("POST", "/organisations", json=given(asked)))

    def get(self, id: int) -> "Organisation":
        return Organisation(self._emulator, self._call("GET", f"/organisations/{id}"))

    def list(self) -> list[Json]:
        """Id, name, forwarder and number of SIMs of each."""
        return list(self._call("GET", "/organisations")["organisations"])


class Organisation:
    """A customer, with the credentials of its first user and its SIMs."""

    def __init__(self, emulator: EmulatorClient, shown: Json) -> None:
        self._emulator = emulator
        self._call = emulator.call
        self.id: int = shown["id"]
        self.name: str = shown["name"]
        self.forwarder: str | None = shown["forwarder"]
        self.users: tuple[Json, ...] = tuple(shown["users"])
        self.username: str | None = self.users[0]["username"] if self.users else None
        self.password: str | None = self.users[0]["password"] if self.users else None
        self._has(shown["sims"])

    def __repr__(self) -> str:
        return f"Organisation({self.id}, {self.name!r})"

    def forward_to(self, url: str | None) -> None:
        """Push its messages and reports somewhere else, or nowhere."""
        self.forwarder = self._call("PATCH", f"/organisations/{self.id}", json={"forwarder": url})["forwarder"]

    def add_sim(
        self,
        label: str | None = None,
        *,
        core: Literal[1, 2] | None = None,
        state: Literal["Issued", "Activated", "Suspended"] | None = None,
        data_left: float | None = None,
        sms_left: int | None = None,
    ) -> Sim:
        """One more SIM: activated, offline, on core 1, with full volumes or so many megabytes and messages left."""
        asked = given({"label": label, "core": core, "state": state, "data_left": data_left, "sms_left": sms_left})
        card = self._call("POST", f"/organisations/{self.id}/sims", json=asked)
        self._has([*self.cards, {name: card[name] for name in ("iccid", "imsi", "msisdn", "ip_address")}])
        return self.sims[-1]

    def _has(self, cards: Sequence[Json]) -> None:
        self.cards: tuple[Json, ...] = tuple(cards)
        self.sims: tuple[Sim, ...] = tuple(self._emulator.sim(card["iccid"]) for card in cards)

    def reset(self) -> None:
        """As it was in the beginning; its tokens are gone."""
        self._has(self._call("POST", f"/organisations/{self.id}/reset")["sims"])

    def remove(self) -> None:
        """With everything in it."""
        self._call("DELETE", f"/organisations/{self.id}")


# --------------------------------------------------------------------------------------------- small things


def given(values: Mapping[str, Any]) -> Json:
    """What is not None."""
    return {name: value for name, value in values.items() if value is not None}


def refusal(answer: httpx2.Response) -> EmulatorError:
    """The error in an answer; whatever does not speak like the emulator is quoted."""
    try:
        body = answer.json()
        return EmulatorError(answer.status_code, str(body["error"]), body.get("field"), body)
    except (ValueError, LookupError, TypeError, AttributeError):
        return EmulatorError(answer.status_code, f"HTTP {answer.status_code}: {answer.text[:200]}")


def missed(body: Json) -> str:
    """What ``verify`` found instead, for a person."""
    lines = [body["error"]]
    for miss in body["near_misses"]:
        exchange = miss["exchange"]
        lines.append(f"  #{exchange['id']} {exchange['direction']} {exchange['method']} {exchange['path']}:")
        lines += [f"      {difference}" for difference in miss["differences"]]
    return "\n".join(lines)
