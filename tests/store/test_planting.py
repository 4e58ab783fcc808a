"""Planting: what a world looks like that grew from a fixture."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from operator_emulator import fixtures
from operator_emulator.core.customers.model import CaseStatus, OrderPurpose, OrderStatus, Role, Sim, SimState
from operator_emulator.core.network import numbering
from operator_emulator.core.network.model import AddressType, DeliveryFailure, Device, DeviceStatus, Rat, Sms, SmsStatus
from operator_emulator.core.network.smsc import present
from operator_emulator.core.world.model import Clock, EventType, Fate
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import World
from operator_emulator.fixtures.read import shape
from operator_emulator.store.sqlite.store import SqliteStore

NOW = datetime(2026, 1, 15, 12, 0, 0, 250_000, tzinfo=UTC)
BASE = NOW.replace(microsecond=0)
DAY = timedelta(days=1)
FIRST = "8988228066600000001"

Plant = Callable[..., World]


def world_of(*lines: str) -> str:
    """A fixture with one organisation, whose keys are the lines."""
    return "version: 1\norganisations:\n  - id: 1\n" + "".join(f"    {line}\n" for line in lines)


def with_sim(keys: str) -> str:
    return world_of(f"sims: [{{iccid: {FIRST}, {keys}}}]")


@pytest.fixture
def plant() -> Iterator[Plant]:
    """Plant a fixture, given as text, at NOW; the world of the last transaction comes back."""
    stores = []

    def planted(source: str, *, seed: int = 1, rate: float = 0.0, **policy: Any) -> World:
        fixture = fixtures.loads(source)
        store = SqliteStore(None, Policy(**{**fixture.settings, **policy}))
        stores.append(store)

        def verb(world: World) -> None:
            fixtures.plant(world, fixture, seed=seed, clock=Clock(NOW, NOW, rate))

        async def run() -> World:
            await store.begin_again(NOW, verb)
            return await store.read(NOW, lambda world: world)

        return asyncio.run(run())

    yield planted
    for store in stores:
        store.close()


# --------------------------------------------------------------------------------------------- planting: SIMs


def sim_of(world: World, iccid: str = FIRST) -> Sim:
    sim = world.sims.get(iccid)
    assert sim is not None
    return sim


def test_a_sim_of_which_nothing_is_said_is_enabled_full_and_never_seen(plant: Plant) -> None:
    """The default SIM."""
    sim = sim_of(plant(world_of(f"sims: [{{iccid: {FIRST}}}]")))
    assert sim.state is SimState.ACTIVATED
    assert sim.activated is not None
    assert 29 * DAY < NOW - sim.activated < 732 * DAY
    assert sim.expires is not None
    assert sim.expires.isoformat().endswith("T00:00:00+00:00")
    assert sim.expires - sim.activated > 10 * 365 * DAY
    assert (sim.imsi, sim.msisdn) == ("901405100000001", "882285100000001")
    assert sim.ip_address == numbering.ip_address_for(1, 0)
    assert (sim.label, sim.imei, sim.imsi_2, sim.device) == (None, None, None, Device())
    assert sim.data_quota is not None
    assert sim.sms_quota is not None
    assert (sim.data_quota.volume, sim.data_quota.total) == (500_000_000, 500_000_000)
    assert (sim.sms_quota.volume, sim.sms_quota.total) == (250, 250)


def test_an_online_device_has_a_network_a_session_and_an_imei(plant: Plant) -> None:
    """What is left out of a device is plausible."""
    world = plant(with_sim("device: {status: ONLINE}"))
    device = sim_of(world).device
    assert device.status is DeviceStatus.ONLINE
    assert device.network is not None
    assert device.network.name == "T-Mobile"
    assert device.pdp is not None
    assert device.attached is not None
    assert device.attached_gprs is not None
    assert device.attached < device.attached_gprs < device.pdp.opened < NOW
    assert sim_of(world).imei == device.imei == device.pdp.imei == numbering.imeisv_for(FIRST)
    assert device.cell_lac
    assert device.cell_id


def test_a_device_is_where_and_what_the_fixture_says(plant: Plant) -> None:
    """Operator by number, access technology by name, cell and times as given."""
    sim = sim_of(
        plant(
            with_sim(
                'device: {status: ATTACHED, imei: 8682390510114404, operator: "26001", rat: NB-IoT, since: 1h ago, '
                "cell: {lac: 5, id: 0}}"
            )
        )
    )
    assert sim.imei is None  # which only a data session tells
    assert (sim.device.imei, sim.device.rat) == ("8682390510114404", Rat.NB_IOT)
    assert sim.device.network is not None
    assert sim.device.network.name == "Plus"
    assert sim.device.attached is None  # no circuit-switched side
    assert sim.device.attached_gprs == BASE - timedelta(minutes=59, seconds=59)
    assert (sim.device.cell_lac, sim.device.cell_id, sim.device.pdp) == (5, 0, None)


def test_an_offline_device_is_known_if_it_was_somewhere(plant: Plant) -> None:
    """With a network or a time it was; otherwise only its identity is known."""
    world = plant(
        world_of(
            "sims:",
            "  - {iccid: 8988228066600000001, device: {operator: KPN}}",
            "  - {iccid: 8988228066600000002, device: {status: OFFLINE, rat: 2G}, imei: 8682390510114404}",
            "  - {iccid: 8988228066600000003, imei: 8682390510114405}",
        )
    )
    first, second, third = world.sims.find(order="position")
    assert first.device.network is not None
    assert first.device.attached is not None
    assert NOW - first.device.attached >= DAY
    assert second.device == Device(imei="8682390510114404", rat=Rat.GERAN_2G)
    assert (second.imei, third.imei, third.device.imei) == ("8682390510114404", "8682390510114405", "8682390510114405")


@pytest.mark.parametrize(("status", "state"), [
    ("Disabled", SimState.SUSPENDED), ("Suspended", SimState.SUSPENDED), ("Issued", SimState.ISSUED),
    ("Expired", SimState.EXPIRED), ("Activated", SimState.ACTIVATED),
])  # fmt: skip
def test_the_status_says_what_state_the_sim_is_in(plant: Plant, status: str, state: SimState) -> None:
    """And without an enabled SIM there is no device in a network."""
    sim = sim_of(plant(with_sim(f"status: {status}, device: {{status: ONLINE}}")))
    assert sim.state is state
    online = state is SimState.ACTIVATED
    assert sim.device.status is (DeviceStatus.ONLINE if online else DeviceStatus.OFFLINE)
    assert (sim.device.pdp is not None) is online
    assert sim.imei is not None  # it had a session


def test_an_issued_sim_has_neither_dates_nor_volumes(plant: Plant) -> None:
    """It was never activated, unless the fixture says that volumes were delivered with it (D§8.4)."""
    world = plant(
        world_of(
            "sims:",
            "  - {iccid: 8988228066600000001, status: Issued}",
            "  - {iccid: 8988228066600000002, status: Issued, quota: {data: {}}}",
        )
    )
    first, second = world.sims.find(order="position")
    assert (first.activated, first.expires, first.data_quota, first.sms_quota) == (None, None, None, None)
    assert second.data_quota is not None
    assert (second.data_quota.volume, second.data_quota.changed) == (500_000_000, BASE)
    assert second.sms_quota is None


@pytest.mark.parametrize("keys", [
    "status: Expired", "status: Expired, expires: 2d ago", "status: Expired, activated: 20d ago",
])  # fmt: skip
def test_an_expired_sim_has_reached_its_end(plant: Plant, keys: str) -> None:
    """However much of its life the fixture tells."""
    sim = sim_of(plant(with_sim(keys)))
    assert sim.activated is not None
    assert sim.expires is not None
    assert sim.activated < sim.expires <= NOW


@pytest.mark.parametrize(
    ("quota", "data", "sms"),
    [
        ("null", None, None),
        ("{data: null}", None, (250, 250, 250)),
        ("{data: {left: 12.5}}", (12_500_000, 500_000_000, 500_000_000), (250, 250, 250)),
        ("{data: {left: -0.5, total: 1000}}", (-500_000, 1_000_000_000, 500_000_000), (250, 250, 250)),
        ("{sms: {total: 100}}", (500_000_000,) * 3, (100, 100, 100)),
    ],
)
def test_a_quota_is_what_is_left_of_a_total(plant: Plant, quota: str, data: Any, sms: Any) -> None:
    """Megabytes and messages; null is none."""
    sim = sim_of(plant(with_sim(f"quota: {quota}")))
    found = [one and (one.volume, one.total, one.last_added) for one in (sim.data_quota, sim.sms_quota)]
    assert found == [data, sms]


def test_a_low_quota_knows_since_when(plant: Plant) -> None:
    """The marks that it passed have dates, not before its activation."""
    world = plant(
        world_of(
            "sims:",
            "  - {iccid: 8988228066600000001, quota: {data: {left: 99}, sms: {left: 50}}}",
            "  - {iccid: 8988228066600000002, quota: {data: {left: 0}}, activated: 3h ago}",
        )
    )
    low, empty = world.sims.find(order="position")
    assert low.data_quota is not None
    assert low.sms_quota is not None
    assert empty.data_quota is not None
    assert (low.data_quota.threshold_reached, low.data_quota.exceeded) == (BASE - 2 * DAY, None)
    assert low.sms_quota.threshold_reached is None  # exactly a fifth is not below
    assert empty.data_quota.exceeded == empty.data_quota.changed == BASE - timedelta(hours=3)


def test_an_imei_lock_knows_its_device(plant: Plant) -> None:
    """The one that had a session, else the one that holds the card, else the next."""
    world = plant(
        world_of(
            "sims:",
            "  - iccid: 8988228066600000001",
            "    imei_lock: true",
            "    imei: 8682390510114404",
            "    device: {imei: 8682390510114405}",
            "  - {iccid: 8988228066600000002, imei_lock: true, device: {imei: 8682390510114405}}",
            "  - {iccid: 8988228066600000003, imei_lock: true}",
            "  - {iccid: 8988228066600000004}",
        )
    )
    locked = [sim.locked_imei for sim in world.sims.find(order="position")]
    assert locked == ["8682390510114404", "8682390510114405", None, None]


def test_numbers_that_are_filled_in_keep_clear_of_those_that_are_written(plant: Plant) -> None:
    """IMSI, MSISDN and address."""
    world = plant(
        world_of(
            "sims:",
            "  - {iccid: 8988228066600000001}",
            f"  - {{iccid: 8988228066600000002, imsi: 901405100000001, ip_address: {numbering.ip_address_for(1, 0)}}}",
            "  - {iccid: 8988280666600000001}",  # the same serial under an older prefix
        )
    )
    sims = world.sims.find(order="position")
    assert [sim.imsi for sim in sims] == ["901405100000002", "901405100000001", "901405100000003"]
    assert [sim.msisdn for sim in sims] == ["882285100000001", "882285100000002", "882285100000003"]
    assert len({sim.ip_address for sim in sims}) == 3
    assert sims[0].ip_address == numbering.ip_address_for(1, 1)


def test_usage_of_a_day_is_summed(plant: Plant) -> None:
    """Megabytes become octets; a day written twice counts twice."""
    world = plant(
        with_sim("usage: [{day: now, volume_tx: 0.001176, sms_mo: 1}, {day: 2026-01-15, volume_rx: 2, sms_mt: 3}]")
    )
    (row,) = world.usage.find(iccid=FIRST)
    assert (row.id, row.day) == (f"{FIRST} 2026-01-15", "2026-01-15")
    assert (row.octets_tx, row.octets_rx, row.sms_mo, row.sms_mt) == (1176, 2_000_000, 1, 3)


def test_the_same_seed_makes_the_same_world(plant: Plant) -> None:
    """And another one another."""
    source = world_of("generate: {sims: 20, like: {device: {status: ONLINE}}}")
    one, same, other = (plant(source, seed=seed).sims.find(order="position") for seed in (1, 1, 2))
    assert one == same
    assert one != other


# --------------------------------------------------------------------------------------------- planting: generated


def test_generated_sims_never_collide(plant: Plant) -> None:
    """With listed ones, with other blocks, with other organisations; nor do their numbers."""
    first = numbering.generate_iccids(1, 3, seed=7, organisation=1)[2]
    world = plant(
        f"""
        version: 1
        organisations:
          - id: 1
            sims: [{{iccid: {first}}}]
            generate: {{sims: 30, seed: 7}}
          - {{id: 2, generate: [{{sims: 30, seed: 7}}, {{sims: 30, seed: 7}}]}}
        """
    )
    sims = world.sims.find(order="position")
    assert (
        len({sim.iccid for sim in sims}) == len({sim.imsi for sim in sims}) == len({sim.msisdn for sim in sims}) == 91
    )
    assert [sim.organisation for sim in sims] == [1] * 31 + [2] * 60
    mine = [sim.ip_address for sim in sims if sim.organisation == 1]
    assert len(set(mine)) == 31


def test_generated_sims_are_like_what_they_are_told_to_be(plant: Plant) -> None:
    """One description for all of them."""
    world = plant(
        world_of(
            "generate: {sims: 3, like: {label: pump, status: Disabled, auto_topup: true, quota: {sms: {left: 1}}, "
            "usage: [{day: now, volume_tx: 1}]}}"
        )
    )
    for sim in world.sims.find():
        assert (sim.label, sim.state, sim.auto_topup) == ("pump", SimState.SUSPENDED, True)
        assert sim.sms_quota is not None
        assert sim.sms_quota.volume == 1
        assert world.usage.count(iccid=sim.iccid) == 1


def test_more_than_a_block_of_sims_is_generated_in_several(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of ten stand in for those of 100,000."""
    monkeypatch.setattr(numbering, "LARGEST_BLOCK", 10)
    sims = plant(world_of("generate: {sims: 25}")).sims.find(order="position")
    assert len({sim.iccid for sim in sims}) == 25
    assert [sim.iccid[12:14] for sim in sims] == ["01"] * 10 + ["02"] * 10 + ["03"] * 5


