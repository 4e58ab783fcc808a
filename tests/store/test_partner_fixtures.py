"""Partners in fixtures: the customers of the service portal, and SIMs that have two windows."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operator_emulator import fixtures
from operator_emulator.core.customers.model import Sim, SimState
from operator_emulator.core.network import numbering
from operator_emulator.core.partners import actions, partners
from operator_emulator.core.partners.model import (
    ON_AIR,
    Contract,
    ContractState,
    PartnerCaller,
    PoolType,
    Restriction,
    Threshold,
)
from operator_emulator.core.world.model import Clock, Way
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import World
from operator_emulator.fixtures import FixtureError
from operator_emulator.store.sqlite.store import SqliteStore

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
CARD = "8949020000000000011"
OTHER_CARD = "89490200000000000121"

Plant = Callable[[str], World]


def partner(*lines: str, organisation: str = "") -> str:
    """A fixture with partner 100013, whose keys are the lines, and organisation 4321."""
    organisations = f"organisations:\n  - id: 4321\n{organisation}" if organisation else ""
    return f'version: 1\n{organisations}partners:\n  - id: "100013"\n' + "".join(f"    {line}\n" for line in lines)


def listing(keys: str) -> str:
    return f'    sims: [{{iccid: "{CARD}"{keys and ", " + keys}}}]\n'


@pytest.fixture
def plant() -> Iterator[Plant]:
    """Plant a fixture, given as text, at NOW; the world of the last transaction comes back."""
    stores = []

    def planted(source: str) -> World:
        fixture = fixtures.loads(source)
        store = SqliteStore(None, Policy())
        stores.append(store)

        async def run() -> World:
            await store.begin_again(
                NOW, lambda world: fixtures.plant(world, fixture, seed=1, clock=Clock(NOW, NOW, 0.0))
            )
            return await store.read(NOW, lambda world: world)

        return asyncio.run(run())

    yield planted
    for store in stores:
        store.close()


def contract_of(world: World, iccid: str = CARD) -> Contract:
    contract = world.contracts.get(iccid)
    assert contract is not None
    return contract


def sim_of(world: World, iccid: str = CARD) -> Sim:
    sim = world.sims.get(iccid)
    assert sim is not None
    return sim


def problems(source: str) -> list[str]:
    """What is wrong, without file, line and column."""
    try:
        fixtures.loads(source)
    except FixtureError as error:
        return [problem.split(": ", 1)[1] for problem in error.problems]
    return []


# --------------------------------------------------------------------------------------------- the partner


def test_the_keys_that_are_promised_are_taken(plant: Plant) -> None:
    """The example of the documentation, all of it."""
    world = plant(
        partner(
            "name: Main Test Company",
            "applications: [{client_id: portal-demo, client_secret: portal-demo, read_only: false, ip_whitelist: []}]",
            'subunits: [{id: "100014", name: Branch}]',
            "pools: [{name: Data Pool, type: DATA, size: 1000}]",
            f'sims: [{{iccid: "{CARD}", status: Active, organisation: 4321}}]',
            "generate: {sims: 50, seed: 7}",
            organisation="    name: Fleet\n",
        )
    )
    main, branch = (world.partners.get(id) for id in ("100013", "100014"))
    assert main is not None
    assert branch is not None
    assert (main.name, main.parent, branch.name, branch.parent) == ("Main Test Company", None, "Branch", "100013")
    (application,) = world.applications.find()
    assert (application.client_id, application.client_secret, application.partner) == (
        "portal-demo",
        "portal-demo",
        "100013",
    )
    (pool,) = world.pools.find()
    assert (pool.name, pool.type, pool.size, pool.used) == ("Data Pool", PoolType.DATA, 1000, {})
    assert world.contracts.count(partner="100013") == 51
    assert sim_of(world).organisation == 4321


def test_an_application_has_its_four_streams_which_cover_what_it_may_see(plant: Plant) -> None:
    """One of a subunit covers the subunit alone."""
    world = plant(
        partner(
            "subunits: [{id: 100014}, {id: 100015}]",
            "applications:",
            "  - {client_id: main, client_secret: x}",
            "  - {client_id: part, client_secret: x, read_only: true, ip_whitelist: [192.0.2.1], subunits: [100015]}",
        )
    )
    streams = world.subscriptions.find(partner="100013")
    assert {(one.client_id, one.about) for one in streams} == {
        (client, about) for client in ("main", "part") for about in partners.STREAMS
    }
    assert all(one.way is Way.STREAM for one in streams)
    assert {one.client_id: one.covers for one in streams} == {
        "main": ("100013", "100014", "100015"),
        "part": ("100015",),
    }
    part = world.applications.get("part")
    assert part is not None
    assert (part.read_only, part.ip_whitelist, part.subunits) == (True, ("192.0.2.1",), ("100015",))
    assert [one.name for one in world.partners.find(parent="100013", order="position")] == [
        "Subunit 100014",
        "Subunit 100015",
    ]


def test_optional_services_are_booked_unless_the_fixture_says_otherwise(plant: Plant) -> None:
    """All of them, or those that are named."""
    everything = plant(partner("name: A")).partners.get("100013")
    assert everything is not None
    assert everything.booked == ("restrict", "parallelSessions", "transferNotifications")
    some = plant(partner("booked: [restrict]")).partners.get("100013")
    assert some is not None
    assert (some.booked, some.name) == (("restrict",), "Partner 100013")


def test_profiles_are_planted_with_their_thresholds(plant: Plant) -> None:
    """Of each kind, by what it counts."""
    world = plant(
        partner(
            "profiles:",
            "  - {id: 1, kind: limit, thresholds: {sessions: {warning: 3, alarm: 5}, usage: {alarm: 100}},"
            " restriction: Data Restricted, apn: b2b.test}",
            "  - {id: 2, kind: fraud, name: Home, homes: [DE, NO], device: true}",
            "  - {id: 3, kind: cost, thresholds: {sms: {warning: 0.5}}, prices: {sms: 0.1}}",
            '  - {id: "0004", kind: apn, apn: b2b.test}',
        )
    )
    limit, fraud, cost, apn = (world.profiles.get(id) for id in ("1", "2", "3", "0004"))
    assert limit is not None
    assert fraud is not None
    assert cost is not None
    assert apn is not None
    assert limit.thresholds == {"sessions": Threshold(3, 5), "usage": Threshold(None, 100)}
    assert (limit.name, limit.restriction, limit.apn) == ("Limit Profile 1", Restriction.DATA, "b2b.test")
    assert (fraud.name, fraud.homes, fraud.device) == ("Home", ("DE", "NO"), True)
    assert (cost.thresholds, cost.prices) == ({"sms": Threshold(0.5, None)}, {"sms": 0.1})
    assert apn.apn == "b2b.test"


# --------------------------------------------------------------------------------------------- pools


def test_a_pool_begins_with_what_its_sims_used_this_month(plant: Plant) -> None:
    """Those of subunits too, and unless it is said; other months and other partners do not count."""
    world = plant(
        partner(
            "subunits: [{id: 100014}]",
            "pools: [{name: D, type: DATA, size: 9}, {name: S, type: SMS, size: 10}, {name: V, type: VOICE, size: 9}]",
            "sims:",
            f'  - {{iccid: "{CARD}", usage: [{{day: now, volume_tx: 1, volume_rx: 2, sms_mo: 3}},'
            " {day: 20d ago, volume_tx: 50}]}",
            f'  - {{iccid: "{OTHER_CARD}", subunit: 100014, usage: [{{day: 1d ago, volume_rx: 4, sms_mt: 2}}]}}',
            organisation="    sims: [{iccid: 8988228066600000001, usage: [{day: now, volume_tx: 9}]}]\n",
        )
    )
    assert [pool.used for pool in world.pools.find(partner="100013", order="position")] == [
        {"2026-01": 7_000_000},
        {"2026-01": 5},
        {},
    ]


def test_a_pool_that_is_nearly_empty_has_told_so_before(plant: Plant) -> None:
    """A level that was passed before the world began is no news."""
    world = plant(
        partner(
            "pools:",
            "  - {name: A, type: SMS, size: 100, used: 60}",
            "  - {name: B, type: DATA, size: 100, used: 60, levels: {warning: 70, alarm: 90}, offering_id: 5}",
            "  - {name: C, type: VOICE, size: 100, used: 100, levels: {alarm: 90}, offering_id: 5, offering_name: X}",
        )
    )
    a, b, c = world.pools.find(order="position", partner="100013")
    assert (a.used, a.noticed, a.levels) == ({"2026-01": 60}, ("2026-01 1",), Threshold(50, 100))
    assert (b.used, b.noticed, b.offering_id, b.offering_name) == ({"2026-01": 60_000_000}, (), 5, "Pool 5")
    assert (c.noticed, c.offering_name) == (("2026-01 2",), "X")


# --------------------------------------------------------------------------------------------- SIMs


@pytest.mark.parametrize(
    ("status", "card", "productive", "activated"),
    [
        ("Ordered", SimState.ISSUED, False, False),
        ("Inactive", SimState.ISSUED, False, False),
        ("Test", SimState.ACTIVATED, False, True),
        ("Active", SimState.ACTIVATED, True, True),
        ("Suspended", SimState.SUSPENDED, True, True),
        ("Blocked", SimState.SUSPENDED, True, True),
        ("Terminated", SimState.SUSPENDED, True, True),
    ],
)
def test_card_and_contract_agree(plant: Plant, status: str, card: SimState, productive: bool, activated: bool) -> None:
    """The network's state is the one that an action to this state would have left."""
    world = plant(partner(f'sims: [{{iccid: "{CARD}", status: {status}}}]'))
    contract, sim = contract_of(world), sim_of(world)
    assert contract.state == status
    assert sim.state is card
    assert (contract.binding_start is not None, contract.activated is not None) == (productive, activated)
    assert contract.activated == (sim.activated if activated else None)


