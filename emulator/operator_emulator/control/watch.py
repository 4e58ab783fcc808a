"""Watch: what matches, kept up to date from what changes. A change costs what has changed, however much there is."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from operator_emulator.control.wire.journal import show_exchange
from operator_emulator.control.wire.messages import show_callback, show_message
from operator_emulator.core.network import smsc
from operator_emulator.core.network.model import Sms
from operator_emulator.core.tester.matching import within
from operator_emulator.core.world.model import Notification, Way
from operator_emulator.core.world.world import Since, World
from operator_emulator.runtime.engine import Engine
from operator_emulator.runtime.journal import Journal, Pattern
from operator_emulator.runtime.turns import in_turns
from operator_emulator.store.bell import Bell
from operator_emulator.store.feed import Changes

Shown = dict[str, Any]
Match = Mapping[str, Any]
IsNew = Callable[[Shown], bool]

SLICE: Final = 200  # rows that are looked at in one unit of work


class Watch(Protocol):
    """*found*: what matched when it was last looked at, by id."""

    bell: Bell
    found: dict[int, Shown]

    async def look(self) -> None: ...

    def leave(self) -> None: ...


class ExchangeWatch:
    """Exchanges of the journal. Each is looked at once, and again if its answer has grown."""

    def __init__(self, journal: Journal, pattern: Pattern, is_new: IsNew) -> None:
        self.bell = journal.bell
        self.found: dict[int, Shown] = {}
        self._journal = journal
        self._pattern = pattern
        self._is_new = is_new
        self._examined: dict[int, int] = {}  # octets by id

    async def look(self) -> None:
        async for exchange in in_turns(self._journal):
            if self._examined.get(exchange.id) == exchange.octets:
                continue
            self._examined[exchange.id] = exchange.octets
            if not self._pattern.differences(exchange) and self._is_new(shown := show_exchange(exchange)):
                self.found[exchange.id] = shown

    def leave(self) -> None:
        pass


# --------------------------------------------------------------------------------------------- rows of the world


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be waited for: rows of a *table*, as they are shown, if at all, and which of them a change touches.

    What *kept* names is in the row as it is shown; *narrow* is one of it by which the table can be asked.
    """

    table: str
    show: Callable[[World, Any], Shown | None]
    touched: Callable[[World, Changes], Iterable[int] | None]  # None: any of them
    kept: tuple[str, ...]
    narrow: str

    def conditions(self, match: Match) -> dict[str, Any]:
        wanted = match.get(self.narrow)
        return {} if wanted is None or "*" in str(wanted) else {self.narrow: wanted}

    def matched(self, world: World, row: Any, match: Match) -> Shown | None:
        """The row as it is shown, if it matches."""
        if not all(within(match[name], getattr(row, name)) for name in self.kept if name in match):
            return None
        shown = self.show(world, row)
        return shown if shown is not None and within(match, shown) else None


def shown_message(world: World, sms: Sms) -> Shown:
    return show_message(smsc.present(world, sms))


def messages_touched(world: World, changes: Changes) -> Iterable[int]:
    """Their own rows, and those whose callbacks changed: an MO has the status of what forwards it."""
    ids = set(changes.get("sms", ()))
    for id in changes.get("notifications", ()):
        notification = world.notifications.get(id)
        event = None if notification is None else world.events.get(notification.event)
        if event is not None and event.sms is not None:
            ids.add(event.sms)
    return ids


def shown_callback(world: World, notification: Notification) -> Shown | None:
    """None if it is no callback: the portal's streams are notified, too."""
    subscription = world.subscriptions.get(notification.subscription)
    if subscription is None or subscription.way is not Way.FORWARDER:
        return None
    return show_callback(world, notification, subscription)


def callbacks_touched(_: World, changes: Changes) -> Iterable[int] | None:
    return None if "subscriptions" in changes else changes.get("notifications", set())


MESSAGES: Final = Kind(
    table="sms",
    show=shown_message,
    touched=messages_touched,
    kept=("id", "iccid", "organisation", "payload", "source_address", "dest_address"),
    narrow="iccid",
)
CALLBACKS: Final = Kind(
    table="notifications",
    show=shown_callback,
    touched=callbacks_touched,
    kept=("id", "organisation", "fate"),
    narrow="organisation",
)


class RowWatch:
    """Rows from the id *first* on: all are looked through once, and from then on those that change."""

    def __init__(self, engine: Engine, kind: Kind, match: Match, first: int, is_new: IsNew) -> None:
        self.bell = engine.store.bell
        self.found: dict[int, Shown] = {}
        self._engine = engine
        self._kind = kind
        self._match = match
        self._first = first
        self._is_new = is_new
        self._feed = engine.store.feed
        self._generation = self._number = 0
        self._feed.follow()

    def leave(self) -> None:
        self._feed.leave()

    async def look(self) -> None:
        feed = self._feed
        changes = feed.since(self._number) if self._generation == feed.generation else None
        self._generation, self._number = feed.generation, feed.last
        ids = None if changes is None else await self._engine.read(self._kind.touched, changes)
        if ids is None:
            await self._look_at_all()
            return
        async for id in in_turns(sorted(ids)):
            if id >= self._first:
                await self._engine.read(self._look_at, id)

    async def _look_at_all(self) -> None:
        self.found.clear()
        first: int | None = self._first
        while first is not None:
            first = await self._engine.read(self._look_from, first)
            await asyncio.sleep(0)

    def _look_from(self, world: World, first: int) -> int | None:
        """Look at some rows; answer where to go on."""
        conditions = self._kind.conditions(self._match)
        rows = getattr(world, self._kind.table).find(order="id", limit=SLICE, id=Since(first), **conditions)
        for row in rows:
            self._note(row.id, self._kind.matched(world, row, self._match))
        return rows[-1].id + 1 if len(rows) == SLICE else None

    def _look_at(self, world: World, id: int) -> None:
        row = getattr(world, self._kind.table).get(id)
        self._note(id, None if row is None else self._kind.matched(world, row, self._match))

    def _note(self, id: int, shown: Shown | None) -> None:
        if shown is not None and self._is_new(shown):
            self.found[id] = shown
        else:
            self.found.pop(id, None)
