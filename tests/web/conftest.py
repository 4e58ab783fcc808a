"""A world with nothing in it but a clock, for tests of what the surfaces share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from starlette.types import ASGIApp, Receive, Scope, Send

from operator_emulator.core.world.model import Clock, Origin
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import World
from operator_emulator.runtime.engine import Engine
from operator_emulator.runtime.journal import Exchange, Journal
from operator_emulator.runtime.sender import OutboundRequest, Reply, Sender
from operator_emulator.store import open_store
from operator_emulator.web.context import RequestContext

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def plant(world: World) -> None:
    world.clocks.put(Clock(NOW, NOW, 0))
    world.origins.put(Origin(7, NOW))


async def nobody(message: OutboundRequest) -> Reply:
    raise AssertionError(message)


def empty_engine() -> Engine:
    """Not started yet."""
    return Engine(open_store(None, Policy()), Sender(nobody, {}, Journal(), Policy(), lambda: NOW), plant, lambda: NOW)


@asynccontextmanager
async def running_engine() -> AsyncIterator[Engine]:
    engine = empty_engine()
    await engine.start()
    yield engine
    await engine.stop()


def within_context(app: ASGIApp, exchange: Exchange | None = None) -> ASGIApp:
    """*app* as the whole program calls it; its engine is not started."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        scope["context"] = RequestContext(engine=empty_engine(), exchange=exchange)
        await app(scope, receive, send)

    return call
