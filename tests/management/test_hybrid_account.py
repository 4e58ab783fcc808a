"""A hybrid account has SIMs on two core networks, and version 1 shows those on the first (V§1, 4.3)."""

from typing import Any

import pytest

from operator_emulator.fixtures import read_settings
from tests.conftest import FOREIGN, MakeOperator, Operator

OLD, NEW, DELIVERED_LATE, DELIVERED_EARLY = (
    "8988228066600000001",
    "8988228066680005433",
    "8988228066680005434",
    "8988228066600000002",
)
LOGIN = "{username: demo, password: demo}"
HYBRID = f"""
version: 1
now: 2026-11-25T12:00:00Z
organisations:
  - id: 4321
    users: [{{username: demo, password: demo}}]
    sims:
      - {{iccid: "{OLD}", label: old, device: {{status: ATTACHED}}}}
      - {{iccid: "{NEW}", label: new, core: 2, device: {{status: ATTACHED}}}}
      - {{iccid: "{DELIVERED_LATE}", delivered: 2026-10-01, activated: 2026-10-05}}
      - {{iccid: "{DELIVERED_EARLY}", delivered: 2026-09-30, activated: 2026-10-05}}
  - id: 4322
    parent: 4321
    users: [{{username: branch, password: branch}}]
  - id: 5136
    users: [{{username: other, password: other}}]
    sims: [{{iccid: "{FOREIGN}"}}]
"""


@pytest.fixture
def hybrid(make_operator: MakeOperator) -> Operator:
    return make_operator(HYBRID)


def cores(operator: Operator, query: str = "") -> dict[str, int]:
    return {sim["iccid"]: sim["core"] for sim in operator.control("GET", f"/sims{query}")["sims"]}


def test_the_delivery_decides_on_the_core_network(hybrid: Operator) -> None:
    """SIMs delivered since 1 October 2026 are on the second one, unless the fixture says otherwise (V§1)."""
    assert cores(hybrid) == {OLD: 1, NEW: 2, DELIVERED_LATE: 2, DELIVERED_EARLY: 1, FOREIGN: 1}
    assert list(cores(hybrid, "?core=2")) == [NEW, DELIVERED_LATE]


def test_version_1_lists_the_first_core_only(hybrid: Operator) -> None:
    """The new SIMs are missing in the list and in its count (V§1, trap 11)."""
    answer = hybrid.api("GET", "/sims")
    assert [sim["iccid"] for sim in answer.json()] == [OLD, DELIVERED_EARLY]
    assert answer.headers["x-total-count"] == "2"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PUT", "", {"label": "changed"}),
        ("GET", "/status", None),
        ("GET", "/usage", None),
        ("GET", "/quota/data", None),
        ("GET", "/events", None),
        ("GET", "/sms", None),
        ("POST", "/sms", {"payload": "hello"}),
        ("POST", "/reset", None),
        ("POST", "/topup", None),
    ],
)
def test_to_version_1_a_new_sim_is_an_unknown_one(hybrid: Operator, method: str, path: str, body: Any) -> None:
    """Whatever is asked of it is answered as for a SIM that never was (V§1, assumed)."""
    asked: dict[str, Any] = {"json": body} if body is not None else {}
    answer = hybrid.api(method, f"/sims/{NEW}{path}", **asked)
    unknown = hybrid.api(method, f"/sims/8988228066609999999{path}", **asked)
    assert (answer.status_code, answer.json()["message"]) == (unknown.status_code, unknown.json()["message"])
    assert answer.status_code == 404
    assert hybrid.control("GET", f"/sims/{NEW}")["label"] == "new"


def test_bulk_changes_of_version_1_pass_over_new_sims(hybrid: Operator) -> None:
    """They are skipped like anybody else's (D§7.3)."""
    changes = [{"iccid": iccid, "label": "changed"} for iccid in (OLD, NEW)]
    assert hybrid.api("POST", "/sims", json=changes).status_code == 201
    hybrid.advance(10)
    labels = {iccid: hybrid.control("GET", f"/sims/{iccid}")["label"] for iccid in (OLD, NEW)}
    assert labels == {OLD: "changed", NEW: "new"}


def test_a_range_in_a_version_1_transfer_leaves_new_sims_where_they_are(hybrid: Operator) -> None:
    """Of a range, the SIMs that version 1 shows are meant (D§12.5)."""
    everything = {"from": "8988228066600000000", "to": "8988228066699999999"}
    answer = hybrid.api("POST", "/sims/simTransfer", json={"target_organisation": 4322, "iccid_ranges": [everything]})
    assert answer.status_code == 201, answer.text
    hybrid.advance(120)
    owners = {sim["iccid"]: sim["organisation"] for sim in hybrid.control("GET", "/sims")["sims"]}
    assert owners == {OLD: 4322, DELIVERED_EARLY: 4322, NEW: 4321, DELIVERED_LATE: 4321, FOREIGN: 5136}


