"""Metrics in the format of Prometheus. They are counted when they are asked for; requests alone as they come."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.context import journal_of, settings_of
from operator_emulator.core.customers.model import SimState
from operator_emulator.core.network.model import Direction, SmsStatus
from operator_emulator.core.world.model import Fate
from operator_emulator.core.world.world import Before, World
from operator_emulator.runtime.engine import Engine
from operator_emulator.runtime.journal import Counted
from operator_emulator.web.context import engine_of
from operator_emulator.web.respond import answer

PREFIX = "operator_emulator"


@dataclass(frozen=True, slots=True)
class Gauge:
    """Current counts, by the values of one label."""

    name: str
    help: str
    label: str
    values: Mapping[str, float]


async def show_metrics(request: Request) -> Response:
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
    from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

    engine, journal = engine_of(request), journal_of(request)
    gauges = [gauge async for gauge in count(engine)]
    delay = await loop_delay()
    info = {"version": version("operator-emulator"), "edition": settings_of(request).edition}

    class Collector:
        def collect(self) -> Iterator[object]:
            yield InfoMetricFamily(PREFIX, "The emulator.", value=info)
            yield from requests(journal.counted)
            for gauge in gauges:
                family = GaugeMetricFamily(f"{PREFIX}_{gauge.name}", gauge.help, labels=[gauge.label])
                for value, number in gauge.values.items():
                    family.add_metric([value], number)
                yield family
            yield GaugeMetricFamily(f"{PREFIX}_event_loop_delay_seconds", "One turn of the event loop.", value=delay)

    registry = CollectorRegistry()
    registry.register(Collector())  # type: ignore[arg-type]  # its protocol is narrower than what it takes
    ProcessCollector(registry=registry)  # memory, processor time, open files; on Linux
    return answer(request, body=generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


def requests(counted: Counted) -> Iterator[object]:
    from prometheus_client.core import CounterMetricFamily

    families = {
        "inbound": CounterMetricFamily(f"{PREFIX}_requests", "Requests of clients.", labels=["operation", "status"]),
        "outbound": CounterMetricFamily(
            f"{PREFIX}_callback_requests", "Requests to customers' endpoints.", labels=["operation", "status"]
        ),
    }
    for (direction, operation, status), number in counted.items():
        families[direction].add_metric([operation or "none", str(status or "none")], number)
    yield from families.values()


async def count(engine: Engine) -> AsyncIterator[Gauge]:
    """Each count is a look at the world of its own, so that other requests get their turn in between."""
    for name, help, label, table, values in (
        ("sims", "SIM cards.", "state", "sims", SimState),
        ("messages", "Short messages to devices; those from devices have callbacks.", "status", "sms", SmsStatus),
        ("callbacks", "Callbacks to customers' endpoints.", "fate", "notifications", Fate),
    ):
        yield Gauge(
            name, help, label, {spelling(one): await engine.read(count_of, table, label, one) for one in values}
        )
    yield Gauge("jobs", "Jobs that the clock will run.", "when", await engine.read(jobs))


def count_of(world: World, table: str, field: str, value: Enum) -> int:
    if table == "sms":  # a message from a device has no status but that of its callback
        return world.sms.count(direction=Direction.MT, **{field: value})
    return int(getattr(world, table).count(**{field: value}))


def jobs(world: World) -> dict[str, float]:
    due = world.jobs.count(due=Before(world.now))
    return {"due": due, "later": world.jobs.count() - due}


def spelling(value: Enum) -> str:
    return value.name if isinstance(value, SmsStatus) else str(value.value)


async def loop_delay() -> float:
    """Seconds that everything takes which is ready to run in the event loop."""
    began = time.perf_counter()
    await asyncio.sleep(0)
    return time.perf_counter() - began
