"""The portal's asynchronous SIM actions (P§4): asked for now, done a little later, told by one event.

``RULES`` is the state machine: from which states an action may start, and what it does to the contract. What an
action means to the network (a blocked SIM is off the air) goes through the same verbs as the management API's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from emulator.core import device, events, partners, schedule, sims
from emulator.core.errors import Conflict, Malformed, NotBooked, UnknownAction
from emulator.core.model import EventType, SimState
from emulator.core.partner_model import (
    ACTION_STEPS,
    Action,
    ActionItem,
    ActionKind,
    ActionStatus,
    Alarm,
    Contract,
    ContractState,
    PartnerCaller,
    Restriction,
)
from emulator.core.world import World
from emulator.core.calendar import add_months

State = ContractState
ALIVE: Final = frozenset({State.ACTIVE, State.TEST, State.SUSPENDED})
IN_USE: Final = frozenset({State.ACTIVE, State.TEST, State.SUSPENDED, State.BLOCKED})
NOT_ENDED: Final = frozenset(State) - {State.TERMINATED}

FIRST_SIGNUP: Final = 708855306  # P§9
Parameters = Mapping[str, Any]


class Impossible(Exception):
    """An item fails; the message is its error. Caught where the item's result is written."""


@dataclass(frozen=True, slots=True)
class Rule:
    """From which states, and what becomes of the contract. *single*: one SIM only (P§3.1)."""

    sources: frozenset[ContractState]
    change: Callable[[World, Contract, Parameters], Contract]
    single: bool = False
    booked: str | None = None  # the optional service that it needs


# --------------------------------------------------------------------------------------------- what each one does


def activate(world: World, contract: Contract, given: Parameters) -> Contract:
    productive = given.get("productive", True)
    if "tariffID" in given:
        contract = change_tariff(world, contract, given)
    contract = modify_profiles(world, contract, given)
    contract = replace(contract, state=State.TEST, activated=world.now)
    return enter_productive_state(world, contract, given) if productive else contract


def enter_productive_state(world: World, contract: Contract, given: Parameters) -> Contract:
    return replace(
        contract,
        state=State.ACTIVE,
        binding_start=world.now,
        binding_end=add_months(world.now, world.policy.binding_months),
    )


def leave_for(state: ContractState) -> Callable[[World, Contract, Parameters], Contract]:
    def leave(world: World, contract: Contract, given: Parameters) -> Contract:
        return replace(contract, state=state, before=contract.state)

    return leave


def come_back(world: World, contract: Contract, given: Parameters) -> Contract:
    """To the state before. A SIM that was suspended when it was blocked is suspended again, and then was active."""
    back = contract.before or State.ACTIVE
    still = State.ACTIVE if contract.binding_start else State.TEST
    return replace(contract, state=back, before=still if back is State.SUSPENDED else None)


def terminate(world: World, contract: Contract, given: Parameters) -> Contract:
    return replace(contract, state=State.TERMINATED, before=None, pending=None)


def restrict(world: World, contract: Contract, given: Parameters) -> Contract:
    return replace(contract, restriction=Restriction(given.get("restrictionStatus", Restriction.DATA)))


def unrestrict(world: World, contract: Contract, given: Parameters) -> Contract:
    apn = given.get("apnName")
    if apn is None:
        return replace(contract, restriction=Restriction.NONE, apn_restrictions={})
    if apn not in contract.apn_restrictions:
        raise Impossible(f"APN {apn} is not restricted.")
    rest = {name: value for name, value in contract.apn_restrictions.items() if name != apn}
    return replace(contract, apn_restrictions=rest)


def change_tariff(world: World, contract: Contract, given: Parameters) -> Contract:
    tariff = given["tariffID"]
    return replace(contract, offering_id=int(tariff), offering_name=f"Tariff {tariff}")


def book_option(world: World, contract: Contract, given: Parameters) -> Contract:
    option = str(given["optionID"])
    if option in contract.options:
        raise Impossible(f"Option {option} is already booked.")
    return replace(contract, options=(*contract.options, option))


def change_option(world: World, contract: Contract, given: Parameters) -> Contract:
    option = str(given["optionID"])
    if option not in contract.options:
        raise Impossible(f"Option {option} is not booked.")
    attributes = {**contract.option_attributes, option: dict(given.get("attributes") or {})}
    return replace(contract, option_attributes=attributes)


