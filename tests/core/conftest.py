"""A laboratory: a world in memory whose time stands still until a test moves it, and a customer who answers."""

from collections.abc import Callable, Collection, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

import pytest
from msgspec.structs import replace

from operator_emulator.core.customers import sims
from operator_emulator.core.customers.model import Caller, Organisation, Sim
from operator_emulator.core.network import device, smsc
from operator_emulator.core.network.model import DeviceStatus, Sms, SmsDraft
from operator_emulator.core.world import jobs
from operator_emulator.core.world.model import (
    Clock,
    Event,
    EventType,
    Origin,
    Outcome,
    Outgoing,
    RecordBatch,
    Subscription,
    Way,
)
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import World
from operator_emulator.runtime.batches import Batch, run_batch
from operator_emulator.store.sqlite.store import SqliteStore

P = ParamSpec("P")
T = TypeVar("T")

BEGAN = datetime(2026, 3, 10, 12, tzinfo=UTC)
ICCID = "8988228066600000001"
OTHER = "8988228066600000002"

MASTER = 4321
SUB = 4322
STRANGER = 5136
CALLER = Caller("demo", MASTER)

FORWARDED = (
    EventType.MO_RECEIVED,
    EventType.SMS_DELIVERED,
    EventType.SMS_FAILED,
    EventType.SMS_EXPIRED,
)


def finish(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that never waits, as those of the store in memory."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        value: T = end.value
        return value
    raise AssertionError("it waits")


def plant(world: World) -> None:
    world.clocks.put(Clock(world.real, BEGAN, rate=0))
    world.origins.put(Origin(7, BEGAN))
    world.organisations.put(Organisation(id=MASTER, name="Example Fleet"))
    world.organisations.put(Organisation(id=SUB, name="Example Fleet South", parent=MASTER))
    world.organisations.put(Organisation(id=STRANGER, name="Somebody Else"))
    world.subscriptions.put(
        Subscription(
            id="forwarder 4321",
            organisation=MASTER,
            way=Way.FORWARDER,
            wants=FORWARDED,
            url="http://customer.test/sms",
        )
    )


class CoreWorld:
    """Runs verbs and views, moves time, and is the customer to whom things are sent."""

    def __init__(self, **choices: Any) -> None:
        self.policy = Policy(**choices)
        self.store = SqliteStore(None, self.policy)
        self.sent: list[Outgoing] = []
        self.batches: list[RecordBatch] = []
        self.answers: list[Outcome | None] = []  # the next ones; None: the process died. Then 200
        finish(self.store.begin_again(BEGAN, plant))

    def do(self, verb: Callable[Concatenate[World, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return finish(self.store.write(BEGAN, verb, *args, **kwargs))

    def look(self, view: Callable[Concatenate[World, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return finish(self.store.read(BEGAN, view, *args, **kwargs))

    @property
    def now(self) -> datetime:
        return self.look(lambda world: world.now)

    def advance(self, seconds: float = 0, **more: float) -> int:
        """Move time as the engine does; answer how many jobs ran."""
        target = self.now + timedelta(seconds=seconds, **more)
        ran = 0
        while (batch := self.step(target)).ran:
            ran += 1
            for push in batch.outgoing:
                if isinstance(push, Outgoing):
                    self.sent.append(push)
                else:
                    self.batches.append(push)
                outcome = self.answers.pop(0) if self.answers else Outcome(200)
                if outcome is not None:
                    self.do(jobs.settle, push, outcome)
        return ran

    def step(self, until: datetime | None = None, under_way: Collection[int] = ()) -> Batch:
        """Run the next job until an instant, or the next that is due now; *under_way* are notifications being sent."""
        return self.do(run_batch, None if until is None else lambda _: until, False, under_way, 1)

    def move_to(self, instant: datetime) -> int:
        return self.advance((instant - self.now).total_seconds())

    # ---------------------------------------------------------------------------------- SIMs

    def new(self, iccid: str = ICCID, organisation: int | None = MASTER) -> Sim:
        """A SIM as it comes from the factory."""
        return self.do(sims.new, organisation=organisation, iccid=iccid)

    def active(
        self,
        iccid: str = ICCID,
        status: DeviceStatus = DeviceStatus.OFFLINE,
        organisation: int | None = MASTER,
        **changes: Any,
    ) -> Sim:
        """An activated SIM in a device; *changes* are made to its row. Nothing of this is in the log."""
        self.do(sims.activate, self.new(iccid, organisation))
        self.do(device.set_status, iccid, status)
        self.change(iccid, **changes)
        self.do(forget_events)
        return self.sim(iccid)

    def change(self, iccid: str = ICCID, **changes: Any) -> Sim:
        """Change the row of a SIM by hand."""
        return self.do(lambda world: world.sims.put(replace(self.sim(iccid), **changes)))

    def sim(self, iccid: str = ICCID) -> Sim:
        sim = self.look(lambda world: world.sims.get(iccid))
        assert sim is not None
        return sim

    def with_volume(self, iccid: str = ICCID, *, data: int | None = None, sms: int | None = None) -> Sim:
        """Leave a SIM so many octets and messages, as if the rest had been used without anybody noticing."""
        sim = self.sim(iccid)
        assert sim.data_quota is not None
        assert sim.sms_quota is not None
        return self.change(
            iccid,
            data_quota=sim.data_quota if data is None else replace(sim.data_quota, volume=data),
            sms_quota=sim.sms_quota if sms is None else replace(sim.sms_quota, volume=sms),
        )

    def device(self, status: DeviceStatus, iccid: str = ICCID, **how: Any) -> Sim:
        return self.do(device.set_status, iccid, status, **how)[0]

    # ---------------------------------------------------------------------------------- what happened

    def submit(self, payload: str = "hello", iccid: str = ICCID, caller: Caller = CALLER, **draft: Any) -> Sms:
        return self.do(smsc.submit, caller, iccid, SmsDraft(payload=payload, **draft))

    def sms(self, id: int) -> Sms:
        """A message as its row has it."""
        sms = self.look(lambda world: world.sms.get(id))
        assert sms is not None
        return sms

    def log(self, *types: EventType) -> list[Event]:
        """Events, oldest first, of these types only if any are named."""
        found = self.look(lambda world: world.events.find(order="id"))
        return [event for event in found if not types or event.type in types]

    def happened(self) -> list[EventType]:
        return [event.type for event in self.log()]

    def jobs(self, kind: str = "", about: int | str | None = None) -> list[str]:
        """Kinds of the jobs that wait, in their order: those that begin with *kind*, about one row if it is named."""
        waiting = self.look(lambda world: world.jobs.find(order="due"))
        about = None if about is None else str(about)
        return [job.kind for job in waiting if job.kind.startswith(kind) and about in (None, job.about)]


def forget_events(world: World) -> None:
    for event in world.events.find():
        world.events.delete(event.id)


MakeLaboratory = Callable[..., CoreWorld]


@pytest.fixture
def make_laboratory() -> Iterator[MakeLaboratory]:
    """Make a laboratory with some choices of policy: ``make_laboratory(retention=None)``."""
    made: list[CoreWorld] = []

    def make(**choices: Any) -> CoreWorld:
        made.append(CoreWorld(**choices))
        return made[-1]

    yield make
    for laboratory in made:
        laboratory.store.close()


@pytest.fixture
def laboratory(make_laboratory: MakeLaboratory) -> CoreWorld:
    """A laboratory with the default policy."""
    return make_laboratory()
