"""What each SIM action does to a contract. Raises ActionFailed where the contract does not allow it."""

from collections.abc import Callable

from msgspec.structs import replace

from operator_emulator.core.partners import partners
from operator_emulator.core.partners.action_model import (
    Activate,
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
from operator_emulator.core.partners.model import Alarm, Contract, Option, Restriction
from operator_emulator.core.partners.model import ContractState as State
from operator_emulator.core.world.calendar import add_months
from operator_emulator.core.world.world import World


class ActionFailed(Exception):
    """A SIM of an action fails; caught where its result is written."""

    def __init__(self, reason: Reason, value: str = "", kind: str = "") -> None:
        super().__init__(reason)
        self.failure = Failure(reason, value, kind)


# --------------------------------------------------------------------------------------------- the state


def activate(world: World, contract: Contract, wanted: Activate) -> Contract:
    if wanted.tariff_id is not None:
        contract = change_tariff(world, contract, ChangeTariff(tariff_id=wanted.tariff_id))
    contract = modify_profiles(world, contract, wanted.modify)
    contract = replace(contract, state=State.TEST, activated=world.now)
    return enter_productive_state(world, contract) if wanted.productive else contract


def enter_productive_state(world: World, contract: Contract, _: None = None) -> Contract:
    end = add_months(world.now, world.policy.binding_months)
    return replace(contract, state=State.ACTIVE, binding_start=world.now, binding_end=end)


def suspend_to(state: State) -> Callable[[World, Contract, None], Contract]:
    def suspend(world: World, contract: Contract, _: None) -> Contract:
        return replace(contract, state=state, previous_state=contract.state)

    return suspend


def resume(world: World, contract: Contract, _: None = None) -> Contract:
    """Return to the previous state. A SIM that was blocked while suspended is suspended again."""
    on_air = partners.state_on_air(contract)
    if contract.previous_state is State.SUSPENDED:
        return replace(contract, state=State.SUSPENDED, previous_state=on_air)
    return replace(contract, state=on_air, previous_state=None)


def terminate(world: World, contract: Contract, _: None) -> Contract:
    """End the contract; the identifiers of its SIM, except the ICCID, are free again (P§4.1)."""
    return replace(
        contract,
        state=State.TERMINATED,
        previous_state=None,
        euiccid=None,
        eid_profile_status=None,
        activation_code=None,
    )


def move(world: World, contract: Contract, wanted: Move) -> Contract:
    return replace(contract, partner=wanted.partner)


def bind_euiccid(world: World, contract: Contract, wanted: BindEuiccid) -> Contract:
    if contract.sim_type != "VIRTUAL":
        raise ActionFailed(Reason.NO_ESIM)
    if wanted.euiccid is None and contract.euiccid is None:
        raise ActionFailed(Reason.NOT_BOUND)
    return replace(contract, euiccid=wanted.euiccid, eid_profile_status="RELEASED" if wanted.euiccid else None)


# --------------------------------------------------------------------------------------------- terms


def change_tariff(world: World, contract: Contract, wanted: ChangeTariff) -> Contract:
    return replace(contract, offering_id=wanted.tariff_id, offering_name=f"Tariff {wanted.tariff_id}")


def book_option(world: World, contract: Contract, wanted: BookOption) -> Contract:
    if wanted.option_id in contract.options:
        raise ActionFailed(Reason.OPTION_BOOKED, wanted.option_id)
    return replace(contract, options={**contract.options, wanted.option_id: Option(booked=world.now)})


def change_option(world: World, contract: Contract, wanted: ChangeOption) -> Contract:
    changed = replace(booked_option(contract, wanted.option_id), attributes=dict(wanted.attributes))
    return replace(contract, options={**contract.options, wanted.option_id: changed})


def terminate_option(world: World, contract: Contract, wanted: TerminateOption) -> Contract:
    booked_option(contract, wanted.option_id)
    return replace(contract, options={id: one for id, one in contract.options.items() if id != wanted.option_id})


def booked_option(contract: Contract, option_id: str) -> Option:
    if option_id not in contract.options:
        raise ActionFailed(Reason.OPTION_NOT_BOOKED, option_id)
    return contract.options[option_id]


def modify_profiles(world: World, contract: Contract, wanted: ModifyProfiles) -> Contract:
    """Assign profiles that the partner or its main partner owns, or take them away."""
    profiles = dict(contract.profiles)
    for kind, id in wanted.profiles.items():
        if id is None:
            profiles.pop(kind, None)
            continue
        profile = world.profiles.get(id)
        owners = (partners.main_of(world, contract.partner), contract.partner)
        if profile is None or profile.kind != kind or profile.partner not in owners:
            raise ActionFailed(Reason.UNKNOWN_PROFILE, id, kind)
        profiles[kind] = id
    return replace(contract, profiles=profiles, static_ips={**contract.static_ips, **wanted.static_ips})


def modify_remarks(world: World, contract: Contract, wanted: ModifyRemarks) -> Contract:
    remarks = {**contract.remarks, **wanted.remarks}
    return replace(contract, remarks={name: text for name, text in remarks.items() if text})


# --------------------------------------------------------------------------------------------- restrictions


def restrict(world: World, contract: Contract, wanted: Restrict) -> Contract:
    return replace(contract, restriction=wanted.restriction, restriction_reason=None)


def unrestrict(world: World, contract: Contract, wanted: Unrestrict) -> Contract:
    if wanted.apn is None:
        if contract.restriction is Restriction.NONE and not contract.apn_restrictions:
            raise ActionFailed(Reason.NOT_RESTRICTED)
        return replace(contract, restriction=Restriction.NONE, apn_restrictions={})
    if wanted.apn not in contract.apn_restrictions:
        raise ActionFailed(Reason.APN_NOT_RESTRICTED, wanted.apn)
    rest = {apn: restriction for apn, restriction in contract.apn_restrictions.items() if apn != wanted.apn}
    return replace(contract, apn_restrictions=rest)


def reset_fraud_status(world: World, contract: Contract, _: None) -> Contract:
    if contract.fraud_status is Alarm.OK:
        raise ActionFailed(Reason.FRAUD_STATUS_OK)
    return replace(
        contract.without_restriction("Fraud"),
        fraud_status=Alarm.OK,
        # From now on, the device that the SIM is in counts as the right one.
        home_imei=partners.sim_of(world, contract).device.imei,
        notices_sent=tuple(one for one in contract.notices_sent if not one.startswith("fraud")),
    )


def override_limit_status(world: World, contract: Contract, _: None) -> Contract:
    if contract.limit_status is not Alarm.ALARM:
        raise ActionFailed(Reason.LIMIT_STATUS_NO_ALARM)
    free = contract.without_restriction("Limit")
    lifted = contract.restriction if free.restriction is Restriction.NONE else Restriction.NONE
    return replace(free, limit_status=Alarm.OVERRIDDEN, overridden=lifted)


def restore_limit_status(world: World, contract: Contract, _: None) -> Contract:
    if contract.limit_status is not Alarm.OVERRIDDEN:
        raise ActionFailed(Reason.LIMIT_STATUS_NOT_OVERRIDDEN)
    restored = contract.restriction.stricter(contract.overridden)
    return replace(contract, limit_status=Alarm.ALARM, restriction=restored, overridden=Restriction.NONE)


def reset_limit_status(world: World, contract: Contract, _: None) -> Contract:
    if contract.limit_status is Alarm.OK:
        raise ActionFailed(Reason.LIMIT_STATUS_OK)
    return replace(contract.without_restriction("Limit"), limit_status=Alarm.OK, overridden=Restriction.NONE)
