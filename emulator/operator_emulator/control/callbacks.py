"""Callbacks as they stand, and one more try of one."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.pages import answer_page
from operator_emulator.control.watch import CALLBACKS, Match
from operator_emulator.control.wire.messages import show_callback
from operator_emulator.control.wire.reading import read_id, read_object
from operator_emulator.core.world.errors import UnknownCallback
from operator_emulator.core.world.model import Fate
from operator_emulator.core.world.world import World
from operator_emulator.web.context import engine_of
from operator_emulator.web.respond import answer


async def list_callbacks(request: Request) -> Response:
    return await answer_page(request, "callbacks", CALLBACKS, "Callback", queries_for)


def queries_for(match: Match) -> list[dict[str, Any]]:
    fate = {"fate": Fate(match["fate"])} if "fate" in match else {}
    return [{**CALLBACKS.conditions(match), **fate}]


async def retry_callback(request: Request) -> Response:
    """Try once more, now; the answer shows what came of it."""
    id = read_id(request.path_params["id"])
    body = await read_object(request)
    emulator = engine_of(request)
    await emulator.retry(id, force=body.get("force", False))
    return answer(request, await emulator.read(callback, id))


def callback(world: World, id: int) -> dict[str, Any]:
    """One of them. Raises UnknownCallback."""
    notification = world.notifications.get(id)
    subscription = None if notification is None else world.subscriptions.get(notification.subscription)
    if notification is None or subscription is None:
        raise UnknownCallback(id)
    return show_callback(world, notification, subscription)
