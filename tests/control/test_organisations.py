"""Organisations that come and go while the world runs, through HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import FOREIGN, OFFLINE, ONLINE, MakeOperator, Operator


def create(operator: Operator, **how: Any) -> Any:
    return operator.control("POST", "/organisations", json=how)


def call(operator: Operator, organisation: Any, method: str, path: str, **how: Any) -> Any:
    """Call the operator's API as the organisation's user."""
    (user,) = organisation["users"]
    token = operator.token(user["username"], user["password"])
    return operator.http.request(
        method, f"/management-api/v1{path}", headers={"Authorization": f"Bearer {token}"}, **how
    )


def test_an_organisation_is_made_in_one_call(operator: Operator) -> None:
    """Credentials that work, SIMs that are activated and offline with full volumes, and a forwarder."""
    made = create(operator, sims=3, forwarder="http://customer.test/mine", seed=7)
    assert (made["id"], made["sim_count"], made["seed"]) == (100001, 3, 7)
    listed = call(operator, made, "GET", "/sims").json()
    assert [sim["iccid"] for sim in listed] == [sim["iccid"] for sim in made["sims"]]
    assert {sim["status"] for sim in listed} == {"Enabled"}
    iccid = made["sims"][0]["iccid"]
    assert call(operator, made, "GET", f"/sims/{iccid}/events").json()["totalEvents"] == 0
    assert call(operator, made, "GET", f"/sims/{iccid}/quota/sms").json()["volume"] == 250
    operator.device(iccid, "ATTACHED")
    operator.send_mo(iccid, "hello")
    operator.advance(0)
    assert [message.url for message in operator.customer.received] == ["http://customer.test/mine"]


def test_everything_can_be_chosen(operator: Operator) -> None:
    """Id, name, user and password; each of them only once."""
    made = create(operator, id=77, name="Pumps", username="pumps", password="secret")
    assert (made["id"], made["name"], made["sims"], made["forwarder"]) == (77, "Pumps", [], None)
    assert made["users"] == [{"username": "pumps", "password": "secret", "role": "api"}]
    for again, field in (({"id": 77}, "id"), ({"username": "pumps"}, "username"), ({"id": 4321}, "id")):
        refused = operator.http.post("/_emulator/organisations", json=again)
        assert (refused.status_code, refused.json()["field"]) == (400, field)
    assert operator.control("GET", "/organisations/77") == made


def test_many_organisations_share_nothing(operator: Operator) -> None:
    """A hundred of them have numbers, users and passwords of their own."""
    made = [create(operator, sims=2) for _ in range(100)]
    cards = [sim[name] for one in made for sim in one["sims"] for name in ("iccid", "imsi", "msisdn")]
    assert len(set(cards)) == 600
    assert len({user["password"] for one in made for user in one["users"]}) == 100
    assert len(operator.control("GET", "/organisations")["organisations"]) == 102


def test_an_organisation_is_removed_with_everything_in_it(operator: Operator) -> None:
    """Users, tokens, SIMs, messages, timers, callbacks, faults; the others keep theirs."""
    jobs = operator.control("GET", "/jobs")
    operator.send_mt(OFFLINE, "kept")
    kept = operator.control("GET", "/jobs")
    made = create(operator, sims=1, forwarder="http://customer.test/mine")
    iccid = made["sims"][0]["iccid"]
    operator.control("POST", "/faults", json={"name": "maintenance", "match": {"organisation": made["id"]}, "times": 1})
    assert call(operator, made, "GET", "/sims").status_code == 503
    call(operator, made, "POST", f"/sims/{iccid}/sms", json={"payload": "lost"})
    call(operator, made, "POST", "/sims", json=[{"iccid": iccid, "label": "soon"}])
    operator.device(iccid, "ONLINE")
    operator.send_mo(iccid, "lost, too")
    (user,) = made["users"]
    token = operator.token(user["username"], user["password"])

    assert operator.control("DELETE", f"/organisations/{made['id']}") is None
    headers = {"Authorization": f"Bearer {token}"}
    assert operator.http.get("/management-api/v1/sims", headers=headers).status_code == 401
    assert operator.http.get(f"/_emulator/organisations/{made['id']}").status_code == 404
    assert operator.http.get(f"/_emulator/sims/{iccid}").status_code == 404
    assert operator.control("GET", "/faults")["faults"] == []
    assert operator.control("GET", "/callbacks")["callbacks"] == []
    assert [one["payload"] for one in operator.control("GET", "/messages")["messages"]] == ["kept"]
    assert operator.control("GET", "/jobs") == kept != jobs
    operator.advance(90000)
    assert operator.customer.methods == ["PATCH"]  # the report about the message that was kept


def test_a_created_organisation_is_reset(operator: Operator) -> None:
    """The same SIMs and users, and nothing of what happened; time and the others stay."""
    made = create(operator, sims=2, forwarder="http://customer.test/mine")
    first, second = (sim["iccid"] for sim in made["sims"])
    before = [operator.control("GET", f"/sims/{iccid}") for iccid in (first, second)]
    call(operator, made, "PUT", f"/sims/{first}", json={"label": "changed"})
    call(operator, made, "POST", f"/sims/{second}/sms", json={"payload": "waits"})
    operator.control("PATCH", f"/organisations/{made['id']}", json={"forwarder": None})
    operator.send_mt(OFFLINE, "kept")
    operator.advance(60)

    assert operator.control("POST", f"/organisations/{made['id']}/reset") == made
    assert [operator.control("GET", f"/sims/{iccid}") for iccid in (first, second)] == before
    assert [one["payload"] for one in operator.control("GET", "/messages")["messages"]] == ["kept"]
    assert operator.control("GET", "/clock")["now"] == "2026-01-01T00:01:00Z"
    assert call(operator, made, "GET", "/sims").status_code == 200


def test_an_organisation_of_the_fixture_is_reset(operator: Operator) -> None:
    """As the fixture has it, also after it was removed."""
    before = operator.control("GET", "/organisations/4321")
    sim = operator.control("GET", f"/sims/{ONLINE}")
    damages: tuple[Callable[[], Any], ...] = (
        lambda: operator.api("PUT", f"/sims/{ONLINE}", json={"label": "changed"}),
        lambda: operator.device(ONLINE, "OFFLINE"),
        lambda: operator.control("DELETE", "/organisations/4321"),
    )
    for damage in damages:
        damage()
        assert operator.control("POST", "/organisations/4321/reset") == before
        assert operator.control("GET", f"/sims/{ONLINE}") == sim
    assert operator.get(f"/sims/{ONLINE}")["label"] == "online"


def test_a_reset_brings_back_what_was_given_away(make_operator: MakeOperator) -> None:
    """A SIM that was handed to another organisation is taken back, with nothing of what happened there."""
    operator = make_operator(
        """
        version: 1
        organisations:
          - id: 1
            users: [{username: demo, password: demo}]
            sims: [{iccid: "8988228066600000001"}]
          - id: 2
            parent: 1
            users: [{username: other, password: other}]
        """
    )
    card = {"iccids": ["8988228066600000001"], "target_organisation": 2}
    assert operator.api("POST", "/sims/simTransfer", json=card).status_code < 300
    operator.advance(120)
    moved = operator.control("GET", "/sims/8988228066600000001")
    assert moved["organisation"] == 2
    operator.api("POST", "/sims/8988228066600000001/sms", json={"payload": "of the other"}, user="other")

    assert operator.control("POST", "/organisations/1/reset")["sim_count"] == 1
    assert operator.get("/sims/8988228066600000001/sms") == []
    assert operator.control("GET", "/organisations/2")["sim_count"] == 0
    assert operator.control("GET", "/organisations/2")["parent"] == 1


def test_children_of_a_removed_organisation_stand_alone(make_operator: MakeOperator) -> None:
    """They are not removed with it."""
    operator = make_operator("version: 1\norganisations: [{id: 1}, {id: 2, parent: 1}]")
    operator.control("DELETE", "/organisations/1")
    (left,) = operator.control("GET", "/organisations")["organisations"]
    assert (left["id"], left["parent"]) == (2, None)


def test_callbacks_go_to_another_url(operator: Operator) -> None:
    """From now on, what is owed already included; with null nothing is owed any more."""
    operator.customer.answers = [500]
    operator.send_mo(ONLINE, "one")
    operator.advance(0)
    changed = operator.control("PATCH", "/organisations/4321", json={"forwarder": "http://127.0.0.1:9/new"})
    assert changed["forwarder"] == "http://127.0.0.1:9/new"
    operator.customer.answers = [500]
    operator.advance(120)
    assert operator.customer.received[-1].url == "http://127.0.0.1:9/new"
    assert operator.control("PATCH", "/organisations/4321", json={"forwarder": None})["forwarder"] is None
    operator.send_mo(ONLINE, "two")
    operator.advance(86400)
    assert len(operator.customer.received) == 2


def test_chance_of_its_own(operator: Operator) -> None:
    """Two organisations with one seed meet the same faults in the same order, whatever happens between."""

    def story(name: str) -> list[int]:
        made = create(operator, seed=7, name=name)
        fault = {"name": "flaky-10-percent", "probability": 0.4, "match": {"organisation": made["id"]}}
        operator.control("POST", "/faults", json=fault)
        return [call(operator, made, "GET", "/sims").status_code for _ in range(20)]

    first = story("one")
    operator.control("POST", "/faults", json={"name": "maintenance", "match": {"organisation": 5136}})
    operator.api("GET", "/sims", user="other")
    assert story("two") == first
    assert 0 < first.count(500) < 20


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"sims": -1}, "sims"),
        ({"sims": 1_000_000}, "sims"),
        ({"sims": "3"}, "sims"),
        ({"id": 0}, "id"),
        ({"id": 1e300}, "id"),
        ({"seed": 1.5}, "seed"),
        ({"username": ""}, "username"),
        ({"forwarder": "no url"}, "forwarder"),
        ({"forwarder": "ftp://customer.test"}, "forwarder"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_absurd_organisations_are_refused(operator: Operator, body: Any, field: str) -> None:
    """400 names the field, and none is made."""
    answer = operator.http.post("/_emulator/organisations", json=body)
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert len(operator.control("GET", "/organisations")["organisations"]) == 2


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("PATCH", ""), ("POST", "/reset")])
@pytest.mark.parametrize("id", ["9", "x", "0", "9" * 40])
def test_unknown_organisations_are_not_found(operator: Operator, method: str, path: str, id: str) -> None:
    """404."""
    body = {"forwarder": None} if method == "PATCH" else None
    assert operator.http.request(method, f"/_emulator/organisations/{id}{path}", json=body).status_code == 404


def test_a_name_that_another_took_is_not_taken_back(operator: Operator) -> None:
    """400, when an organisation of the fixture was removed and its user name is somebody else's now."""
    operator.control("DELETE", "/organisations/5136")
    create(operator, username="other")
    refused = operator.http.post("/_emulator/organisations/5136/reset")
    assert (refused.status_code, refused.json()["field"]) == (400, "username")
    assert operator.http.get(f"/_emulator/sims/{FOREIGN}").status_code == 404


