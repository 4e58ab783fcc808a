"""The switchboard of D§16, row by row, through HTTP."""

from typing import Any

import pytest

from operator_emulator.core.world.policy import Policy
from operator_emulator.management import routes
from operator_emulator.management.editions import AFTER_2019, EDITIONS, LIMITS
from operator_emulator.resources import spec
from operator_emulator.web.openapi import Document
from tests.conftest import ATTACHED, OFFLINE, ONLINE, MakeOperator, Operator

NAMES = ("1nce", "1nce-2019", "bsc-2019", "easyconnect")
UNKNOWN = "8988228066609999999"
# A call for each path that not every edition has.
LATER: list[tuple[str, str, str]] = [
    ("/v1/sims/{iccid}/status", "GET", f"/sims/{ONLINE}/status"),
    ("/v1/sims/limits", "GET", "/sims/limits"),
    ("/v1/sims/limits", "POST", "/sims/limits"),
    ("/v1/sims/{service}/limits", "GET", "/sims/data/limits"),
    ("/v1/sims/autoTopup", "POST", "/sims/autoTopup"),
    ("/v1/sims/simTransfer", "POST", "/sims/simTransfer"),
    ("/v1/sims/extension", "POST", "/sims/extension"),
    ("/v1/support", "GET", "/support"),
    ("/v1/support", "POST", "/support"),
]


def test_there_are_four_editions_under_their_names() -> None:
    """And each is found under the name that it has."""
    assert tuple(EDITIONS) == NAMES
    assert all(edition.name == name for name, edition in EDITIONS.items())


@pytest.mark.parametrize("name", NAMES)
def test_policy_defaults_of_an_edition_are_fields_of_policy(name: str) -> None:
    """A typing error would be found here and not by a customer."""
    Policy(**EDITIONS[name].policy)


def test_later_paths_are_exactly_those_that_an_edition_can_lack() -> None:
    """The table and this test know the same paths."""
    assert {path for path, _, _ in LATER} == AFTER_2019
    assert EDITIONS["1nce"].without == frozenset()
    assert EDITIONS["1nce-2019"].without == EDITIONS["bsc-2019"].without == AFTER_2019
    assert EDITIONS["easyconnect"].without == AFTER_2019 - LIMITS


@pytest.mark.parametrize("name", NAMES)
def test_routes_outside_an_edition_are_404(make_operator: MakeOperator, name: str) -> None:
    """And all of them are there with all_routes (D§16)."""
    for given, lacks in (({}, EDITIONS[name].without), ({"all_routes": True}, frozenset())):
        operator = make_operator(edition=name, policy=given)
        for path, method, called in LATER:
            assert (operator.api(method, called).status_code == 404) == (path in lacks), called


def test_every_operation_of_the_description_has_its_endpoint() -> None:
    """The reverse of ``document.route``, which refuses an endpoint without an operation."""
    document = Document.load(spec("management.yaml"))
    bound = {(route.operation.method, route.operation.path) for route in routes.build(document, EDITIONS["1nce"])}
    assert bound == set(document.operations)
    assert len(bound) == 30


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("1nce", {"iccid_with_luhn", "current_imsi", "current_quota_SMS", "quota_status_SMS"}),
        ("1nce-2019", set()),
        ("bsc-2019", set()),
        ("easyconnect", {"current_imsi", "current_quota_SMS", "quota_status_SMS"}),
    ],
)
def test_a_sim_has_the_fields_of_its_time(make_operator: MakeOperator, name: str, extra: set[str]) -> None:
    """Row "SIM extra fields"."""
    common = {
        "iccid",
        "imsi",
        "msisdn",
        "imei",
        "imei_lock",
        "status",
        "activation_date",
        "ip_address",
        "current_quota",
        "quota_status",
        "label",
    }
    operator = make_operator(edition=name)
    assert set(operator.get(f"/sims/{ONLINE}")) == common | extra
    assert set(operator.get("/sims")[0]) == common | extra


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_sim_by_edition(make_operator: MakeOperator, name: str) -> None:
    """Row "unknown SIM" (C4)."""
    status = 404 if name == "1nce" else 200
    assert make_operator(edition=name).api("GET", f"/sims/{UNKNOWN}").status_code == status


@pytest.mark.parametrize("name", NAMES)
def test_callback_numbers_by_edition(make_operator: MakeOperator, name: str) -> None:
    """Row "callback numbers", for both kinds of callback."""
    operator = make_operator(edition=name)
    operator.send_mo(ATTACHED, "x")
    operator.send_mt(ATTACHED, "x")
    operator.advance(5)
    mo, report = operator.customer.bodies
    numbers = [mo["id"], mo["pid"], mo["dcs"], mo["organisation"]["id"], mo["endpoint"]["id"]]
    numbers += [mo["multi_part_info"]["identifier"], report["id"], report["status"]["id"]]
    numbers += [report["organisation"]["id"], report["endpoint"]["id"]]
    assert {type(number) for number in numbers} == {int if name == "1nce" else str}
    assert {type(mo["multi_part_info"][key]) for key in ("partno", "total")} == {int}


@pytest.mark.parametrize(
    ("name", "smsc"),
    [
        ("1nce", "882285000016868"),
        ("1nce-2019", "882285000016868"),
        ("bsc-2019", "882285000016860"),
        ("easyconnect", "882285000016860"),
    ],
)
def test_near_miss_the_smsc_number_ends_in_6860_or_6868(make_operator: MakeOperator, name: str, smsc: str) -> None:
    """Row "SMSC": a device that names no number calls it."""
    operator = make_operator(edition=name)
    operator.send_mo(ATTACHED, "x")
    operator.advance(0)
    assert operator.customer.bodies[0]["dest_address"] == smsc


@pytest.mark.parametrize("name", NAMES)
def test_retention_by_edition(make_operator: MakeOperator, name: str) -> None:
    """Row "retention" (C18)."""
    operator = make_operator(edition=name)
    operator.send_mt(ONLINE, "x")
    operator.advance(8 * 86400)
    assert bool(operator.get(f"/sims/{ONLINE}/sms")) == (name in ("1nce-2019", "bsc-2019"))


@pytest.mark.parametrize("name", NAMES)
def test_the_rat_in_events_by_edition(make_operator: MakeOperator, name: str) -> None:
    """Row "MT event text for location"."""
    operator = make_operator(edition=name)
    operator.device(OFFLINE, "ATTACHED")
    (text,) = [
        event["event_type"]
        for event in operator.get(f"/sims/{OFFLINE}/events")["events"]
        if "SGSN" in event["event_type"]
    ]
    assert text.endswith(", RAT type='E_UTRAN'.") == (name == "1nce")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dcs", [0, 4, 8])
def test_every_edition_takes_each_coding(make_operator: MakeOperator, name: str, dcs: int) -> None:
    """Row "dcs": 8 is tolerated where the guides do not know it."""
    operator = make_operator(edition=name)
    id = operator.send_mt(ONLINE, "4142", dcs=dcs)
    assert operator.sms(ONLINE, id).get("dcs", 0) == dcs


def test_a_fixture_and_the_command_line_override_an_edition(make_operator: MakeOperator) -> None:
    """Editions only set defaults."""
    operator: Operator = make_operator(edition="bsc-2019", policy={"unknown_sim": "404"})
    answer: Any = operator.api("GET", f"/sims/{UNKNOWN}")
    assert answer.status_code == 404