def terminate_option(world: World, contract: Contract, given: Parameters) -> Contract:
    option = str(given["optionID"])
    if option not in contract.options:
        raise Impossible(f"Option {option} is not booked.")
    attributes = {name: value for name, value in contract.option_attributes.items() if name != option}
    return replace(
        contract,
        options=tuple(one for one in contract.options if one != option),
        option_attributes=attributes,
    )


PROFILE_PARAMETERS: Final = MappingProxyType(
    {
        "limitProfileID": "limit",
        "fraudProfileID": "fraud",
        "costLimitProfileID": "cost",
        "apnProfileID": "apn",
    }
)


def modify_profiles(world: World, contract: Contract, given: Parameters) -> Contract:
    profiles = dict(contract.profiles)
    for parameter, kind in PROFILE_PARAMETERS.items():
        if parameter not in given:
            continue
        if given[parameter] is None:
            profiles.pop(kind, None)
            continue
        profile = world.profiles.get(str(given[parameter]))
        if profile is None or profile.kind != kind:
            raise Impossible(f"There is no {kind} profile {given[parameter]}.")
        profiles[kind] = profile.id
    static_ips = dict(contract.static_ips)
    for pair in given.get("staticIpsPerApn") or ():
        static_ips[pair["apnName"]] = pair["staticIp"]
    return replace(contract, profiles=profiles, static_ips=static_ips)


def modify_remarks(world: World, contract: Contract, given: Parameters) -> Contract:
    remarks = {**contract.remarks, **given["remarks"]}
    return replace(contract, remarks={name: text for name, text in remarks.items() if text})


def move(world: World, contract: Contract, given: Parameters) -> Contract:
    return replace(contract, partner=given["targetPartnerID"])


def bind_euiccid(world: World, contract: Contract, given: Parameters) -> Contract:
    if given.get("operation", "BIND") == "UNBIND":
        return replace(contract, euiccid=None, eid_profile_status=None)
    return replace(contract, euiccid=given["euiccid"], eid_profile_status="RELEASED")


def reset_fraud_status(world: World, contract: Contract, given: Parameters) -> Contract:
    if contract.fraud_status is Alarm.OK:
        raise Impossible("The fraud status is OK.")
    sim = world.sims.get(contract.iccid)
    return replace(
        contract,
        fraud_status=Alarm.OK,
        home_imei=sim.device.imei if sim else None,  # the device that is in it now is taken for the right one
        noticed=tuple(one for one in contract.noticed if not one.startswith("fraud")),
    )


def limit_status(wanted: Callable[[Contract], bool], becomes: Alarm, problem: str) -> Callable[..., Contract]:
    def change(world: World, contract: Contract, given: Parameters) -> Contract:
        if not wanted(contract):
            raise Impossible(problem)
        lifted = becomes is not Alarm.ALARM
        return replace(
            contract,
            limit_status=becomes,
            restriction=Restriction.NONE if lifted else Restriction.DATA,
            apn_restrictions={} if lifted else contract.apn_restrictions,
        )

    return change


RULES: Final[Mapping[ActionKind, Rule]] = MappingProxyType(
    {
        ActionKind.ACTIVATION: Rule(frozenset({State.INACTIVE}), activate),
        ActionKind.ENTER_PRODUCTIVE_STATE: Rule(frozenset({State.TEST}), enter_productive_state),
        ActionKind.SUSPEND: Rule(frozenset({State.ACTIVE, State.TEST}), leave_for(State.SUSPENDED)),
        ActionKind.UNSUSPEND: Rule(frozenset({State.SUSPENDED}), come_back),
        ActionKind.BLOCK: Rule(ALIVE, leave_for(State.BLOCKED)),
        ActionKind.UNBLOCK: Rule(frozenset({State.BLOCKED}), come_back),
        ActionKind.TERMINATION: Rule(NOT_ENDED - {State.ORDERED}, terminate),
        ActionKind.RESTRICT: Rule(ALIVE, restrict, booked="restrict"),
        ActionKind.UNRESTRICT: Rule(ALIVE, unrestrict, booked="restrict"),
        ActionKind.OVERRIDE_LIMIT_STATUS: Rule(
            IN_USE,
            limit_status(
                lambda one: one.limit_status is Alarm.ALARM,
                Alarm.OVERRIDDEN,
                "The limit status is no alarm.",
            ),
        ),
        ActionKind.RESTORE_LIMIT_STATUS: Rule(
            IN_USE,
            limit_status(
                lambda one: one.limit_status is Alarm.OVERRIDDEN,
                Alarm.ALARM,
                "The limit status is not overridden.",
            ),
        ),
        ActionKind.RESET_LIMIT_STATUS: Rule(
            IN_USE,
            limit_status(
                lambda one: one.limit_status is not Alarm.OK,
                Alarm.OK,
                "The limit status is OK.",
            ),
        ),
        ActionKind.RESET_FRAUD_STATUS: Rule(IN_USE, reset_fraud_status),
        ActionKind.CHANGE_TARIFF: Rule(IN_USE, change_tariff),
        ActionKind.CHANGE_OPTION: Rule(IN_USE, change_option, single=True),
        ActionKind.BOOK_OPTION: Rule(IN_USE, book_option),
        ActionKind.TERMINATE_OPTION: Rule(IN_USE, terminate_option),
        ActionKind.MODIFY_PROFILES: Rule(IN_USE, modify_profiles),
        ActionKind.MODIFY_REMARKS: Rule(NOT_ENDED, modify_remarks),
        ActionKind.MOVE: Rule(NOT_ENDED, move),
        ActionKind.BIND_EUICCID: Rule(NOT_ENDED, bind_euiccid),
    }
)


