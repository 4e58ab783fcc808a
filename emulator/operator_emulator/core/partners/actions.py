"""The portal's asynchronous SIM actions (P§4): asked for now, done a little later, told by one event.

``RULES`` is the state machine: from which states an action may start, and what it does to the contract. What an
action means to the network (a blocked SIM is off the air) goes through the same verbs as the management API's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from msgspec.structs import replace

from operator_emulator.core.customers import sims
from operator_emulator.core.customers.model import SimState
from operator_emulator.core.network import device
from operator_emulator.core.partners import partners
from operator_emulator.core.partners.model import (
    ACTION_STEPS,
    IDENTIFIED,
    ON_AIR,
    Action,
    ActionItem,
    ActionKind,
    ActionStatus,
    Alarm,
    Contract,
    ContractState,
    Option,
    PartnerCaller,
    Restriction,
)
from operator_emulator.core.world import events, schedule
from operator_emulator.core.world.calendar import add_months
from operator_emulator.core.world.errors import Conflict, Malformed, NotBooked, UnknownAction, UnknownIdentifier
from operator_emulator.core.world.model import EventType, JobKind
from operator_emulator.core.world.world import World

State = ContractState
RESTRICTABLE: Final = ON_AIR | {State.SUSPENDED}
NOT_ENDED: Final = frozenset(State) - {State.TERMINATED}

FIRST_SIGNUP: Final = 708855306  # P§9
Parameters = Mapping[str, Any]


class ActionFailed(Exception):
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
    if "tariffID" in given:
        contract = change_tariff(world, contract, given)
    contract = modify_profiles(world, contract, given.get("profiles") or {})
    contract = replace(contract, state=State.TEST, activated=world.now)
    return enter_productive_state(world, contract, given) if given.get("productive", True) else contract


def enter_productive_state(world: World, contract: Contract, given: Parameters) -> Contract:
    end = add_months(world.now, world.policy.binding_months)
    return replace(contract, state=State.ACTIVE, binding_start=world.now, binding_end=end)


def suspend_to(state: ContractState) -> Callable[[World, Contract, Parameters], Contract]:
    def leave(world: World, contract: Contract, given: Parameters) -> Contract:
        return replace(contract, state=state, before=contract.state)

    return leave


def come_back(world: World, contract: Contract, given: Parameters) -> Contract:
    """To the state before. A SIM that was blocked while suspended is suspended again."""
    on_air = partners.state_on_air(contract)
    if contract.before is State.SUSPENDED:
        return replace(contract, state=State.SUSPENDED, before=on_air)
    return replace(contract, state=on_air, before=None)


def terminate(world: World, contract: Contract, given: Parameters) -> Contract:
    """The end; what identified the SIM, but for its ICCID, is free again (P§4.1)."""
    return replace(
        contract, state=State.TERMINATED, before=None, euiccid=None, eid_profile_status=None, activation_code=None
    )


def restrict(world: World, contract: Contract, given: Parameters) -> Contract:
    wanted = Restriction(given["restrictionStatus"])
    return replace(contract, restriction=wanted, restriction_reason=None)


def unrestrict(world: World, contract: Contract, given: Parameters) -> Contract:
    apn = given.get("apnName")
    if apn is None:
        if contract.restriction is Restriction.NONE and not contract.apn_restrictions:
            raise ActionFailed("SIM is not restricted.")
        return replace(contract, restriction=Restriction.NONE, apn_restrictions={})
    if apn not in contract.apn_restrictions:
        raise ActionFailed(f"APN {apn} is not restricted.")
    rest = {name: value for name, value in contract.apn_restrictions.items() if name != apn}
    return replace(contract, apn_restrictions=rest)


def change_tariff(world: World, contract: Contract, given: Parameters) -> Contract:
    tariff = given["tariffID"]
    return replace(contract, offering_id=tariff, offering_name=f"Tariff {tariff}")


def book_option(world: World, contract: Contract, given: Parameters) -> Contract:
    option = given["optionID"]
    if option in contract.options:
        raise ActionFailed(f"Option {option} is already booked.")
    return replace(contract, options={**contract.options, option: Option(booked=world.now)})


def booked_option(contract: Contract, given: Parameters) -> str:
    option: str = given["optionID"]
    if option not in contract.options:
        raise ActionFailed(f"Option {option} is not booked.")
    return option


def change_option(world: World, contract: Contract, given: Parameters) -> Contract:
    option = booked_option(contract, given)
    changed = replace(contract.options[option], attributes=dict(given["attributes"]))
    return replace(contract, options={**contract.options, option: changed})


def terminate_option(world: World, contract: Contract, given: Parameters) -> Contract:
    option = booked_option(contract, given)
    return replace(contract, options={name: one for name, one in contract.options.items() if name != option})


PROFILE_PARAMETERS: Final = MappingProxyType(
    {
        "limitProfileID": "limit",
        "fraudProfileID": "fraud",
        "costLimitProfileID": "cost",
        "apnProfileID": "apn",
    }
)


def modify_profiles(world: World, contract: Contract, given: Parameters) -> Contract:
    """Assign profiles of the partner's own, or take them away by None; what is left out stays."""
    profiles = dict(contract.profiles)
    for parameter, kind in PROFILE_PARAMETERS.items():
        if parameter not in given:
            continue
        if given[parameter] is None:
            profiles.pop(kind, None)
            continue
        profile = world.profiles.get(str(given[parameter]))
        owner = partners.main_of(world, contract.partner)
        if profile is None or profile.kind != kind or profile.partner not in (owner, contract.partner):
            raise ActionFailed(f"There is no {kind} profile {given[parameter]}.")
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
    if contract.sim_type != "VIRTUAL":
        raise ActionFailed("SIM is no eSIM profile.")
    if given.get("operation", "BIND") == "BIND":
        return replace(contract, euiccid=given["euiccid"], eid_profile_status="RELEASED")
    if contract.euiccid is None:
        raise ActionFailed("SIM is bound to no eUICC.")
    return replace(contract, euiccid=None, eid_profile_status=None)


