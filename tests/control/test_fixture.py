"""Fixtures while the emulator runs: another world, more in this one, and this one as a fixture."""

import json
from typing import Any

import pytest
import yaml

from tests.conftest import ONLINE, Operator

CARD = "8949020000000000011"
OTHER = """
version: 1
now: 2027-03-01T10:00:00Z
organisations:
  - id: 77
    name: Newcomer
    users: [{username: new, password: new}]
    sims: [{iccid: 8988228066600000777}]
partners:
  - id: 100013
    applications: [{client_id: portal, client_secret: hidden}]
    sims: [{iccid: 8949020000000000011, organisation: 77}]
"""


def post(operator: Operator, content: Any, query: str = "", **headers: str) -> Any:
    """The response to a fixture, whatever it is."""
    if not isinstance(content, str | bytes):
        content = json.dumps(content)
    return operator.http.post(f"/_emulator/fixture{query}", content=content, headers=headers)


def dump(operator: Operator, *, secrets: bool = True) -> Any:
    return operator.control("GET", f"/fixture?secrets={str(secrets).lower()}")


# --------------------------------------------------------------------------------------------- another world


def test_a_fixture_takes_the_place_of_the_world(operator: Operator) -> None:
    """Clock, ids, users, SIMs and journal are those of the new one, as at a start."""
    old = operator.token()
    operator.send_mt(ONLINE, "one")
    operator.control("POST", "/faults", json={"name": "maintenance"})
    answer = post(operator, OTHER)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "clock": {"now": "2027-03-01T10:00:00Z", "mode": "manual", "speed": 0, "jobs": 1},
        "sims": 2,
        "organisations": 1,
    }
    assert [sim["iccid"] for sim in operator.get("/sims", user="new")] == ["8988228066600000777", CARD]
    assert operator.control("GET", "/faults")["faults"] == []
    refused = operator.http.get("/management-api/v1/sims", headers={"Authorization": f"Bearer {old}"})
    assert refused.status_code == 401
    assert operator.http.get(f"/_emulator/sims/{ONLINE}").status_code == 404
    assert len(operator.control("GET", "/journal")["exchanges"]) < 6  # of these lines


def test_a_fixture_without_a_time_begins_as_at_the_start(operator: Operator) -> None:
    """A manual clock at the first instant."""
    operator.advance(3600)
    assert post(operator, "version: 1").json()["clock"]["now"] == "2026-01-01T00:00:00Z"


def test_a_fixture_may_say_how_fast_time_passes(operator: Operator) -> None:
    """Left out, the pace of the start comes back."""
    assert post(operator, "version: 1\nspeed: 60").json()["clock"]["speed"] == 60
    assert post(operator, "version: 1").json()["clock"]["mode"] == "manual"


def test_json_is_taken_whatever_it_is_called(operator: Operator) -> None:
    """A fixture is YAML, and so is JSON: curl's own content type does no harm."""
    world = yaml.safe_load(OTHER.replace("2027-03-01T10:00:00Z", '"2027-03-01T10:00:00Z"').replace(CARD, f'"{CARD}"'))
    for kind in ("application/json", "application/yaml", "application/x-www-form-urlencoded"):
        assert post(operator, world, **{"Content-Type": kind}).json()["sims"] == 2


def test_a_reset_goes_back_to_the_fixture_of_the_start(operator: Operator) -> None:
    """Whatever was posted meanwhile."""
    post(operator, OTHER)
    assert operator.control("POST", "/reset")["sims"] == 6
    assert operator.control("GET", f"/sims/{ONLINE}")["label"] == "online"


def test_an_organisation_that_was_posted_can_be_reset_alone(operator: Operator) -> None:
    """To what the posted fixture says, and not to that of the start."""
    post(operator, OTHER.replace("id: 77", "id: 4321").replace("organisation: 77", "organisation: 4321"))
    operator.api("PUT", "/sims/8988228066600000777", user="new", json={"label": "changed"})
    operator.control("POST", "/organisations/4321/reset")
    assert operator.control("GET", "/sims/8988228066600000777")["label"] is None


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"\xff", None),
        ("", None),
        ("{", None),
        ("version: 2", "version"),
        ("version: 1\norganisations: [{id: 1, simz: []}]", "organisations[0].simz"),
        ("version: 1\norganisations: [{id: 1}, {id: 1}]", "organisations[1].id"),
        ("version: 1\npartners: [{id: 1}]", "partners[0].id"),
        ("version: 1\nsettings: {token_ttl: 60}", "settings.token_ttl"),
        ("version: 1\nrows: {sims: [{}]}\nids: {}", "rows.sims[0]"),
    ],
)
def test_a_refused_fixture_changes_nothing(operator: Operator, content: Any, field: str | None) -> None:
    """400 with every problem; the old world goes on, clock and tokens too."""
    before = dump(operator)
    answer = post(operator, content)
    assert answer.status_code == 400
    refused = answer.json()
    assert refused["error"] == refused["problems"][0]
    assert refused.get("field") == field
    assert dump(operator) == before