# --------------------------------------------------------------------------------------------- asking


@dataclass(frozen=True, slots=True)
class Asked:
    """One SIM of a request: its identifier, and parameters of this SIM alone."""

    named: dict[str, str]
    parameters: dict[str, Any]


def start(
    world: World,
    caller: PartnerCaller,
    partner: str,
    kind: ActionKind,
    asked: Sequence[Asked],
    parameters: dict[str, Any],
    begins: datetime | None = None,
) -> Action:
    """Accept an action; *begins* dates it in the future. What is wrong with single SIMs shows in its items.

    Raises ForeignPartner, ReadOnly, NotBooked, Malformed.
    """
    within = partners.scope(world, caller, partner, changes=True)
    rule = RULES[kind]
    require_booked(world, partner, rule.booked)
    if rule.single and len(asked) != 1:
        raise Malformed("sims", "must be exactly one SIM")
    if kind is ActionKind.MOVE and parameters["targetPartnerID"] not in partners.visible_partners(
        world, caller.partner, caller.subunits
    ):
        raise Malformed("targetPartnerID", "is none of your subunits")
    signup = next_signup(world)
    items = tuple(take(world, within, signup, one) for one in asked)
    from_now = max(begins or world.now, world.now)
    action = world.actions.put(
        Action(
            id=signup,
            partner=partner,
            kind=kind,
            status=ActionStatus.PENDING,
            created=world.now,
            begins=from_now + world.policy.action_begins,
            finishes=from_now + world.policy.action_takes,
            items=items,
            parameters=parameters,
        )
    )
    schedule.at(world, action.begins, "actions.begin", action.id)
    schedule.at(world, action.finishes, "actions.finish", action.id)
    return action


def require_booked(world: World, partner: str, service: str | None) -> None:
    """A subunit has what its partner has booked."""
    row = world.partners.get(partner)
    owner = world.partners.get(row.parent) if row and row.parent else row
    if service is not None and (owner is None or service not in owner.booked):
        raise NotBooked(service)


def next_signup(world: World) -> str:
    return str(FIRST_SIGNUP + world.next_id("signup") - 1)


def take(world: World, within: tuple[str, ...], signup: str, asked: Asked) -> ActionItem:
    """Find a SIM and hold it for the action; a held one cannot be in another (P§4.2)."""
    item = ActionItem(named=asked.named, parameters=asked.parameters)
    found = partners.matching(world, within, asked.named)
    problem = None
    if not found:
        problem = "SIM not found."
    elif len(found) > 1:
        problem = "The identifier matches several SIMs."
    elif found[0].pending is not None:
        problem = f"SIM is held by action {found[0].pending}."
    if problem is not None:
        iccid = found[0].iccid if len(found) == 1 else None
        return replace(item, iccid=iccid, status=ActionStatus.FAILED, error=problem)
    world.contracts.put(replace(found[0], pending=signup))
    return replace(item, iccid=found[0].iccid)


# --------------------------------------------------------------------------------------------- doing