def test_a_suspended_sim_comes_back_as_it_was(plant: Plant) -> None:
    """The first thing that is done with it works."""
    world = plant(partner(f'sims: [{{iccid: "{CARD}", status: Suspended}}]'))
    contract = contract_of(world)
    assert actions.come_back(world, contract, {}).state is ContractState.ACTIVE
    assert contract.before is ContractState.ACTIVE


def test_a_sim_of_which_nothing_is_said_is_active_and_nobody_elses(plant: Plant) -> None:
    """The default SIM, with 19 digits or 20; it has no volumes of its own."""
    world = plant(partner(f'sims: [{{iccid: "{CARD}"}}, {{iccid: "{OTHER_CARD}"}}]'))
    for iccid in (CARD, OTHER_CARD):
        sim = sim_of(world, iccid)
        assert (sim.organisation, sim.data_quota, sim.sms_quota) == (None, None, None)
        assert sim.imsi == numbering.imsi_for(iccid)
        assert contract_of(world, iccid).state is ContractState.ACTIVE
    assert sim_of(world).ip_address != sim_of(world, OTHER_CARD).ip_address


def test_everything_that_a_contract_may_say_is_planted(plant: Plant) -> None:
    """Tariff, options, profiles, addresses, remarks, restriction, eUICC, device and past."""
    world = plant(
        partner(
            "profiles: [{id: 7, kind: limit}, {id: 8, kind: apn, apn: b2b.test}]",
            "sims:",
            f'  - iccid: "{CARD}"',
            "    imsi: 262019999999999",
            "    msisdn: 491519999999",
            "    ip_address: 10.9.9.9",
            "    imei: 8682390510114404",
            "    activated: 10d ago",
            "    euiccid: 89049032000000000000000000000011",
            "    tariff: {id: 5, name: Large}",
            "    options: [{id: 9, booked: 2d ago, attributes: {bandwidth: 64}}, {id: 10}]",
            "    profiles: {limit: 7, apn: 8}",
            "    static_ips: {b2b.test: 10.200.0.1}",
            "    remarks: {remark1: pump}",
            "    restriction: Speed Step-down",
            "    device: {status: ONLINE, operator: Vodafone}",
            "    sms: [{payload: hello}]",
            "    sessions:",
            "      - {opened: 3d ago, closed: 2d ago, volume_tx: 1.5, volume_rx: 2, operator: Plus, rat: 2G}",
            "      - {opened: 2d ago, closed: 1d ago}",
        )
    )
    contract, sim = contract_of(world), sim_of(world)
    assert (sim.imsi, sim.msisdn, sim.ip_address) == ("262019999999999", "491519999999", "10.9.9.9")
    assert sim.device.pdp is not None
    assert contract.home_imei == sim.imei == "8682390510114404"
    assert (contract.offering_id, contract.offering_name) == (5, "Large")
    assert contract.options["9"].booked == NOW - timedelta(days=2)
    assert contract.options["9"].attributes == {"bandwidth": 64}
    assert contract.options["10"].booked == sim.activated == NOW - timedelta(days=10)
    assert contract.profiles == {"limit": "7", "apn": "8"}
    assert partners.ip_address_of(world, contract, sim) == "10.200.0.1"
    assert contract.remarks == {"remark1": "pump"}
    assert (contract.restriction, contract.reason) == (Restriction.SPEED, "Customer")
    assert (contract.sim_type, contract.eid_profile_status) == ("VIRTUAL", "ENABLED")
    assert contract.activation_code == "LPA:1$smdp.example$EMULATED-000000011"
    first, second = world.sessions.find(iccid=CARD, order="opened")
    assert (first.network, first.rat, first.octets_tx, first.octets_rx) == ("Plus", 2, 1_500_000, 2_000_000)
    assert (second.network, second.rat, second.ip_address) == ("Vodafone", 6, "10.200.0.1")
    assert second.apn == "b2b.test"
    assert [sms.payload for sms in world.sms.find(iccid=CARD)] == ["hello"]