def test_numbers_of_new_sims_do_not_hang_together(hybrid: Operator) -> None:
    """ICCID and IMSI share the last eight digits; the MSISDN does not end like the IMSI (V§4.3, recorded)."""
    old, new = (hybrid.control("GET", f"/sims/{iccid}") for iccid in (OLD, NEW))
    assert (old["imsi"], old["msisdn"]) == ("901405100000001", "882285100000001")
    assert (new["imsi"], new["msisdn"]) == ("901405180005433", "882285110005433")


@pytest.mark.parametrize(("now", "core"), [("2026-09-15", 1), ("2026-09-30", 2)])
def test_the_core_of_ordered_sims_is_decided_when_they_are_delivered(
    make_operator: MakeOperator, now: str, core: int
) -> None:
    """Two days after the order, when the money has arrived; what comes in October is not shown (V§1)."""
    operator = make_operator(f"{{version: 1, now: {now}, organisations: [{{id: 1, users: [{LOGIN}]}}]}}")
    operator.api("POST", "/orders", json={"products": [{"productId": 1001, "quantity": 2}]})
    operator.advance(3 * 86400)
    assert list(cores(operator).values()) == [core, core]
    assert len(operator.get("/sims")) == (2 if core == 1 else 0)


def test_a_setting_keeps_every_sim_on_the_first_core(make_operator: MakeOperator) -> None:
    """``platform_2_since`` is an instant, or none."""
    operator = make_operator(HYBRID, policy={"platform_2_since": None})
    assert cores(operator)[DELIVERED_LATE] == 1


def test_the_control_plane_makes_a_sim_on_either_core(hybrid: Operator) -> None:
    """An organisation gets one more SIM, on core 1 unless it says 2."""
    made = [hybrid.control("POST", "/organisations/4321/sims", json=body) for body in ({}, {"core": 2})]
    assert [sim["core"] for sim in made] == [1, 2]
    assert made[1]["iccid"].startswith("898822806668")
    assert made[1]["msisdn"][-8:] != made[1]["imsi"][-8:]
    shown = [sim["iccid"] for sim in hybrid.get("/sims")]
    assert made[0]["iccid"] in shown
    assert made[1]["iccid"] not in shown


def test_generated_sims_live_on_the_core_that_they_are_like(make_operator: MakeOperator) -> None:
    """Numbers of both kinds are distinct."""
    operator = make_operator("""
        version: 1
        organisations:
          - {id: 4321, users: [{username: demo, password: demo}], generate: [{sims: 3}, {sims: 2, like: {core: 2}}]}
        """)
    sims = operator.control("GET", "/sims")["sims"]
    assert [sim["core"] for sim in sims] == [1, 1, 1, 2, 2]
    assert len({sim["msisdn"] for sim in sims}) == 5
    assert [sim["msisdn"][-10:] == sim["imsi"][-10:] for sim in sims] == [True, True, True, False, False]


# --------------------------------------------------------------------------------------------- the day after


def test_version_1_ends_at_its_instant(make_operator: MakeOperator) -> None:
    """By the world's clock; version 2 and its tokens go on (V§1; the answer is assumed)."""
    operator = make_operator(HYBRID, policy=read_settings({"v1_retired_at": "2027-01-01T00:00:00Z"}))
    operator.control("POST", "/clock/advance", json={"to": "2026-12-31T23:59:59Z"})
    assert operator.api("GET", "/sims").status_code == 200
    operator.advance(1)
    answer = operator.api("GET", "/sims")
    assert (answer.status_code, answer.json()) == (
        410,
        {
            "timestamp": "2027-01-01T00:00:00.000+0000",
            "status": 410,
            "error": "Gone",
            "message": "Version 1 of this API has been retired. Use version 2.",
            "path": "/internal-global-api/v1/sims",
        },
    )
    assert len(operator.v2("GET", "/sims").json()) == 4


@pytest.mark.parametrize("path", ["/sims/1/status", "/products", "/nothing"])
def test_a_retired_version_refuses_everybody_and_everything(make_operator: MakeOperator, path: str) -> None:
    """With a token or without, on paths that were there and on others."""
    operator = make_operator(HYBRID, policy=read_settings({"v1_retired_at": "2026-01-01"}))
    assert operator.api("GET", path).status_code == 410
    assert operator.http.get(f"/management-api/v1{path}").status_code == 410


@pytest.mark.parametrize("status", [403, 404, 410, 503])
def test_a_setting_says_what_a_retired_version_answers(make_operator: MakeOperator, status: int) -> None:
    """Nobody published it (V§1)."""
    settings = read_settings({"v1_retired_at": "2026-01-01", "v1_retired_status": str(status)})
    operator = make_operator(HYBRID, policy=settings)
    answer = operator.api("POST", f"/sims/{OLD}/sms", json={"payload": "hello"})
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert operator.v2("GET", f"/sims/{OLD}/sms").json() == []
