"""Surface: the management API, that is 1NCE's, Business Smart Connect's and IoT Easy Connect's."""

from functools import partial

from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from operator_emulator.core.customers import access
from operator_emulator.core.customers.model import Sim
from operator_emulator.core.world.policy import Policy
from operator_emulator.management import errors, routes
from operator_emulator.management.editions import Dialect, Edition
from operator_emulator.management.wire import sims as wire
from operator_emulator.web.bearer import Bearer
from operator_emulator.web.openapi import Document, Operation, Shown
from operator_emulator.web.router import Router


def management(document: Document, edition: Edition, policy: Policy) -> ASGIApp:
    """The whole surface under the document's base: the token endpoint, and everything else behind a token."""
    dialect = Dialect(edition, policy)
    shown = Shown[Sim](partial(wire.show_sim, dialect=dialect), document, "SIM_card")
    bearer = Bearer(access.caller_of)
    token_path = document.base + "/oauth/"

    async def admit(request: Request, operation: Operation | None) -> None:
        if not request.scope["path"].startswith(token_path):
            await bearer(request, operation)

    router = Router(
        routes.build(document, edition, all_routes=policy.all_routes),
        base=document.base,
        refuse=errors.refuser(edition),
        admit=admit,
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["dialect"] = dialect
        scope["shown_sims"] = shown
        await router(scope, receive, send)

    if not policy.cors:  # as the operator: browsers cannot call it (D§1)
        return app
    return CORSMiddleware(app, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], expose_headers=["*"])
