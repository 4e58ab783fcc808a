"""Is it ready; begin again; keep a copy, and go back to it."""

import re
from importlib.metadata import version
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.context import control_of, journal_of, settings_of
from operator_emulator.control.wire.world import show_clock, show_snapshot
from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.world import World
from operator_emulator.settings import Settings
from operator_emulator.web.context import engine_of, operation_of
from operator_emulator.web.respond import answer

NAME: Final = re.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}")


async def health(request: Request) -> Response:
    clock = await engine_of(request).read(show_clock)
    network = control_of(request).network
    ready: dict[str, Any] = {
        "status": "ready",
        "version": version("operator-emulator"),
        "edition": settings_of(request).edition,
        "clock": clock,
    }
    if network is not None:
        ready["network"] = {"smsc": network.smsc, "apns": {str(core): apn for core, apn in network.apns.items()}}
    if ports := ports_of(settings_of(request)):
        ready["ports"] = ports
    return answer(request, ready)


def ports_of(settings: Settings) -> dict[str, int]:
    """Those beside the port for HTTP."""
    ports = {"https": settings.tls_port, "proxy": settings.proxy_port}
    return {name: port for name, port in ports.items() if port is not None}


async def describe(request: Request) -> Response:
    """This API's own description, with its address here."""
    operation = operation_of(request)
    source: dict[str, Any] = operation.document.source
    return answer(request, {**source, "servers": [{"url": operation.document.base}]})


async def reset(request: Request) -> Response:
    """Everything is as it was at the start; only snapshots stay."""
    emulator = engine_of(request)
    await emulator.reset()
    journal_of(request).clear()
    return answer(request, await emulator.read(after_reset))


# --------------------------------------------------------------------------------------------- snapshots


async def list_snapshots(request: Request) -> Response:
    found = engine_of(request).store.snapshots()
    return answer(request, {"snapshots": [show_snapshot(snapshot) for snapshot in found]})


async def save(request: Request) -> Response:
    saved = await engine_of(request).save(snapshot_name(request))
    engine_of(request).announce("snapshots", saved.name)
    return answer(request, show_snapshot(saved))


async def restore(request: Request) -> Response:
    """The world is as it was when the copy was made. The journal goes on: it is about us, not of the world."""
    emulator = engine_of(request)
    await emulator.restore(snapshot_name(request))
    return answer(request, await emulator.read(after_reset))


async def discard(request: Request) -> Response:
    name = snapshot_name(request)
    engine_of(request).store.discard(name)
    engine_of(request).announce("snapshots", name)
    return answer(request, status=204)


def snapshot_name(request: Request) -> str:
    """Safe as the name of a file. Raises Malformed."""
    name: str = request.path_params["name"]
    if not NAME.fullmatch(name):
        raise Malformed("name", "must be 1 to 64 letters, digits, '_', '-' or '.', and must not begin with '.'")
    return name


def after_reset(world: World) -> dict[str, Any]:
    return {
        "clock": show_clock(world),
        "sims": world.sims.count(),
        "organisations": world.organisations.count(),
    }
