"""Fixtures while the emulator runs: another world, and more in this one."""

import asyncio
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator import fixtures
from operator_emulator.control.context import journal_of, settings_of
from operator_emulator.control.wire.reading import read_query
from operator_emulator.control.world import after_reset
from operator_emulator.fixtures import FixtureError
from operator_emulator.web.context import engine_of
from operator_emulator.web.receive import read_body
from operator_emulator.web.respond import answer

LONG: Final = 64 * 1024  # octets; reading more takes longer than others should wait
LARGEST: Final = 64 * 1024 * 1024  # octets: the dump of some 50,000 SIMs


async def load(request: Request) -> Response:
    """Replace the world, or add to it. If the fixture cannot be taken, nothing has happened."""
    mode = read_query(request).get("mode", "replace")
    text = await read_body(request, LARGEST)
    emulator = engine_of(request)
    try:
        if mode == "add":
            await emulator.write(fixtures.add, text)
        else:
            await replace(request, text)
    except FixtureError as error:
        return answer(request, show_refused(error), status=409 if error.conflict else 400)
    return answer(request, await emulator.read(after_reset))


async def replace(request: Request, text: bytes) -> None:
    """Raises FixtureError, Malformed and StoreFailure; then the world is as it was."""
    emulator = engine_of(request)
    running = await emulator.read(fixtures.Running.of)
    if len(text) > LONG:
        fixture = await asyncio.to_thread(fixtures.loads, text, instead_of=running)
    else:
        fixture = fixtures.loads(text, instead_of=running)
    rate = settings_of(request).rate if fixture.speed is None else fixture.speed
    await emulator.begin_again(fixtures.Planting(fixture, fixture.seed, rate))
    journal_of(request).clear()


def show_refused(error: FixtureError) -> dict[str, Any]:
    shown: dict[str, Any] = {"error": error.problems[0], "problems": list(error.problems)}
    return {**shown, "field": error.field} if error.field else shown
