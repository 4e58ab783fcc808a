"""Profiles and pools where no request is near: jobs about rows that are gone (P§5.2)."""

from typing import Any

from msgspec.structs import replace

from operator_emulator.core.network.model import DeviceStatus
from operator_emulator.core.partners import pools, profiles
from operator_emulator.core.partners.model import Alarm, Barring, Restriction
from operator_emulator.core.world.model import EventType
from tests.core.conftest import ICCID, CoreWorld
from tests.portal.conftest import ACTIVE, plant_partners


def test_jobs_about_deleted_rows_do_nothing(laboratory: CoreWorld) -> None:
    """A contract or pool may be removed while its job waits."""
    for job in (profiles.check, profiles.begin_month, pools.check):
        laboratory.do(job, ICCID)
    assert laboratory.log() == []


def test_a_month_that_begins_leaves_fraud_alone(laboratory: CoreWorld) -> None:
    """Fraud stays until it is reset."""
    laboratory.do(plant_partners)

    def strike(world: Any) -> None:
        contract = world.contracts.get(ACTIVE)
        world.contracts.put(
            replace(
                contract,
                fraud_status=Alarm.ALARM,
                limit_status=Alarm.ALARM,
                restriction=Restriction.SPEED,
                restriction_reason=Barring.DEVICE,
                notices_sent=("fraud Device Fraud 2", "2026-03 Usage Limit 2"),
            )
        )

    laboratory.do(strike)
    laboratory.do(profiles.begin_month, ACTIVE)
    contract: Any = laboratory.look(lambda world: world.contracts.get(ACTIVE))
    assert (contract.fraud_status, contract.limit_status) == (Alarm.ALARM, Alarm.OK)
    assert (contract.restriction, contract.notices_sent) == (Restriction.SPEED, ("fraud Device Fraud 2",))


def test_one_look_for_many_things_at_once(laboratory: CoreWorld) -> None:
    """However much a SIM does in an instant, its profiles are held against it once."""
    laboratory.do(plant_partners)
    for _ in range(3):
        laboratory.device(DeviceStatus.ONLINE, ACTIVE)
        laboratory.device(DeviceStatus.ATTACHED, ACTIVE)
    assert laboratory.jobs("profiles.check", ACTIVE) == ["profiles.check"]
    laboratory.advance(0)
    assert EventType.PROFILE_NOTICE not in laboratory.happened()
