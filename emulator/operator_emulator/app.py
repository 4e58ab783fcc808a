"""create_app: the whole program on one page."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from functools import cache, partial

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from operator_emulator import fixtures, resources
from operator_emulator.control import control
from operator_emulator.core.world.model import Way
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import World
from operator_emulator.management import forwarder, management
from operator_emulator.management.editions import EDITIONS
from operator_emulator.portal import BASE, PREFIXES, Signer, portal
from operator_emulator.runtime.engine import Engine, paced, real_now
from operator_emulator.runtime.journal import Journal
from operator_emulator.runtime.sender import AiohttpTransport, Sender, Transport
from operator_emulator.settings import Settings
from operator_emulator.store import open_store
from operator_emulator.web.explorer import explorer
from operator_emulator.web.faults import HttpFaults
from operator_emulator.web.journaled import Journaled
from operator_emulator.web.lazy import LazyApp
from operator_emulator.web.openapi import Document


class App:
    """The ASGI app: the surfaces by the beginning of their paths, Starlette for the rest and for start and stop."""

    def __init__(
        self,
        engine: Engine,
        surfaces: Sequence[tuple[str, ASGIApp]],
        rest: Starlette,
    ) -> None:
        self.engine = engine
        self._surfaces = tuple(surfaces)
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["engine"] = self.engine
            path = scope["path"]
            for prefix, surface in self._surfaces:
                if path.startswith(prefix):
                    await surface(scope, receive, send)
                    return
        await self._rest(scope, receive, send)


def refuse_callbacks(fixture: fixtures.Fixture) -> None:
    """Raises FixtureError if there is a URL for callbacks that a strict operator does not take."""
    problems = []
    for number, organisation in enumerate(fixture.organisations):
        url = organisation.sms_forwarder.url if organisation.sms_forwarder is not None else ""
        problem = forwarder.refusal_of(url) if url else None
        if problem is not None:
            problems.append(f"organisations[{number}].sms_forwarder.url: {problem}")
    if problems:
        raise fixtures.FixtureError(problems)


def create_app(
    settings: Settings | None = None,
    transport: Transport | None = None,
    now: Callable[[], datetime] = real_now,
) -> App:
    """Build the emulator. Raises FixtureError, StoreFailure and KeyUnusable, with words for the person who starts it.

    *transport* carries what is sent to customers: real HTTP unless a function is handed in.
    """
    settings = settings or Settings()
    edition = EDITIONS[settings.edition]
    fixture = fixtures.load(settings.fixture or resources.fixture("default.yaml"))
    policy = Policy(**{**edition.policy, **fixture.settings, **settings.policy})
    seed = settings.seed if settings.seed is not None else fixture.seed
    if policy.forwarder_strict_url:
        refuse_callbacks(fixture)

    strict = settings.contract == "strict"
    raises = settings.raise_violations
    description = partial(Document.load, raises=raises)
    callbacks = description(resources.spec("forwarder.yaml"))

    journal = Journal(settings.journal)
    real_http = AiohttpTransport(policy.forwarder_timeout)
    sender = Sender(
        transport or real_http,
        {Way.FORWARDER: partial(forwarder.render, edition=edition, policy=policy, document=callbacks)},
        journal,
        policy,
        now,
    )

    def plant(world: World) -> None:
        fixtures.begin(world, fixture, seed=seed, rate=settings.rate)

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

    def surface(app: ASGIApp) -> ASGIApp:
        return Journaled(HttpFaults(app), journal, engine)

    managed = description(
        resources.spec("management.yaml"), base="/management-api", headers=edition.headers, strict=strict
    )
    controlled = description(resources.spec("control.yaml"), base="/_emulator")
    signer = Signer(settings.portal_key)

    @cache
    def described() -> Document:
        return description(resources.spec("portal.yaml"), base=BASE, strict=strict)

    @cache
    def streamed() -> Document:
        return description(resources.spec("portal-events.yaml"))

    def portal_surface() -> ASGIApp:
        return portal(described(), streamed(), policy, signer)

    customers = surface(management(managed, edition, policy))
    partners = surface(LazyApp(portal_surface))
    return App(
        engine,
        [
            ("/management-api/v1/", customers),
            ("/management-api/oauth/", customers),
            *((prefix, partners) for prefix in PREFIXES),
            ("/_emulator/", control(controlled, engine, journal, settings)),
        ],
        Starlette(
            routes=explorer(
                {
                    "management": managed,
                    "forwarder": callbacks,
                    "portal": described,
                    "portal-events": streamed,
                    "control": controlled,
                }
            ),
            lifespan=lifespan,
        ),
    )
