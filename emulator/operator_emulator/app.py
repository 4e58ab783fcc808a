"""create_app: the whole program on one page."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from operator_emulator import fixtures, resources
from operator_emulator.console.surface import console
from operator_emulator.control.surface import control
from operator_emulator.core.world.policy import Policy
from operator_emulator.management.editions import EDITIONS
from operator_emulator.management.surface import management
from operator_emulator.portal.surface import portal
from operator_emulator.runtime.engine import Engine, paced, real_now
from operator_emulator.runtime.journal import Journal
from operator_emulator.runtime.sender import AiohttpTransport, Sender, Transport
from operator_emulator.settings import Settings
from operator_emulator.store import open_store
from operator_emulator.surface import Surface
from operator_emulator.web.context import RequestContext
from operator_emulator.web.explorer import explorer
from operator_emulator.web.journaled import journaled


class App:
    """The ASGI app: the surfaces by the beginning of their paths; *rest* for other paths, and for start and stop."""

    def __init__(self, engine: Engine, journal: Journal, surfaces: Sequence[Surface], rest: Starlette) -> None:
        self.engine = engine
        self.journal = journal
        self.surfaces = tuple(surfaces)
        self._apps = [
            (prefix, journaled(app, journal) if surface.journaled else app)
            for surface in surfaces
            for prefix, app in surface.apps.items()
        ]
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: ASGIApp = self._rest
        if scope["type"] == "http":
            path = scope["path"]
            for prefix, make in self._apps:
                if path.startswith(prefix):
                    scope["context"] = RequestContext(engine=self.engine)
                    app = make()
                    break
        await app(scope, receive, send)


def create_app(
    settings: Settings | None = None,
    transport: Transport | None = None,
    now: Callable[[], datetime] = real_now,
) -> App:
    """Build the emulator. Raises FixtureError, StoreFailure and KeyUnusable, with words for the person who starts it.

    *transport* carries what is sent to customers: real HTTP unless a function is handed in.
    """
    settings = settings or Settings()
    fixture = fixtures.load(settings.fixture or resources.fixture("default.yaml"))
    if settings.webhook is not None:
        fixture = fixture.forwarding_to(settings.webhook)
    policy = Policy(**{**EDITIONS[settings.edition].policy, **fixture.settings, **settings.policy})
    seed = settings.seed if settings.seed is not None else fixture.seed
    journal = Journal(settings.journal)

    operators = [management(settings, policy, fixture), portal(settings, policy)]
    surfaces = [*operators, console(), control(settings, journal, operators)]

    plant = fixtures.Planting(fixture, seed, settings.rate)
    real_http = AiohttpTransport(policy.forwarder_timeout)
    renderers = {way: render for surface in surfaces for way, render in surface.renderers.items()}
    sender = Sender(transport or real_http, renderers, journal, policy, now)
    engine = Engine(open_store(settings.data, policy), sender, plant, now)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with real_http:
            await engine.start(paced(settings.rate))
            running = asyncio.create_task(engine.run())
            yield
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await engine.stop()

    documents = {address: load for surface in surfaces for address, load in surface.documents.items()}
    return App(engine, journal, surfaces, Starlette(routes=explorer(documents), lifespan=lifespan))