def test_a_card_that_is_ordered_or_at_its_end_has_no_activation_code(plant: Plant) -> None:
    """It is known once the order has finished, and no longer than the contract lasts."""
    world = plant(
        partner(
            "sims:",
            f'  - {{iccid: "{CARD}", status: Ordered, type: VIRTUAL}}',
            f'  - {{iccid: "{OTHER_CARD}", status: Inactive, euiccid: 22233356789100043, tariff: {{id: 6}}}}',
        )
    )
    assert (contract_of(world).sim_type, contract_of(world).activation_code) == ("VIRTUAL", None)
    other = contract_of(world, OTHER_CARD)
    assert (other.eid_profile_status, other.offering_name) == ("RELEASED", "Tariff 6")
    assert other.activation_code is not None


def test_generated_sims_are_german_cards_with_check_digits_and_clear_of_all_others(plant: Plant) -> None:
    """Blocks of organisations and partners share one sequence, so that no number occurs twice."""
    world = plant(
        partner(
            "subunits: [{id: 100014}]",
            f'sims: [{{iccid: "{CARD}"}}]',
            "generate:",
            "  - {sims: 30, seed: 7}",
            "  - {sims: 5, like: {status: Inactive, subunit: 100014}}",
            "  - {sims: 4, like: {organisation: 4321, device: {status: ONLINE}, usage: [{day: now, volume_tx: 1}]}}",
            organisation="    generate: {sims: 40, seed: 7}\n",
        )
    )
    sims = world.sims.find()
    assert len(sims) == 80
    for numbers in (
        {sim.iccid for sim in sims},
        {sim.imsi for sim in sims},
        {sim.msisdn for sim in sims},
        {numbering.imeisv_for(sim.iccid) for sim in sims},
    ):
        assert len(numbers) == 80
    cards = [contract.iccid for contract in world.contracts.find(partner="100013", order="position")]
    assert all(card.startswith("894902") and card == numbering.iccid_with_luhn(card[:19]) for card in cards[1:])
    assert world.contracts.count(partner="100014", state=ContractState.INACTIVE) == 5
    assert world.sims.count(organisation=4321) == 44
    assert len(world.usage.find()) == 4


