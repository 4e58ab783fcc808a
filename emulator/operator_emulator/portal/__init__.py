"""Surface: the M2M Service Portal's API, with the token issuer, the gateway and the event streams around it."""

from starlette.types import ASGIApp, Receive, Scope, Send

from operator_emulator.core.world.policy import Policy
from operator_emulator.portal.context import BASE as BASE
from operator_emulator.portal.context import Portal
from operator_emulator.portal.keys import KeyUnusable as KeyUnusable
from operator_emulator.portal.keys import Signer as Signer
from operator_emulator.web.openapi import Document
from operator_emulator.web.router import Router

PREFIXES = (BASE + "/", "/auth/", "/horizon/")
"""How the paths begin that are this surface's."""


def portal(document: Document, events: Document, policy: Policy, signer: Signer) -> ASGIApp:
    """The surface: *document* is specs/portal.yaml with BASE as its base, *events* is specs/portal-events.yaml.

    *signer* has the key of the token issuer. The rest of the surface is imported here, since whoever does not use it
    should not wait for it at start-up (see ``web.lazy``).
    """
    from operator_emulator.portal import errors, routes
    from operator_emulator.portal.gateway import Gateway

    context = Portal(document, events, policy, signer)
    gateway = Gateway(context)
    routers = {
        PREFIXES[0]: Router(
            routes.bound(document, routes.RESOURCES),
            base=document.base,
            refuse=errors.refuse_resource,
            admit=gateway.admit,
        ),
        PREFIXES[1]: Router(routes.bound(document, routes.ISSUER), base="", refuse=errors.refuse_token),
        PREFIXES[2]: Router(
            routes.bound(document, routes.STREAMS), base="", refuse=errors.refuse_stream, admit=gateway.admit_stream
        ),
    }

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["portal"] = context
        router = next(router for prefix, router in routers.items() if scope["path"].startswith(prefix))
        await router(scope, receive, send)

    return app