def test_settings_of_the_start_are_no_trouble(operator: Operator) -> None:
    """What differs is refused, with what to do."""
    assert post(operator, "version: 1\nsettings: {token_ttl: 3600, retention: 7d}").status_code == 200
    answer = post(operator, "version: 1\nsettings: {retention: none, radio_time: 3s, instant_payment: true}")
    assert [problem.split(": ", 1)[1] for problem in answer.json()["problems"]] == [
        "settings.retention: is none, and this emulator was started with 7d, which stays; "
        "start it with --set retention=none, or take it out",
        "settings.radio_time: is 3s, and this emulator was started with 1s, which stays; "
        "start it with --set radio_time=3s, or take it out",
        "settings.instant_payment: is true, and this emulator was started with false, which stays; "
        "start it with --set instant_payment=true, or take it out",
    ]


def test_a_fixture_that_has_too_many_sims_leaves_the_world_alone(operator: Operator) -> None:
    """What shows only while it is planted is undone."""
    cards = ", ".join(f"{{iccid: 89882280666{n:08}}}" for n in range(10_000_000, 100_000_000, 100_000))
    blocks = "[" + "{sims: 1}, " * 99 + "]"
    before = dump(operator)
    answer = post(operator, f"version: 1\norganisations: [{{id: 1, sims: [{cards}], generate: {blocks}}}]")
    assert answer.status_code == 400
    assert answer.json()["error"] == "generate: is possible only 99 times in one world"
    assert dump(operator) == before


def test_a_body_of_more_than_64_mb_is_refused(operator: Operator) -> None:
    """By its announced length, before it is read."""
    answer = post(operator, "version: 1", **{"Content-Length": str(64 * 1024 * 1024 + 1)})
    assert answer.status_code == 413
    assert answer.json() == {"error": "the request body is larger than 67108864 octets"}


def test_a_large_fixture_is_no_trouble(operator: Operator) -> None:
    """Larger than what the operator's API takes."""
    padding = "# " + "x" * 5_000_000 + "\n"
    assert post(operator, padding + OTHER).status_code == 200


def test_an_unknown_mode_is_refused(operator: Operator) -> None:
    """And so is any other parameter."""
    for query in ("?mode=merge", "?moode=add"):
        assert post(operator, OTHER, query).status_code == 400


# --------------------------------------------------------------------------------------------- more in this one


def test_a_fixture_can_be_added(operator: Operator) -> None:
    """The world goes on, with more customers in it; they can be reset alone."""
    token = operator.token()
    operator.advance(60)
    fixture = """
    version: 1
    products: [{id: 5, name: Blue}]
    organisations:
      - id: 77
        parent: 4321
        users: [{username: new, password: new}]
        generate: {sims: 3}
        sims: [{iccid: 8988228066600000777, product: 5, auto_topup: true}]
        orders: [{type: FIRST_ORDER, products: [{product: 1001, quantity: 2}]}]
    partners:
      - {id: 100013, sims: [{iccid: 8949020000000000011, organisation: 4321}], generate: {sims: 2}}
    """
    answer = post(operator, fixture, "?mode=add")
    assert answer.status_code == 200, answer.text
    assert answer.json()["clock"]["now"] == "2026-01-01T00:01:00Z"
    assert (answer.json()["sims"], answer.json()["organisations"]) == (13, 3)
    listed = operator.http.get("/management-api/v1/sims", headers={"Authorization": f"Bearer {token}"}).json()
    assert [sim["iccid"] for sim in listed][-1] == CARD
    assert len(operator.get("/sims", user="new")) == 4
    assert {job["kind"] for job in operator.control("GET", "/jobs")["jobs"]} == {"housekeeping", "orders.auto_topup"}
    operator.api("PUT", "/sims/8988228066600000777", user="new", json={"label": "changed"})
    operator.control("POST", "/organisations/77/reset")
    assert operator.control("GET", "/sims/8988228066600000777")["label"] is None