def step(world: World, action: Action, status: ActionStatus) -> Action:
    """One allowed step of the state machine."""
    assert status in ACTION_STEPS[action.status], f"{action.status} never becomes {status}"
    return world.actions.put(replace(action, status=status))


def begin(world: World, signup: str) -> None:
    """The workflow starts: from now on it cannot be cancelled."""
    action = world.actions.get(signup)
    if action is not None and action.status is ActionStatus.PENDING:
        step(world, action, ActionStatus.IN_PROGRESS)


def finish(world: World, signup: str) -> None:
    """The workflow ends: each SIM is changed or fails, and one event says that it is done (P§4.4)."""
    action = world.actions.get(signup)
    if action is None or action.status is not ActionStatus.IN_PROGRESS:
        return
    items = tuple(carry_out(world, action, item) for item in action.items)
    failed = all(item.status is ActionStatus.FAILED for item in items)
    action = replace(action, items=items, finished=world.now)
    step(world, action, ActionStatus.FAILED if failed else ActionStatus.DONE)
    tell(world, action)


def carry_out(world: World, action: Action, item: ActionItem) -> ActionItem:
    if item.status.final or item.iccid is None:
        return item
    contract = world.contracts.get(item.iccid)
    if contract is None:
        return replace(item, status=ActionStatus.FAILED, error="SIM not found.")
    world.contracts.put(replace(contract, pending=None))
    rule = RULES[action.kind]
    try:
        if contract.state not in rule.sources:
            raise Impossible(f"SIM is {contract.state}; {action.kind} is not possible.")
        given = {**action.parameters, **item.parameters}
        changed = rule.change(world, replace(contract, pending=None), given)
    except Impossible as impossible:
        return replace(item, status=ActionStatus.FAILED, error=str(impossible))
    apply(world, contract, changed)
    return replace(item, status=ActionStatus.DONE)


def apply(world: World, before: Contract, contract: Contract) -> Contract:
    """Keep the changed contract, and let the network feel it: on the air in Test and Active, off it otherwise."""
    world.contracts.put(contract)
    sim = world.sims.get(contract.iccid)
    if sim is None or before.state is contract.state:
        if sim is not None and before.restriction is not contract.restriction:
            device.close_pdp_context(world, sim.iccid)  # a new session gets the new terms (P§4.2)
        return contract
    if contract.state in (State.ACTIVE, State.TEST):
        if sim.state in (SimState.ISSUED, SimState.SUSPENDED):
            sims.activate(world, sim)
    elif sim.state is SimState.ACTIVATED:
        sims.suspend(world, sim)
    return contract


def tell(world: World, action: Action) -> None:
    events.record(world, EventType.SIM_ACTION_DONE, partner=action.partner, signup=action.id)


# --------------------------------------------------------------------------------------------- looking, cancelling


def show(world: World, caller: PartnerCaller, partner: str, signup: str) -> Action:
    partners.scope(world, caller, partner)
    action = world.actions.get(signup)
    if action is None or action.partner != partner:
        raise UnknownAction(signup)
    return action


def page(
    world: World, caller: PartnerCaller, partner: str, *, offset: int, limit: int, **conditions: Any
) -> tuple[list[Action], int]:
    """Actions of a partner, newest first. *conditions*: status, created."""
    partners.scope(world, caller, partner)
    rows = world.actions.find(
        order="-created", offset=offset, limit=limit, partner=partner, **conditions
    )
    return rows, world.actions.count(partner=partner, **conditions)


def cancel(world: World, caller: PartnerCaller, partner: str, signup: str) -> Action:
    """Take an action back while it is pending (P§4.3); the event is sent all the same (assumed). Raises Conflict."""
    partners.scope(world, caller, partner, changes=True)
    action = show(world, caller, partner, signup)
    if action.status is not ActionStatus.PENDING:
        raise Conflict(f"Action {signup} is {action.status} and cannot be cancelled.")
    for item in action.items:
        contract = world.contracts.get(item.iccid) if item.iccid else None
        if contract is not None and contract.pending == signup:
            world.contracts.put(replace(contract, pending=None))
    schedule.cancel(world, "actions.begin", signup)
    schedule.cancel(world, "actions.finish", signup)
    items = tuple(
        item if item.status.final else replace(item, status=ActionStatus.CANCELLED) for item in action.items
    )
    cancelled = step(world, replace(action, items=items, finished=world.now), ActionStatus.CANCELLED)
    tell(world, cancelled)
    return cancelled


