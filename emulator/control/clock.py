"""The world's clock: what time it is, and moving it."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from emulator.control.wire import read_object, show_clock, show_time
from emulator.web.bearer import emulator_of
from emulator.web.contract import answer


async def get_clock(request: Request) -> Response:
    return answer(request, await emulator_of(request).read(show_clock))


async def advance(request: Request) -> Response:
    """Move time, and answer when everything due on the way has happened, callbacks included."""
    body = await read_object(request)
    emulator = emulator_of(request)
    ran = await emulator.advance(timedelta(seconds=body["seconds"]))
    now = await emulator.read(lambda world: world.now)
    return answer(request, {"now": show_time(now), "jobs_run": ran})