# --------------------------------------------------------------------------------------------- planting: customers


def test_a_world_begins_with_its_clock_and_its_origin(plant: Plant) -> None:
    """Time and chance before everything else."""
    world = plant("version: 1", seed=42, rate=1.0)
    assert world.clock == Clock(NOW, NOW, 1.0)
    origin = world.origins.get(1)
    assert origin is not None
    assert (origin.seed, origin.began) == (42, NOW)
    assert [job.kind for job in world.jobs.find()] == ["housekeeping"]


def test_organisations_have_users_forwarders_limits_and_names(plant: Plant) -> None:
    """What is left out follows from the id."""
    world = plant(
        """
        version: 1
        organisations:
          - {id: 4321, sms_forwarder: {url: "http://a/b"}, limits: {data: 9, smsMT: 0}, payment_methods: [creditcard]}
          - {id: 2, name: B, customer_number: "81000002", parent: 4321, sms_forwarder: {url: ""}}
          - {id: 3, users: [{username: u, password: p, role: portal}], sms_forwarder: null}
        """
    )
    one, two, three = (world.organisations.get(id) for id in (4321, 2, 3))
    assert one is not None
    assert two is not None
    assert three is not None
    assert (one.name, one.customer_number) == ("Organisation 4321", "81014321")
    assert (one.limits, one.payment_methods) == ({"data": 9}, ("creditcard",))
    assert (two.name, two.customer_number, two.parent) == ("B", "81000002", 4321)
    assert len(three.payment_methods) == 4
    (forwarder,) = world.subscriptions.find()
    assert (forwarder.id, forwarder.organisation, forwarder.url) == ("forwarder-4321", 4321, "http://a/b")
    user = world.users.get("u")
    assert user is not None
    assert (user.organisation, user.role) == (3, Role.PORTAL)


