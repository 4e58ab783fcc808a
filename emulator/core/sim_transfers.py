"""SIMs that one partner offers to another (P§4.5): asked, accepted or not, completed a little later, told at each turn."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum, unique

from emulator.core import actions, events, partners, schedule
from emulator.core.errors import Conflict, ForeignPartner, Malformed, UnknownTransfer, WrongSide
from emulator.core.model import EventType
from emulator.core.partner_model import (
    TRANSFER_STEPS,
    Contract,
    ContractState,
    Partner,
    PartnerCaller,
    SimTransfer,
    TransferStatus,
)
from emulator.core.world import World

FIRST_TRANSACTION = 1002946614  # P§9


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
    asked: Sequence[actions.Asked],
    comment: str | None = None,
) -> SimTransfer:
    """Offer SIMs to another partner. They are held until it is decided.

    A transfer is made whole or not at all: a SIM that is unknown, ended or held refuses it (assumed). Raises
    Malformed, Conflict, and what ``partners.scope`` raises.
    """
    within = partners.scope(world, caller, sender, changes=True)
    if world.partners.get(receiver) is None:
        raise Malformed("receivingPartnerID", f"{receiver} is unknown")
    if receiver in within or main_of(world, receiver) == main_of(world, sender):
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
    notify(world, transfer, receiver, Notice.REQUESTED)
    return transfer


def offered(world: World, within: tuple[str, ...], asked: actions.Asked) -> Contract:
    found = partners.matching(world, within, asked.named)
    name = next(iter(asked.named.values()))
    if not found:
        raise Malformed("sims", f"No SIM found for {name}")
    if len(found) > 1:
        raise Malformed("sims", f"{name} matches several SIMs")
    if found[0].state is ContractState.TERMINATED:
        raise Conflict(f"SIM {found[0].iccid} is terminated.")
    if found[0].pending is not None:
        raise Conflict(f"SIM {found[0].iccid} is held by action {found[0].pending}.")
    return found[0]


def show(world: World, caller: PartnerCaller, partner: str, transaction: str) -> SimTransfer:
    """A transfer, to either side of it; to a third party there is none."""
    partners.scope(world, caller, partner)
    transfer = world.sim_transfers.get(transaction)
    sides = () if transfer is None else (transfer.sender, transfer.receiver)
    if transfer is None or partner not in sides:
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
    if transfer.status is not TransferStatus.PENDING:
        raise Conflict(f"SIM transfer {transaction} is {transfer.status}.")
    if decision is Decision.ACCEPT:
        transfer = step(world, replace(transfer, subunit=subunit), TransferStatus.ACCEPTED)
        due = world.now + world.policy.portal_transfer_time
        schedule.at(world, due, "sim_transfers.complete", transfer.id)
        return transfer
    release(world, transfer)
    if decision is Decision.REJECT:
        transfer = step(world, transfer, TransferStatus.REJECTED)
        notify(world, transfer, transfer.sender, Notice.REJECTED)
    else:
        transfer = step(world, transfer, TransferStatus.CANCELLED)
        notify(world, transfer, transfer.receiver, Notice.CANCELLED)
    return transfer


def cancel_by_operator(world: World, transaction: str) -> SimTransfer:
    """The operator takes a pending transfer back, and tells both sides."""
    transfer = world.sim_transfers.get(transaction)
    if transfer is None:
        raise UnknownTransfer(transaction)
    if transfer.status is not TransferStatus.PENDING:
        raise Conflict(f"SIM transfer {transaction} is {transfer.status}.")
    release(world, transfer)
    transfer = step(world, transfer, TransferStatus.CANCELLED)
    for side in (transfer.receiver, transfer.sender):
        notify(world, transfer, side, Notice.CANCELLED)
    return transfer


def complete(world: World, transaction: str) -> None:
    """The SIMs belong to the receiver, or to its subunit; both sides are told."""
    transfer = world.sim_transfers.get(transaction)
    if transfer is None or transfer.status is not TransferStatus.ACCEPTED:
        return
    for iccid in transfer.iccids:
        contract = world.contracts.get(iccid)
        if contract is not None:
            owner = transfer.subunit or transfer.receiver
            world.contracts.put(replace(contract, partner=owner, pending=None, profiles={}, noticed=()))
    transfer = step(world, transfer, TransferStatus.COMPLETED)
    for side in (transfer.receiver, transfer.sender):
        notify(world, transfer, side, Notice.COMPLETED)


def step(world: World, transfer: SimTransfer, status: TransferStatus) -> SimTransfer:
    """One allowed step of the state machine."""
    assert status in TRANSFER_STEPS[transfer.status], f"{transfer.status} never becomes {status}"
    return world.sim_transfers.put(replace(transfer, status=status, updated=world.now))


def release(world: World, transfer: SimTransfer) -> None:
    for iccid in transfer.iccids:
        contract = world.contracts.get(iccid)
        if contract is not None and contract.pending == transfer.signup:
            world.contracts.put(replace(contract, pending=None))


def notify(world: World, transfer: SimTransfer, side: str, notice: Notice) -> None:
    """Tell one side, if it has booked transfer notices; if not, it hears only that the action is done (P§4.5)."""
    main = world.partners.get(main_of(world, side))
    if main is None or "transferNotifications" not in main.booked:
        if notice is Notice.COMPLETED:
            events.record(world, EventType.SIM_ACTION_DONE, partner=side, signup=transfer.signup)
        return
    events.record(
        world,
        EventType.SIM_TRANSFER_NOTICE,
        partner=side,
        notice=notice,
        signup=transfer.signup,
        transaction=transfer.id,
        sender=named(world, transfer.sender).name,
        receiver=named(world, transfer.receiver).name,
    )


def named(world: World, partner: str) -> Partner:
    row = world.partners.get(partner)
    if row is None:
        raise ForeignPartner(partner)
    return row


def main_of(world: World, partner: str) -> str:
    """The partner itself, or the one whose subunit it is."""
    row = world.partners.get(partner)
    return row.parent if row is not None and row.parent else partner
