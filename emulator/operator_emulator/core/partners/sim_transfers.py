"""SIMs that one partner offers to another (P§4.5). Notices of each step go to those whom it concerns.

A transfer has an action of its sender, with the signup id that all of its notices share; the action follows it.
"""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from operator_emulator.core.partners import actions, partners
from operator_emulator.core.partners.action_model import (
    TRANSFER_STEPS,
    Action,
    ActionItem,
    ActionKind,
    ActionStatus,
    Decision,
    Failure,
    Reason,
    SimTransfer,
    TransferStatus,
)
from operator_emulator.core.partners.model import Contract, ContractState, PartnerCaller
from operator_emulator.core.partners.notices import ActionDone, Notice, TransferNotice
from operator_emulator.core.world import events, schedule
from operator_emulator.core.world.errors import (
    ActionRefused,
    Malformed,
    TransferDecided,
    UnknownTransfer,
    WrongSide,
    WrongSim,
)
from operator_emulator.core.world.model import EventType, JobKind
from operator_emulator.core.world.world import World

FIRST_TRANSACTION: Final = 1002946614  # P§9

# The status of the action at each status of the transfer.
ACTION_STATUS: Final = MappingProxyType(
    {
        TransferStatus.ACCEPTED: ActionStatus.IN_PROGRESS,
        TransferStatus.COMPLETED: ActionStatus.DONE,
        TransferStatus.REJECTED: ActionStatus.FAILED,
        TransferStatus.CANCELLED: ActionStatus.CANCELLED,
    }
)


def create(
    world: World,
    caller: PartnerCaller,
    sender: str,
    receiver: str,
    requests: Sequence[actions.SimRequest],
    comment: str | None = None,
) -> tuple[SimTransfer, Action]:
    """Offer SIMs to another partner; they are held until it decides.

    All SIMs are offered or none: one that is unknown, terminated or held refuses the whole transfer (assumed). Raises
    Malformed, ActionRefused, and what ``partners.scope`` raises.
    """
    within = partners.scope(world, caller, sender, changes=True)
    actions.require_count(world, requests)
    if world.partners.get(receiver) is None:
        raise Malformed("receiver", f"{receiver} is unknown")
    if partners.main_of(world, receiver) == partners.main_of(world, sender):
        raise Malformed("receiver", "is one of your own; use a move to transfer SIMs within your partner")
    contracts = [offered(world, within, one) for one in requests]
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
            items=tuple(
                ActionItem(named=request.named, iccid=contract.iccid)
                for request, contract in zip(requests, contracts, strict=True)
            ),
            transfer=transfer.id,
        )
    )
    notify(world, transfer, receiver, Notice.REQUESTED)
    return transfer, action


def offered(world: World, within: tuple[str, ...], request: actions.SimRequest) -> Contract:
    found = actions.identify(world, within, request.named)
    if isinstance(found, Failure):
        raise WrongSim("sims", "cannot be identified", found)
    if found.state is ContractState.TERMINATED:
        raise ActionRefused(Failure(Reason.WRONG_STATE, found.state), found.iccid)
    if found.pending is not None:
        raise ActionRefused(Failure(Reason.HELD, found.pending), found.iccid)
    return found


def show(world: World, caller: PartnerCaller, partner: str, transaction: str) -> SimTransfer:
    """A transfer, as either side sees it. Raises UnknownTransfer, to a third party as well."""
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
    """Accept (into a subunit, if given), reject or cancel. Raises WrongSide, TransferDecided, Malformed."""
    partners.scope(world, caller, partner, changes=True)
    transfer = show(world, caller, partner, transaction)
    if partner != (transfer.sender if decision is Decision.CANCEL else transfer.receiver):
        raise WrongSide(decision)
    if subunit is not None:
        if decision is not Decision.ACCEPT:
            raise Malformed("subunit", "is allowed only with accept")
        row = world.partners.get(subunit)
        if row is None or row.parent != transfer.receiver:
            raise Malformed("subunit", "is not a subunit of the receiver")
    require_pending(transfer)
    if decision is Decision.ACCEPT:
        transfer = step(world, replace(transfer, subunit=subunit), TransferStatus.ACCEPTED)
        due = world.now + world.policy.portal_transfer_time
        schedule.at(world, due, JobKind.SIM_TRANSFERS_COMPLETE, transfer.id)
        return transfer
    release_sims(world, transfer)
    if decision is Decision.REJECT:
        transfer = step(world, transfer, TransferStatus.REJECTED)
        notify(world, transfer, transfer.sender, Notice.REJECTED)
    else:
        transfer = step(world, transfer, TransferStatus.CANCELLED)
        notify(world, transfer, transfer.receiver, Notice.CANCELLED)
    return transfer


def cancel_by_operator(world: World, transaction: str) -> SimTransfer:
    """Cancel a pending transfer as the operator and notify both sides. Raises UnknownTransfer, TransferDecided."""
    transfer = existing(world, transaction)
    require_pending(transfer)
    release_sims(world, transfer)
    transfer = step(world, transfer, TransferStatus.CANCELLED)
    for side in (transfer.receiver, transfer.sender):
        notify(world, transfer, side, Notice.CANCELLED)
    return transfer


def complete(world: World, transaction: str) -> None:
    """Hand the SIMs over to the receiver, or to its subunit, and notify both sides.

    Profiles belong to the sender and are not handed over (assumed).
    """
    transfer = existing(world, transaction)
    for iccid in transfer.iccids:
        contract = actions.release(world, iccid, transfer.signup)
        if contract is not None:
            owner = transfer.subunit or transfer.receiver
            world.contracts.put(replace(contract, partner=owner, profiles={}, notices_sent=()))
    transfer = step(world, transfer, TransferStatus.COMPLETED)
    for side in (transfer.receiver, transfer.sender):
        notify(world, transfer, side, Notice.COMPLETED)


def require_pending(transfer: SimTransfer) -> None:
    if transfer.status is not TransferStatus.PENDING:
        raise TransferDecided(transfer.id, transfer.status)


def step(world: World, transfer: SimTransfer, status: TransferStatus) -> SimTransfer:
    """One allowed step of the state machine, which the action follows."""
    assert status in TRANSFER_STEPS[transfer.status], f"{transfer.status} never becomes {status}"
    action = actions.existing(world, transfer.signup)
    follows = ACTION_STATUS[status]
    items = tuple(replace(item, status=follows) for item in action.items)
    action = replace(action, items=items, finished=world.now if follows.final else None)
    actions.step(world, action, follows)
    return world.sim_transfers.put(replace(transfer, status=status, updated=world.now))


def release_sims(world: World, transfer: SimTransfer) -> None:
    for iccid in transfer.iccids:
        actions.release(world, iccid, transfer.signup)


def notify(world: World, transfer: SimTransfer, side: str, notice: Notice) -> None:
    """Notify one side if it has booked transfer notices; if not, it only gets the event of the action (P§4.5)."""
    if partners.books(world, side, "transferNotifications"):
        events.record(
            world,
            EventType.SIM_TRANSFER_NOTICE,
            partner=side,
            payload=TransferNotice(
                notice=notice,
                signup=transfer.signup,
                transaction=transfer.id,
                sender=partners.named(world, transfer.sender).name,
                receiver=partners.named(world, transfer.receiver).name,
            ),
        )
    elif notice is Notice.COMPLETED:
        payload = ActionDone(signup=transfer.signup)
        events.record(world, EventType.SIM_ACTION_DONE, partner=side, payload=payload)
