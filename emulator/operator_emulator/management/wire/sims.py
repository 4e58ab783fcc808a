"""SIMs, and requests to change or transfer them (D§7, 12.5)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from operator_emulator.core.customers import quotas
from operator_emulator.core.customers.model import Quota, Sim, SimChange, SimState
from operator_emulator.core.network import numbering
from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.policy import Policy
from operator_emulator.management.editions import Dialect
from operator_emulator.management.wire.values import (
    megabytes,
    notation,
    read_boolean,
    read_iccids,
    read_list,
    read_number,
    read_object,
    read_required,
    read_text,
    stamp,
)

ENABLED: Final[Mapping[str, bool]] = {"Enabled": True, "Activated": True, "Disabled": False}


def read_change(body: Any) -> SimChange:
    """The change in the body of a PUT. Every field is optional (D§7.2)."""
    values = read_object(body)
    status = read_text(values, "status")
    if status and status not in ENABLED:
        raise Malformed("status", "must be Enabled or Disabled")
    return SimChange(
        iccid=read_text(values, "iccid"),
        label=read_text(values, "label"),
        imei_lock=read_boolean(values, "imei_lock"),
        enabled=ENABLED[status] if status else None,
    )


def read_changes(body: Any) -> tuple[SimChange, ...]:
    return tuple(read_change(one) for one in read_list(body))


def read_transfer(body: Any) -> tuple[int | None, tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Target (None: the master), ICCIDs, and ranges of ICCIDs (D§12.5)."""
    values = read_object(body)
    ranges = []
    for one in read_list(values.get("iccid_ranges") or [], "iccid_ranges"):
        ends = read_object(one, "iccid_ranges")
        ranges.append((read_required(ends, "from"), read_required(ends, "to")))
    return (
        read_number(values, "target_organisation"),
        read_iccids(values.get("iccids") or [], "iccids"),
        tuple(ranges),
    )


# --------------------------------------------------------------------------------------------- SIMs

QUOTA_STATUS: Final = ("More than 20% available", "Less than 20% available", "No volume available")

with_luhn = lru_cache(maxsize=4096)(numbering.iccid_with_luhn)


def show_sim(sim: Sim, dialect: Dialect, *, alone: bool = False) -> dict[str, Any]:
    """A SIM. *alone*: it is not in a list; in 2021 its status was then Activated (D§7.1, C7)."""
    edition, policy = dialect.edition, dialect.policy
    shown: dict[str, Any] = {"iccid": sim.iccid}
    if edition.sim_luhn:
        shown["iccid_with_luhn"] = with_luhn(sim.iccid)
    shown["imsi"] = sim.imsi
    if edition.sim_imsis:
        if sim.imsi_2:
            shown["imsi_2"] = sim.imsi_2
        shown["current_imsi"] = sim.imsi
    shown["msisdn"] = sim.msisdn
    if sim.imei:
        shown["imei"] = sim.imei
    shown["imei_lock"] = sim.imei_lock
    if sim.state is SimState.SUSPENDED or sim.state is SimState.EXPIRED:
        shown["status"] = "Disabled"
    else:
        shown["status"] = "Activated" if alone and policy.legacy_single_status else "Enabled"
    if sim.activated is not None:
        shown["activation_date"] = stamp(sim.activated)
    shown["ip_address"] = sim.ip_address
    if sim.data_quota is not None:
        shown["current_quota"] = megabytes(sim.data_quota.total)
        shown["quota_status"] = show_quota_status(sim.data_quota, policy)
    if sim.sms_quota is not None and edition.sim_sms_quota:
        shown["current_quota_SMS"] = sim.sms_quota.total
        shown["quota_status_SMS"] = show_quota_status(sim.sms_quota, policy)
    if sim.label:
        shown["label"] = sim.label
    return shown


def show_quota_status(quota: Quota, policy: Policy) -> dict[str, Any]:
    """Level 0, 1 or 2, with the dates at which the marks were passed (D§7.1)."""
    if quota.volume <= 0:
        level = 2
    elif quota.volume <= quotas.threshold(policy, quota):
        level = 1
    else:
        return {"id": 0, "description": QUOTA_STATUS[0]}
    when = notation(policy, stamp)
    shown = {"id": level, "description": QUOTA_STATUS[level]}
    if quota.threshold_reached is not None:
        shown["threshold_reached_date"] = when(quota.threshold_reached)
    if level == 2 and quota.exceeded is not None:
        shown["quota_exceeded_date"] = when(quota.exceeded)
    return shown
