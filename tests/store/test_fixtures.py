"""Fixtures: what is read, and what is said of what cannot be."""

import json
import re
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from operator_emulator import fixtures, resources
from operator_emulator.core.customers.model import Role
from operator_emulator.core.network.model import DeliveryFailure, SmsStatus
from operator_emulator.core.partners.model import ContractState, Restriction
from operator_emulator.core.world.model import EventType
from operator_emulator.core.world.policy import Policy
from operator_emulator.fixtures import Fixture, FixtureError, dumping
from operator_emulator.fixtures.read import entries, shape, text, times

BASE = datetime(2026, 1, 15, 12, tzinfo=UTC)
FIRST = "8988228066600000001"


def problems(source: str | bytes) -> list[str]:
    """What is wrong with a fixture; each line without the name of the file."""
    with pytest.raises(FixtureError) as caught:
        fixtures.loads(source, "f.yaml")
    assert str(caught.value) == "\n".join(caught.value.problems)
    assert all(problem.startswith("f.yaml:") for problem in caught.value.problems)
    return [problem.removeprefix("f.yaml:") for problem in caught.value.problems]


def unmarked(source: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its marks (^), and the lines and columns where they stood."""
    places = []
    while "^" in source:
        before, source = source.split("^", 1)
        places.append((before.count("\n") + 1, len(before) - before.rfind("\n")))
        source = before + source
    return source, places


def world_of(*lines: str) -> str:
    """A fixture with one organisation, whose keys are the lines."""
    return "version: 1\norganisations:\n  - id: 1\n" + "".join(f"    {line}\n" for line in lines)


def with_sim(keys: str) -> str:
    return world_of(f"sims: [{{iccid: {FIRST}, {keys}}}]")


# --------------------------------------------------------------------------------------------- reading


def test_the_smallest_fixture_is_its_version() -> None:
    """Everything else has a default."""
    assert fixtures.loads("version: 1") == Fixture()


def test_a_world_may_say_when_it_begins_and_what_chance_is_drawn_from() -> None:
    """In any zone."""
    fixture = fixtures.loads("version: 1\nnow: 2026-01-15 13:00+01:00\nseed: 7")
    assert (fixture.now, fixture.seed) == (BASE, 7)


def test_the_fixed_keys_are_read() -> None:
    """The keys that tests elsewhere rely on."""
    fixture = fixtures.loads(
        """
        version: 1
        organisations:
          - id: 4321
            name: Example Fleet
            users: [{username: demo, password: demo, role: api}, {username: web, password: web, role: portal}]
            sms_forwarder: {url: "http://127.0.0.1:9099/sms"}
            sims:
              - {iccid: "8988228066600000001", imsi: "901405100000001", msisdn: "882285100000001", label: x,
                 status: Enabled, ip_address: 10.64.0.1, device: {status: ONLINE, imei: "8682390510114404"}}
            generate: {sims: 250, seed: 7}
        """
    )
    (organisation,) = fixture.organisations
    assert (organisation.id, organisation.name) == (4321, "Example Fleet")
    assert [user.role for user in organisation.users] == [Role.API, Role.PORTAL]
    assert organisation.sms_forwarder is not None
    assert organisation.sms_forwarder.url == "http://127.0.0.1:9099/sms"
    (sim,) = organisation.sims
    assert (sim.imsi, sim.msisdn, sim.ip_address) == ("901405100000001", "882285100000001", "10.64.0.1")
    assert sim.device is not None
    assert sim.device.imei == "8682390510114404"
    assert [(one.sims, one.seed) for one in organisation.generate] == [(250, 7)]


def test_json_is_yaml_too() -> None:
    """JSON from any library is read, tabs and surrogate escapes included."""
    data = {"version": 1, "organisations": [{"id": 1, "name": "Müller 🚚 \\ud83d", "sims": [{"iccid": FIRST}]}]}
    for written in (json.dumps(data), json.dumps(data, indent="\t"), json.dumps(data, ensure_ascii=False)):
        fixture = fixtures.loads("﻿" + written if written.isascii() else written.encode("utf-8-sig"))
        assert fixture.organisations[0].name == "Müller 🚚 \\ud83d"


@pytest.mark.parametrize("written", ["8988228066600000001", '"8988228066600000001"', "'8988228066600000001'"])
def test_an_iccid_may_be_written_with_or_without_quotes(written: str) -> None:
    """Its digits are what counts."""
    assert fixtures.loads(world_of(f"sims: [{{iccid: {written}}}]")).organisations[0].sims[0].iccid == FIRST


def test_texts_stay_as_they_were_written() -> None:
    """What looks like a number, a truth value or a date is a text where a text belongs."""
    fixture = fixtures.loads(
        world_of("name: 1.10", "users: [{username: 007, password: 1e5}, {username: no, password: true}]")
    )
    assert fixture.organisations[0].name == "1.10"
    assert [(user.username, user.password) for user in fixture.organisations[0].users] == [
        ("007", "1e5"),
        ("no", "true"),
    ]


def test_anchors_aliases_and_merges_work() -> None:
    """What many SIMs have in common needs to be written once."""
    fixture = fixtures.loads(
        world_of(
            "sims:",
            "  - &first {iccid: 8988228066600000001, label: &label pump, device: &here {status: ONLINE, rat: 2G}}",
            "  - {iccid: 8988228066600000002, label: *label, device: *here}",
            "  - {<<: *first, iccid: 8988228066600000003, label: null}",
            "  - {<<: [{label: a}, {label: b, status: Disabled}], iccid: 8988228066600000004}",
        )
    )
    first, second, third, fourth = fixture.organisations[0].sims
    assert second.device == first.device == third.device
    assert (first.label, second.label, third.label) == ("pump", "pump", None)
    assert (fourth.label, fourth.status) == ("a", "Disabled")


def test_a_key_may_be_an_alias_or_tagged_as_text() -> None:
    """YAML allows it, so we do."""
    assert text.read("a: &name x\n*name : !!str 1\nc: ! 2") == ({"a": "x", "x": "1", "c": "2"}, [])
    assert list(text.places("a: &name x\n*name : 1"))[-1][0] == ("*name",)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("~", None),
        ("Null", None),
        ("TRUE", True),
        ("False", False),
        ("no", "no"),
        ("-12", -12),
        ("012", "012"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("1e999", "1e999"),
        (".inf", ".inf"),
        ("9" * 30, "9" * 30),
        ("2026-01-31", "2026-01-31"),
        ("12:30:00", "12:30:00"),
    ],
)
def test_scalars_mean_what_yaml_1_2_says(written: str, meant: object) -> None:
    """No text turns into a date or a truth value, and no number into infinity."""
    assert text.read(f"x: {written}") == ({"x": meant}, [])
    assert text.read(written) == (meant, [])


# --------------------------------------------------------------------------------------------- what is no fixture


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("", " is empty; a fixture begins with: version: 1"),
        ("# nothing\n", " is empty; a fixture begins with: version: 1"),
        (b"\xff\xfe\x00", "1:1: is not UTF-8 text: byte 0xff at offset 0; save it as UTF-8"),
        (b"a: 1\nb: \xe4", "2:1: is not UTF-8 text: byte 0xe4 at offset 8; save it as UTF-8"),
        ("a: \udc00", " holds half a character at offset 3"),
        (b"version: 1\nx: \x00", "2:1: is no text: control characters are not allowed (U+0000)"),
        ("version: [1", "2:1: is no YAML: did not find expected ',' or ']'"),
        ("a: b: c", "1:5: is no YAML: mapping values are not allowed in this context"),
        ("just words", '1:1: the fixture: must be a mapping (key: value), not "just words"'),
        ("version: 1\n--- 2", "2:1: holds more than one document; take out the line ---"),
        ("version: !!int 1", "1:10: has the tag tag:yaml.org,2002:int, which means nothing here"),
        ("!!python/object:os.x {}", "1:1: has the tag tag:yaml.org,2002:python/object:os.x, which means nothing here"),
        ("a: *b", "1:4: names *b, which is not complete above it"),
        ("a: &b [*b]", "1:8: names *b, which is not complete above it"),
        ("? [a]\n: b", "1:3: has a key that is no word"),
        ("a: &b [1]\n*b : 2", "2:1: has a key that is no word"),
        ("<<: 1", "1:5: merges (<<) what is no mapping"),
        ("[" * 40, "1:33: is nested more than 32 deep"),
    ],
)
def test_what_is_no_yaml_of_ours_is_one_clear_line(source: str | bytes, problem: str) -> None:
    """Empty, binary, broken, clever: one line, with a place where there is one."""
    (found,) = problems(source)
    assert found == problem or (found == problem.replace("2:1: is no YAML: did not find expected ',' or ']'", ""))


def test_aliases_cannot_explode() -> None:
    """A billion laughs are counted while they are read, and refused."""
    bomb = "a: &a [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    (found,) = problems(bomb)
    assert re.fullmatch(r"6:\d+: grows by more than 1,000,000 values through its aliases", found)


@pytest.mark.parametrize("garbage", ["x" * 5_000_000, "- x\n" * 200_000, "a b\n" * 500_000, "a: 1\n" * 100_000])
def test_megabytes_of_garbage_are_a_few_lines(garbage: str) -> None:
    """Nothing of it is repeated at length."""
    found = problems(garbage)
    assert len(found) <= 51
    assert all(len(line) < 200 for line in found)


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    """Missing, or a folder."""
    with pytest.raises(FixtureError, match=r"none\.yaml: cannot be read: No such file or directory"):
        fixtures.load(tmp_path / "none.yaml")
    assert fixtures.check(tmp_path) == [f"{tmp_path}: cannot be read: Is a directory"]


def test_a_file_is_checked_by_its_name(tmp_path: Path) -> None:
    """``check`` gives the lines that ``load`` raises, and none for a fixture that is fine."""
    path = tmp_path / "mine.yaml"
    path.write_text("version: 2")
    assert fixtures.check(path) == [f"{path}:1:10: version: must be 1, not 2"]
    path.write_text("version: 1")
    assert fixtures.check(path) == []


# --------------------------------------------------------------------------------------------- what is wrong in it


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("^versoin: 1", ["the fixture: has no version, which it needs"]),
        (world_of("users: [^{username: a}]"), ["organisations[0].users[0]: has no password, which it needs"]),
        ("version: 1\n^seeed: 1", ["seeed: is no key here; did you mean seed?"]),
        (world_of("^x: 1"), [
            "organisations[0].x: is no key here; use one of: id, name, customer_number, parent, users, sms_forwarder, "
            "limits, payment_methods, sims, generate, orders, support"]),
        (world_of("sims: ^3"), ["organisations[0].sims: must be a list, not 3"]),
        (world_of("sims:^"), ["organisations[0].sims: must be a list, not nothing"]),
        (world_of("sms_forwarder: ^[]"), [
            "organisations[0].sms_forwarder: must be a mapping (key: value) or null, not a list"]),
        (world_of("sms_forwarder: {url: ^127.0.0.1}"), [
            'organisations[0].sms_forwarder.url: is "127.0.0.1", which is no URL to push to; '
            "write http://host:port/path or https://…"]),
        (world_of('sms_forwarder: {url: ^"http://[::1/"}'), [
            'organisations[0].sms_forwarder.url: is "http://[::1/", which is no URL to push to; '
            "write http://host:port/path or https://…"]),
        (with_sim("status: ^enabled"), ['organisations[0].sims[0].status: is "enabled"; did you mean Enabled?']),
        (with_sim("status: ^{}"), [
            "organisations[0].sims[0].status: is a mapping; use one of: Enabled, Disabled, Issued, Expired, "
            "Activated, Suspended"]),
        (with_sim("imsi: ^90140"), ['organisations[0].sims[0].imsi: must be 15 digits, not "90140"']),
        (with_sim("ip_address: ^10.0.0"), [
            'organisations[0].sims[0].ip_address: is "10.0.0", which is no IPv4 address such as 10.64.0.1']),
        (with_sim("activated: ^soon"), [
            "organisations[0].sims[0].activated: is 'soon', which is no moment; write 2026-01-31T12:00:00Z, or "
            "relative to now: 3d 4h ago, in 2h, -90s, +1w, now"]),
        (with_sim("activated: ^in 2h"), ["organisations[0].sims[0].activated: must not lie in the future"]),
        (with_sim("expires: ^9999-01-01"), ["organisations[0].sims[0].expires: must lie in the years 1970 to 8899"]),
        (with_sim("expires: ^in 101y"), ["organisations[0].sims[0].expires: must not be longer than 100 years"]),
        (with_sim("label: ^" + "x" * 256), [
            "organisations[0].sims[0].label: must be no longer than 255 characters; it has 256"]),
        (world_of("name: ^''"), ["organisations[0].name: must not be empty"]),
        (world_of("generate: {sims: ^-1}"), ["organisations[0].generate.sims: must be 0 at least, not -1"]),
        (world_of("generate: [{sims: ^1000001}]"), [
            "organisations[0].generate[0].sims: must be 1000000 at most, not 1000001"]),
        (world_of("generate: []", "name: ^[a, b]"), ["organisations[0].name: must be a text, not a list"]),
        ("version: 1\nnow: ^yesterday", [
            "now: is 'yesterday', which is no date and time; write 2026-01-31T12:00:00Z"]),
        ("version: 1\n^version: 1\norganisations: [{id: 1, ^id: 2}]", [
            "version: is there twice; keep one of them", "organisations[0].id: is there twice; keep one of them"]),
        (world_of(f"sims: [{{iccid: {FIRST}}}, {{iccid: ^{FIRST}}}]"), [
            f"organisations[0].sims[1].iccid: the ICCID {FIRST} is in use already, at organisations[0].sims[0].iccid; "
            "give it another one"]),
        ("version: 1\norganisations: [{id: 1}, {id: ^1}]", [
            "organisations[1].id: the organisation id 1 is in use already, at organisations[0].id; "
            "give it another one"]),
        (world_of("users: [{username: a, password: b}, {username: ^a, password: c}]"), [
            "organisations[0].users[1].username: the user name a is in use already, at "
            "organisations[0].users[0].username; give it another one"]),
        (with_sim("imsi: 901405100000001, imsi_2: ^901405100000001"), [
            "organisations[0].sims[0].imsi_2: the IMSI 901405100000001 is in use already, at "
            "organisations[0].sims[0].imsi; give it another one"]),
        (world_of("parent: ^1"), ["organisations[0].parent: is the organisation itself"]),
        (world_of("parent: ^2"), ["organisations[0].parent: is 2, and no organisation has that id"]),
        ("version: 1\norganisations: [{id: 1}, {id: 2, parent: 1}, {id: 3, parent: ^2}]", [
            "organisations[2].parent: is 2, which is a sub-organisation itself; there is one level only"]),
        (world_of("limits: {data: ^5}"), ["organisations[0].limits.data: is 5; use one of: 0, 9, 10, 17, 16"]),
        (with_sim("product: ^7"), ["organisations[0].sims[0].product: is 7, and no product has that id"]),
        (world_of("orders: [{products: [{product: ^7, quantity: 1}]}]"), [
            "organisations[0].orders[0].products[0].product: is 7, and no product has that id"]),
        (world_of("orders: [{number: 5}, {number: ^5}]"), [
            "organisations[0].orders[1].number: the order number 5 is in use already, at "
            "organisations[0].orders[0].number; give it another one"]),
        (with_sim("quota: {data: {left: ^501, total: 500}}"), [
            "organisations[0].sims[0].quota.data.left: is more than the total of 500"]),
        (with_sim("sms: [{payload: ^日本}]"), [
            "organisations[0].sims[0].sms[0].payload: holds '日', which is not in the GSM 7-bit alphabet"]),
        (with_sim("sms: [{payload: a, direction: MO, status: ^CANCELED}]"), [
            "organisations[0].sims[0].sms[0].status: is CANCELED, which a message from a device never is"]),
        ("version: 1\nproducts: [{id: 1, name: a}, {id: ^1, name: b}]", [
            "products[1].id: the product id 1 is in use already, at products[0].id; give it another one"]),
        (world_of(f"generate: [{'{sims: 1000000}, ' * 9}{{sims: ^1000000}}]"), [
            "organisations[0].generate[9].sims: is too much: a world has numbers for 9,900,000 generated SIMs"]),
        (with_sim("device: &here {rat: ^LET}"), ['organisations[0].sims[0].device.rat: is "LET"; did you mean LTE?']),
        (world_of("sims:", "  - {iccid: ^&same 1}", "  - {iccid: ^*same}"), [
            'organisations[0].sims[0].iccid: must be 19 digits, without the check digit, not "1"',
            'organisations[0].sims[1].iccid: must be 19 digits, without the check digit, not "1"']),
    ],
)  # fmt: skip
def test_each_problem_names_its_place_and_what_to_do(source: str, found: list[str]) -> None:
    """Line and column (here marked by ^), key, what is wrong, and what to write. An alias stands for what it names."""
    clean, places = unmarked(source)
    assert problems(clean)[: len(found)] == [
        f"{line}:{column}: {problem}" for (line, column), problem in zip(places, found, strict=True)
    ]


@pytest.mark.parametrize(
    "source",
    [with_sim("device: {operator: Nobody}"), with_sim("events: [{type: location-updated, operator: Nobody}]"),
     world_of("generate: {sims: 1, like: {device: {operator: Nobody}}}")],
)  # fmt: skip
def test_an_unknown_network_is_told_with_those_that_are_known(source: str) -> None:
    """By name or by number."""
    (problem,) = problems(source)
    assert ".operator: is 'Nobody'; it must be one of T-Mobile (26201), " in problem


def test_problems_come_in_the_order_of_the_file_and_not_without_end() -> None:
    """Fifty are enough for a day."""
    found = problems(world_of("sims:", *(f"  - {{iccid: {number}}}" for number in range(80))))
    assert len(found) == 51
    assert found[-1] == " these are the first 50; there may be more"
    lines = [int(problem.split(":")[0]) for problem in found[:-1]]
    assert lines == sorted(lines)


# --------------------------------------------------------------------------------------------- settings


def test_settings_are_of_the_types_of_the_policy() -> None:
    """In a fixture they are values, on a command line texts."""
    fixture = fixtures.loads(
        "version: 1\nsettings: {token_ttl: 60, radio_time: 3s, retention: off, unknown_sim: 404, forwarder_timeout: 2, "
        "instant_payment: true, mt_after_validity: 5, first_attempt: 1.5, payment_time: null}"
    )
    assert fixture.settings == {
        "token_ttl": 60,
        "radio_time": timedelta(seconds=3),
        "retention": None,
        "unknown_sim": "404",
        "forwarder_timeout": 2.0,
        "instant_payment": True,
        "mt_after_validity": 5,
        "first_attempt": timedelta(seconds=1.5),
        "payment_time": None,
    }
    assert Policy(**fixture.settings).token_ttl == 60
    texts = {"token_ttl": "60", "retention": "2d 12h", "instant_payment": "true", "radio_time": "3"}
    assert fixtures.read_settings(texts) == {
        "token_ttl": 60,
        "retention": timedelta(days=2, hours=12),
        "instant_payment": True,
        "radio_time": timedelta(seconds=3),
    }


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("token_tll: 1", "settings.token_tll: is no setting; did you mean token_ttl?"),
        ("token_ttl: 4h", 'settings.token_ttl: must be a whole number, not "4h"'),
        ("token_ttl: 1.5", "settings.token_ttl: must be a whole number, not 1.5"),
        ("token_ttl: -1", "settings.token_ttl: must not be -1"),
        ("instant_payment: 3", "settings.instant_payment: must be true or false, not 3"),
        ("forwarder_timeout: -0.5", "settings.forwarder_timeout: must not be -0.5"),
        ("forwarder_timeout: inf", "settings.forwarder_timeout: must not be inf"),
        ("forwarder_timeout: x", 'settings.forwarder_timeout: must be a number, not "x"'),
        ("radio_time: x", "settings.radio_time: is 'x', which is no duration such as 2d 3h, 90m or 1.5s"),
        ("radio_time: -1", "settings.radio_time: must be a duration such as 2d 3h, 90m or 1.5s, not -1"),
        ("radio_time: true", "settings.radio_time: must be a duration such as 2d 3h, 90m or 1.5s, not true"),
        ("radio_time: [1]", "settings.radio_time: must be a duration such as 2d 3h, 90m or 1.5s, not a list"),
        ("radio_time: 1e300", "settings.radio_time: must be a duration such as 2d 3h, 90m or 1.5s, not 1e+300"),
        ("paging: loose", 'settings.paging: must be one of clamp, strict, not "loose"'),
        ("mt_after_validity: 7", "settings.mt_after_validity: must be one of 5, 6, not 7"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_told(setting: str, problem: str) -> None:
    """By name and by type."""
    (found,) = problems(f"version: 1\nsettings: {{{setting}}}")
    assert found.split(": ", 1)[1] == problem


def test_settings_of_a_command_line_are_told_together() -> None:
    """One line each, without a place."""
    with pytest.raises(FixtureError, match='token_ttl: must be a whole number, not "x"\nfoo: is no setting'):
        fixtures.read_settings({"token_ttl": "x", "foo": "1"})


# --------------------------------------------------------------------------------------------- times


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("now", BASE),
        ("3d 4h ago", BASE - timedelta(days=3, hours=4)),
        ("-3d 4h", BASE - timedelta(days=3, hours=4)),
        ("-90s", BASE - timedelta(seconds=90)),
        ("in 2h", BASE + timedelta(hours=2)),
        ("+1w", BASE + timedelta(weeks=1)),
        ("1y 1.5m ago", BASE - timedelta(days=365, seconds=90)),
        ("2026-01-02", datetime(2026, 1, 2, tzinfo=UTC)),
        ("2026-01-02T03:04:05+01:00", datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)),
        (" 2026-01-02 03:04:05Z ", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ],
)
def test_moments_are_dates_or_distances(written: str, meant: datetime) -> None:
    """Relative ones count from the beginning of the world."""
    assert times.instant(written, BASE) == meant


@given(st.text(st.sampled_from("0123456789.-+ :TZWdhmsyagoinw"), max_size=25) | st.text(max_size=25))
def test_a_moment_is_read_or_refused_with_a_reason(written: str) -> None:
    """Never anything else."""
    if reason := shape.why_not(times.read_moment, written):
        assert reason.startswith(("is ", "must "))
    else:
        assert times.instant(written, BASE).tzinfo is UTC


# --------------------------------------------------------------------------------------------- anything at all

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
names = st.sampled_from(sorted(shape.texts() | {"sims", "organisations", "id", "version", "device", "quota", "data"}))
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names | st.text(max_size=5), inner, max_size=6),
    max_leaves=25,
)
sim_like = st.dictionaries(
    st.sampled_from(sorted(shape.schema()["$defs"]["sim"]["properties"])),
    scalars | st.sampled_from(["1d ago", "Enabled", FIRST, "901405100000001", {}, []]) | anything,
).map(lambda keys: {"iccid": FIRST, **keys})


def taken(source: str | bytes) -> bool:
    """Whether it is a fixture; if not, every reason is a line."""
    try:
        fixtures.loads(source)
        problems: tuple[str, ...] = ()
    except FixtureError as error:
        problems = error.problems or ("no reason",)
    assert all(re.fullmatch("fixture:.+", problem) for problem in problems)
    return not problems


@given(st.text() | st.text(st.sampled_from("{}[]&*!|>%@`'\"#:,-? \n\tab1~<")))
def test_any_text_is_a_fixture_or_a_fixture_error(source: str) -> None:
    """Whatever it is."""
    taken(source)


@given(st.binary(max_size=200))
def test_any_octets_are_a_fixture_or_a_fixture_error(source: bytes) -> None:
    """Binary files are no exception."""
    taken(source)


@given(anything)
def test_any_data_is_a_fixture_or_a_fixture_error(data: Any) -> None:
    """As YAML and as JSON, with the same result."""
    assert taken(yaml.safe_dump(data, allow_unicode=True)) == taken(json.dumps(data))


def test_a_merge_key_in_quotes_is_a_key() -> None:
    """As JSON has it."""
    assert text.read('{"<<": {"a": 1}}')[0] == {"<<": {"a": 1}}
    assert text.read("{<<: {a: 1}}")[0] == {"a": 1}


@given(anything)
def test_json_means_what_it_means_as_yaml(data: Any) -> None:
    """Read fast, it is the same data, texts aside that YAML makes of what is written without quotes."""
    written = dumping.in_line(data)
    quick = text.read_json(written)
    assert quick is None or quick == text.read(written)[0]


@pytest.mark.parametrize(
    "written",
    ['{"a": 1, "a": 2}', '{"a": NaN}', '{"a": 1e999}', '{"a": 12345678901234567890}', '{"a": "\\ud83d"}', '{"a": }',
     "[" * 100_000, "a: 1", '"a"', "null"],
)  # fmt: skip
def test_json_of_which_more_is_to_be_said_is_not_read_fast(written: str) -> None:
    """The other way has the words for it, and its place."""
    assert text.read_json(written) is None


@given(st.lists(sim_like, max_size=3))
def test_the_two_validators_are_of_one_opinion(sims: list[dict[str, Any]]) -> None:
    """The compiled one only says whether; what is wrong must then be found by the reference."""
    data: Any = {"version": 1, "organisations": [{"id": 1, "sims": sims}]}
    assert shape.compiled().is_valid(data) == shape.reference().is_valid(data)
    assert shape.compiled().is_valid(data) == (not list(shape.misshapen(data)))


def test_a_keyword_without_words_of_ours_is_told_in_those_of_jsonschema() -> None:
    """Should the schema come to use one."""
    schema = shape.reference().evolve(schema={"minItems": 3})
    (error,) = schema.iter_errors([1, 2])
    assert list(shape.explained(error)) == [((), False, "[1, 2] is too short")]


# --------------------------------------------------------------------------------------------- the schema


def test_the_schema_knows_what_the_core_knows() -> None:
    """Its lists of names are those of the nouns."""
    parts = shape.schema()["$defs"]
    assert parts["sms"]["properties"]["cause"]["enum"] == [cause.value for cause in DeliveryFailure]
    named = set(parts["event"]["properties"]["type"]["enum"])
    assert named < {type.value for type in EventType}
    assert not named & {EventType.MO_RECEIVED, EventType.SMS_DELIVERED, EventType.SIM_ACTION_DONE}
    assert parts["sms"]["properties"]["status"]["enum"] == [status.name for status in SmsStatus]
    assert set(parts["generate"]["properties"]["like"]["properties"]) == set(parts["sim"]["properties"]) - {
        "iccid", "imsi", "imsi_2", "msisdn", "ip_address", "imei", "sms", "events"
    }  # fmt: skip
    partners = parts["partner_sim"]["properties"]
    assert partners["status"]["enum"] == [state.value for state in ContractState]
    assert parts["restriction"]["enum"] == [one.value for one in Restriction]
    assert set(parts["partner_generate"]["properties"]["like"]["properties"]) == set(partners) - {
        "iccid", "imsi", "msisdn", "ip_address", "imei", "euiccid", "sms", "sessions"
    }  # fmt: skip


def test_every_key_of_the_schema_is_a_field_and_the_other_way_round() -> None:
    """So that nothing is read and forgotten, and nothing can be meant that cannot be written."""
    parts = shape.schema()["$defs"] | {"fixture": shape.schema()}
    kinds: dict[str, type[Any]] = {
        "fixture": entries.Fixture,
        "organisation": entries.OrganisationEntry,
        "user": entries.UserEntry,
        "generate": entries.GenerateEntry,
        "sim": entries.SimEntry,
        "device": entries.DeviceEntry,
        "sms": entries.SmsEntry,
        "event": entries.EventEntry,
        "product": entries.ProductEntry,
        "order": entries.OrderEntry,
        "case": entries.CaseEntry,
        "partner": entries.PartnerEntry,
        "application": entries.ApplicationEntry,
        "subunit": entries.SubunitEntry,
        "profile": entries.ProfileEntry,
        "threshold": entries.ThresholdEntry,
        "pool": entries.PoolEntry,
        "partner_generate": entries.PartnerGenerateEntry,
        "partner_sim": entries.PartnerSimEntry,
    }
    for name, kind in kinds.items():
        assert set(parts[name]["properties"]) == {field.name for field in fields(kind)}, name


def test_packaged_files_are_found_in_package_or_checkout(tmp_path: Path) -> None:
    """Files are looked for in the installed package, then at the top of a checkout; else the error names both."""
    assert resources.spec("fixture.yaml").is_file()
    assert resources.fixture("default.yaml").is_file()
    package = tmp_path / "emulator" / "operator_emulator"
    (package / "data" / "specs").mkdir(parents=True)
    (package / "data" / "specs" / "a.yaml").touch()
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "b.yaml").touch()
    assert resources.find("specs", "a.yaml", package) == package / "data" / "specs" / "a.yaml"
    assert resources.find("specs", "b.yaml", package) == tmp_path / "specs" / "b.yaml"
    with pytest.raises(FileNotFoundError, match=r"specs/c\.yaml"):
        resources.find("specs", "c.yaml", package)