def test_generated_sims_of_several_fixtures_keep_clear_of_one_another(operator: Operator) -> None:
    """And of those that are there."""
    for number in (1, 2, 3):
        sims = f"generate: {{sims: 20}}, sims: [{{iccid: 898822806661010000{number}}}]"
        text = f"version: 1\norganisations: [{{id: {number}, {sims}}}]"
        assert post(operator, text, "?mode=add").status_code == 200
    found = dump(operator)["rows"]["sims"]
    assert len(found) == 6 + 3 * 21
    for name in ("imsi", "msisdn"):
        assert len({sim[name] for sim in found}) == len(found)


def test_an_entry_that_exists_already_is_a_conflict(operator: Operator) -> None:
    """409 with each place; nothing is added."""
    assert post(operator, OTHER.replace("now:", "#"), "?mode=add").status_code == 200
    before = dump(operator)
    taken = next(sim for sim in before["rows"]["sims"] if sim["iccid"] == ONLINE)
    answer = post(
        operator,
        {
            "version": 1,
            "products": [{"id": 1001, "name": "again"}],
            "organisations": [
                {
                    "id": 77,
                    "users": [{"username": "demo", "password": "x"}],
                    "sims": [
                        {"iccid": ONLINE},
                        {"iccid": "8988228066600000123", "imsi": taken["imsi"]},
                        {"iccid": "8988228066600000124", "msisdn": taken["msisdn"]},
                    ],
                }
            ],
            "partners": [
                {
                    "id": "100013",
                    "applications": [{"client_id": "portal", "client_secret": "x"}],
                    "sims": [
                        {"iccid": CARD},
                        {"iccid": "8949020000000000099", "organisation": 4321, "ip_address": taken["ip_address"]},
                    ],
                }
            ],
        },
        "?mode=add",
    )
    assert answer.status_code == 409
    refused = answer.json()
    assert refused["field"] == "products[0].id"
    assert [problem.split(": ")[1] for problem in refused["problems"]] == [
        "products[0].id",
        "organisations[0].id",
        "organisations[0].users[0].username",
        "organisations[0].sims[0].iccid",
        "organisations[0].sims[1].imsi",
        "organisations[0].sims[2].msisdn",
        "partners[0].id",
        "partners[0].applications[0].client_id",
        "partners[0].sims[0].iccid",
        "partners[0].sims[1].ip_address",
    ]
    assert all(problem.endswith("already exists in the world; choose another one") for problem in refused["problems"])
    assert dump(operator) == before


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("version: 1\nnow: 2027-01-01", "now"),
        ("version: 1\nseed: 1", "seed"),
        ("version: 1\nspeed: 1", "speed"),
        ("version: 1\nsettings: {}", "settings"),
        ("version: 1\nids: {}\nrows: {}", "ids"),
        ("version: 1\norganisations: [{id: 4321, parent: 9}]", "organisations[0].id"),
        ("version: 1\norganisations: [{id: 9, parent: 10}]", "organisations[0].parent"),
        ("version: 1\norganisations: [{id: 9, sims: [{iccid: 8988228066600000123, product: 7}]}]",
         "organisations[0].sims[0].product"),
    ],
)  # fmt: skip
def test_the_answer_names_the_key_that_cannot_be_added(operator: Operator, content: str, field: str) -> None:
    """400: keys of a whole world, and what nobody has; also beside a conflict."""
    before = dump(operator)
    answer = post(operator, content, "?mode=add")
    assert answer.status_code == 400
    assert answer.json()["field"] == field
    assert dump(operator) == before


def test_more_generated_sims_than_there_are_numbers_for_cannot_be_added(operator: Operator) -> None:
    """The numbers of the world count, not of the fixture alone."""
    for number in range(1, 4):
        text = f"version: 1\norganisations: [{{id: {number}, generate: [{'{sims: 1}, ' * 40}]}}]"
        answer = post(operator, text, "?mode=add")
    assert answer.status_code == 400
    assert answer.json()["error"] == "fixture: generate: is possible only 99 times in one world"
    assert len(dump(operator)["rows"]["sims"]) == 86


# --------------------------------------------------------------------------------------------- this one as a fixture


