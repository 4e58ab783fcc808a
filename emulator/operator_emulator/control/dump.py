"""Dump: the world as a fixture, gathered in turns with everything else, and yet of one instant.

Rows are looked through a slice at a time. What changes meanwhile is looked at again, until so little is left that it
can be done in one unit of work with the rest: the dump is of that instant.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.wire.reading import read_query
from operator_emulator.core.world.world import Since, World
from operator_emulator.fixtures import dumping
from operator_emulator.runtime.engine import Engine
from operator_emulator.runtime.turns import in_turns
from operator_emulator.store.feed import Feed
from operator_emulator.web.context import engine_of, operation_of
from operator_emulator.web.long import LongAnswer
from operator_emulator.web.respond import JSON_TYPE

SLICE: Final = 100  # rows in one unit of work

Row = Callable[..., bytes]
Pieces = Callable[..., Iterator[bytes]]


async def dump(request: Request) -> Response:
    """Everything, so that it loads to the same world; as YAML for whoever asks for that."""
    secrets = read_query(request).get("secrets", False)
    as_yaml = "yaml" in request.headers.get("accept", "")
    row: Row = dumping.yaml_row if as_yaml else dumping.json_row
    pieces: Pieces = dumping.yaml_pieces if as_yaml else dumping.json_pieces
    head, rows = await Gathering(engine_of(request), lambda name, one: row(name, one, secrets=secrets)).whole()
    media_type = "application/yaml" if as_yaml else JSON_TYPE
    headers = [(b"content-type", media_type.encode()), *operation_of(request).document.headers]
    return LongAnswer([piece async for piece in in_turns(pieces(head, rows, secrets=secrets))], headers)


@dataclass(slots=True)
class Gathering:
    """*show* makes the text of a row of a table."""

    engine: Engine
    show: Callable[[str, Any], bytes]

    async def whole(self) -> tuple[dict[str, Any], dict[str, list[bytes]]]:
        """What stands beside the rows, and the texts of the rows of each table, by key."""
        feed = self.engine.store.feed
        feed.follow()
        try:
            while True:
                generation, number = feed.generation, feed.last
                texts: dict[str, dict[Any, bytes]] = {name: {} for name in dumping.KEPT}
                for name in texts:
                    await self._gather(name, texts[name])
                head = await self._catch_up(feed, generation, number, texts)
                if head is not None:
                    return head, {name: in_order(found) for name, found in texts.items() if found}
        finally:
            feed.leave()

    async def _gather(self, name: str, texts: dict[Any, bytes]) -> None:
        """The texts of the rows of a table, which may change meanwhile."""
        key = dumping.KEPT[name].key

        def slice_after(world: World, last: Any) -> Any:
            after: dict[str, Any] = {} if last is None else {key: Since(last)}
            rows = dumping.table_of(world, name).find(order=key, limit=SLICE, **after)
            texts.update((getattr(row, key), self.show(name, row)) for row in rows)
            return getattr(rows[-1], key) if len(rows) == SLICE else None

        last = await self.engine.read(slice_after, None)
        while last is not None:
            await asyncio.sleep(0)
            last = await self.engine.read(slice_after, last)

    async def _catch_up(
        self, feed: Feed, generation: int, number: int, texts: Mapping[str, dict[Any, bytes]]
    ) -> dict[str, Any] | None:
        """Look at what has changed since *number*; return the head of the same instant. None: begin again."""
        while feed.generation == generation and (changes := feed.since(number)) is not None:
            if sum(map(len, changes.values())) <= SLICE:
                return await self.engine.read(self._finish, feed, number, texts)
            number = feed.last
            for name, keys in changes.items():
                for key in keys:
                    await self.engine.read(self._look_at, name, key, texts)
                    await asyncio.sleep(0)
        return None

    def _finish(
        self, world: World, feed: Feed, number: int, texts: Mapping[str, dict[Any, bytes]]
    ) -> dict[str, Any] | None:
        changes = feed.since(number)
        if changes is None:
            return None
        for name, keys in changes.items():
            for key in keys:
                self._look_at(world, name, key, texts)
        return dumping.head(world)

    def _look_at(self, world: World, name: str, key: Any, texts: Mapping[str, dict[Any, bytes]]) -> None:
        if name not in texts:
            return
        row = dumping.table_of(world, name).get(key)
        if row is None:
            texts[name].pop(key, None)
        else:
            texts[name][key] = self.show(name, row)


def in_order(texts: Mapping[Any, bytes]) -> list[bytes]:
    return [texts[key] for key in sorted(texts)]