def reset_fraud_status(world: World, contract: Contract, given: Parameters) -> Contract:
    if contract.fraud_status is Alarm.OK:
        raise ActionFailed("The fraud status is OK.")
    return replace(
        contract.lift("Fraud"),
        fraud_status=Alarm.OK,
        # The device that is in it now is taken for the right one.
        home_imei=partners.sim_of(world, contract).device.imei,
        noticed=tuple(one for one in contract.noticed if not one.startswith("fraud")),
    )


def override_limit_status(world: World, contract: Contract, given: Parameters) -> Contract:
    if contract.limit_status is not Alarm.ALARM:
        raise ActionFailed("The limit status is no alarm.")
    free = contract.lift("Limit")
    taken = contract.restriction if free.restriction is Restriction.NONE else Restriction.NONE
    return replace(free, limit_status=Alarm.OVERRIDDEN, overridden=taken)


def restore_limit_status(world: World, contract: Contract, given: Parameters) -> Contract:
    if contract.limit_status is not Alarm.OVERRIDDEN:
        raise ActionFailed("The limit status is not overridden.")
    again = contract.restriction.stricter(contract.overridden)
    return replace(contract, limit_status=Alarm.ALARM, restriction=again, overridden=Restriction.NONE)


def reset_limit_status(world: World, contract: Contract, given: Parameters) -> Contract:
    if contract.limit_status is Alarm.OK:
        raise ActionFailed("The limit status is OK.")
    return replace(contract.lift("Limit"), limit_status=Alarm.OK, overridden=Restriction.NONE)


RULES: Final[Mapping[ActionKind, Rule]] = MappingProxyType(
    {
        ActionKind.ACTIVATION: Rule(frozenset({State.INACTIVE}), activate),
        ActionKind.ENTER_PRODUCTIVE_STATE: Rule(frozenset({State.TEST}), enter_productive_state),
        ActionKind.SUSPEND: Rule(ON_AIR, suspend_to(State.SUSPENDED)),
        ActionKind.UNSUSPEND: Rule(frozenset({State.SUSPENDED}), come_back),
        ActionKind.BLOCK: Rule(ON_AIR | {State.SUSPENDED}, suspend_to(State.BLOCKED)),
        ActionKind.UNBLOCK: Rule(frozenset({State.BLOCKED}), come_back),
        ActionKind.TERMINATION: Rule(NOT_ENDED - {State.ORDERED}, terminate),
        ActionKind.RESTRICT: Rule(RESTRICTABLE, restrict, booked="restrict"),
        ActionKind.UNRESTRICT: Rule(RESTRICTABLE, unrestrict, booked="restrict"),
        ActionKind.OVERRIDE_LIMIT_STATUS: Rule(IDENTIFIED, override_limit_status),
        ActionKind.RESTORE_LIMIT_STATUS: Rule(IDENTIFIED, restore_limit_status),
        ActionKind.RESET_LIMIT_STATUS: Rule(IDENTIFIED, reset_limit_status),
        ActionKind.RESET_FRAUD_STATUS: Rule(IDENTIFIED, reset_fraud_status),
        ActionKind.CHANGE_TARIFF: Rule(IDENTIFIED, change_tariff),
        ActionKind.CHANGE_OPTION: Rule(IDENTIFIED, change_option, single=True),
        ActionKind.BOOK_OPTION: Rule(IDENTIFIED, book_option),
        ActionKind.TERMINATE_OPTION: Rule(IDENTIFIED, terminate_option),
        ActionKind.MODIFY_PROFILES: Rule(IDENTIFIED, modify_profiles),
        ActionKind.MODIFY_REMARKS: Rule(NOT_ENDED, modify_remarks),
        ActionKind.MOVE: Rule(NOT_ENDED, move),
        ActionKind.BIND_EUICCID: Rule(NOT_ENDED, bind_euiccid),
    }
)