def test_products_are_the_catalogue_or_those_of_the_fixture(plant: Plant) -> None:
    """All of them replaced, in the order in which they are written."""
    assert [product.id for product in plant("version: 1").products.find(order="position")] == [1001, 1002, 1003]
    world = plant(
        """
        version: 1
        products:
          - {id: 8, name: Card, one_time_charges: [{name: fee, amount_net: 2.5}]}
          - {id: 7, name: Chip, material: MFF2, package_size: 10}
        organisations: [{id: 1, orders: [{products: [{product: 8, quantity: 4}]}]}]
        """
    )
    card, chip = world.products.find(order="position")
    assert (card.id, card.material, card.one_time_charges[0].amount_net) == (8, "Card", 2.5)
    assert (chip.id, chip.material, chip.package_size) == (7, "MFF2", 10)
    (order,) = world.orders.find()
    assert order.amount == 1190


def test_orders_are_planted_with_numbers_prices_and_dates(plant: Plant) -> None:
    """One in progress will be paid when a bank transfer takes its time."""
    world = plant(
        world_of(
            "sims: [{iccid: &sim 8988228066600000001}]",
            "orders:",
            "  - {products: [{product: 1001, quantity: 2}], customer_reference: PO-1}",
            "  - {number: 2000000001, type: TOPUP, payment_method: creditcard, ordered: 1h ago, iccids: [*sim]}",
            "  - {type: TARIFF_CHANGE, status: CANCELLED, iccids: [*sim], product: 1002}",
            "  - {type: BULK_TOPUP, status: IN_PROGRESS, ordered: 20h ago, amount: 19.99, invoice: I-1}",
            "  - {type: TOPUP, status: IN_PROGRESS, ordered: 9d ago}",
            "  - {completed: 1d ago}",
        )
    )
    orders = sorted(world.orders.find(), key=lambda order: order.number)
    assert [order.number for order in orders] == list(range(2000000001, 2000000007))
    topup, first, tariff, bulk, late, last = orders
    assert (first.amount, first.purpose, first.completed) == (2380, OrderPurpose.SIMS, first.ordered + 2 * DAY)
    assert (topup.amount, topup.completed, topup.ordered) == (595, topup.ordered, BASE - timedelta(hours=1))
    assert (tariff.status, tariff.amount, tariff.product) == (OrderStatus.CANCELLED, 1190, 1002)
    assert (bulk.amount, bulk.invoice, bulk.completed) == (1999, "I-1", None)
    assert last.completed == BASE - DAY
    paid = {job.about: job.due for job in world.jobs.find(kind="orders.pay")}
    assert paid == {str(bulk.number): BASE + timedelta(hours=28), str(late.number): NOW}


