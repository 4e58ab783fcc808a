"""SIMs that one partner offers to another (P§4.5): asked, accepted or not, completed a little later, told at each turn.

A transfer has an action, of the sender, under the signup id that all of its notices share; the action follows it.
"""

from collections.abc import Sequence
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from operator_emulator.core.partners import actions, partners
from operator_emulator.core.partners.model import (
    TRANSFER_STEPS,
    Action,
    ActionItem,
    ActionKind,
    ActionStatus,
    Contract,
    ContractState,
    PartnerCaller,
    SimTransfer,
    TransferStatus,
)
from operator_emulator.core.world import events, schedule
from operator_emulator.core.world.errors import Conflict, Malformed, UnknownTransfer, WrongSide
from operator_emulator.core.world.model import EventType, JobKind
from operator_emulator.core.world.world import World

FIRST_TRANSACTION: Final = 1002946614  # P§9

# What the action says when the transfer has got so far.
ACTION_STATUS: Final = MappingProxyType(
    {
        TransferStatus.ACCEPTED: ActionStatus.IN_PROGRESS,
        TransferStatus.COMPLETED: ActionStatus.DONE,
        TransferStatus.REJECTED: ActionStatus.FAILED,
        TransferStatus.CANCELLED: ActionStatus.CANCELLED,
    }
)


@unique
class Decision(StrEnum):
    ACCEPT = "accept"
    REJECT = "reject"
    CANCEL = "cancel"


@unique
class Notice(StrEnum):
    """The four notices of P§4.5."""

    REQUESTED = "requested"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


def create(
    world: World,
    caller: PartnerCaller,
    sender: str,
    receiver: str,
    asked: Sequence[actions.SimRequest],
    comment: str | None = None,
) -> tuple[SimTransfer, Action]:
    """Offer SIMs to another partner. They are held until it is decided.

    A transfer is made whole or not at all: a SIM that is unknown, ended or held refuses it (assumed). Raises
    Malformed, Conflict, and what ``partners.scope`` raises.
    """
    within = partners.scope(world, caller, sender, changes=True)
    actions.require_count(world, asked)
    if world.partners.get(receiver) is None:
        raise Malformed("receivingPartnerID", f"{receiver} is unknown")
    if partners.main_of(world, receiver) == partners.main_of(world, sender):
        raise Malformed("receivingPartnerID", "is on your own side; move SIMs to a subunit instead")
    contracts = [offered(world, within, one) for one in asked]
    if len({one.iccid for one in contracts}) < len(contracts):
        raise Malformed("sims", "names a SIM twice")
    transfer = world.sim_transfers.put(
        SimTransfer(
            id=str(FIRST_TRANSACTION + world.next_id("transaction") - 1),
            signup=actions.next_signup(world),
            sender=sender,
            receiver=receiver,
            status=TransferStatus.PENDING,
            iccids=tuple(one.iccid for one in contracts),
            created=world.now,
            updated=world.now,
            comment=comment,
        )
    )
    for contract in contracts:
        world.contracts.put(replace(contract, pending=transfer.signup))
    action = world.actions.put(
        Action(
            id=transfer.signup,
            partner=sender,
            kind=ActionKind.SIM_TRANSFER,
            status=ActionStatus.PENDING,
            created=world.now,
            begins=world.now,
            finishes=world.now + world.policy.portal_transfer_time,
            items=tuple(ActionItem(named=one.named, iccid=it.iccid) for one, it in zip(asked, contracts, strict=True)),
            transfer=transfer.id,
        )
    )
    notify(world, transfer, receiver, Notice.REQUESTED)
    return transfer, action


def offered(world: World, within: tuple[str, ...], asked: actions.SimRequest) -> Contract:
    kind, value = next(iter(asked.named.items()))
    found = partners.matching(world, within, asked.named)
    if not found:
        raise Malformed("sims", f"No SIM found for {partners.IDENTIFIERS[kind]} {value}.")
    if len(found) > 1:
        raise Malformed("sims", f"{partners.IDENTIFIERS[kind]} {value} matches several SIMs.")
    if found[0].state is ContractState.TERMINATED:
        raise Conflict(f"SIM {found[0].iccid} is {found[0].state}.")
    if found[0].pending is not None:
        raise Conflict(f"SIM {found[0].iccid} is held by action {found[0].pending}.")
    return found[0]


def show(world: World, caller: PartnerCaller, partner: str, transaction: str) -> SimTransfer:
    """A transfer, to either side of it; to a third party there is none: UnknownTransfer."""
    partners.scope(world, caller, partner)
    transfer = existing(world, transaction)
    if partner not in (transfer.sender, transfer.receiver):
        raise UnknownTransfer(transaction)
    return transfer


