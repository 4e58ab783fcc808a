"""SIM actions and SIM transfers, as JSON. Unknown keys of a request are ignored."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from operator_emulator.core.partners.action_model import (
    Action,
    ActionItem,
    ActionKind,
    ActionStatus,
    Activate,
    AnyParameters,
    BindEuiccid,
    BookOption,
    ChangeOption,
    ChangeTariff,
    Decision,
    ModifyProfiles,
    ModifyRemarks,
    Move,
    Restrict,
    SimTransfer,
    TerminateOption,
    Unrestrict,
)
from operator_emulator.core.partners.actions import SimRequest
from operator_emulator.core.partners.model import Partner, Restriction
from operator_emulator.core.world.errors import Malformed
from operator_emulator.portal.wire.failures import sentence
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


def read_sims(body: Mapping[str, Any]) -> list[SimRequest]:
    """The SIMs of an action."""
    return [SimRequest(read_identifier(one, field)) for field, one in entries(body)]


def read_bound_sims(body: Mapping[str, Any]) -> list[SimRequest]:
    """SIMs, each with the eUICCID that it is to be bound to."""
    return [
        SimRequest(
            read_identifier(one, field, but="euiccid"),
            BindEuiccid(euiccid=read_value("euiccid", f"{field}.euiccid", one.get("euiccid"))),
        )
        for field, one in entries(body)
    ]


def entries(body: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    """The entries of ``sims``, each with its name. Raises Malformed."""
    sims = body.get("sims")
    if not isinstance(sims, list):
        raise Malformed("sims", "must not be null")
    for index, one in enumerate(sims):
        field = f"sims[{index}]"
        if not isinstance(one, dict):
            raise Malformed(field, "must be an object")
        yield field, one


# --------------------------------------------------------------------------------------------- parameters

PROFILE_KINDS: Final = MappingProxyType(
    {
        "limitProfileID": "limit",
        "fraudProfileID": "fraud",
        "costLimitProfileID": "cost",
        "apnProfileID": "apn",
    }
)


def read_profiles(given: Any) -> ModifyProfiles:
    """Profiles, where null removes one, and static addresses."""
    if not isinstance(given, dict):
        raise Malformed("profiles", "must be an object")
    profiles = {
        kind: None if given[key] is None else str(read_number(key, given[key]))
        for key, kind in PROFILE_KINDS.items()
        if key in given
    }
    return ModifyProfiles(profiles=profiles, static_ips=read_static_ips(given.get("staticIpsPerApn")))


def read_static_ips(pairs: Any) -> dict[str, str]:
    if pairs is None:
        return {}
    if not isinstance(pairs, list) or not all(isinstance(pair, dict) for pair in pairs):
        raise Malformed("staticIpsPerApn", "must be a list of objects")
    field = "staticIpsPerApn[{}].{}".format
    return {
        read_text(field(n, "apnName"), pair.get("apnName")): read_text(field(n, "staticIp"), pair.get("staticIp"))
        for n, pair in enumerate(pairs)
    }


def read_activation(body: Json) -> Activate:
    tariff, productive, profiles = body.get("tariffID"), body.get("productive"), body.get("profiles")
    return Activate(
        tariff_id=None if tariff is None else read_number("tariffID", tariff),
        productive=True if productive is None else read_boolean("productive", productive),
        modify=ModifyProfiles() if profiles is None else read_profiles(profiles),
    )


def read_modified_profiles(body: Json) -> ModifyProfiles:
    read = read_profiles(body)
    if not read.profiles and body.get("staticIpsPerApn") is None:
        raise Malformed("profiles", "must name at least one profile or address")
    return read


def read_remarks(body: Json) -> ModifyRemarks:
    given = body.get("remarks")
    if not isinstance(given, dict):
        raise Malformed("remarks", "must not be null")
    known = {name: given[name] for name in ("remark1", "remark2", "remark3") if name in given}
    if not all(text is None or isinstance(text, str) for text in known.values()):
        raise Malformed("remarks", "must be texts")
    return ModifyRemarks(remarks=known)


def read_restriction(body: Json) -> Restrict:
    wanted = read_choice("restrictionStatus", body.get("restrictionStatus"), Restriction)
    if wanted is Restriction.NONE:
        raise Malformed("restrictionStatus", f"must be one of {Restriction.SPEED}, {Restriction.DATA}")
    return Restrict(restriction=wanted)


def read_unrestriction(body: Json) -> Unrestrict:
    apn = body.get("apnName")
    return Unrestrict(apn=None if apn is None else read_text("apnName", apn))


def read_option_change(body: Json) -> ChangeOption:
    if not isinstance(body.get("attributes"), dict):
        raise Malformed("attributes", "must not be null")
    return ChangeOption(option_id=read_option(body), attributes=body["attributes"])


def read_option(body: Json) -> str:
    """The id of an option, which may be sent as a number."""
    option = body.get("optionID")
    if isinstance(option, int) and not isinstance(option, bool):
        option = str(option)
    return read_text("optionID", option)


def read_binds(body: Json) -> bool:
    """Whether SIMs are to be bound; otherwise they are released."""
    operation = body.get("operation", "BIND")
    if operation not in ("BIND", "UNBIND"):
        raise Malformed("operation", "must be one of BIND, UNBIND")
    return bool(operation == "BIND")


# How to read the parameters of each action that has any.
PARAMETERS: Final[Mapping[ActionKind, Callable[[Json], AnyParameters]]] = MappingProxyType(
    {
        ActionKind.ACTIVATION: read_activation,
        ActionKind.RESTRICT: read_restriction,
        ActionKind.UNRESTRICT: read_unrestriction,
        ActionKind.MOVE: lambda body: Move(partner=read_partner("targetPartnerID", body.get("targetPartnerID"))),
        ActionKind.CHANGE_TARIFF: lambda body: ChangeTariff(tariff_id=read_number("tariffID", body.get("tariffID"))),
        ActionKind.CHANGE_OPTION: read_option_change,
        ActionKind.BOOK_OPTION: lambda body: BookOption(option_id=read_option(body)),
        ActionKind.TERMINATE_OPTION: lambda body: TerminateOption(option_id=read_option(body)),
        ActionKind.MODIFY_PROFILES: read_modified_profiles,
        ActionKind.MODIFY_REMARKS: read_remarks,
        ActionKind.BIND_EUICCID: lambda _: BindEuiccid(),
    }
)
DATES: Final = MappingProxyType({ActionKind.TERMINATION: "terminationDate", ActionKind.CHANGE_TARIFF: "validFrom"})


def read_action(kind: ActionKind, body: Json) -> tuple[list[SimRequest], AnyParameters | None, datetime | None]:
    """SIMs, parameters, and when the action is to begin, unless at once."""
    parameters = PARAMETERS[kind](body) if kind in PARAMETERS else None
    binds = kind is ActionKind.BIND_EUICCID and read_binds(body)
    date = DATES.get(kind, "")
    begins = read_moment(date, body[date]) if body.get(date) else None
    return read_bound_sims(body) if binds else read_sims(body), parameters, begins


# --------------------------------------------------------------------------------------------- decisions


def read_decision(body: Json, query: Mapping[str, str]) -> tuple[Decision, str | None]:
    """The decision about a transfer, and the subunit, from the body or the query; both must agree (P§3.3)."""
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
    """An action (P§4.3), with a link to its cancellation as long as that is possible (3.6.1)."""
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
    """A SIM by its ICCID and the identifier of the request; it has the action's status until its own is final."""
    status = item.status if item.status.final else action.status
    return {
        **{"iccid": item.iccid},
        **named(item),
        "status": status,
        "error": None if item.failure is None else sentence(item.failure),
    }


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
    """A SIM transfer, as both sides see it (P§4.5)."""
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
