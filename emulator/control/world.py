"""Is it ready; begin again."""

from importlib.metadata import version
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from emulator.control.wire import journal_of, settings_of, show_clock
from emulator.core.world import World
from emulator.web.bearer import emulator_of
from emulator.web.contract import Operation, answer


async def health(request: Request) -> Response:
    clock = await emulator_of(request).read(show_clock)
    ready = {
        "status": "ready",
        "version": version("operator-emulator"),
        "edition": settings_of(request).edition,
        "clock": clock,
    }
    return answer(request, ready)


async def describe(request: Request) -> Response:
    """This API's own description, with its address here."""
    operation: Operation = request.scope["operation"]
    source: dict[str, Any] = operation.document.source
    return answer(request, {**source, "servers": [{"url": operation.document.base}]})


async def reset(request: Request) -> Response:
    """Everything is as it was at the start; only snapshots stay."""
    emulator = emulator_of(request)
    await emulator.reset()
    journal_of(request).clear()
    return answer(request, await emulator.read(after_reset))


def after_reset(world: World) -> dict[str, Any]:
    return {
        "clock": show_clock(world),
        "sims": world.sims.count(),
        "organisations": world.organisations.count(),
    }