# --------------------------------------------------------------------------------------------- two windows


def test_a_sim_that_both_list_is_one_sim_with_two_windows(plant: Plant) -> None:
    """What one leaves out is as the other has it."""
    world = plant(
        partner(
            f'sims: [{{iccid: "{CARD}", status: Blocked, msisdn: 4915199999, usage: [{{day: now, sms_mo: 1}}]}}]',
            organisation=listing("label: Pump, imsi: 262010000000001, quota: {data: {left: 1}}"),
        )
    )
    (sim,) = world.sims.find()
    assert (sim.organisation, sim.label, sim.imsi, sim.msisdn) == (4321, "Pump", "262010000000001", "4915199999")
    assert sim.data_quota is not None
    assert sim.data_quota.volume == 1_000_000
    assert (sim.state, contract_of(world).state) == (SimState.SUSPENDED, ContractState.BLOCKED)
    assert len(world.usage.find()) == 1


@pytest.mark.parametrize(
    ("organisations", "contracts"),
    [("Enabled", "Active"), ("Disabled", "Suspended"), ("Issued", "Inactive"), ("Expired", "Active")],
)
def test_a_contract_of_which_nothing_is_said_follows_the_organisations_card(
    plant: Plant, organisations: str, contracts: str
) -> None:
    """One SIM, one truth."""
    world = plant(partner(f'sims: [{{iccid: "{CARD}"}}]', organisation=listing(f"status: {organisations}")))
    assert contract_of(world).state == contracts


