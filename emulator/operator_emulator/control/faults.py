"""Breaking things on purpose: faults, and rate limits."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.wire import check, read_id, read_object, show_fault, show_limits
from operator_emulator.core.tester import faults, rate_limits
from operator_emulator.core.tester.model import Per, RateLimit
from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.world import World
from operator_emulator.web.bearer import engine_of
from operator_emulator.web.openapi import answer


async def add_fault(request: Request) -> Response:
    wanted = faults.complete(await read_object(request))
    point = wanted["point"].capitalize()
    check(request, f"{point}Match", wanted.get("match", {}), "match")
    check(request, f"{point}Effect", wanted["effect"], "effect")
    fault = await engine_of(request).write(faults.add, wanted)
    return answer(request, show_fault(fault), status=201)


async def list_faults(request: Request) -> Response:
    listed = await engine_of(request).read(lambda world: world.faults.find())
    ready = [{"name": name, **fault} for name, fault in faults.READY.items()]
    return answer(request, {"faults": [show_fault(fault) for fault in listed], "ready": ready})


async def remove_faults(request: Request) -> Response:
    await engine_of(request).write(faults.remove_all)
    return answer(request, status=204)


async def remove_fault(request: Request) -> Response:
    await engine_of(request).write(faults.remove, read_id(request.path_params["id"]))
    return answer(request, status=204)


async def get_limits(request: Request) -> Response:
    return answer(request, await engine_of(request).read(lambda world: show_limits(rate_limits.current(world))))


async def put_limits(request: Request) -> Response:
    body = await read_object(request)
    if body["limits"] != "operator":
        check(request, "RateLimits", body, "")
    wanted = read_limits(body["limits"])

    def put(world: World) -> dict[str, Any]:
        return show_limits(rate_limits.put(world, wanted))

    return answer(request, await engine_of(request).write(put))


def read_limits(given: Any) -> Sequence[RateLimit]:
    """The word "operator" for the operator's own, or a list; none of the same name twice. Raises Malformed."""
    if given == "operator":
        return rate_limits.OPERATORS
    wanted = [RateLimit(**{**limit, "per": Per(limit["per"])}) for limit in given]
    names = [limit.name for limit in wanted]
    if len(set(names)) < len(names):
        raise Malformed("limits", "has the same name twice")
    return wanted
