"""The migration report: who still calls version 1 of the management API, and what takes its place (V§1, 3)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner, Result

from operator_emulator import resources
from operator_emulator.app import create_app
from operator_emulator.cli import main
from operator_emulator.client import EmulatorClient
from operator_emulator.fixtures import read_settings
from operator_emulator.management.v2.successors import SUCCESSORS
from operator_emulator.settings import Settings
from operator_emulator.testing.server import Server
from operator_emulator.web.openapi import Document
from tests.conftest import MakeOperator, Operator

OLD, NEW, THEIRS = "8988228066600000001", "8988228066680000001", "8988228066600000901"
WORLD = f"""
version: 1
organisations:
  - id: 4321
    name: Example | Fleet
    users: [{{username: demo, password: demo}}]
    sims: [{{iccid: "{OLD}"}}, {{iccid: "{NEW}", core: 2}}]
  - {{id: 5136, name: Somebody Else, users: [{{username: other, password: other}}], sims: [{{iccid: "{THEIRS}"}}]}}
"""


@pytest.fixture
def operator(make_operator: MakeOperator) -> Operator:
    return make_operator(WORLD)


def report(operator: Operator, query: str = "") -> Any:
    return operator.control("GET", f"/migration{query}")


def ask(operator: Operator, path: str, agent: str = "fleet/1.4", **how: Any) -> None:
    operator.api("GET", path, headers={"User-Agent": agent}, **how)


# --------------------------------------------------------------------------------------------- what it tells


def test_nobody_has_called_yet(operator: Operator) -> None:
    """An organisation is there all the same if version 1 does not show all of its SIMs."""
    assert report(operator) == {
        "now": "2026-01-01T00:00:00Z",
        "retired_at": None,
        "retired": False,
        "calls": 0,
        "organisations": [
            {
                "id": 4321,
                "name": "Example | Fleet",
                "sims": 2,
                "hidden": {"count": 1, "iccids": [NEW]},
                "calls": 0,
                "operations": [],
            }
        ],
    }


def test_calls_are_counted_by_operation_and_client(operator: Operator) -> None:
    """How often, when the last time, with what; and what takes the place of each."""
    ask(operator, f"/sims/{OLD}")
    operator.advance(60)
    ask(operator, f"/sims/{NEW}")
    ask(operator, f"/sims/{OLD}", "curl/8")
    ask(operator, "/sims/limits", "curl/8")
    (one,) = report(operator)["organisations"]
    assert one["calls"] == 4
    assert one["operations"] == [
        {
            "method": "GET",
            "path": "/v1/sims/{iccid}",
            "operation": "getSimUsingGET",
            "calls": 3,
            "last": "2026-01-01T00:01:00Z",
            "clients": [
                {"user_agent": "curl/8", "calls": 1, "last": "2026-01-01T00:01:00Z"},
                {"user_agent": "fleet/1.4", "calls": 2, "last": "2026-01-01T00:01:00Z"},
            ],
            "successor": {"method": "GET", "path": "/v2/sims/{iccid}"},
            "changes": "Only the path and the error body change.",
        },
        {
            "method": "GET",
            "path": "/v1/sims/limits",
            "operation": "getLimitsUsingGET",
            "calls": 1,
            "last": "2026-01-01T00:01:00Z",
            "clients": [{"user_agent": "curl/8", "calls": 1, "last": "2026-01-01T00:01:00Z"}],
            "successor": None,
            "changes": "Version 2 has no monthly limits. /status says whether one is reached.",
        },
    ]


def test_only_version_1_counts(operator: Operator) -> None:
    """Neither version 2, nor tokens, nor paths that are none, nor calls of nobody."""
    operator.v2("GET", "/sims")
    ask(operator, "/nothing")
    operator.http.get("/management-api/v1/sims")
    assert report(operator)["calls"] == 0


def test_each_organisation_has_its_own_calls(operator: Operator) -> None:
    """All together, or one alone, be it without any."""
    ask(operator, "/sims", user="other")
    found = report(operator)["organisations"]
    assert [(one["id"], one["calls"], one["hidden"]["count"]) for one in found] == [(4321, 0, 1), (5136, 1, 0)]
    assert [one["id"] for one in report(operator, "?organisation=5136")["organisations"]] == [5136]
    answer = operator.http.get("/_emulator/migration?organisation=7")
    assert (answer.status_code, answer.json()) == (404, {"error": "no organisation has the id 7"})


def test_the_count_outlives_the_journal_and_not_the_world(make_operator: MakeOperator) -> None:
    """What the journal lets go, or what is cleared from it, stays counted; a reset begins anew."""
    operator = make_operator(WORLD, journal=1)
    for _ in range(3):
        ask(operator, "/sims")
    operator.control("DELETE", "/journal")
    assert report(operator)["calls"] == 3
    operator.control("POST", "/reset")
    assert report(operator)["calls"] == 0


def test_a_client_with_a_name_for_each_request_is_counted_as_many(operator: Operator) -> None:
    """Fifty names are kept for an operation; the count is right whatever comes."""
    for number in range(60):
        ask(operator, "/products", f"fleet/{number}")
    ((operation,), calls) = (report(operator)["organisations"][0]["operations"], report(operator)["calls"])
    assert (calls, len(operation["clients"])) == (60, 51)
    assert {one["user_agent"]: one["calls"] for one in operation["clients"]}["(others)"] == 10


def test_calls_of_a_retired_version_are_reported(make_operator: MakeOperator) -> None:
    """These are the calls that fail now (V§1)."""
    operator = make_operator(WORLD, policy=read_settings({"v1_retired_at": "2026-01-01T00:01:00Z"}))
    assert (report(operator)["retired_at"], report(operator)["retired"]) == ("2026-01-01T00:01:00Z", False)
    operator.advance(60)
    ask(operator, "/sims")
    found = report(operator)
    assert (found["retired"], found["calls"]) == (True, 1)


def test_an_edition_without_version_2_has_nothing_to_report(make_operator: MakeOperator) -> None:
    operator = make_operator(WORLD, edition="easyconnect")
    answer = operator.http.get("/_emulator/migration")
    assert (answer.status_code, answer.json()) == (
        404,
        {"error": "edition easyconnect has no version 2 to migrate to"},
    )


def test_the_table_has_every_operation_of_version_1_and_none_that_version_2_lacks() -> None:
    """In the order of its description; the token is the same in both."""
    old, new = (Document.load(resources.spec(f"{name}.yaml")) for name in ("management", "management-v2"))
    assert set(SUCCESSORS) == {route for route in old.operations if route[1] != "/oauth/token"}
    named = {(method, one.path) for (method, _), one in SUCCESSORS.items() if one.path is not None}
    assert named == set(new.operations)


# --------------------------------------------------------------------------------------------- the command line


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    path: Path = tmp_path_factory.mktemp("world") / "fixture.yaml"
    path.write_text(WORLD, encoding="utf-8")
    with Server(lambda: create_app(Settings(fixture=path, clock="manual"))) as server:
        yield server


def typed(served: Server, *words: str) -> Result:
    return CliRunner().invoke(main, ["migration", *words], env={"OPERATOR_EMULATOR_URL": served.url})


@pytest.fixture
def called(served: Server) -> Server:
    """An emulator whose version 1 was called once by each of two clients."""
    with EmulatorClient(served.url) as emulator:
        emulator.reset()
        token = emulator.token("demo").access_token
    for agent in ("fleet/1.4", "evil|agent\\"):
        headers = {"Authorization": f"Bearer {token}", "User-Agent": agent}
        assert httpx2.get(f"{served.url}/management-api/v1/sims", headers=headers).status_code == 200
    return served


def test_the_command_prints_a_table(called: Server) -> None:
    result = typed(called)
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "Version 1 has no retirement date; set v1_retired_at to rehearse its retirement.",
        "",
        "Example | Fleet (4321): version 1 does not show 1 of 2 SIMs.",
        "VERSION-1     CALLS  LAST                 CLIENT       VERSION-2",
        "GET /v1/sims      1  2026-01-01 00:00:00  evil|agent\\  GET /v2/sims",
        "GET /v1/sims      1  2026-01-01 00:00:00  fleet/1.4    GET /v2/sims",
    ]


def test_the_command_prints_markdown(called: Server) -> None:
    """That one can paste into a ticket: names from outside end no cell."""
    lines = typed(called, "--markdown").output.splitlines()
    assert lines[0] == "# Migration to version 2 of the management API"
    assert "## Example \\| Fleet (4321)" in lines
    assert NEW in lines
    head, ruler, row = (line for line in lines if line.startswith("|"))
    assert len({line.replace("\\|", "").count("|") for line in (head, ruler, row)}) == 1
    assert "evil\\|agent\\\\ (1), fleet/1.4 (1)" in row
    assert "version 1 leaves out those on the new one" in row


def test_the_command_prints_json(called: Server) -> None:
    """The control plane's own."""
    found = json.loads(typed(called, "--json", "--organisation", "4321").output)
    assert (found["calls"], found["organisations"][0]["operations"][0]["path"]) == (2, "/v1/sims")


def test_the_command_can_fail_a_build(called: Server) -> None:
    """With ``--fail-on-v1``, once anybody called version 1."""
    result = typed(called, "--fail-on-v1")
    assert (result.exit_code, result.stderr) == (1, "Error: 2 calls to version 1\n")
    with EmulatorClient(called.url) as emulator:
        emulator.reset()
    result = typed(called, "--fail-on-v1")
    assert result.exit_code == 0
    assert "No calls to version 1." in result.output
    assert "No calls to version 1." in typed(called, "--markdown").output


def test_the_command_prints_one_kind_of_text(called: Server) -> None:
    result = typed(called, "--json", "--markdown")
    assert (result.exit_code, "give either --json or --markdown" in result.stderr) == (2, True)


def test_the_client_has_the_report(called: Server) -> None:
    with EmulatorClient(called.url) as emulator:
        found = emulator.migration()
        assert (found.calls, found.retired, found.retired_at) == (2, False, None)
        assert emulator.migration(organisation=5136).calls == 0
