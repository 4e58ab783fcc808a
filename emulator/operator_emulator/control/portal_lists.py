"""What is going on in the service portal, of all partners: partners, actions and transfers, newest first."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.wire.reading import read_query
from operator_emulator.control.wire.values import show_maybe, show_time
from operator_emulator.core.world.world import World
from operator_emulator.web.context import engine_of
from operator_emulator.web.respond import answer

PAGE: Final = 100


async def list_partners(request: Request) -> Response:
    def view(world: World) -> list[dict[str, Any]]:
        return [
            {
                "id": partner.id,
                "name": partner.name,
                "parent": partner.parent,
                "sims": world.contracts.count(partner=partner.id),
            }
            for partner in world.partners.find(order="position", limit=PAGE)
        ]

    return answer(request, {"partners": await engine_of(request).read(view)})


async def list_actions(request: Request) -> Response:
    limit = read_query(request).get("limit", PAGE)

    def view(world: World) -> list[dict[str, Any]]:
        return [
            {
                "id": action.id,
                "partner": action.partner,
                "kind": action.kind,
                "status": action.status,
                "sims": len(action.items),
                "created": show_time(action.created),
                "due": show_time(action.finishes),
                "finished": show_maybe(action.finished),
            }
            for action in world.actions.find(order="-created", limit=limit)
        ]

    return answer(request, {"actions": await engine_of(request).read(view)})


async def list_transfers(request: Request) -> Response:
    limit = read_query(request).get("limit", PAGE)

    def view(world: World) -> list[dict[str, Any]]:
        return [
            {
                "id": transfer.id,
                "sender": transfer.sender,
                "receiver": transfer.receiver,
                "status": transfer.status,
                "sims": len(transfer.iccids),
                "created": show_time(transfer.created),
            }
            for transfer in world.sim_transfers.find(order="-id", limit=limit)
        ]

    return answer(request, {"transfers": await engine_of(request).read(view)})
