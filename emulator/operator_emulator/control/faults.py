"""Breaking things on purpose: faults, and rate limits."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.context import control_of
from operator_emulator.control.wire.faults import show_fault, show_limits
from operator_emulator.control.wire.reading import check, read_id, read_object
from operator_emulator.core.tester import faults, rate_limits
from operator_emulator.core.tester.model import FaultPoint, Per, RateLimit
from operator_emulator.core.world.errors import Malformed
from operator_emulator.web.context import engine_of
from operator_emulator.web.respond import answer


async def add_fault(request: Request) -> Response:
    wanted = faults.complete(await read_object(request))
    point = "".join(word.capitalize() for word in wanted["point"].split("-"))
    check(request, f"{point}Match", wanted.get("match", {}), "match")
    check(request, f"{point}Effect", wanted["effect"], "effect")
    faults.check_effect(FaultPoint(wanted["point"]), wanted["effect"])
    fault = await engine_of(request).write(faults.add, wanted)
    return answer(request, show_fault(fault), status=201)


async def list_faults(request: Request) -> Response:
    listed = await engine_of(request).read(lambda world: world.faults.find())
    predefined = [{"name": name, **fault} for name, fault in faults.PREDEFINED.items()]
    return answer(request, {"faults": [show_fault(fault) for fault in listed], "ready": predefined})


async def remove_faults(request: Request) -> Response:
    await engine_of(request).write(faults.remove_all)
    return answer(request, status=204)


async def remove_fault(request: Request) -> Response:
    await engine_of(request).write(faults.remove, read_id(request.path_params["id"]))
    return answer(request, status=204)


async def get_limits(request: Request) -> Response:
    published = control_of(request).rate_limits
    return answer(request, show_limits(await engine_of(request).read(rate_limits.current, published)))


async def put_limits(request: Request) -> Response:
    body = await read_object(request)
    if body["limits"] == "operator":
        await engine_of(request).write(rate_limits.put_operators)
    else:
        check(request, "RateLimits", body, "")
        await engine_of(request).write(rate_limits.put, read_limits(body["limits"]))
    return await get_limits(request)


def read_limits(given: Sequence[Mapping[str, Any]]) -> Sequence[RateLimit]:
    """Raises Malformed if two have the same name."""
    wanted = [RateLimit(**{**limit, "per": Per(limit["per"])}) for limit in given]
    names = [limit.name for limit in wanted]
    if len(set(names)) < len(names):
        raise Malformed("limits", "names the same limit twice")
    return wanted