def test_an_unpaid_order_waits_for_a_hand_if_the_policy_says_so(plant: Plant) -> None:
    """Without a time for payments there is no job."""
    world = plant(world_of("orders: [{status: IN_PROGRESS}]"), payment_time=None)
    assert world.jobs.find(kind="orders.pay") == []


def test_support_cases_are_planted_with_what_was_said(plant: Plant) -> None:
    """A case begins with the customer's own words."""
    world = plant(
        world_of(
            "support:",
            "  - {subject: A}",
            "  - subject: B",
            "    text: Help",
            "    status: CLOSED",
            "    communications: [{text: Help}, {text: Done, direction: OUT}]",
            "  - {subject: C, status: CLOSED, solved: 2h ago, created: 5h ago}",
        )
    )
    a, b, c = world.cases.find(order="id")
    assert (a.subject, a.text, a.status, a.solved, a.created) == ("A", "A", CaseStatus.OPEN, None, BASE - 3 * DAY)
    assert [(said.text, said.originator) for said in a.communications] == [("A", "Customer")]
    assert [(said.text, said.originator, said.direction) for said in b.communications] == [
        ("Help", "Customer", "IN"),
        ("Done", "Support", "OUT"),
    ]
    assert b.solved == b.created + timedelta(hours=1)
    assert c.solved == BASE - timedelta(hours=2)