def test_an_organisation_puts_a_partners_new_sim_into_the_management_api(make_operator: Any) -> None:
    """With volumes as its other SIMs have; blocking by the portal disables it there."""
    operator = make_operator(
        partner(
            f'sims: [{{iccid: "{CARD}", organisation: 4321}}]',
            organisation="    users: [{username: demo, password: demo}]\n    sims: [{iccid: 8988228066600000001}]\n",
        )
    )
    assert [sim["iccid"] for sim in operator.get("/sims")] == ["8988228066600000001", CARD]
    assert operator.get(f"/sims/{CARD}/quota/data")["volume"] == 500
    assert operator.get(f"/sims/{CARD}")["status"] == "Enabled"


def test_an_action_on_a_planted_sim_goes_through(plant: Plant) -> None:
    """From the fixture straight into the state machine."""
    world = plant(partner(f'sims: [{{iccid: "{CARD}", status: Inactive}}]'))
    caller = PartnerCaller("x", "100013")
    contract, sim = partners.show(world, caller, "100013", {"iccid": CARD})
    assert (contract.state, sim.state) == (ContractState.INACTIVE, SimState.ISSUED)


# --------------------------------------------------------------------------------------------- what is wrong

ORGANISATION = "    users: []\n"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("version: 1\npartners: [{id: 12}]", ["partners[0].id: must be 100000 at least, not 12"]),
        ('version: 1\npartners: [{id: "12"}]', ['partners[0].id: must be six digits, not "12"']),
        ("version: 1\npartners: [{name: x}]", ["partners[0]: has no id, which it needs"]),
        (partner("subunits: [{id: 100013}]"), [
            "partners[0].subunits[0].id: the partner id 100013 is in use already, at partners[0].id; "
            "give it another one"]),
        (partner("applications: [{client_id: a, client_secret: a}, {client_id: a, client_secret: a}]"), [
            "partners[0].applications[1].client_id: the client id a is in use already, at "
            "partners[0].applications[0].client_id; give it another one"]),
        (partner("applications: [{client_id: a, client_secret: a, subunits: [100014]}]"), [
            "partners[0].applications[0].subunits[0]: is 100014, which is no subunit of this partner"]),
        (partner(f"applications: [{{client_id: a, client_secret: a, ip_whitelist: [{'192.0.2.1, ' * 11}]}}]"), [
            "partners[0].applications[0].ip_whitelist: must have 10 items at most; it has 11"]),
        (partner("applications: [{client_id: a, client_secret: a, ip_whitelist: [here]}]"), [
            'partners[0].applications[0].ip_whitelist[0]: is "here", which is no IPv4 address such as 10.64.0.1']),
        (partner("profiles: [{id: 1, kind: fraud, thresholds: {sms: {alarm: 1}}}]"), [
            "partners[0].profiles[0].thresholds: means nothing in a fraud profile"]),
        (partner("profiles: [{id: 1, kind: limit, homes: [DE]}]"), [
            "partners[0].profiles[0].homes: means nothing in a limit profile"]),
        (partner("profiles: [{id: 1, kind: limit, thresholds: {sms: {alarm: 1}}}]"), [
            "partners[0].profiles[0].thresholds.sms: is nothing that a limit profile counts; use sessions or usage"]),
        (partner("profiles: [{id: 1, kind: apn}]"), [
            "partners[0].profiles[0]: has no apn, which an APN profile needs"]),
        (partner("profiles: [{id: 1, kind: limit}, {id: 1, kind: cost}]"), [
            "partners[0].profiles[1].id: the profile id 1 is in use already, at partners[0].profiles[0].id; "
            "give it another one"]),
        (partner("sims: [{iccid: 123}]"), [
            'partners[0].sims[0].iccid: must be 19 or 20 digits that begin with 89, not "123"']),
        (partner(f"sims: [{{iccid: {CARD}}}, {{iccid: {CARD}}}]"), [
            f"partners[0].sims[1].iccid: the ICCID of a partner's SIM {CARD} is in use already, at "
            "partners[0].sims[0].iccid; give it another one"]),
        (partner(f"sims: [{{iccid: {CARD}, organisation: 7}}]"), [
            "partners[0].sims[0].organisation: is 7, and no organisation has that id"]),
        (partner(f"sims: [{{iccid: {CARD}, subunit: 100014}}]"), [
            "partners[0].sims[0].subunit: is 100014, which is no subunit of this partner"]),
        (partner("generate: {sims: 1, like: {subunit: 100014}}"), [
            "partners[0].generate[0].like.subunit: is 100014, which is no subunit of this partner"]),
        (partner("profiles: [{id: 1, kind: cost}]", f"sims: [{{iccid: {CARD}, profiles: {{limit: 1}}}}]"), [
            "partners[0].sims[0].profiles.limit: is 1, and this partner has no limit profile with that id"]),
        (partner(f"sims: [{{iccid: {CARD}, options: [{{id: 1}}, {{id: 1}}]}}]"), [
            "partners[0].sims[0].options: books the same one twice"]),
        (partner(f"sims: [{{iccid: {CARD}, restriction: Data Restricted, device: {{status: ONLINE}}}}]"), [
            "partners[0].sims[0].device.status: is ONLINE, but restricted data opens no session; write ATTACHED"]),
        (partner(f"sims: [{{iccid: {CARD}, euiccid: 1, type: PHYSICAL}}]"), [
            "partners[0].sims[0].type: is PHYSICAL, and only the profile of an eSIM is bound to an eUICC"]),
        (partner(f"sims: [{{iccid: {CARD}, euiccid: 1, status: Terminated}}]"), [
            "partners[0].sims[0].euiccid: is what a terminated SIM has no longer"]),
        (partner(f"sims: [{{iccid: {CARD}, sessions: [{{opened: 1d ago, closed: 2d ago}}]}}]"), [
            "partners[0].sims[0].sessions[0].closed: is before the session was opened"]),
        (partner(f"sims: [{{iccid: {CARD}, sms: [{{payload: 日本}}]}}]"), [
            "partners[0].sims[0].sms[0].payload: holds '日', which is not in the GSM 7-bit alphabet"]),
        (partner(f"sims: [{{iccid: {CARD}, status: Actve}}]"), [
            'partners[0].sims[0].status: is "Actve"; did you mean Active?']),
        (partner(f"sims: [{{iccid: {CARD}, organisation: 4322}}]",
                 organisation=listing("") + "  - id: 4322\n"), [
            "partners[0].sims[0].organisation: is 4322, and the SIM is organisation 4321's, at "
            "organisations[0].sims[0]"]),
        (partner(f"sims: [{{iccid: {CARD}, imsi: 262010000000001, status: Active}}]",
                 organisation=listing("imsi: 262010000000002, status: Disabled")), [
            "partners[0].sims[0].imsi: contradicts organisations[0].sims[0].imsi: it is one SIM, so say it once",
            "partners[0].sims[0].status: contradicts organisations[0].sims[0].status: it is one SIM, so say it once"]),
        (partner(f"sims: [{{iccid: {CARD}, status: Ordered}}]", organisation=listing("status: Expired")), [
            "partners[0].sims[0].status: contradicts organisations[0].sims[0].status: it is one SIM, so say it once"]),
        (partner(f"sims: [{{iccid: {CARD}, msisdn: 4915100000}}, {{iccid: {OTHER_CARD}, msisdn: 4915100000}}]"), [
            "partners[0].sims[1].msisdn: the MSISDN 4915100000 is in use already, at partners[0].sims[0].msisdn; "
            "give it another one"]),
        (partner(f"sims: [{{iccid: {CARD}, ip_address: 10.0.0.1}}, {{iccid: {OTHER_CARD}, ip_address: 10.0.0.1}}]"), [
            "partners[0].sims[1].ip_address: the address outside organisations 10.0.0.1 is in use already, at "
            "partners[0].sims[0].ip_address; give it another one"]),
        (partner(*["generate:", *["  - {sims: 1000000}"] * 10]), [
            "partners[0].generate[9].sims: is too much: a world has numbers for 9,900,000 generated SIMs"]),
    ],
)  # fmt: skip
def test_each_problem_names_its_place_and_what_to_do(source: str, found: list[str]) -> None:
    """Key, what is wrong, and what to write."""
    assert problems(source) == found


