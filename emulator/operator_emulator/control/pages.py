"""Pages of what matches, from the newest back. A page costs what is on it and what had to be looked through for it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.watch import Kind, Match, Shown
from operator_emulator.control.wire.reading import read_query
from operator_emulator.core.world.world import Between, World
from operator_emulator.runtime.engine import Engine
from operator_emulator.web.context import engine_of
from operator_emulator.web.long import answer_list

SLICE: Final = 200  # rows that are shown in one unit of work
SPAN: Final = 5000  # ids that one query looks through; fewer than SLICE of them may match

Query = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pages:
    """*queries* are conditions of the table, of which one holds for each row that matches."""

    kind: Kind
    queries: Sequence[Query]
    match: Match

    async def newest(self, engine: Engine, before: int | None, limit: int | None) -> tuple[list[Shown], int | None]:
        """The newest that match, oldest first; and, if there may be older ones, the id before which they are."""
        found: list[Shown] = []
        high = await engine.read(self._highest, before)
        size = SLICE if limit is None else min(SLICE, limit + 1)
        while high > 0 and (limit is None or len(found) < limit):
            shown, high = await engine.read(self._look_below, high, size)
            found += shown
            size = SLICE
            await asyncio.sleep(0)
        page = found[:limit]
        more = high > 0 or len(found) > len(page)
        return page[::-1], page[-1]["id"] if page and more else None

    def _highest(self, world: World, before: int | None) -> int:
        newest = getattr(world, self.kind.table).find(order="-id", limit=1)
        highest = newest[0].id if newest else 0
        return highest if before is None else min(highest, before - 1)

    def _look_below(self, world: World, high: int, size: int) -> tuple[list[Shown], int]:
        """What matches up to the id *high*, newest first, and up to where to look next; 0 when all was looked at."""
        table = getattr(world, self.kind.table)
        low = max(1, high - SPAN + 1)
        rows: list[Any] = []
        for conditions in self.queries:
            some = table.find(order="-id", limit=size, id=Between(low, high), **conditions)
            if len(some) == size:
                low = max(low, some[-1].id)
            rows += some
        rows = sorted((row for row in rows if row.id >= low), key=attrgetter("id"), reverse=True)
        shown = (self.kind.matched(world, row, self.match) for row in rows)
        return [one for one in shown if one is not None], low - 1


async def answer_page(
    request: Request, name: str, kind: Kind, component: str, queries: Callable[[Match], Sequence[Query]]
) -> Response:
    """Answer a list of *kind* by the request's query; *queries* makes conditions of what must match."""
    match = read_query(request)
    before, limit = match.pop("before", None), match.pop("limit", None)
    pages = Pages(kind, queries(match), match)
    page, following = await pages.newest(engine_of(request), before, limit)
    return await answer_list(request, name, page, lambda shown: shown, component, {"next": following})
