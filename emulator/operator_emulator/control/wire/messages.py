"""Short messages and callbacks in JSON."""

from typing import Any

from operator_emulator.control.wire.values import show_maybe, show_time
from operator_emulator.core.network.model import Sms
from operator_emulator.core.world.model import Notification, Subscription
from operator_emulator.core.world.world import World


def show_message(sms: Sms) -> dict[str, Any]:
    return {
        "id": sms.id,
        "iccid": sms.iccid,
        "organisation": sms.organisation,
        "direction": sms.direction.name,
        "status": sms.status.name,
        "payload": sms.payload,
        "source_address": sms.source_address,
        "dest_address": sms.dest_address,
        "dcs": sms.dcs,
        "udh": sms.udh,
        "submitted": show_time(sms.submitted),
        "expires": show_time(sms.expires),
        "attempted": show_maybe(sms.attempted),
        "next_attempt": show_maybe(sms.next_attempt),
        "finished": show_maybe(sms.finished),
        "cause": sms.cause,
    }


def show_callback(world: World, notification: Notification, subscription: Subscription) -> dict[str, Any]:
    event = world.events.get(notification.event)
    return {
        "id": notification.id,
        "organisation": notification.organisation,
        "url": subscription.url,
        "event": None if event is None else event.type,
        "iccid": None if event is None else event.iccid,
        "sms": None if event is None else event.sms,
        "created": show_time(notification.created),
        "deadline": show_time(notification.deadline),
        "fate": notification.fate,
        "tries": [
            {
                "at": show_time(one.at),
                "status": None if one.outcome is None else one.outcome.status,
                "problem": None if one.outcome is None else one.outcome.problem,
            }
            for one in notification.tries
        ],
        "next_try": show_maybe(notification.next_try),
        "finished": show_maybe(notification.finished),
    }
