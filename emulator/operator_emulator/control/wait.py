"""Callbacks and messages as they stand; and waiting until something is so, that nobody needs a sleep."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.clock import read_instant
from operator_emulator.control.context import journal_of
from operator_emulator.control.wire import (
    check,
    read_id,
    read_object,
    read_query,
    show_callback,
    show_exchange,
    show_message,
)
from operator_emulator.core.network import smsc
from operator_emulator.core.tester.matching import within
from operator_emulator.core.world.errors import UnknownCallback
from operator_emulator.core.world.model import Way
from operator_emulator.core.world.world import World
from operator_emulator.runtime.journal import Pattern
from operator_emulator.web.context import engine_of
from operator_emulator.web.respond import answer

Shown = list[dict[str, Any]]


# --------------------------------------------------------------------------------------------- callbacks


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


def callbacks(world: World, match: Mapping[str, Any]) -> Shown:
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


# --------------------------------------------------------------------------------------------- messages


async def list_messages(request: Request) -> Response:
    query = read_query(request)
    limit = query.pop("limit", None)
    found = await engine_of(request).read(messages, query)
    return answer(request, {"messages": found if limit is None else found[-limit:]})


def messages(world: World, match: Mapping[str, Any]) -> Shown:
    """Short messages of both directions, oldest first, as far as they match."""
    one_sim = {"iccid": match["iccid"]} if "*" not in match.get("iccid", "*") else {}
    shown = (show_message(smsc.present(world, sms)) for sms in world.sms.find(order="id", **one_sim))
    return [one for one in shown if within(match, one)]


# --------------------------------------------------------------------------------------------- waiting


async def wait(request: Request) -> Response:
    """200 as soon as enough matches, with all that does; 408 when the time is over. Manual time is over at once."""
    body = await read_object(request)
    kind, match, count = body["for"], body.get("match", {}), body.get("count", 1)
    check(request, KINDS[kind], match, "match")
    is_new = newer_than(body.get("since", 0), kind)
    emulator = engine_of(request)
    look: Callable[[], Awaitable[Shown]]
    if kind == "exchanges":
        journal, pattern = journal_of(request), Pattern(**match)
        bell = journal.bell

        async def look() -> Shown:
            return [show_exchange(exchange) for exchange in journal.matching(pattern)]

    else:
        bell, view = emulator.store.bell, callbacks if kind == "callbacks" else messages

        async def look() -> Shown:
            return await emulator.read(view, match)

    found: Shown = []
    try:
        async with asyncio.timeout(body.get("timeout", 10)):
            while True:
                heard = bell.listen()
                found = [one for one in await look() if is_new(one)]
                if len(found) >= count:
                    return answer(request, {"count": len(found), "matched": found})
                if not await emulator.read(lambda world: world.clock.rate):
                    break
                await heard.wait()
    except TimeoutError:
        pass
    error = f"{len(found)} {kind} match, not {count}"
    return answer(request, {"error": error, "count": len(found), "matched": found}, status=408)


def newer_than(since: int | str, kind: str) -> Callable[[dict[str, Any]], bool]:
    """Whether something has a greater id, or began at this instant or later. Raises Malformed."""
    if isinstance(since, int):
        return lambda shown: bool(shown["id"] > since)
    instant = read_instant("since", since)
    return lambda shown: read_instant(BEGINNINGS[kind], shown[BEGINNINGS[kind]]) >= instant


BEGINNINGS = {"exchanges": "at", "callbacks": "created", "messages": "submitted"}

# What each kind is held against, by the names of the description.
KINDS = {"exchanges": "ExchangeMatch", "callbacks": "CallbackPattern", "messages": "MessagePattern"}
