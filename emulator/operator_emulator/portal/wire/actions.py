"""SIM actions and SIM transfers, as JSON. Keys of a request that are not known here are ignored."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from operator_emulator.core.partners.actions import PROFILE_PARAMETERS, SimRequest
from operator_emulator.core.partners.model import (
    Action,
    ActionItem,
    ActionKind,
    ActionStatus,
    Partner,
    Restriction,
    SimTransfer,
)
from operator_emulator.core.partners.sim_transfers import Decision
from operator_emulator.core.world.errors import Malformed
from operator_emulator.portal.wire.values import (
    Json,
    instant,
    maybe,
    read_boolean,
    read_choice,
    read_identifier,
    read_moment,
    read_number,
    read_partner,
    read_text,
    read_value,
)

# --------------------------------------------------------------------------------------------- which SIMs


def read_sims(body: Mapping[str, Any], *, binds: bool = False) -> list[SimRequest]:
    """The SIMs of an action; with *binds* each has the eUICCID that it is to be bound to."""
    sims = body.get("sims")
    if not isinstance(sims, list):
        raise Malformed("sims", "must not be null")
    asked = []
    for index, one in enumerate(sims):
        field = f"sims[{index}]"
        if not isinstance(one, dict):
            raise Malformed(field, "must be an object")
        named = read_identifier(one, field, but="euiccid" if binds else "")
        parameters = {"euiccid": read_value("euiccid", f"{field}.euiccid", one.get("euiccid"))} if binds else {}
        asked.append(SimRequest(named, parameters))
    return asked


# --------------------------------------------------------------------------------------------- parameters


def read_profiles(given: Any) -> Json:
    """Profiles by their parameters, and static addresses; null takes a profile away."""
    if not isinstance(given, dict):
        raise Malformed("profiles", "must be an object")
    read: Json = {
        name: None if given[name] is None else read_number(name, given[name])
        for name in PROFILE_PARAMETERS
        if name in given
    }
    pairs = given.get("staticIpsPerApn")
    if pairs is not None:
        if not isinstance(pairs, list) or not all(isinstance(pair, dict) for pair in pairs):
            raise Malformed("staticIpsPerApn", "must be a list of objects")
        read["staticIpsPerApn"] = [
            {name: read_text(f"staticIpsPerApn[{n}].{name}", pair.get(name)) for name in ("apnName", "staticIp")}
            for n, pair in enumerate(pairs)
        ]
    return read


def read_activation(body: Json) -> Json:
    read: Json = {}
    if body.get("tariffID") is not None:
        read["tariffID"] = read_number("tariffID", body["tariffID"])
    if body.get("productive") is not None:
        read["productive"] = read_boolean("productive", body["productive"])
    if body.get("profiles") is not None:
        read["profiles"] = read_profiles(body["profiles"])
    return read


def read_modified_profiles(body: Json) -> Json:
    read = read_profiles(body)
    if not read:
        raise Malformed("profiles", "must name at least one profile or address")
    return read


def read_remarks(body: Json) -> Json:
    given = body.get("remarks")
    if not isinstance(given, dict):
        raise Malformed("remarks", "must not be null")
    known = {name: given[name] for name in ("remark1", "remark2", "remark3") if name in given}
    if not all(text is None or isinstance(text, str) for text in known.values()):
        raise Malformed("remarks", "must be texts")
    return {"remarks": known}


def read_restriction(body: Json) -> Json:
    wanted = read_choice("restrictionStatus", body.get("restrictionStatus"), Restriction)
    if wanted is Restriction.NONE:
        raise Malformed("restrictionStatus", f"must be one of {Restriction.SPEED}, {Restriction.DATA}")
    return {"restrictionStatus": wanted.value}


def read_option_change(body: Json) -> Json:
    if not isinstance(body.get("attributes"), dict):
        raise Malformed("attributes", "must not be null")
    return read_option(body) | {"attributes": body["attributes"]}


def read_binding(body: Json) -> Json:
    operation = body.get("operation", "BIND")
    if operation not in ("BIND", "UNBIND"):
        raise Malformed("operation", "must be one of BIND, UNBIND")
    return {"operation": operation}


def read_option(body: Json) -> Json:
    """Of an option, by a number or a text."""
    option = body.get("optionID")
    if isinstance(option, int) and not isinstance(option, bool):
        option = str(option)
    return {"optionID": read_text("optionID", option)}


# What each action takes besides its SIMs; the others take nothing.
PARAMETERS: Final[Mapping[ActionKind, Callable[[Json], Json]]] = MappingProxyType(
    {
        ActionKind.ACTIVATION: read_activation,
        ActionKind.RESTRICT: read_restriction,
        ActionKind.UNRESTRICT: lambda body: (
            {} if body.get("apnName") is None else {"apnName": read_text("apnName", body["apnName"])}
        ),
        ActionKind.MOVE: lambda body: {"targetPartnerID": read_partner("targetPartnerID", body.get("targetPartnerID"))},
        ActionKind.CHANGE_TARIFF: lambda body: {"tariffID": read_number("tariffID", body.get("tariffID"))},
        ActionKind.CHANGE_OPTION: read_option_change,
        ActionKind.BOOK_OPTION: read_option,
        ActionKind.TERMINATE_OPTION: read_option,
        ActionKind.MODIFY_PROFILES: read_modified_profiles,
        ActionKind.MODIFY_REMARKS: read_remarks,
        ActionKind.BIND_EUICCID: read_binding,
    }
)

DATES: Final = MappingProxyType({ActionKind.TERMINATION: "terminationDate", ActionKind.CHANGE_TARIFF: "validFrom"})


def read_action(kind: ActionKind, body: Json) -> tuple[list[SimRequest], Json, datetime | None]:
    """SIMs, parameters, and when it is to begin if not at once."""
    parameters = PARAMETERS[kind](body) if kind in PARAMETERS else {}
    binds = parameters.get("operation") == "BIND"
    date = DATES.get(kind, "")
    begins = read_moment(date, body[date]) if body.get(date) else None
    return read_sims(body, binds=binds), parameters, begins


# --------------------------------------------------------------------------------------------- decisions


def read_decision(body: Json, query: Mapping[str, str]) -> tuple[Decision, str | None]:
    """What becomes of a transfer, and into which subunit: in the body, in the query, or alike in both (P§3.3)."""
    decision = read_once("action", body, query)
    subunit = read_once("subunitPartnerID", body, query)
    chosen: Decision = read_choice("action", decision, Decision)
    return chosen, None if subunit is None else read_partner("subunitPartnerID", subunit)


def read_once(name: str, body: Json, query: Mapping[str, str]) -> Any:
    given = [value for value in (body.get(name), query.get(name)) if value is not None]
    if len(given) == 2 and given[0] != given[1]:
        raise Malformed(name, "is given twice, and differently")
    return given[0] if given else None


# --------------------------------------------------------------------------------------------- showing


def action_link(base: str, partner: str, signup: str) -> Json:
    href = f"{base}/partners/{partner}/sims/actions/{signup}"
    return {"rel": "actions", "href": href, "type": "GET", "name": "get action status"}


def transfer_address(base: str, partner: str, transaction: str) -> str:
    return f"{base}/partners/{partner}/sims/actions/simtransfer/{transaction}"


def transfer_link(base: str, partner: str, transaction: str) -> Json:
    href = transfer_address(base, partner, transaction)
    return {"rel": "sims", "href": href, "type": "GET", "name": "get SIM transfer details"}


def show_action(action: Action, partner: str, base: str) -> Json:
    """P§4.3, with a link to the cancellation as long as that is possible (3.6.1)."""
    link = action_link(base, partner, action.id)
    links = [link]
    if action.transfer is not None:
        links.append(transfer_link(base, partner, action.transfer))
    elif action.status is ActionStatus.PENDING:
        links.append(link | {"rel": "cancel", "type": "DELETE", "name": "cancel action"})
    transfer = {} if action.transfer is None else {"transactionId": action.transfer}
    return {
        "signupId": action.id,
        **transfer,
        "action": action.kind,
        "status": action.status,
        "createdAt": instant(action.created),
        "finishedAt": maybe(action.finished),
        "sims": [show_item(item, action) for item in action.items],
        "links": links,
    }


def show_item(item: ActionItem, action: Action) -> Json:
    """A SIM by its ICCID and by the identifier that the request used. Until it is done, it is as far as the action."""
    status = item.status if item.status.final else action.status
    return {**{"iccid": item.iccid}, **named(item), "status": status, "error": item.error}


def named(item: ActionItem) -> Json:
    return {kind: value for kind, value in item.named.items() if kind != "iccid"}


def show_action_summary(action: Action) -> Json:
    return {
        "signupId": action.id,
        "action": action.kind,
        "status": action.status,
        "createdAt": instant(action.created),
        "simCount": len(action.items),
    }


def show_transfer(transfer: SimTransfer, sender: Partner, receiver: Partner) -> Json:
    """P§4.5, as both sides see it."""
    return {
        "transactionId": transfer.id,
        "signupId": transfer.signup,
        "status": transfer.status,
        "sendingPartner": {"partnerID": sender.id, "name": sender.name},
        "receivingPartner": {"partnerID": receiver.id, "name": receiver.name},
        "subunitPartnerID": transfer.subunit,
        "comment": transfer.comment,
        "sims": [{"iccid": iccid} for iccid in transfer.iccids],
        "createdAt": instant(transfer.created),
        "updatedAt": instant(transfer.updated),
    }
