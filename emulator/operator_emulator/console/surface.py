"""Surface: the console at ``/_emulator/ui``. Files only: all that it shows and does, it asks of the control plane."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.responses import RedirectResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from operator_emulator.surface import Surface

ADDRESS: Final = "/_emulator/ui"

# Scripts and styles are files of this server; no other host is ever asked for anything.
HEADERS: Final = {
    "cache-control": "no-cache",
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def console() -> Surface:
    # StaticFiles raises for a file that is not there and for a method other than GET and HEAD.
    files = ExceptionMiddleware(StaticFiles(packages=[("operator_emulator.console", "assets")], html=True))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == ADDRESS:
            await RedirectResponse(f"{ADDRESS}/")(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        # StaticFiles looks for what comes after the path that it is mounted at.
        await files({**scope, "root_path": scope.get("root_path", "") + ADDRESS}, receive, guarded)

    return Surface(title="Console", address=ADDRESS, apps={ADDRESS: lambda: app}, documents={}, journaled=False)