def test_one_more_sim(operator: Operator) -> None:
    """Activated, offline and full; the customer sees it, and a reset takes it away again."""
    made = operator.control("POST", "/organisations", json={"username": "more", "password": "more", "sims": 1})
    path = f"/organisations/{made['id']}/sims"
    sim = operator.control("POST", path, json={"label": "Pump 7"})
    assert (sim["organisation"], sim["state"], sim["device"]["status"]) == (made["id"], "Activated", "OFFLINE")
    assert (sim["data_quota"], sim["sms_quota"]) == ({"left": 500, "total": 500}, {"left": 250, "total": 250})
    assert operator.get(f"/sims/{sim['iccid']}", user="more")["label"] == "Pump 7"
    operator.control("POST", f"/organisations/{made['id']}/reset")
    assert [one["iccid"] for one in operator.get("/sims", user="more")] == [made["sims"][0]["iccid"]]


def test_one_more_sim_as_a_test_wants_it(operator: Operator) -> None:
    """Not in use yet, suspended, or with little left; more than a full volume is a larger one."""
    issued = operator.control("POST", "/organisations/4321/sims", json={"state": "Issued", "sms_left": 1})
    assert (issued["state"], issued["data_quota"], issued["sms_quota"]) == ("Issued", None, None)
    little = operator.control(
        "POST", "/organisations/4321/sims", json={"state": "Suspended", "data_left": 0.5, "sms_left": 1000}
    )
    assert (little["state"], little["data_quota"], little["sms_quota"]) == (
        "Suspended",
        {"left": 0.5, "total": 500},
        {"left": 1000, "total": 1000},
    )