def test_automatic_top_ups_are_looked_after(plant: Plant) -> None:
    """One job for all SIMs that want it."""
    world = plant(with_sim("auto_topup: true, product: 1002"))
    assert world.jobs.count(kind="orders.auto_topup") == 1
    assert sim_of(world).product == 1002


# --------------------------------------------------------------------------------------------- planting: messages


def messages(world: World) -> list[Sms]:
    return [present(world, sms) for sms in world.sms.find(order="id")]


def jobs(world: World) -> dict[str, datetime]:
    return {job.kind: job.due for job in world.jobs.find() if job.kind != "housekeeping"}


def forwarded(*sms: str) -> str:
    """A fixture whose organisation has a forwarder, and whose SIM these messages."""
    return world_of(
        'sms_forwarder: {url: "http://a/b"}',
        "sims:",
        f"  - iccid: {FIRST}",
        "    sms:",
        *(f"      - {one}" for one in sms),
    )


def test_messages_and_events_are_numbered_as_they_happened(plant: Plant) -> None:
    """Over all SIMs."""
    world = plant(
        world_of(
            "sims:",
            "  - {iccid: 8988228066600000001, sms: [{payload: c, submitted: 1h ago}, {payload: a, submitted: 3h ago}]}",
            "  - {iccid: 8988228066600000002, sms: [{payload: b, submitted: 2h ago}]}",
        )
    )
    assert [sms.payload for sms in world.sms.find(order="id")] == ["a", "b", "c"]
    happened = [event.at for event in world.events.find(order="id")]
    assert happened == sorted(happened)


