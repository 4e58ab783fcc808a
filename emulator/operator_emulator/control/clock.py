"""The world's clock: what time it is, moving it, and what is due when."""

import asyncio
import math
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from operator_emulator.control.changes import disconnected
from operator_emulator.control.wire.reading import read_object, read_query
from operator_emulator.control.wire.values import show_time
from operator_emulator.control.wire.world import show_clock, show_job
from operator_emulator.core.world import clock
from operator_emulator.core.world.errors import AdvanceEnded, Malformed
from operator_emulator.core.world.model import Job
from operator_emulator.core.world.world import World
from operator_emulator.runtime.engine import Engine
from operator_emulator.web.context import engine_of
from operator_emulator.web.long import answer_list
from operator_emulator.web.respond import answer

T = TypeVar("T")

SLICE: Final = 500  # jobs that are looked up in one unit of work
FURTHEST: Final = timedelta(days=36_525)  # in one advance; each midnight on the way has its work


async def get_clock(request: Request) -> Response:
    return answer(request, await engine_of(request).read(show_clock))


async def put_clock(request: Request) -> Response:
    """Set pace and time. Time moves as in an advance: what is due on the way happens."""
    body = await read_object(request)
    emulator = engine_of(request)
    before = await emulator.read(lambda world: world.clock.rate)
    rate = read_rate(body, before)
    if "now" in body:
        target = await emulator.read(ahead, read_instant("now", body["now"]), "now")
        await emulator.write(clock.set_rate, 0.0)  # or it would be later before the new pace is set
        try:
            await unless_client_leaves(request, emulator.advance_to(target))
        except AdvanceEnded:
            raise  # the new world has a pace of its own
        except BaseException:
            await emulator.write(clock.set_rate, before)
            raise
    return answer(request, await emulator.write(set_and_show, rate))


def set_and_show(world: World, rate: float) -> dict[str, Any]:
    clock.set_rate(world, rate)
    return show_clock(world)


async def advance(request: Request) -> Response:
    """Move time, and answer when everything due on the way has happened, callbacks included."""
    body = await read_object(request)
    emulator = engine_of(request)

    async def move() -> tuple[int, datetime]:  # read at once, before another advance can begin
        return await advance_as_asked(emulator, body), await emulator.read(lambda world: world.now)

    ran, now = await unless_client_leaves(request, move())
    return answer(request, {"now": show_time(now), "jobs_run": ran})


async def advance_as_asked(emulator: Engine, body: Mapping[str, Any]) -> int:
    if "seconds" in body:
        return await emulator.advance(timedelta(seconds=body["seconds"]))
    if "to" in body:
        target = await emulator.read(ahead, read_instant("to", body["to"]), "to")
        return await emulator.advance_to(target)
    if body["until"] == "next-job":
        return await emulator.advance_to_next_job()
    return await emulator.advance_until_idle()


async def unless_client_leaves(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The result of *work*, which ends early if the client hangs up. Raises ClientDisconnect."""
    working = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(disconnected(request.receive))
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        working.cancel()
        gone.cancel()
        await asyncio.gather(working, gone, return_exceptions=True)


async def list_jobs(request: Request) -> Response:
    query = read_query(request)
    conditions = {"kind": query["kind"]} if "kind" in query else {}
    limit = query.get("limit", math.inf)
    jobs: list[Job] = []

    def some(world: World) -> list[Job]:
        size = int(min(SLICE, limit - len(jobs)))
        return world.jobs.find(order="due", offset=len(jobs), limit=size, **conditions)

    while len(jobs) < limit and (found := await engine_of(request).read(some)):
        jobs += found
        await asyncio.sleep(0)
    return await answer_list(request, "jobs", jobs, show_job, "Job", {})


# --------------------------------------------------------------------------------------------- reading


def read_instant(field: str, text: str) -> datetime:
    """ISO 8601; without an offset it is UTC. Raises Malformed."""
    try:
        instant = datetime.fromisoformat(text)
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed(field, "must be an instant such as 2026-01-01T12:00:00Z") from None


def ahead(world: World, instant: datetime, field: str) -> datetime:
    """*instant*, if it is a way that time can go. Raises Malformed."""
    if instant < world.now:
        raise Malformed(
            field, f"has passed: it is {show_time(world.now)}. Time never goes back, but a reset begins anew"
        )
    if instant > world.now + FURTHEST:
        raise Malformed(field, "is more than a hundred years ahead")
    return clock.check(instant, field)


def read_rate(body: Mapping[str, Any], rate: float) -> float:
    """The pace that is asked for; *rate* is the present one. Raises Malformed."""
    mode = body.get("mode", "real" if rate or "speed" in body else "manual")
    if mode == "manual":
        if "speed" in body:
            raise Malformed("speed", "cannot be set on a manual clock")
        return 0.0
    return float(body.get("speed", rate or 1.0))