# --------------------------------------------------------------------------------------------- asking


@dataclass(frozen=True, slots=True)
class SimRequest:
    """One SIM of a request: its identifier, and parameters of this SIM alone."""

    named: dict[str, str]
    parameters: dict[str, Any]


def start(
    world: World,
    caller: PartnerCaller,
    partner: str,
    kind: ActionKind,
    asked: Sequence[SimRequest],
    parameters: dict[str, Any],
    begins: datetime | None = None,
) -> Action:
    """Accept an action; *begins* dates it in the future. What is wrong with single SIMs shows in its items.

    Raises ForeignPartner, ReadOnly, NotBooked, Malformed; about a single SIM UnknownIdentifier and, with
    ``policy.single_sim_conflict``, Conflict.
    """
    within = partners.scope(world, caller, partner, changes=True)
    rule = RULES[kind]
    if rule.booked is not None and not partners.books(world, partner, rule.booked):
        raise NotBooked(rule.booked)
    require_count(world, asked)
    if len(asked) > 1 and (rule.single or "apnName" in parameters):
        raise Malformed("sims", "must be exactly one SIM")
    if kind is ActionKind.MOVE and parameters["targetPartnerID"] not in partners.visible_partners(
        world, caller.partner, caller.subunits
    ):
        raise Malformed("targetPartnerID", "is none of your partners")
    signup = next_signup(world)
    items = tuple(take(world, within, signup, one) for one in asked)
    if rule.single:
        require_possible(world, rule, items[0])
    from_now = max(begins or world.now, world.now)
    finishes = from_now + world.policy.action_takes
    action = world.actions.put(
        Action(
            id=signup,
            partner=partner,
            kind=kind,
            status=ActionStatus.PENDING,
            created=world.now,
            begins=min(from_now + world.policy.action_begins, finishes),
            finishes=finishes,
            items=items,
            parameters=parameters,
        )
    )
    schedule.at(world, action.begins, JobKind.ACTIONS_BEGIN, action.id)
    schedule.at(world, action.finishes, JobKind.ACTIONS_FINISH, action.id)
    return action


def require_count(world: World, asked: Sequence[SimRequest]) -> None:
    """Raises Malformed unless there is at least one SIM, and not too many."""
    if not asked:
        raise Malformed("sims", "must not be empty")
    if len(asked) > world.policy.action_max_sims:
        raise Malformed("sims", f"size must be between 1 and {world.policy.action_max_sims}")


def require_possible(world: World, rule: Rule, item: ActionItem) -> None:
    """For an action on one SIM: an unknown one is refused at once (P§4.2), and one in a wrong state if so wished."""
    if item.iccid is None:
        kind, value = next(iter(item.named.items()))
        raise UnknownIdentifier(value, kind)
    if world.policy.single_sim_conflict == "409":
        contract = world.contracts.get(item.iccid)
        problem = item.error or (wrong_state(rule, contract) if contract is not None else None)
        if problem is not None:
            raise Conflict(problem)


def next_signup(world: World) -> str:
    return str(FIRST_SIGNUP + world.next_id("signup") - 1)


def take(world: World, within: tuple[str, ...], signup: str, asked: SimRequest) -> ActionItem:
    """Find a SIM and hold it for the action; a held one cannot be in another (P§4.2)."""
    item = ActionItem(named=asked.named, parameters=asked.parameters)
    found = partners.matching(world, within, asked.named)
    kind, value = next(iter(asked.named.items()))
    if not found:
        problem = f"No SIM found for {partners.IDENTIFIERS[kind]} {value}."
        return replace(item, status=ActionStatus.FAILED, error=problem)
    if len(found) > 1:
        problem = f"{partners.IDENTIFIERS[kind]} {value} matches several SIMs."
        return replace(item, status=ActionStatus.FAILED, error=problem)
    item = replace(item, iccid=found[0].iccid)
    if found[0].pending is not None:
        problem = f"SIM is held by action {found[0].pending}."
        return replace(item, status=ActionStatus.FAILED, error=problem)
    world.contracts.put(replace(found[0], pending=signup))
    return item


# --------------------------------------------------------------------------------------------- doing


def step(world: World, action: Action, status: ActionStatus) -> Action:
    """One allowed step of the state machine."""
    assert status in ACTION_STEPS[action.status], f"{action.status} never becomes {status}"
    return world.actions.put(replace(action, status=status))


