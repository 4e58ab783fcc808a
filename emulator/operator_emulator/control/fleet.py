"""The fleet as a whole: SIMs by pages, how many are in which state, and what they used by month."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.wire.reading import read_query
from operator_emulator.control.wire.sims import show_sim
from operator_emulator.core.customers.model import OCTETS_PER_MB, DailyUsage, Sim
from operator_emulator.core.network.model import DeviceStatus
from operator_emulator.core.tester.matching import within
from operator_emulator.core.world.calendar import add_months
from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.world import Contains, Since, World
from operator_emulator.runtime.engine import Engine
from operator_emulator.web.context import engine_of
from operator_emulator.web.long import answer_list
from operator_emulator.web.respond import answer

SLICE: Final = 200  # rows that are looked at in one go; other requests get their turn in between
PATTERNS: Final = ("iccid", "label")
ORDERS: Final = {
    "": "organisation,position",
    "iccid": "iccid",
    "-iccid": "-iccid",
    "label": "search_text",  # which begins with the label
    "-label": "-search_text",
}
PRESENCES: Final = (*(status.value for status in DeviceStatus), "INACTIVE")
VOLUMES: Final = ("sufficient", "low", "out", "none")


async def list_sims(request: Request) -> Response:
    """A page, with the total and the cursor of the next page; everything if no limit is given."""
    query = read_query(request)
    limit, after = query.pop("limit", None), query.pop("after", "")
    order = ORDERS[query.pop("order", "")]
    offset = read_cursor(after)
    patterns: dict[str, str] = {name: query.pop(name) for name in PATTERNS if name in query}
    conditions = conditions_of(query, patterns)
    engine = engine_of(request)
    total = await engine.read(lambda world: world.sims.count(**conditions))
    found: list[dict[str, Any]] = []
    while offset < total and (limit is None or len(found) < limit):
        size = SLICE if patterns or limit is None else min(SLICE, limit - len(found))
        rows = await engine.read(rows_of, conditions, order, offset, size)
        await asyncio.sleep(0)
        for row in rows:
            offset += 1
            shown = show_sim(row)
            if within(patterns, shown):
                found.append(shown)
                if len(found) == limit:
                    break
        if len(rows) < size:
            break
    more = limit is not None and len(found) == limit and offset < total
    others = {"total": None if patterns else total, "next": str(offset) if more else None}
    return await answer_list(request, "sims", found, lambda shown: shown, "Sim", others)


def read_cursor(text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Malformed("after", "must be the value of next in an earlier answer")
    return int(text)


def conditions_of(query: Mapping[str, Any], patterns: Mapping[str, str]) -> dict[str, Any]:
    """The query as conditions of the table; of patterns, what a text that matches must contain."""
    conditions = {name: query[name] for name in ("organisation", "core", "state") if name in query}
    if "status" in query:
        conditions["presence"] = query["status"]
    if "volume" in query:
        conditions["sms_volume"] = query["volume"]
    pieces = [query.get("search", ""), *(max(pattern.split("*"), key=len) for pattern in patterns.values())]
    longest = max(pieces[:1] if query.get("search") else pieces, key=len)
    if longest:
        conditions["search_text"] = Contains(longest.lower())
    return conditions


def rows_of(world: World, conditions: Mapping[str, Any], order: str, offset: int, limit: int) -> list[Sim]:
    return world.sims.find(order=order, offset=offset, limit=limit, **conditions)


# --------------------------------------------------------------------------------------------- counts


async def count(request: Request) -> Response:
    return answer(request, await engine_of(request).read(counts))


def counts(world: World) -> dict[str, Any]:
    return {
        "sims": {
            "total": world.sims.count(),
            "device": {presence: world.sims.count(presence=presence) for presence in PRESENCES},
        },
        "volumes": {"sms": {volume: world.sims.count(sms_volume=volume) for volume in VOLUMES}},
        "jobs": world.jobs.count(),
        "faults": world.faults.count(),
        "partners": world.partners.count(),
    }


# --------------------------------------------------------------------------------------------- usage


async def usage_by_month(request: Request) -> Response:
    """The usage of all SIMs in each of the last months, oldest first; months without usage are left out."""
    months = read_query(request).get("months", 6)
    engine = engine_of(request)
    now, _ = await engine.times()
    first = add_months(now.replace(day=1), 1 - months).date()
    used: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    async for row in slices(engine, str(first)):
        total = used[row.day[:7]]
        total[0] += row.sms_mt
        total[1] += row.sms_mo
        total[2] += row.octets_tx + row.octets_rx
    shown = [
        {"month": month, "sms_mt": mt, "sms_mo": mo, "data": octets / OCTETS_PER_MB}
        for month, (mt, mo, octets) in sorted(used.items())
    ]
    return answer(request, {"months": shown})


async def slices(engine: Engine, first_day: str) -> Any:
    """All days of use since *first_day*, a slice at a time."""
    last = ""
    while True:
        rows: list[DailyUsage] = await engine.read(days_after, last, first_day)
        await asyncio.sleep(0)
        for row in rows:
            if row.id != last:
                yield row
        if len(rows) < SLICE:
            return
        last = rows[-1].id


def days_after(world: World, last: str, first_day: str) -> list[DailyUsage]:
    return world.usage.find(order="id", limit=SLICE, id=Since(last), day=Since(first_day))
