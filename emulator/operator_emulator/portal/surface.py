"""Surface: the M2M Service Portal's API, with the token issuer, the gateway and the event streams around it."""

from collections.abc import Mapping
from functools import cache, partial

from starlette.types import ASGIApp

from operator_emulator import resources
from operator_emulator.core.partners import applications
from operator_emulator.core.world.policy import Policy
from operator_emulator.portal.context import BASE, Portal
from operator_emulator.portal.keys import Signer
from operator_emulator.settings import Settings
from operator_emulator.surface import Logins, Surface
from operator_emulator.web.faults import HttpFaults
from operator_emulator.web.openapi import Document
from operator_emulator.web.router import Router

RESOURCES, ISSUER, STREAMS = f"{BASE}/", "/auth/", "/horizon/"


def portal(settings: Settings, policy: Policy) -> Surface:
    """The surface. Raises KeyUnusable if the signing key cannot be used."""
    load = partial(Document.load, raises=settings.raise_violations)
    described = cache(partial(load, resources.spec("portal.yaml"), base=BASE, strict=settings.contract == "strict"))
    streamed = cache(partial(load, resources.spec("portal-events.yaml")))
    signer = Signer(settings.portal_key)

    @cache
    def routers() -> Mapping[str, ASGIApp]:
        return build(Portal(described(), streamed(), policy, signer))

    def app(prefix: str) -> ASGIApp:
        return routers()[prefix]

    return Surface(
        title="Service portal",
        address=BASE,
        apps={prefix: partial(app, prefix) for prefix in (RESOURCES, ISSUER, STREAMS)},
        documents={
            "/iot/connectivity/management/api-docs": described,
            "/explorer/portal-events.json": streamed,
        },
        logins=Logins("Client / secret", applications.logins),
    )


def build(context: Portal) -> Mapping[str, ASGIApp]:
    """The routers by their prefixes. Endpoints are imported here, so that tests without the portal start faster."""
    from operator_emulator.portal import errors, routes
    from operator_emulator.portal.gateway import Gateway

    gateway = Gateway(context)
    document = context.document
    router = partial(Router, surface=context, faults=HttpFaults())
    return {
        RESOURCES: router(
            routes.bound(document, routes.RESOURCES), base=BASE, refuse=errors.refuse_resource, admit=gateway.admit
        ),
        ISSUER: router(routes.bound(document, routes.ISSUER), base="", refuse=errors.refuse_token),
        STREAMS: router(
            routes.bound(document, routes.STREAMS), base="", refuse=errors.refuse_stream, admit=gateway.admit_stream
        ),
    }
