"""The management API of 1NCE, Business Smart Connect and IoT Easy Connect, as a surface."""

from collections.abc import Callable
from functools import cache, partial
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from operator_emulator import resources
from operator_emulator.core.customers import access
from operator_emulator.core.customers.model import Sim
from operator_emulator.core.tester.model import Per, RateLimit
from operator_emulator.core.world.model import Way
from operator_emulator.core.world.policy import Policy
from operator_emulator.fixtures import Fixture
from operator_emulator.management import auth, errors, events, forwarder, migration, routes
from operator_emulator.management.context import Management
from operator_emulator.management.editions import EDITIONS, Dialect
from operator_emulator.management.links import BASE
from operator_emulator.management.streamer import requests
from operator_emulator.management.v2 import app as v2
from operator_emulator.management.v2.wire.events import describe
from operator_emulator.management.v2.wire.session import APNS
from operator_emulator.management.wire import sims as wire
from operator_emulator.settings import Settings
from operator_emulator.surface import Logins, NetworkSettings, Surface
from operator_emulator.web.faults import HttpFaults
from operator_emulator.web.openapi import Document
from operator_emulator.web.respond import JsonCache
from operator_emulator.web.router import Router

# The numbers, and who shares each limit, are published; that they work as buckets is assumed (D§4).
RATE_LIMITS: Final = (
    RateLimit(name="sims", path=f"{BASE}/v*/sims*", per=Per.ORGANISATION, requests=10, seconds=1, position=1),
    RateLimit(name="oauth", path=f"{BASE}/oauth/*", per=Per.ADDRESS, requests=600, seconds=60, position=2),
    RateLimit(name="orders", path=f"{BASE}/v*/orders*", per=Per.ADDRESS, requests=100, seconds=300, position=3),
    RateLimit(name="products", path=f"{BASE}/v1/products*", per=Per.ADDRESS, requests=100, seconds=300, position=4),
    RateLimit(name="support", path=f"{BASE}/v1/support*", per=Per.ADDRESS, requests=100, seconds=300, position=5),
)


def management(settings: Settings, policy: Policy, fixture: Fixture) -> Surface:
    """The surface in the edition of *settings*.

    Raises FixtureError if the forwarder is strict and *fixture* has a callback URL that it rejects.
    """
    if policy.forwarder_strict_url:
        forwarder.refuse_urls(fixture)
    edition = EDITIONS[settings.edition]
    load = partial(Document.load, strict=settings.contract == "strict", raises=settings.raise_violations)
    document = load(resources.spec("management.yaml"), base=BASE, headers=edition.headers)
    callbacks = load(resources.spec("forwarder.yaml"))
    batches = cache(partial(load, resources.spec("data-streamer.yaml")))
    dialect = Dialect(edition, policy)
    faults = HttpFaults(RATE_LIMITS)
    router = partial(
        Router,
        routes.build(document, edition, all_routes=policy.all_routes),
        base=BASE,
        refuse=errors.refuser(edition),
        faults=faults,
        surface=Management(dialect, JsonCache[Sim](partial(wire.show_sim, dialect=dialect), document, "SIM_card")),
    )
    version_1 = open_to_browsers(router(admit=auth.admit_to_version_1), policy)
    token_app = open_to_browsers(router(), policy)
    apps: dict[str, Callable[[], ASGIApp]] = {f"{BASE}/v1/": lambda: version_1, f"{BASE}/oauth/": lambda: token_app}
    documents: dict[str, Callable[[], Document]] = {f"{BASE}/api-docs": lambda: document}
    report = None
    if edition.second_version or policy.all_routes:
        document_2 = cache(partial(load, resources.spec("management-v2.yaml"), base=BASE, headers=edition.headers))
        report = partial(migration.report, document=document)
        apps[f"{BASE}/v2/"] = cache(lambda: open_to_browsers(v2.app(document_2(), policy, faults), policy))
        documents["/explorer/management-v2.json"] = document_2
    return Surface(
        title="Management API",
        address=BASE,
        apps=apps,
        documents={
            **documents,
            "/explorer/forwarder.json": lambda: callbacks,
            "/explorer/data-streamer.json": batches,
        },
        renderers={
            Way.FORWARDER: partial(forwarder.render, edition=edition, policy=policy, document=callbacks),
            Way.DATA_STREAM: partial(requests.render, policy=policy, document=batches, callbacks=callbacks),
        },
        rate_limits=RATE_LIMITS,
        describe=lambda event: events.describe(event, edition) or describe(event),
        migration=report,
        logins=Logins("User / password", access.logins),
        network=NetworkSettings(
            edition.smsc, {int(core): apn for core, apn in APNS.items()} if edition.second_version else {}
        ),
    )


def open_to_browsers(app: ASGIApp, policy: Policy) -> ASGIApp:
    """Add CORS headers if the policy asks for them. The operator sends none (D§1)."""
    if not policy.cors:
        return app
    return CORSMiddleware(app, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], expose_headers=["*"])
