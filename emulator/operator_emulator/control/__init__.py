"""The control plane: the surface of the person who tests. Reset, move time, play the device, look back."""

from starlette.types import ASGIApp, Receive, Scope, Send

from operator_emulator.control import routes
from operator_emulator.control.admission import Admission
from operator_emulator.control.errors import refuse
from operator_emulator.runtime.engine import Engine
from operator_emulator.runtime.journal import Journal
from operator_emulator.settings import Settings
from operator_emulator.web.openapi import Document
from operator_emulator.web.router import Router


def control(document: Document, emulator: Engine, journal: Journal, settings: Settings) -> ASGIApp:
    """The ASGI app under ``/_emulator``. *document* is specs/control.yaml with that as its base."""
    router = Router(
        routes.build(document),
        base=document.base,
        refuse=refuse,
        admit=Admission(settings.control_token, settings.control_open),
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["engine"] = emulator
        scope["journal"] = journal
        scope["settings"] = settings
        await router(scope, receive, send)

    return app
