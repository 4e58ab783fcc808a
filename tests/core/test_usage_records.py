"""Usage records (S§6): when there is one, and what it counts."""

from datetime import timedelta

from operator_emulator.core.customers.model import CoreNetwork, Service, UsageRecord
from operator_emulator.core.network import device
from operator_emulator.core.network.model import DeviceStatus, Rat
from operator_emulator.core.world import housekeeping
from tests.core.conftest import BEGAN, ICCID, CoreWorld, MakeLaboratory

MINUTE = timedelta(minutes=1)


def records(laboratory: CoreWorld) -> list[UsageRecord]:
    return laboratory.look(lambda world: world.usage_records.find(order="id"))


def volumes(laboratory: CoreWorld) -> list[tuple[int, int]]:
    return [(record.tx, record.rx) for record in records(laboratory)]


def test_a_session_has_a_record_in_fifteen_minutes_at_most(laboratory: CoreWorld) -> None:
    """S§6: and the last one, at its end, has the rest. Each begins where the one before has ended."""
    laboratory.active()
    laboratory.device(DeviceStatus.ONLINE)
    laboratory.advance(minutes=1)
    for _ in range(4):
        laboratory.do(device.use_data, ICCID, 60_000, 60_000)
        laboratory.advance(minutes=10)
    laboratory.do(device.close_pdp_context, ICCID)
    assert volumes(laboratory) == [(60_000, 60_000), (120_000, 120_000), (60_000, 60_000)]
    minutes = [((one.start - BEGAN) / MINUTE, (one.at - BEGAN) / MINUTE) for one in records(laboratory)]
    assert minutes == [(0, 1), (1, 21), (21, 41)]
    assert len({record.session for record in records(laboratory)}) == 1


def test_little_data_waits_for_the_end_of_the_session(laboratory: CoreWorld) -> None:
    """S§6: more than 100 kB since the last. A session that carried nothing has no record."""
    laboratory.active()
    for _ in range(3):
        laboratory.do(device.use_data, ICCID, 50_000, 50_000)
        laboratory.advance(hours=1)
        assert volumes(laboratory) == []
        laboratory.do(device.close_pdp_context, ICCID)
        laboratory.device(DeviceStatus.ONLINE)
        laboratory.do(device.close_pdp_context, ICCID)
        assert volumes(laboratory) == [(50_000, 50_000)]
        laboratory.do(lambda world: world.usage_records.delete(records(laboratory)[0].id))


def test_a_record_tells_where_and_by_what_it_was_used(laboratory: CoreWorld) -> None:
    laboratory.active()
    laboratory.device(DeviceStatus.ONLINE, rat=Rat.CAT_M, operator="Plus")
    laboratory.do(device.use_data, ICCID, 100_000, 1)
    (record,) = records(laboratory)
    sim = laboratory.sim()
    assert sim.device.pdp is not None
    assert (record.iccid, record.imsi, record.imei) == (ICCID, sim.imsi, sim.imei)
    assert (record.organisation, record.rat, record.session) == (sim.organisation, Rat.CAT_M, sim.device.pdp.id)
    assert record.network is not None
    assert record.network.name == "Plus"


def test_sessions_on_the_second_core_count_in_whole_kilobytes(laboratory: CoreWorld) -> None:
    """V§1: of the session, so records of one session sum up to what was charged."""
    laboratory.active()
    laboratory.change(core=CoreNetwork.PLATFORM_2)
    laboratory.do(device.use_data, ICCID, 150_000, 1)
    laboratory.advance(minutes=20)
    laboratory.do(device.use_data, ICCID, 150_000, 1)
    laboratory.do(device.close_pdp_context, ICCID)
    assert volumes(laboratory) == [(147 * 1024, 1024), (146 * 1024, 0)]


def test_each_message_that_is_charged_has_a_record(laboratory: CoreWorld) -> None:
    """S§6: from the device and, when it was delivered, to it; a refused one has none."""
    laboratory.active(status=DeviceStatus.ATTACHED)
    laboratory.do(device.send_mo, ICCID, "hello", "12345")
    laboratory.submit()
    laboratory.advance(10)
    laboratory.device(DeviceStatus.OFFLINE)
    laboratory.do(device.send_mo, ICCID, "lost", "12345")
    laboratory.submit()
    laboratory.advance(10)
    assert [record.service for record in records(laboratory)] == [Service.SMS, Service.SMS]
    assert volumes(laboratory) == [(1, 0), (0, 1)]


def test_what_a_partners_sim_uses_has_no_record(laboratory: CoreWorld) -> None:
    """The portal has no streamer."""
    laboratory.active(organisation=None, status=DeviceStatus.ATTACHED)
    laboratory.do(device.use_data, ICCID, 1_000_000, 0)
    laboratory.do(device.close_pdp_context, ICCID)
    laboratory.do(device.send_mo, ICCID, "hello", "12345")
    assert records(laboratory) == []


def test_records_are_kept_for_seven_days(make_laboratory: MakeLaboratory) -> None:
    """S§4."""
    laboratory = make_laboratory(data_stream_retention=timedelta(days=7))
    laboratory.active(status=DeviceStatus.ATTACHED)
    laboratory.do(device.send_mo, ICCID, "hello", "12345")
    laboratory.advance(days=7)
    laboratory.do(housekeeping.midnight)
    assert len(records(laboratory)) == 1
    laboratory.advance(1)
    laboratory.do(housekeeping.midnight)
    assert records(laboratory) == []
