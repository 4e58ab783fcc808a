"""A machine that starts, cancels, transfers and waits at random, and a model of what must then be true."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from operator_emulator.core.customers.model import SimState
from operator_emulator.core.network import device
from operator_emulator.core.network.model import DeviceStatus
from operator_emulator.core.partners import actions, applications, sim_transfers
from operator_emulator.core.partners.action_model import (
    ActionKind,
    ActionStatus,
    Activate,
    AnyParameters,
    Decision,
    Restrict,
    TransferStatus,
    Unrestrict,
)
from operator_emulator.core.partners.actions import SimRequest
from operator_emulator.core.partners.model import ON_AIR, Contract, ContractState, Restriction
from operator_emulator.core.world.errors import ActionRefused, Malformed, NotPending, TransferDecided
from operator_emulator.core.world.model import EventType
from operator_emulator.core.world.world import World
from tests.core.conftest import CoreWorld
from tests.portal.conftest import FOREIGN, MAIN, OTHER, STATES, plant_partners

PARAMETERS: dict[ActionKind, AnyParameters] = {
    ActionKind.ACTIVATION: Activate(),
    ActionKind.RESTRICT: Restrict(restriction=Restriction.DATA),
    ActionKind.UNRESTRICT: Unrestrict(),
}
KINDS = (
    ActionKind.ACTIVATION,
    ActionKind.BLOCK,
    ActionKind.UNBLOCK,
    ActionKind.SUSPEND,
    ActionKind.UNSUSPEND,
    ActionKind.ENTER_PRODUCTIVE_STATE,
    ActionKind.TERMINATION,
    ActionKind.RESTRICT,
    ActionKind.UNRESTRICT,
)
State = ContractState
ICCIDS = (*list(STATES)[1:6], FOREIGN)
UNDER = {State.SUSPENDED: [State.ACTIVE], State.BLOCKED: [State.ACTIVE]}


def contract_of(world: World, iccid: str) -> Contract | None:
    return world.contracts.get(iccid)


@dataclass
class Card:
    """What the model knows of a SIM: its states one over the other, and whether its data is stopped."""

    owner: str
    states: list[ContractState]
    stopped: bool = False
    held: str | None = None

    @property
    def state(self) -> ContractState:
        return self.states[-1]

    def become(self, kind: ActionKind) -> bool:
        """Do what the action means, if the state allows it."""
        on_air = self.state in (State.ACTIVE, State.TEST)
        match kind:
            case ActionKind.ACTIVATION if self.state is State.INACTIVE:
                self.states = [State.ACTIVE]
            case ActionKind.ENTER_PRODUCTIVE_STATE if self.state is State.TEST:
                self.states = [State.ACTIVE]
            case ActionKind.SUSPEND if on_air:
                self.states.append(State.SUSPENDED)
            case ActionKind.BLOCK if on_air or self.state is State.SUSPENDED:
                self.states.append(State.BLOCKED)
            case ActionKind.UNSUSPEND if self.state is State.SUSPENDED:
                self.states.pop()
            case ActionKind.UNBLOCK if self.state is State.BLOCKED:
                self.states.pop()
            case ActionKind.TERMINATION if self.state not in (State.TERMINATED, State.ORDERED):
                self.states = [State.TERMINATED]
            case ActionKind.RESTRICT if on_air or self.state is State.SUSPENDED:
                self.stopped = True
            case ActionKind.UNRESTRICT if (on_air or self.state is State.SUSPENDED) and self.stopped:
                self.stopped = False
            case _:
                return False
        return True


@dataclass
class Errand:
    """An action or a transfer that the model waits for."""

    signup: str
    begins: datetime
    finishes: datetime | None
    iccids: list[str]
    kind: ActionKind | None = None
    failed: set[str] = field(default_factory=set)
    transaction: str = ""
    giver: str = ""
    taker: str = ""
    done: bool = False


class Portal(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.laboratory = CoreWorld()
        self.laboratory.do(plant_partners)
        caller = applications.enter
        self.callers = {
            MAIN: self.laboratory.look(caller, "portal-demo"),
            OTHER: self.laboratory.look(caller, "other"),
        }
        self.cards = {
            iccid: Card(OTHER if iccid == FOREIGN else MAIN, [*UNDER.get(state, []), state])
            for iccid, state in {**STATES, FOREIGN: State.ACTIVE}.items()
            if iccid in ICCIDS
        }
        self.errands: list[Errand] = []
        self.told = 0  # plain events: an action is done
        self.noticed = 0  # notices of transfers, to both sides

    def teardown(self) -> None:
        self.laboratory.store.close()

    # ------------------------------------------------------------------------------------ what may be done

    @rule(kind=st.sampled_from(KINDS), iccids=st.lists(st.sampled_from(ICCIDS), min_size=1, max_size=4))
    def start(self, kind: ActionKind, iccids: list[str]) -> None:
        asked = [SimRequest({"iccid": iccid}) for iccid in iccids]
        action = self.laboratory.do(actions.start, self.callers[MAIN], MAIN, kind, asked, PARAMETERS.get(kind))
        errand = Errand(action.id, action.begins, action.finishes, [], kind)
        for iccid, item in zip(iccids, action.items, strict=True):
            card = self.cards[iccid]
            taken = card.owner == MAIN and card.held is None
            assert (item.status is ActionStatus.PENDING) is taken, item
            if taken:
                card.held = action.id
                errand.iccids.append(iccid)
        self.errands.append(errand)

    @rule(kind=st.sampled_from(KINDS), iccids=st.lists(st.sampled_from(ICCIDS), min_size=1, max_size=4))
    def start_and_wait(self, kind: ActionKind, iccids: list[str]) -> None:
        """Actions overlap too often otherwise for a SIM to get anywhere."""
        self.start(kind, iccids)
        self.wait(5)

    @rule(which=st.integers(0, 50))
    @precondition(lambda self: any(one.kind for one in self.errands))
    def cancel(self, which: int) -> None:
        errands = [one for one in self.errands if one.kind]
        errand = errands[which % len(errands)]
        possible = not errand.done and self.laboratory.now < errand.begins
        try:
            self.laboratory.do(actions.cancel, self.callers[MAIN], MAIN, errand.signup)
        except NotPending:
            assert not possible
            return
        assert possible
        errand.done = True
        self.told += 1
        for iccid in errand.iccids:
            self.cards[iccid].held = None

    @rule(side=st.sampled_from((MAIN, OTHER)), iccids=st.lists(st.sampled_from(ICCIDS), min_size=1, max_size=3))
    def offer(self, side: str, iccids: list[str]) -> None:
        other = OTHER if side == MAIN else MAIN
        cards = [self.cards[iccid] for iccid in iccids]
        whole = len(set(iccids)) == len(iccids) and all(
            card.owner == side and card.held is None and card.state is not State.TERMINATED for card in cards
        )
        asked = [SimRequest({"iccid": iccid}) for iccid in iccids]
        try:
            transfer, _ = self.laboratory.do(sim_transfers.create, self.callers[side], side, other, asked)
        except (Malformed, ActionRefused):
            assert not whole
            return
        assert whole
        for card in cards:
            card.held = transfer.signup
        self.noticed += 1
        self.errands.append(
            Errand(transfer.signup, transfer.created, None, iccids, None, set(), transfer.id, side, other)
        )

    @rule(which=st.integers(0, 50), decision=st.sampled_from((*Decision, None)))
    @precondition(lambda self: any(one.transaction for one in self.errands))
    def decide(self, which: int, decision: Decision | None) -> None:
        """None: the operator cancels."""
        errands = [one for one in self.errands if one.transaction]
        errand = errands[which % len(errands)]
        possible = not errand.done and errand.finishes is None
        side = errand.giver if decision is Decision.CANCEL else errand.taker
        try:
            if decision is None:
                self.laboratory.do(sim_transfers.cancel_by_operator, errand.transaction)
            else:
                self.laboratory.do(sim_transfers.decide, self.callers[side], side, errand.transaction, decision)
        except TransferDecided:
            assert not possible
            return
        assert possible
        if decision is Decision.ACCEPT:
            errand.finishes = self.laboratory.now + timedelta(seconds=60)
            return
        self.noticed += 2 if decision is None else 1
        errand.done = True
        for iccid in errand.iccids:
            self.cards[iccid].held = None

    @rule(iccid=st.sampled_from(ICCIDS))
    def go_online(self, iccid: str) -> None:
        sim = self.laboratory.do(device.set_status, iccid, DeviceStatus.ONLINE)[0]
        card = self.cards[iccid]
        allowed = card.state in (State.ACTIVE, State.TEST) and not card.stopped
        assert (sim.device.pdp is not None) is allowed

    @rule(seconds=st.sampled_from((0, 1, 2, 3, 5, 60)))
    def wait(self, seconds: int) -> None:
        self.laboratory.advance(seconds)
        due = [one for one in self.errands if not one.done and one.finishes and one.finishes <= self.laboratory.now]
        for errand in sorted(due, key=lambda one: (one.finishes, int(one.signup))):
            errand.done = True
            self.told += errand.kind is not None
            self.noticed += 2 * (errand.kind is None)
            for iccid in errand.iccids:
                card = self.cards[iccid]
                card.held = None
                if errand.kind is None:
                    card.owner = errand.taker
                elif not card.become(errand.kind):
                    errand.failed.add(iccid)

    # ------------------------------------------------------------------------------------ what must be true

    @invariant()
    def contracts_are_as_the_model_says(self) -> None:
        for iccid, card in self.cards.items():
            contract: Any = self.laboratory.look(contract_of, iccid)
            shown = (contract.partner, contract.state, contract.pending, contract.restriction is Restriction.DATA)
            assert shown == (card.owner, card.state, card.held, card.stopped), iccid

    @invariant()
    def the_network_feels_it(self) -> None:
        for iccid, card in self.cards.items():
            sim = self.laboratory.sim(iccid)
            assert (sim.state is SimState.ACTIVATED) is (card.state in ON_AIR), iccid
            assert sim.device.pdp is None or not card.stopped, "restricted data has no session"

    @invariant()
    def each_end_was_told_once(self) -> None:
        assert len(self.laboratory.log(EventType.SIM_ACTION_DONE)) == self.told
        assert len(self.laboratory.log(EventType.SIM_TRANSFER_NOTICE)) == self.noticed

    @invariant()
    def results_are_final_with_their_action(self) -> None:
        for errand in self.errands:
            action: Any = self.laboratory.look(actions.existing, errand.signup)
            assert action.status.final is errand.done
            assert (action.finished is not None) is errand.done
            if not errand.done:
                continue
            assert all(item.status.final for item in action.items)
            if errand.kind is not None and action.status is not ActionStatus.CANCELLED:
                failed = [item for item in action.items if item.status is ActionStatus.FAILED]
                assert {item.iccid for item in failed} >= errand.failed
                assert (len(failed) == len(action.items)) is (action.status is ActionStatus.FAILED)
                assert all(item.failure for item in failed)
            if errand.transaction:
                transfer = self.laboratory.look(sim_transfers.existing, errand.transaction)
                assert (transfer.status is TransferStatus.COMPLETED) is (errand.finishes is not None)


Portal.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestActionsAndTransfers = Portal.TestCase