def test_a_delivered_message_was_reported(plant: Plant) -> None:
    """Its times are plausible, and the customer took the report."""
    world = plant(forwarded("{payload: a, submitted: 1h ago, source_address: 12345, source_address_type: 145}"))
    (sms,) = messages(world)
    submitted = BASE - timedelta(hours=1)
    assert (sms.status, sms.submitted, sms.expires) == (SmsStatus.DELIVERED, submitted, submitted + DAY)
    assert (sms.attempted, sms.finished) == (submitted + timedelta(seconds=1), submitted + timedelta(seconds=2))
    assert (sms.imsi, sms.source_address, sms.source_address_type) == (
        "901405100000001",
        "12345",
        AddressType.INTERNATIONAL,
    )
    (event,) = world.events.find()
    (notification,) = world.notifications.find()
    assert (event.type, event.sms, sms.event) == (EventType.SMS_DELIVERED, sms.id, event.id)
    assert (notification.event, notification.fate, notification.finished) == (event.id, Fate.TAKEN, sms.finished)
    assert jobs(world) == {}


def test_without_a_forwarder_an_event_says_that_nothing_was_forwarded(plant: Plant) -> None:
    """As it does in the present."""
    world = plant(with_sim("sms: [{payload: a}, {payload: b, direction: MO, status: BUFFERED, dest_address: 4711}]"))
    told = [event.data for event in world.events.find(order="id") if event.type is EventType.FORWARDING_IMPOSSIBLE]
    assert sorted(told, key=str) == [
        {"what": "DLR", "to": "882285100000001"},
        {"what": "SMS", "to": "4711"},
    ]
    assert world.notifications.find() == []


def test_a_message_that_failed_or_expired_says_why(plant: Plant) -> None:
    """The usual cause, or the one that is written."""
    world = plant(
        forwarded(
            "{payload: a, status: FAILED}",
            "{payload: b, status: FAILED, cause: quota exhausted, finished: 1m ago}",
            "{payload: c, status: EXPIRED}",
            "{payload: d, status: EXPIRED, submitted: 2h ago}",
            "{payload: e, status: CANCELED}",
        )
    )
    found = {sms.payload: sms for sms in messages(world)}
    assert (found["a"].status, found["a"].cause) == (SmsStatus.FAILED, DeliveryFailure.CALL_BARRED)
    assert (found["b"].cause, found["b"].finished) == (DeliveryFailure.QUOTA_EXHAUSTED, BASE - timedelta(minutes=1))
    assert (found["c"].status, found["c"].finished) == (SmsStatus.EXPIRED, found["c"].submitted + DAY)
    assert found["d"].expires == found["d"].finished == BASE
    assert (found["e"].status, found["e"].finished, found["e"].event) == (SmsStatus.CANCELED, None, None)
    assert {event.type for event in world.events.find()} == {EventType.SMS_FAILED, EventType.SMS_EXPIRED}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("status: PENDING", {"smsc.attempt": BASE + timedelta(seconds=1), "smsc.expire": BASE + DAY}),
        ("status: PENDING, submitted: 1h ago", {"smsc.attempt": NOW, "smsc.expire": BASE + timedelta(hours=23)}),
        ("status: IN_PROGRESS", {"smsc.acknowledge": BASE + timedelta(seconds=2), "smsc.expire": BASE + DAY}),
        (
            "status: BUFFERED, submitted: 90m ago",
            {
                "smsc.attempt": BASE + timedelta(minutes=30, seconds=1),
                "smsc.expire": BASE + timedelta(hours=22, minutes=30),
            },
        ),
        ("status: BUFFERED, expires: in 10m", {"smsc.expire": BASE + timedelta(minutes=10)}),
        ("status: BUFFERED, expires: 5m ago", {"smsc.expire": NOW}),
    ],
)
def test_a_message_under_way_goes_on(plant: Plant, keys: str, expected: dict[str, datetime]) -> None:
    """It has the jobs that the SMSC would have given it."""
    world = plant(with_sim(f"sms: [{{payload: a, {keys}}}]"))
    assert jobs(world) == expected
    (sms,) = messages(world)
    assert sms.next_attempt == (expected.get("smsc.attempt") if "BUFFERED" in keys else None)
    assert sim_of(world).message_waiting is ("BUFFERED" in keys)


def test_the_switch_is_known_where_a_message_was_tried(plant: Plant) -> None:
    """Only with a network."""
    world = plant(
        with_sim("device: {status: ATTACHED}, sms: [{payload: a}, {payload: b, status: PENDING}]"),
    )
    assert {sms.payload: sms.msc for sms in messages(world)} == {"a": "491700160000", "b": None}


