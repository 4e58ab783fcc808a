"""Callbacks as they stand, and one more try of one."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.wire.messages import show_callback
from operator_emulator.control.wire.reading import read_id, read_object, read_query
from operator_emulator.core.tester.matching import within
from operator_emulator.core.world.errors import UnknownCallback
from operator_emulator.core.world.model import Way
from operator_emulator.core.world.world import World
from operator_emulator.web.context import engine_of
from operator_emulator.web.respond import answer


async def list_callbacks(request: Request) -> Response:
    query = read_query(request)
    limit = query.pop("limit", None)
    found = await engine_of(request).read(callbacks, query)
    return answer(request, {"callbacks": found if limit is None else found[-limit:]})


async def retry_callback(request: Request) -> Response:
    """Try once more, now; the answer shows what came of it."""
    id = read_id(request.path_params["id"])
    body = await read_object(request)
    emulator = engine_of(request)
    await emulator.retry(id, force=body.get("force", False))
    return answer(request, await emulator.read(callback, id))


def callbacks(world: World, match: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is or was owed to customers' endpoints, oldest first, as far as it matches."""
    owner = {"organisation": match["organisation"]} if "organisation" in match else {}
    shown = []
    for notification in world.notifications.find(order="id", **owner):
        subscription = world.subscriptions.get(notification.subscription)
        if subscription is not None and subscription.way is Way.FORWARDER:
            shown.append(show_callback(world, notification, subscription))
    return [one for one in shown if within(match, one)]


def callback(world: World, id: int) -> dict[str, Any]:
    """One of them. Raises UnknownCallback."""
    notification = world.notifications.get(id)
    subscription = None if notification is None else world.subscriptions.get(notification.subscription)
    if notification is None or subscription is None:
        raise UnknownCallback(id)
    return show_callback(world, notification, subscription)