def test_nobody_gets_no_sim(operator: Operator) -> None:
    """404 for an organisation that is not there, 400 with the field for what is misspelt."""
    assert operator.http.post("/_emulator/organisations/7/sims", json={}).status_code == 404
    answer = operator.http.post("/_emulator/organisations/4321/sims", json={"lable": "x"})
    assert (answer.status_code, answer.json()["field"]) == (400, "lable")


def test_transfers_and_used_up_limits_end_with_their_organisation(make_operator: MakeOperator) -> None:
    """A transfer, used-up limits; a fault that concerns another stays."""
    operator = make_operator(
        """
        version: 1
        organisations:
          - id: 1
            users: [{username: demo, password: demo}]
            sims: [{iccid: "8988228066600000001"}]
          - id: 2
            parent: 1
            users: [{username: other, password: other}]
        """
    )
    operator.control("PUT", "/limits", json={"limits": "operator"})
    card = {"iccids": ["8988228066600000001"], "target_organisation": 2}
    assert operator.api("POST", "/sims/simTransfer", json=card).status_code < 300
    operator.control("POST", "/faults", json={"name": "network-down", "match": {"organisation": 2}})
    assert [operator.api("GET", "/sims").status_code for _ in range(10)] == [200] * 9 + [429]
    operator.control("DELETE", "/organisations/1")
    operator.advance(3600)
    assert operator.control("GET", "/organisations/2")["sim_count"] == 0
    assert len(operator.control("GET", "/faults")["faults"]) == 1
    operator.control("POST", "/organisations/1/reset")
    assert operator.api("GET", "/sims").status_code == 200