def test_what_both_say_alike_is_no_contradiction() -> None:
    """An alias, for instance; and a used contract goes with a card at the end of its life."""
    alike = "imsi: 262010000000002, msisdn: 4915100000, ip_address: 10.0.0.1, device: {rat: 2G}"
    assert problems(partner(f"sims: [{{iccid: {CARD}, {alike}}}]", organisation=listing(alike))) == []
    ended = partner(f"sims: [{{iccid: {CARD}, status: Active}}]", organisation=listing("status: Expired"))
    assert problems(ended) == []


# --------------------------------------------------------------------------------------------- anything that is taken

moments = st.sampled_from(["now", "3d ago", "2025-12-01", "1970-01-01", "30000d ago"])
devices = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["OFFLINE", "ATTACHED", "ONLINE"]),
        "imei": st.sampled_from(["868239051011440", "8682390510114404"]),
        "operator": st.sampled_from(["Plus", "26201"]),
        "rat": st.sampled_from(["2G", "NB-IoT"]),
        "since": moments,
    },
)
shared: dict[str, st.SearchStrategy[Any]] = {
    "activated": moments,
    "device": devices,
    "usage": st.just([{"day": "now", "volume_tx": 1.5, "sms_mo": 2}]),
    "imsi": st.sampled_from(["262010000000001", "262015000000011", "262015000000012"]),
    "msisdn": st.sampled_from(["4915100000011", "4915100000012"]),
    "ip_address": st.sampled_from(["10.0.0.1", "10.132.0.1"]),
    "imei": st.just("8682390510114405"),
    "sms": st.lists(st.sampled_from([{"payload": "a", "status": "BUFFERED"}, {"payload": "b", "direction": "MO"}])),
}
common: dict[str, st.SearchStrategy[Any]] = {
    "status": st.sampled_from([state.value for state in ContractState]),
    "organisation": st.just(4321),
    "subunit": st.just("100014"),
    "type": st.sampled_from(["PHYSICAL", "VIRTUAL"]),
    "activated": moments,
    "tariff": st.just({"id": 5}),
    "options": st.just([{"id": 6}]),
    "profiles": st.fixed_dictionaries({}, optional={"limit": st.just("1"), "cost": st.just("2"), "apn": st.just("3")}),
    "static_ips": st.just({"b2b.test": "10.9.9.9"}),
    "restriction": st.sampled_from([one.value for one in Restriction]),
    "device": devices,
    "usage": shared["usage"],
}
cards = st.sampled_from([CARD, OTHER_CARD, OTHER_CARD[:19], "8949020000000000012"])
theirs = st.fixed_dictionaries(
    {"iccid": cards},
    optional={
        **shared,
        **common,
        "euiccid": st.just("22233356789100043"),
        "sessions": st.just([{"opened": "2d ago", "closed": "1d ago"}]),
    },
)
listed = st.fixed_dictionaries(
    {"iccid": cards.filter(lambda iccid: len(iccid) == 19)},
    optional={**shared, "status": st.sampled_from(["Enabled", "Disabled", "Issued", "Expired"])},
)
PROFILES = [
    {"id": 1, "kind": "limit", "thresholds": {"usage": {"alarm": 1}}},
    {"id": 2, "kind": "cost"},
    {"id": 3, "kind": "apn", "apn": "b2b.test"},
]