@pytest.mark.parametrize(
    ("keys", "status", "retries", "due"),
    [
        ("submitted: 1h ago", SmsStatus.DELIVERED, 0, []),
        ("finished: 1h ago, submitted: 2h ago", SmsStatus.DELIVERED, 0, []),
        ("status: PENDING", SmsStatus.PENDING, 0, ["outbox.attempt", "outbox.give_up"]),
        ("status: BUFFERED", SmsStatus.BUFFERED, 3, ["outbox.attempt", "outbox.give_up"]),
        ("status: BUFFERED, submitted: 1420m ago", SmsStatus.BUFFERED, 9, ["outbox.give_up"]),
        ("status: EXPIRED", SmsStatus.EXPIRED, 9, []),
        ("status: FAILED", SmsStatus.EXPIRED, 9, []),
    ],
)
def test_a_message_from_a_device_has_the_fate_of_its_forwarding(
    plant: Plant, keys: str, status: SmsStatus, retries: int, due: list[str]
) -> None:
    """Tries stand at the times of the policy; what is owed goes on."""
    world = plant(forwarded(f"{{direction: MO, payload: a, {keys}}}"))
    (sms,) = messages(world)
    assert (sms.status, sms.retries, sms.source_address_type) == (status, retries, AddressType.INTERNATIONAL)
    assert sms.dest_address == "882285000016868"
    assert sorted(jobs(world)) == due
    failed = [event for event in world.events.find() if event.type is EventType.FORWARDING_FAILED]
    assert len(failed) == (retries + 1 if retries else 0)
    assert all(event.data == {"what": "SMS", "url": "http://a/b", "code": 503} for event in failed)


def test_a_message_from_a_device_without_forwarder_says_how_it_ended_itself(plant: Plant) -> None:
    """There is no notification to ask."""
    world = plant(with_sim("sms: [{direction: MO, payload: a, submitted: 1h ago, source_address_type: 161}]"))
    (sms,) = messages(world)
    assert (sms.status, sms.finished) == (SmsStatus.DELIVERED, BASE - timedelta(minutes=59, seconds=59))
    assert sms.source_address_type is AddressType.NATIONAL


# --------------------------------------------------------------------------------------------- planting: events


def test_events_have_their_usual_values_unless_told(plant: Plant) -> None:
    """Network events name the network."""
    kinds = list(shape.schema()["$defs"]["event"]["properties"]["type"]["enum"])
    source = with_sim(f"events: [{', '.join(f'{{type: {kind}}}' for kind in kinds)}]")
    found = {event.type.value: event for event in plant(source).events.find()}
    assert set(found) == set(kinds)
    assert {kind for kind, event in found.items() if event.network} == {
        kind for kind in kinds if kind.startswith(("location", "gprs", "pdp"))
    }
    assert found["sim-state-changed"].data == {"from": "Issued", "to": "Activated"}
    assert found["data-quota-assigned"].data == {"volume": 500_000_000}
    assert found["sms-quota-assigned"].data == {"volume": 250}
    assert found["gprs-location-updated"].data == {"rat": 6}
    assert found["pdp-context-refused"].data == {"cause": "QUOTA_EXHAUSTED"}
    assert found["data-disconnected"].data == {"reason": "disabled"}
    assert found["forwarding-failed"].data == {"what": "SMS", "url": "", "code": 503}
    assert found["forwarding-impossible"].data == {"what": "SMS", "to": "882285000016868"}
    assert all(NOW - 3 * DAY <= event.at <= NOW for event in found.values())


def test_an_event_is_what_the_fixture_says(plant: Plant) -> None:
    """When, where and with what values."""
    world = plant(
        with_sim(
            "device: {status: ONLINE, operator: Plus}, events: [{type: pdp-context-refused, at: 1h ago, operator: KPN, "
            "data: {cause: SIM_SUSPENDED}}, {type: location-updated, at: 2h ago}]"
        )
    )
    location, refused = world.events.find(order="id")
    assert refused.network is not None
    assert location.network is not None
    assert (refused.at, refused.network.name) == (BASE - timedelta(hours=1), "KPN")
    assert refused.data == {"cause": "SIM_SUSPENDED"}
    assert (location.network.name, location.imei) == ("Plus", sim_of(world).device.imei)