def test_what_a_fixture_has_under_way_begins_anew(make_operator: MakeOperator) -> None:
    """A message that waits in the fixture waits again after the reset, with its timers."""
    operator = make_operator(
        """
        version: 1
        organisations:
          - id: 4321
            users: [{username: demo, password: demo}]
            sims: [{iccid: "8988228066600000003", sms: [{payload: hello, status: BUFFERED}]}]
        """
    )

    def waiting() -> list[tuple[str, str]]:
        jobs = operator.control("GET", "/jobs")["jobs"]
        return [(job["due"], job["kind"]) for job in jobs if job["kind"].startswith("smsc")]

    before = waiting()
    operator.device(OFFLINE, "ATTACHED")
    operator.advance(10)
    assert waiting() == []
    operator.control("POST", "/organisations/4321/reset")
    assert waiting() == before != []
    assert [one["status"] for one in operator.control("GET", "/messages")["messages"]] == ["BUFFERED"]


@pytest.mark.parametrize("url", ["http://customer.test/sms", "https://192.0.2.1/sms", "https://[2001:db8::1]/"])
def test_a_strict_operator_forwards_to_https_and_a_host_name_only(make_operator: MakeOperator, url: str) -> None:
    """C11, wherever the URL comes from: a new organisation, a change, another fixture or one that is added."""
    operator = make_operator("version: 1\norganisations: [{id: 1, name: One}]", policy={"forwarder_strict_url": True})
    fixture = {"version": 1, "organisations": [{"id": 2, "name": "Two", "sms_forwarder": {"url": url}}]}
    for method, path, body, field in (
        ("POST", "/organisations", {"forwarder": url}, "forwarder"),
        ("PATCH", "/organisations/1", {"forwarder": url}, "forwarder"),
        ("POST", "/fixture", fixture, "organisations[0].sms_forwarder.url"),
        ("POST", "/fixture?mode=add", fixture, "organisations[0].sms_forwarder.url"),
    ):
        answer = operator.http.request(method, f"/_emulator{path}", json=body)
        assert (answer.status_code, answer.json()["field"]) == (400, field), path
        assert "(forwarder_strict_url)" in answer.json()["error"]
    operator.control("PATCH", "/organisations/1", json={"forwarder": "https://customer.test/sms"})
