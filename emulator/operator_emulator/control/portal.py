"""The portal's applications, with the addresses of their streams, and what its operator does by hand."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.wire.reading import read_object
from operator_emulator.core.partners import applications, sim_transfers
from operator_emulator.core.partners.model import Application
from operator_emulator.core.tester import synthetic_events
from operator_emulator.core.world.errors import AlreadyRegistered, UnknownApplication
from operator_emulator.core.world.model import Fate
from operator_emulator.core.world.world import World
from operator_emulator.web.context import engine_of
from operator_emulator.web.respond import answer

STREAMS = "/horizon/sse/v1"


async def list_subscriptions(request: Request) -> Response:
    """Each application with its streams, as the portal's own page shows them (P§2.5)."""
    origin, open_streams = origin_of(request), engine_of(request).open_streams

    def view(world: World) -> list[dict[str, Any]]:
        return [show_application(world, one, origin, open_streams) for one in world.applications.find()]

    return answer(request, {"applications": await engine_of(request).read(view)})


async def create_application(request: Request) -> Response:
    """Its credentials work at once, and its streams carry what happens from now on."""
    body = await read_object(request)
    origin, open_streams = origin_of(request), engine_of(request).open_streams
    wanted = Application(
        client_id=body["client_id"],
        client_secret=body["client_secret"],
        partner=body["partnerID"],
        read_only=body.get("read_only", False),
        ip_whitelist=tuple(body.get("ip_whitelist", ())),
        subunits=tuple(body.get("subunits", ())),
    )

    def create(world: World) -> dict[str, Any]:
        if world.applications.get(wanted.client_id) is not None:
            raise AlreadyRegistered(wanted.client_id)
        return show_application(world, applications.add_application(world, wanted), origin, open_streams)

    return answer(request, await engine_of(request).write(create), status=201)


async def remove_application(request: Request) -> Response:
    """Its credentials stop working and its streams end; a token that it has opens nothing any more."""
    client_id = request.path_params["client_id"]

    def remove(world: World) -> None:
        if world.applications.get(client_id) is None:
            raise UnknownApplication(client_id)
        applications.remove_application(world, client_id)

    await engine_of(request).write(remove)
    return answer(request, status=204)


async def make_event(request: Request) -> Response:
    """An event by hand, to every stream that covers its partner."""
    body = await read_object(request)
    data = body.get("data", {})
    transaction = str(data["transactionID"]) if "transactionID" in data else None

    def make(world: World) -> dict[str, Any]:
        event = synthetic_events.make(world, body["type"], body["partnerID"], data, transaction)
        return {"event": event.id, "streams": world.notifications.count(event=event.id)}

    return answer(request, await engine_of(request).write(make), status=201)


async def cancel_transfer(request: Request) -> Response:
    """Cancel as the operator; both sides are notified."""
    transfer = await engine_of(request).write(sim_transfers.cancel_by_operator, request.path_params["transaction_id"])
    return answer(request, {"transaction_id": transfer.id, "status": transfer.status})


def show_application(
    world: World, application: Application, origin: str, open_streams: Mapping[str, int]
) -> dict[str, Any]:
    """The secret is none to whoever tests."""
    ids = {about: applications.stream_id(about, application.client_id) for about in applications.STREAMS}
    streams = [
        {
            "type": about,
            "id": id,
            "url": f"{origin}{STREAMS}/{about}/{id}",
            "owed": world.notifications.count(subscription=id, fate=Fate.OWED),
            "connected": open_streams.get(id, 0) > 0,
        }
        for about, id in ids.items()
    ]
    return {
        "client_id": application.client_id,
        "client_secret": application.client_secret,
        "partnerID": application.partner,
        "read_only": application.read_only,
        "ip_whitelist": list(application.ip_whitelist),
        "subunits": list(application.subunits),
        "subscriptions": streams,
    }


def origin_of(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"
