"""Playing the device: attach, detach, open a session, send, use data."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.wire.reading import read_object
from operator_emulator.control.wire.sims import read_imei, show_behaviour, show_device, show_received, show_sim
from operator_emulator.control.wire.values import octets
from operator_emulator.core.customers import ownership
from operator_emulator.core.network import behaviours, device, inbox, rats, tpdu
from operator_emulator.core.network.model import DeviceStatus
from operator_emulator.core.tester.model import AutoReply, Behaviour, GoesOffline, UsesData
from operator_emulator.core.world.errors import LostAtNetwork, Malformed
from operator_emulator.core.world.world import World
from operator_emulator.web.context import engine_of
from operator_emulator.web.respond import answer


async def get_sim(request: Request) -> Response:
    def view(world: World) -> dict[str, Any]:
        return show_sim(ownership.existing(world, request.path_params["iccid"]))

    return answer(request, await engine_of(request).read(view))


async def set_device(request: Request) -> Response:
    body = await read_object(request)
    return answer(request, await engine_of(request).write(move, request.path_params["iccid"], body))


def move(world: World, iccid: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked of the device, and what became of it; without a status it stays what it is."""
    before = ownership.existing(world, iccid).device
    sim, cause = device.set_status(
        world,
        iccid,
        DeviceStatus(body.get("status", before.status)),
        imei=read_imei(body.get("imei")),
        operator=body.get("operator"),
        rat=rats.read(body["rat"]) if "rat" in body else None,
        cell_lac=body.get("lac"),
        cell_id=body.get("cell"),
    )
    return {**show_device(sim.device), "cause": cause}


async def send_mo(request: Request) -> Response:
    body = await read_object(request, may_halve=("payload",))
    header = body.get("udh", "")
    sent, lost = await engine_of(request).write(
        device.send,
        request.path_params["iccid"],
        body["payload"],
        dest_address=body.get("dest_address", ""),
        dcs=body.get("dcs"),
        udh=header,
    )
    if lost is not None and not sent:
        raise lost  # only now: what the operator noted about it stays
    parts = [sms.id for sms in sent]
    ignored = tpdu.header_of(header).ignored
    return answer(
        request, {"id": parts[0], "parts": parts, "cause": lost and lost.cause, "ignored": ignored}, status=201
    )


async def use_data(request: Request) -> Response:
    body = await read_object(request)
    tx, rx = octets(body.get("volume_tx", 0)), octets(body.get("volume_rx", 0))
    sim = await engine_of(request).write(device.use_data, request.path_params["iccid"], tx, rx)
    if isinstance(sim, LostAtNetwork):
        raise sim
    return answer(request, {**show_device(sim.device), "cause": None})


async def get_inbox(request: Request) -> Response:
    received = await engine_of(request).read(inbox.inbox, request.path_params["iccid"])
    return answer(request, {"messages": [show_received(one) for one in received]})


# --------------------------------------------------------------------------------------------- unasked


async def get_behaviour(request: Request) -> Response:
    return answer(
        request, show_behaviour(await engine_of(request).read(behaviours.shown, request.path_params["iccid"]))
    )


async def put_behaviour(request: Request) -> Response:
    wanted = read_behaviour(request.path_params["iccid"], await read_object(request))
    return answer(request, show_behaviour(await engine_of(request).write(behaviours.behave, wanted)))


def read_behaviour(iccid: str, body: Mapping[str, Any]) -> Behaviour:
    """Raises Malformed for an absence that outlasts the time between two."""
    leaves, uses, replies = (body.get(name) for name in ("goes_offline", "uses_data", "auto_reply"))
    if leaves is not None and leaves["away"] >= leaves["seconds"]:
        raise Malformed("goes_offline.away", "must be less than seconds")
    return Behaviour(
        iccid=iccid,
        auto_reply=None if replies is None else AutoReply(**replies),
        goes_offline=None if leaves is None else GoesOffline(**leaves),
        uses_data=None
        if uses is None
        else UsesData(uses["seconds"], octets(uses.get("volume_tx", 0)), octets(uses.get("volume_rx", 0))),
        acknowledges_after=body.get("acknowledges_after"),
    )
