"""The control plane: the surface of the person who tests. Reset, move time, play the device, look back."""

from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.control import routes
from emulator.control.admission import Admission
from emulator.control.errors import refuse
from emulator.runtime.engine import Emulator
from emulator.runtime.journal import Journal
from emulator.settings import Settings
from emulator.web.contract import Document
from emulator.web.door import Door


def control(document: Document, emulator: Emulator, journal: Journal, settings: Settings) -> ASGIApp:
    """The ASGI app under ``/_emulator``. *document* is specs/control.yaml with that as its base."""
    door = Door(
        routes.build(document),
        base=document.base,
        refuse=refuse,
        admit=Admission(settings.control_token, settings.control_open),
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["emulator"] = emulator
        scope["journal"] = journal
        scope["settings"] = settings
        await door(scope, receive, send)

    return app
