"""The Data Streamer's streams: what customers set up by hand in the operator's portal."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.wire.reading import read_id, read_object, read_query
from operator_emulator.control.wire.urls import read_url
from operator_emulator.control.wire.values import show_maybe, show_time
from operator_emulator.core.customers import data_streams, stream_log
from operator_emulator.core.customers.model import DataStream, Generation, StreamKind
from operator_emulator.core.world.world import World
from operator_emulator.web.context import engine_of
from operator_emulator.web.respond import answer


async def list_data_streams(request: Request) -> Response:
    query = read_query(request)

    def view(world: World) -> list[dict[str, Any]]:
        return [show_data_stream(world, stream) for stream in world.data_streams.find(order="id", **query)]

    return answer(request, {"data_streams": await engine_of(request).read(view)})


async def create_data_stream(request: Request) -> Response:
    body = await read_object(request)

    def create(world: World) -> dict[str, Any]:
        stream = data_streams.create(
            world,
            body["organisation"],
            kind=StreamKind(body["kind"]),
            generation=Generation(body["generation"]),
            url=read_url(world, "url", body["url"]) or "",
            authorization=body["authorization"],
            history=body.get("history", False),
        )
        return show_data_stream(world, stream)

    return answer(request, await engine_of(request).write(create), status=201)


async def get_data_stream(request: Request) -> Response:
    return answer(request, await engine_of(request).read(shown(data_streams.existing), stream_id(request)))


async def remove_data_stream(request: Request) -> Response:
    await engine_of(request).write(data_streams.remove, stream_id(request))
    return answer(request, status=204)


async def pause_data_stream(request: Request) -> Response:
    return answer(request, await engine_of(request).write(shown(data_streams.pause), stream_id(request)))


async def resume_data_stream(request: Request) -> Response:
    return answer(request, await engine_of(request).write(shown(data_streams.resume), stream_id(request)))


async def restart_data_stream(request: Request) -> Response:
    return answer(request, await engine_of(request).write(shown(data_streams.restart), stream_id(request)))


def stream_id(request: Request) -> int:
    return read_id(request.path_params["id"])


def shown(verb: Callable[[World, int], DataStream]) -> Callable[[World, int], dict[str, Any]]:
    """The verb, answering the stream as it then is."""
    return lambda world, id: show_data_stream(world, verb(world, id))


def show_data_stream(world: World, stream: DataStream) -> dict[str, Any]:
    """Without its Basic value, which is a secret."""
    return {
        "id": stream.id,
        "organisation": stream.organisation,
        "kind": stream.kind,
        "generation": stream.generation,
        "url": stream.url,
        "created": show_time(stream.created),
        "state": stream.state,
        "backlog": stream_log.backlog(world, stream),
        "attempts": [
            {"at": show_time(one.at), "records": one.records, "status": one.status, "problem": one.problem}
            for one in stream.tries
        ],
        "next_try": show_maybe(stream.next_try),
    }