def begin(world: World, signup: str) -> None:
    """The workflow starts: from now on it cannot be cancelled."""
    step(world, existing(world, signup), ActionStatus.IN_PROGRESS)


def finish(world: World, signup: str) -> None:
    """The workflow ends: each SIM is changed or fails, and one event says that it is done (P§4.4)."""
    action = existing(world, signup)
    items = tuple(carry_out(world, action, item) for item in action.items)
    failed = all(item.status is ActionStatus.FAILED for item in items)
    action = replace(action, items=items, finished=world.now)
    tell(world, step(world, action, ActionStatus.FAILED if failed else ActionStatus.DONE))


def carry_out(world: World, action: Action, item: ActionItem) -> ActionItem:
    if item.status.final:
        return item
    contract = release(world, item.iccid, action.id)
    if contract is None:
        return replace(item, status=ActionStatus.FAILED, error="SIM is not held any more.")
    rule = RULES[action.kind]
    problem = wrong_state(rule, contract)
    if problem is None:
        try:
            apply(world, contract, rule.change(world, contract, {**action.parameters, **item.parameters}))
        except ActionFailed as impossible:
            problem = str(impossible)
    if problem is not None:
        return replace(item, status=ActionStatus.FAILED, error=problem)
    return replace(item, status=ActionStatus.DONE)


def wrong_state(rule: Rule, contract: Contract) -> str | None:
    return None if contract.state in rule.sources else f"SIM is {contract.state}."


def apply(world: World, before: Contract, contract: Contract) -> None:
    """Keep the changed contract, and let the network feel it: on the air in Test and Active, off it otherwise."""
    world.contracts.put(contract)
    sim = partners.sim_of(world, contract)
    if contract.state in ON_AIR:
        if sim.state in (SimState.ISSUED, SimState.SUSPENDED):
            sims.activate(world, sim)
    elif sim.state is SimState.ACTIVATED:
        sims.suspend(world, sim)
    if (contract.restriction, contract.apn_restrictions) != (before.restriction, before.apn_restrictions):
        device.close_pdp_context(world, sim.iccid)  # a new session gets the new terms (P§4.2)
    if contract.profiles != before.profiles:
        events.watch(world, sim)


def tell(world: World, action: Action) -> None:
    events.record(world, EventType.SIM_ACTION_DONE, partner=action.partner, signup=action.id)


def existing(world: World, signup: str) -> Action:
    """Raises UnknownAction."""
    action = world.actions.get(signup)
    if action is None:
        raise UnknownAction(signup)
    return action


def release(world: World, iccid: str | None, signup: str) -> Contract | None:
    """Let go of a SIM that an action or a transfer holds; None if it is gone, or begun again, meanwhile."""
    contract = world.contracts.get(iccid)
    if contract is None or contract.pending != signup or world.sims.get(iccid) is None:
        return None
    return world.contracts.put(replace(contract, pending=None))


# --------------------------------------------------------------------------------------------- looking, cancelling


def show(world: World, caller: PartnerCaller, partner: str, signup: str) -> Action:
    """An action of the partner, or a transfer that it receives. Raises UnknownAction."""
    partners.scope(world, caller, partner)
    action = existing(world, signup)
    transfer = world.sim_transfers.get(action.transfer) if action.transfer is not None else None
    if partner != action.partner and (transfer is None or partner != transfer.receiver):
        raise UnknownAction(signup)
    return action


def page(
    world: World, /, caller: PartnerCaller, partner: str, *, offset: int, limit: int, **conditions: Any
) -> tuple[list[Action], int]:
    """Actions of a partner, newest first. *conditions*: status, created."""
    partners.scope(world, caller, partner)
    rows = world.actions.find(order="-created", offset=offset, limit=limit, partner=partner, **conditions)
    return rows, world.actions.count(partner=partner, **conditions)


def cancel(world: World, caller: PartnerCaller, partner: str, signup: str) -> Action:
    """Take an action back while it is pending (P§4.3); the event is sent all the same (assumed). Raises Conflict."""
    partners.scope(world, caller, partner, changes=True)
    action = show(world, caller, partner, signup)
    if action.transfer is not None:
        raise Conflict(f"Action {signup} is a SIM transfer and is cancelled as such.")
    if action.status is not ActionStatus.PENDING:
        raise Conflict(f"Action {signup} is {action.status} and cannot be cancelled.")
    for item in action.items:
        release(world, item.iccid, signup)
    schedule.cancel(world, JobKind.ACTIONS_BEGIN, signup)
    schedule.cancel(world, JobKind.ACTIONS_FINISH, signup)
    items = tuple(item if item.status.final else replace(item, status=ActionStatus.CANCELLED) for item in action.items)
    cancelled = step(world, replace(action, items=items, finished=world.now), ActionStatus.CANCELLED)
    tell(world, cancelled)
    return cancelled
