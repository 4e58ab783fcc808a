"""Organisations that come and go while the world runs, one for each test."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.wire.reading import read_id, read_object
from operator_emulator.control.wire.sims import show_sim
from operator_emulator.control.wire.urls import read_url
from operator_emulator.control.wire.values import octets
from operator_emulator.control.wire.world import show_organisation
from operator_emulator.core.customers import organisations
from operator_emulator.core.customers.model import CoreNetwork, SimState
from operator_emulator.core.customers.organisations import Wanted, WantedSim
from operator_emulator.core.tester import organisation_snapshot
from operator_emulator.core.world.errors import UnknownOrganisation
from operator_emulator.core.world.world import World
from operator_emulator.web.context import engine_of
from operator_emulator.web.respond import answer


async def list_organisations(request: Request) -> Response:
    def view(world: World) -> list[dict[str, Any]]:
        return [show_organisation(world, one) for one in world.organisations.find()]

    return answer(request, {"organisations": await engine_of(request).read(view)})


async def create_organisation(request: Request) -> Response:
    """Answers all that a test needs: credentials and SIMs."""
    body = await read_object(request)
    text = body.pop("forwarder", None)

    def create(world: World) -> dict[str, Any]:
        wanted = Wanted(**body, url=read_url(world, "forwarder", text))
        return show_all(world, organisations.create(world, wanted).id)

    return answer(request, await engine_of(request).write(create), status=201)


async def get_organisation(request: Request) -> Response:
    return answer(request, await engine_of(request).read(show_all, read_id(request.path_params["id"])))


async def change_organisation(request: Request) -> Response:
    body = await read_object(request)
    id = read_id(request.path_params["id"])

    def change(world: World) -> dict[str, Any]:
        organisations.forward(world, id, read_url(world, "forwarder", body["forwarder"]))
        return show_all(world, id)

    return answer(request, await engine_of(request).write(change))


async def remove_organisation(request: Request) -> Response:
    id = read_id(request.path_params["id"])
    await engine_of(request).begin_again_for(id, organisations.remove, id)
    return answer(request, status=204)


async def add_sim(request: Request) -> Response:
    body = await read_object(request)
    wanted = WantedSim(
        label=body.get("label"),
        core=CoreNetwork(body.get("core", CoreNetwork.PLATFORM_1)),
        state=SimState(body.get("state", SimState.ACTIVATED)),
        data_left=octets(body["data_left"]) if "data_left" in body else None,
        sms_left=body.get("sms_left"),
    )
    sim = await engine_of(request).write(organisations.add_sim, read_id(request.path_params["id"]), wanted)
    return answer(request, show_sim(sim), status=201)


async def reset_organisation(request: Request) -> Response:
    """Return to the state in which it was created or loaded. Its tokens become invalid; the clock does not change."""
    id = read_id(request.path_params["id"])
    emulator = engine_of(request)
    planted = None
    if await emulator.read(lambda world: world.organisation_snapshots.get(id)) is None:
        planted = await emulator.as_planted(organisation_snapshot.find, id)

    def reset(world: World) -> dict[str, Any]:
        organisations.reset(world, id, planted)
        return show_all(world, id)

    return answer(request, await emulator.begin_again_for(id, reset))


def show_all(world: World, id: int) -> dict[str, Any]:
    """The organisation with its users, whose passwords are no secret to whoever tests, and its SIMs."""
    organisation = world.organisations.get(id)
    if organisation is None:
        raise UnknownOrganisation(id)
    cards = world.sims.find(organisation=id, order="position")
    return {
        **show_organisation(world, organisation),
        "users": [
            {"username": user.username, "password": user.password, "role": user.role}
            for user in world.users.find(organisation=id)
        ],
        "sims": [
            {"iccid": sim.iccid, "imsi": sim.imsi, "msisdn": sim.msisdn, "ip_address": sim.ip_address} for sim in cards
        ],
    }