def existing(world: World, transaction: str) -> SimTransfer:
    """Raises UnknownTransfer."""
    transfer = world.sim_transfers.get(transaction)
    if transfer is None:
        raise UnknownTransfer(transaction)
    return transfer


def decide(
    world: World,
    caller: PartnerCaller,
    partner: str,
    transaction: str,
    decision: Decision,
    subunit: str | None = None,
) -> SimTransfer:
    """Accept (into a subunit, if given), reject or cancel. Raises WrongSide, Conflict, Malformed."""
    partners.scope(world, caller, partner, changes=True)
    transfer = show(world, caller, partner, transaction)
    if partner != (transfer.sender if decision is Decision.CANCEL else transfer.receiver):
        raise WrongSide(decision)
    if subunit is not None:
        if decision is not Decision.ACCEPT:
            raise Malformed("subunitPartnerID", "goes with accept only")
        row = world.partners.get(subunit)
        if row is None or row.parent != transfer.receiver:
            raise Malformed("subunitPartnerID", "is no subunit of the receiver")
    require_pending(transfer)
    if decision is Decision.ACCEPT:
        transfer = step(world, replace(transfer, subunit=subunit), TransferStatus.ACCEPTED)
        due = world.now + world.policy.portal_transfer_time
        schedule.at(world, due, JobKind.SIM_TRANSFERS_COMPLETE, transfer.id)
        return transfer
    let_go(world, transfer)
    if decision is Decision.REJECT:
        transfer = step(world, transfer, TransferStatus.REJECTED)
        notify(world, transfer, transfer.sender, Notice.REJECTED)
    else:
        transfer = step(world, transfer, TransferStatus.CANCELLED)
        notify(world, transfer, transfer.receiver, Notice.CANCELLED)
    return transfer


def cancel_by_operator(world: World, transaction: str) -> SimTransfer:
    """The operator takes a pending transfer back, and tells both sides. Raises UnknownTransfer, Conflict."""
    transfer = existing(world, transaction)
    require_pending(transfer)
    let_go(world, transfer)
    transfer = step(world, transfer, TransferStatus.CANCELLED)
    for side in (transfer.receiver, transfer.sender):
        notify(world, transfer, side, Notice.CANCELLED)
    return transfer


def complete(world: World, transaction: str) -> None:
    """The SIMs belong to the receiver, or to its subunit; both sides are told.

    Profiles are the sender's and stay behind (assumed).
    """
    transfer = existing(world, transaction)
    for iccid in transfer.iccids:
        contract = actions.release(world, iccid, transfer.signup)
        if contract is not None:
            owner = transfer.subunit or transfer.receiver
            world.contracts.put(replace(contract, partner=owner, profiles={}, noticed=()))
    transfer = step(world, transfer, TransferStatus.COMPLETED)
    for side in (transfer.receiver, transfer.sender):
        notify(world, transfer, side, Notice.COMPLETED)


def require_pending(transfer: SimTransfer) -> None:
    if transfer.status is not TransferStatus.PENDING:
        raise Conflict(f"SIM transfer {transfer.id} is {transfer.status}.")


def step(world: World, transfer: SimTransfer, status: TransferStatus) -> SimTransfer:
    """One allowed step of the state machine, which the action follows."""
    assert status in TRANSFER_STEPS[transfer.status], f"{transfer.status} never becomes {status}"
    action = actions.existing(world, transfer.signup)
    follows = ACTION_STATUS[status]
    items = tuple(replace(item, status=follows) for item in action.items)
    action = replace(action, items=items, finished=world.now if follows.final else None)
    actions.step(world, action, follows)
    return world.sim_transfers.put(replace(transfer, status=status, updated=world.now))


def let_go(world: World, transfer: SimTransfer) -> None:
    for iccid in transfer.iccids:
        actions.release(world, iccid, transfer.signup)


def notify(world: World, transfer: SimTransfer, side: str, notice: Notice) -> None:
    """Tell one side, if it has booked transfer notices; if not, it hears only that the action is done (P§4.5)."""
    if partners.books(world, side, "transferNotifications"):
        events.record(
            world,
            EventType.SIM_TRANSFER_NOTICE,
            partner=side,
            notice=notice,
            signup=transfer.signup,
            transaction=transfer.id,
            sender=partners.named(world, transfer.sender).name,
            receiver=partners.named(world, transfer.receiver).name,
        )
    elif notice is Notice.COMPLETED:
        events.record(world, EventType.SIM_ACTION_DONE, partner=side, signup=transfer.signup)