@given(
    ours=st.lists(listed, max_size=2),
    partners_sims=st.lists(theirs, max_size=3),
    like=st.fixed_dictionaries({}, optional=common),
    generated=st.integers(0, 3),
)
def test_whatever_is_taken_makes_a_world_in_which_card_and_contract_agree(
    ours: list[Any], partners_sims: list[Any], like: dict[str, Any], generated: int
) -> None:
    """One row for each card, with numbers of its own; and its dump loads, too."""
    source = {
        "version": 1,
        "organisations": [{"id": 4321, "sims": ours}],
        "partners": [
            {
                "id": "100013",
                "subunits": [{"id": "100014"}],
                "profiles": PROFILES,
                "pools": [{"name": "D", "type": "DATA", "size": 3}],
                "sims": partners_sims,
                "generate": {"sims": generated, "like": like},
            }
        ],
    }
    try:
        fixture = fixtures.loads(json.dumps(source))
    except FixtureError:
        return
    store = SqliteStore(None, Policy())
    try:
        clock = Clock(NOW, NOW, 0.0)
        asyncio.run(store.begin_again(NOW, lambda world: fixtures.plant(world, fixture, seed=1, clock=clock)))
        world = asyncio.run(store.read(NOW, lambda world: world))
        sims = {sim.iccid: sim for sim in world.sims.find()}
        assert set(sims) >= {sim["iccid"] for sim in (*ours, *partners_sims)}
        assert len({sim.imsi for sim in sims.values()}) == len({sim.msisdn for sim in sims.values()}) == len(sims)
        contracts = world.contracts.find()
        assert len(contracts) == len(partners_sims) + generated
        for contract in contracts:
            card = sims[contract.iccid].state
            assert card is SimState.EXPIRED or (contract.state in ON_AIR) == (card is SimState.ACTIVATED)
        fixtures.loads(fixtures.to_yaml(fixtures.dump(world)))
    finally:
        store.close()
