"""Short messages as they stand; and one with its history: submission, attempts with their causes, end, and what the
customer was told.
"""

from operator import itemgetter
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.pages import answer_page
from operator_emulator.control.watch import MESSAGES, Match
from operator_emulator.control.wire.messages import show_message
from operator_emulator.control.wire.reading import read_id
from operator_emulator.control.wire.values import show_time
from operator_emulator.core.network import smsc
from operator_emulator.core.network.model import Direction, Sms, SmsStatus
from operator_emulator.core.world.errors import UnknownSms
from operator_emulator.core.world.world import World
from operator_emulator.web.context import engine_of
from operator_emulator.web.respond import answer

ENDS = {
    SmsStatus.DELIVERED: ("good", "Delivered"),
    SmsStatus.FAILED: ("bad", "Failed"),
    SmsStatus.EXPIRED: ("bad", "Expired"),
    SmsStatus.CANCELED: ("bad", "Cancelled"),
}


async def list_messages(request: Request) -> Response:
    return await answer_page(request, "messages", MESSAGES, "ShortMessage", queries_for)


def queries_for(match: Match) -> list[dict[str, Any]]:
    """A message from a device is kept without its status, which is that of the callback that forwards it."""
    narrow = MESSAGES.conditions(match)
    directions = [Direction[match["direction"]]] if "direction" in match else list(Direction)
    if "status" not in match:
        return [narrow if "direction" not in match else {**narrow, "direction": directions[0]}]
    kept = {Direction.MT: {"status": SmsStatus[match["status"]]}, Direction.MO: {}}
    return [{**narrow, "direction": direction, **kept[direction]} for direction in directions]


# --------------------------------------------------------------------------------------------- history


async def get_message(request: Request) -> Response:
    id = read_id(request.path_params["id"])
    return answer(request, await engine_of(request).read(message, id))


def message(world: World, id: int) -> dict[str, Any]:
    """Raises UnknownSms."""
    kept = world.sms.get(id)
    if kept is None:
        raise UnknownSms(str(id))
    sms = smsc.present(world, kept)
    steps = [*network_steps(sms), *customer_steps(world, kept)]
    return {"message": show_message(sms), "history": sorted(steps, key=itemgetter("at"))}


def network_steps(sms: Sms) -> list[dict[str, Any]]:
    if sms.direction is Direction.MO:
        return [step(sms.submitted, "plain", "Sent by the device")]
    steps = [step(sms.submitted, "plain", "Submitted")]
    steps += [step(one.at, "waits", f"Attempt failed: {one.cause}") for one in sms.failed_attempts]
    if sms.attempted is not None and sms.attempted not in [one.at for one in sms.failed_attempts]:
        steps.append(step(sms.attempted, "plain", "Attempted"))
    if sms.finished is not None and sms.status in ENDS:
        steps.append(step(sms.finished, *ENDS[sms.status]))
    return steps


def customer_steps(world: World, sms: Sms) -> list[dict[str, Any]]:
    """Each try to tell the customer: a delivery report, or the message itself."""
    what = "Message" if sms.direction is Direction.MO else "Delivery report"
    steps = []
    for notification in world.notifications.find(event=sms.event, order="id") if sms.event is not None else ():
        for number, one in enumerate(notification.tries, 1):
            outcome = one.outcome
            if outcome is None:
                steps.append(step(one.at, "waits", f"{what}, try {number}: under way"))
            elif outcome.status is not None:
                kind = "good" if 200 <= outcome.status < 300 else "bad"
                steps.append(step(one.at, kind, f"{what}, try {number}: your webhook answered {outcome.status}"))
            else:
                steps.append(step(one.at, "bad", f"{what}, try {number}: {outcome.problem}"))
    return steps


def step(at: Any, kind: str, text: str) -> dict[str, Any]:
    return {"at": show_time(at), "kind": kind, "text": text}
