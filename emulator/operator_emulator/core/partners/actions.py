"""The portal's asynchronous SIM actions (P§4): a request is accepted, applied a little later, and one event is sent.

``RULES`` is the state machine: from which states an action may start, and what it does to the contract. What an
action means to the network (a blocked SIM is off the air) goes through the same verbs as the management API's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType, NoneType
from typing import Any, Final, Generic, TypeVar

from msgspec.structs import replace

from operator_emulator.core.customers import sims
from operator_emulator.core.customers.model import SimState
from operator_emulator.core.network import device
from operator_emulator.core.partners import contract_changes as changes
from operator_emulator.core.partners import partners
from operator_emulator.core.partners.action_model import (
    ACTION_STEPS,
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
    Failure,
    ModifyProfiles,
    ModifyRemarks,
    Move,
    Reason,
    Restrict,
    TerminateOption,
    Unrestrict,
)
from operator_emulator.core.partners.model import IDENTIFIED, ON_AIR, Contract, ContractState, PartnerCaller
from operator_emulator.core.partners.notices import ActionDone
from operator_emulator.core.world import events, schedule
from operator_emulator.core.world.errors import (
    ActionRefused,
    Malformed,
    NotBooked,
    NotPending,
    TransferAction,
    UnknownAction,
    UnknownIdentifier,
)
from operator_emulator.core.world.model import EventType, JobKind
from operator_emulator.core.world.world import World

P = TypeVar("P")

State = ContractState
RESTRICTABLE: Final = ON_AIR | {State.SUSPENDED}
NOT_ENDED: Final = frozenset(State) - {State.TERMINATED}

FIRST_SIGNUP: Final = 708855306  # P§9


@dataclass(frozen=True, slots=True)
class Rule(Generic[P]):
    """From which states an action may start, what it does to the contract, and the class of its parameters, if any."""

    sources: frozenset[ContractState]
    change: Callable[[World, Contract, P], Contract]
    takes: type[P] = NoneType  # type: ignore[assignment]
    single: bool = False  # one SIM only (P§3.1)
    booked: str | None = None  # the optional service that it needs


RULES: Final[Mapping[ActionKind, Rule[Any]]] = MappingProxyType(
    {
        ActionKind.ACTIVATION: Rule(frozenset({State.INACTIVE}), changes.activate, Activate),
        ActionKind.ENTER_PRODUCTIVE_STATE: Rule(frozenset({State.TEST}), changes.enter_productive_state),
        ActionKind.SUSPEND: Rule(ON_AIR, changes.suspend_to(State.SUSPENDED)),
        ActionKind.UNSUSPEND: Rule(frozenset({State.SUSPENDED}), changes.resume),
        ActionKind.BLOCK: Rule(ON_AIR | {State.SUSPENDED}, changes.suspend_to(State.BLOCKED)),
        ActionKind.UNBLOCK: Rule(frozenset({State.BLOCKED}), changes.resume),
        ActionKind.TERMINATION: Rule(NOT_ENDED - {State.ORDERED}, changes.terminate),
        ActionKind.RESTRICT: Rule(RESTRICTABLE, changes.restrict, Restrict, booked="restrict"),
        ActionKind.UNRESTRICT: Rule(RESTRICTABLE, changes.unrestrict, Unrestrict, booked="restrict"),
        ActionKind.OVERRIDE_LIMIT_STATUS: Rule(IDENTIFIED, changes.override_limit_status),
        ActionKind.RESTORE_LIMIT_STATUS: Rule(IDENTIFIED, changes.restore_limit_status),
        ActionKind.RESET_LIMIT_STATUS: Rule(IDENTIFIED, changes.reset_limit_status),
        ActionKind.RESET_FRAUD_STATUS: Rule(IDENTIFIED, changes.reset_fraud_status),
        ActionKind.CHANGE_TARIFF: Rule(IDENTIFIED, changes.change_tariff, ChangeTariff),
        ActionKind.CHANGE_OPTION: Rule(IDENTIFIED, changes.change_option, ChangeOption, single=True),
        ActionKind.BOOK_OPTION: Rule(IDENTIFIED, changes.book_option, BookOption),
        ActionKind.TERMINATE_OPTION: Rule(IDENTIFIED, changes.terminate_option, TerminateOption),
        ActionKind.MODIFY_PROFILES: Rule(IDENTIFIED, changes.modify_profiles, ModifyProfiles),
        ActionKind.MODIFY_REMARKS: Rule(NOT_ENDED, changes.modify_remarks, ModifyRemarks),
        ActionKind.MOVE: Rule(NOT_ENDED, changes.move, Move),
        ActionKind.BIND_EUICCID: Rule(NOT_ENDED, changes.bind_euiccid, BindEuiccid),
    }
)


# --------------------------------------------------------------------------------------------- starting


@dataclass(frozen=True, slots=True)
class SimRequest:
    """One SIM of a request: its identifier, and parameters of this SIM alone."""

    named: dict[str, str]
    parameters: AnyParameters | None = None


def start(
    world: World,
    caller: PartnerCaller,
    partner: str,
    kind: ActionKind,
    requests: Sequence[SimRequest],
    parameters: AnyParameters | None = None,
    begins: datetime | None = None,
) -> Action:
    """Accept an action; *begins* dates it in the future. A SIM that cannot take part fails in its item.

    Raises ForeignPartner, ReadOnly, NotBooked, Malformed; about a single SIM UnknownIdentifier and, with
    ``policy.single_sim_conflict``, ActionRefused.
    """
    within = partners.scope(world, caller, partner, changes=True)
    rule = RULES[kind]
    assert isinstance(parameters, rule.takes), f"{kind} takes {rule.takes.__name__}"
    if rule.booked is not None and not partners.books(world, partner, rule.booked):
        raise NotBooked(rule.booked)
    require_count(world, requests)
    single = rule.single or (isinstance(parameters, Unrestrict) and parameters.apn is not None)
    if single and len(requests) > 1:
        raise Malformed("sims", "must be exactly one SIM")
    if isinstance(parameters, Move) and parameters.partner not in partners.visible_partners(
        world, caller.partner, caller.subunits
    ):
        raise Malformed("target", "is not one of your partners")
    signup = next_signup(world)
    items = tuple(reserve(world, within, signup, one) for one in requests)
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


def require_count(world: World, requests: Sequence[SimRequest]) -> None:
    """Raises Malformed unless there is at least one SIM, and not too many."""
    if not requests:
        raise Malformed("sims", "must not be empty")
    if len(requests) > world.policy.action_max_sims:
        raise Malformed("sims", f"size must be between 1 and {world.policy.action_max_sims}")


def require_possible(world: World, rule: Rule[Any], item: ActionItem) -> None:
    """Refuse an action on one SIM at once if that is unknown (P§4.2) or, depending on the policy, in a wrong state."""
    if item.iccid is None:
        kind, value = next(iter(item.named.items()))
        raise UnknownIdentifier(value, kind)
    if world.policy.single_sim_conflict == "409":
        contract = world.contracts.get(item.iccid)
        failure = item.failure or (wrong_state(rule, contract) if contract is not None else None)
        if failure is not None:
            raise ActionRefused(failure)


def next_signup(world: World) -> str:
    return str(FIRST_SIGNUP + world.next_id("signup") - 1)


def reserve(world: World, within: tuple[str, ...], signup: str, request: SimRequest) -> ActionItem:
    """Find a SIM and hold it for the action; a SIM can be held by one action only (P§4.2)."""
    item = ActionItem(named=request.named, parameters=request.parameters)
    found = identify(world, within, request.named)
    if isinstance(found, Failure):
        return replace(item, status=ActionStatus.FAILED, failure=found)
    item = replace(item, iccid=found.iccid)
    if found.pending is not None:
        return replace(item, status=ActionStatus.FAILED, failure=Failure(Reason.HELD, found.pending))
    world.contracts.put(replace(found, pending=signup))
    return item


def identify(world: World, within: tuple[str, ...], named: Mapping[str, str]) -> Contract | Failure:
    """The one contract that an identifier names, or the reason why there is none."""
    found = partners.matching(world, within, named)
    if len(found) == 1:
        return found[0]
    kind, value = next(iter(named.items()))
    return Failure(Reason.SEVERAL_SIMS if found else Reason.UNKNOWN_SIM, value, kind)


# --------------------------------------------------------------------------------------------- applying


def step(world: World, action: Action, status: ActionStatus) -> Action:
    """One allowed step of the state machine."""
    assert status in ACTION_STEPS[action.status], f"{action.status} never becomes {status}"
    return world.actions.put(replace(action, status=status))


def begin(world: World, signup: str) -> None:
    """Start the workflow. From now on it cannot be cancelled."""
    step(world, existing(world, signup), ActionStatus.IN_PROGRESS)


def finish(world: World, signup: str) -> None:
    """End the workflow: each SIM is changed or fails, and one event says that the action is done (P§4.4)."""
    action = existing(world, signup)
    items = tuple(apply_to_sim(world, action, item) for item in action.items)
    failed = all(item.status is ActionStatus.FAILED for item in items)
    action = replace(action, items=items, finished=world.now)
    record_done(world, step(world, action, ActionStatus.FAILED if failed else ActionStatus.DONE))


def apply_to_sim(world: World, action: Action, item: ActionItem) -> ActionItem:
    if item.status.final:
        return item
    contract = release(world, item.iccid, action.id)
    if contract is None:
        return replace(item, status=ActionStatus.FAILED, failure=Failure(Reason.RELEASED))
    rule = RULES[action.kind]
    failure = wrong_state(rule, contract)
    if failure is None:
        try:
            put_changed(world, contract, rule.change(world, contract, item.parameters or action.parameters))
        except changes.ActionFailed as failed:
            failure = failed.failure
    status = ActionStatus.DONE if failure is None else ActionStatus.FAILED
    return replace(item, status=status, failure=failure)


def wrong_state(rule: Rule[Any], contract: Contract) -> Failure | None:
    return None if contract.state in rule.sources else Failure(Reason.WRONG_STATE, contract.state)


def put_changed(world: World, previous: Contract, contract: Contract) -> None:
    """Keep the changed contract and let the network follow: the SIM is on the air in Test and Active only."""
    world.contracts.put(contract)
    sim = partners.sim_of(world, contract)
    if contract.state in ON_AIR:
        if sim.state in (SimState.ISSUED, SimState.SUSPENDED):
            sims.activate(world, sim)
    elif sim.state is SimState.ACTIVATED:
        sims.suspend(world, sim)
    if (contract.restriction, contract.apn_restrictions) != (previous.restriction, previous.apn_restrictions):
        device.close_pdp_context(world, sim.iccid)  # a new session gets the new terms (P§4.2)
    if contract.profiles != previous.profiles:
        events.watch(world, sim)


def record_done(world: World, action: Action) -> None:
    events.record(world, EventType.SIM_ACTION_DONE, partner=action.partner, payload=ActionDone(signup=action.id))


def existing(world: World, signup: str) -> Action:
    """Raises UnknownAction."""
    action = world.actions.get(signup)
    if action is None:
        raise UnknownAction(signup)
    return action


def release(world: World, iccid: str | None, signup: str) -> Contract | None:
    """Release a SIM that an action or a transfer holds; None if it no longer holds it, or the SIM was deleted."""
    contract = world.contracts.get(iccid)
    if contract is None or contract.pending != signup or world.sims.get(iccid) is None:
        return None
    return world.contracts.put(replace(contract, pending=None))


# --------------------------------------------------------------------------------------------- showing, cancelling


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
    """Cancel a pending action (P§4.3); the event is sent all the same (assumed). Raises TransferAction, NotPending."""
    partners.scope(world, caller, partner, changes=True)
    action = show(world, caller, partner, signup)
    if action.transfer is not None:
        raise TransferAction(signup)
    if action.status is not ActionStatus.PENDING:
        raise NotPending(signup, action.status)
    for item in action.items:
        release(world, item.iccid, signup)
    schedule.cancel(world, JobKind.ACTIONS_BEGIN, signup)
    schedule.cancel(world, JobKind.ACTIONS_FINISH, signup)
    items = tuple(item if item.status.final else replace(item, status=ActionStatus.CANCELLED) for item in action.items)
    cancelled = step(world, replace(action, items=items, finished=world.now), ActionStatus.CANCELLED)
    record_done(world, cancelled)
    return cancelled