def test_a_dump_is_loaded_where_it_came_from_and_nothing_has_changed(operator: Operator) -> None:
    """Without secrets too: users and clients keep theirs."""
    post(operator, OTHER, "?mode=replace")
    operator.api("POST", "/sims/8988228066600000777/sms", user="new", json={"payload": "hello"})
    token = operator.token("new", "new")
    before = dump(operator)
    assert post(operator, dump(operator, secrets=False)).status_code == 200
    assert dump(operator) == before
    listed = operator.http.get("/management-api/v1/sims", headers={"Authorization": f"Bearer {token}"})
    assert listed.status_code == 200


def test_a_dump_without_secrets_has_none(operator: Operator) -> None:
    """Neither of users nor of applications, nor where organisations are kept for their reset."""
    post(operator, OTHER.replace("password: new", "password: secret-1").replace("hidden", "secret-2"))
    operator.control("POST", "/organisations", json={"username": "third", "password": "secret-3", "sims": 1})
    text = operator.http.get("/_emulator/fixture").text
    lines = operator.http.get("/_emulator/fixture", headers={"Accept": "application/yaml"}).text
    assert "secret-" not in text + lines
    assert len([word for word in json.dumps(dump(operator)).split('"') if word.startswith("secret-")]) == 4


def test_elsewhere_a_secret_that_was_left_out_is_its_owners_name(make_operator: Any, operator: Operator) -> None:
    """So that somebody may log in."""
    post(operator, OTHER.replace("password: new", "password: else").replace("hidden", "secret"))
    elsewhere = make_operator()
    post(elsewhere, dump(operator, secrets=False))
    assert elsewhere.token("new", "new")
    form = {"grant_type": "client_credentials", "client_id": "portal", "client_secret": "portal"}
    assert elsewhere.http.post("/auth/realms/default/protocol/openid-connect/token", data=form).status_code == 200


def test_a_dump_as_yaml_is_a_fixture_to_start_with(make_operator: Any, operator: Operator) -> None:
    """A row on each line, and what to do about the secrets in the first ones."""
    sms = operator.send_mt("8988228066600000003", "wait for it: \u2028 #1 ünd 😀 \x7f", dcs=8)
    operator.advance(60)
    answer = operator.http.get("/_emulator/fixture", headers={"Accept": "text/yaml, */*"})
    assert answer.headers["content-type"] == "application/yaml"
    assert answer.text.startswith("# The world at 2026-01-01T00:01:00Z, as it was found.")
    assert "Passwords, client secrets and Basic values" in answer.text
    assert yaml.safe_load(answer.text)["rows"] == dump(operator, secrets=False)["rows"]
    secret = operator.http.get("/_emulator/fixture?secrets=true", headers={"Accept": "text/yaml"}).text
    assert "left out" not in secret
    started = make_operator(secret)
    assert dump(started) == dump(operator)
    assert started.sms("8988228066600000003", sms) == operator.sms("8988228066600000003", sms)


def test_an_empty_world_can_be_dumped(make_operator: Any) -> None:
    """Its housekeeping and catalogue are there; and where even these are not, there is a world all the same."""
    operator = make_operator("version: 1")
    assert set(dump(operator)["rows"]) == {"jobs", "products"}
    bare = {**dump(operator), "rows": {}}
    assert post(operator, bare).status_code == 200
    assert dump(operator) == bare
    text = operator.http.get("/_emulator/fixture", headers={"Accept": "application/yaml"}).text
    assert text.endswith("\nrows: {}\n")
    assert post(operator, text).status_code == 200


def test_settings_of_the_start_are_in_the_dump(make_operator: Any) -> None:
    """As a fixture writes them, so that the future is the same where it is loaded at a start."""
    policy = {"token_ttl": 60, "retention": None, "unknown_sim": "empty"}
    operator = make_operator("version: 1\nsettings: {radio_time: 1.5s, instant_payment: true}", policy=policy)
    settings = dump(operator)["settings"]
    assert settings == {"radio_time": 1.5, "instant_payment": True, **policy}
    text = operator.http.get("/_emulator/fixture?secrets=true", headers={"Accept": "application/yaml"}).text
    assert dump(make_operator(text)) == dump(operator)


def test_a_snapshot_of_the_world_before_can_be_restored(operator: Operator) -> None:
    """Replacing a world is nothing final."""
    before = dump(operator)
    operator.control("PUT", "/snapshots/before")
    post(operator, OTHER)
    operator.control("POST", "/snapshots/before/restore")
    assert dump(operator)["rows"] == before["rows"]
