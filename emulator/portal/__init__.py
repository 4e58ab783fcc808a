"""Surface: the M2M Service Portal's API, with the token issuer, the gateway and the event streams around it."""

from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.core.policy import Policy
from emulator.portal.context import BASE as BASE
from emulator.portal.context import Portal
from emulator.portal.keys import KeyUnusable as KeyUnusable
from emulator.portal.keys import Signer as Signer
from emulator.web.contract import Document
from emulator.web.door import Door

PREFIXES = (BASE + "/", "/auth/", "/horizon/")
"""How the paths begin that are this surface's."""


def portal(document: Document, events: Document, policy: Policy, signer: Signer) -> ASGIApp:
    """The surface: *document* is specs/portal.yaml with BASE as its base, *events* is specs/portal-events.yaml.

    *signer* has the key of the token issuer. The rest of the surface is imported here, since whoever does not use it
    should not wait for it at start-up (see ``web.later``).
    """
    from emulator.portal import errors, routes
    from emulator.portal.gateway import Gateway

    context = Portal(document, events, policy, signer)
    gateway = Gateway(context)
    doors = {
        PREFIXES[0]: Door(
            routes.bound(document, routes.RESOURCES),
            base=document.base,
            refuse=errors.refuse_resource,
            admit=gateway.admit,
        ),
        PREFIXES[1]: Door(routes.bound(document, routes.ISSUER), base="", refuse=errors.refuse_token),
        PREFIXES[2]: Door(
            routes.bound(document, routes.STREAMS), base="", refuse=errors.refuse_stream, admit=gateway.admit_stream
        ),
    }

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["portal"] = context
        door = next(door for prefix, door in doors.items() if scope["path"].startswith(prefix))
        await door(scope, receive, send)

    return app
