"""Breaking things on purpose, through HTTP."""

from typing import Any

import pytest

from tests.conftest import FOREIGN, OFFLINE, ONLINE, MakeOperator, Operator


def add(operator: Operator, **fault: Any) -> Any:
    return operator.control("POST", "/faults", json=fault)


def get(operator: Operator, path: str = f"/sims/{ONLINE}", **how: Any) -> Any:
    return operator.api("GET", path, **how)


# --------------------------------------------------------------------------------------------- as data


def test_faults_are_listed_and_removed(operator: Operator) -> None:
    """Each has an id, and what was left out is filled in; the predefined ones are listed, too."""
    added = add(operator, point="http", match={"method": "get"}, effect={"status": 500})
    assert added == {
        "id": 1,
        "name": "fault-1",
        "point": "http",
        "match": {"method": "get"},
        "effect": {"status": 500},
        "probability": 1.0,
        "times": None,
        "considered": 0,
        "struck": 0,
    }
    second = add(operator, name="maintenance", times=3, match={"path": "*/orders*"})
    assert (second["effect"]["status"], second["times"]) == (503, 3)
    listed = operator.control("GET", "/faults")
    assert [fault["id"] for fault in listed["faults"]] == [1, 2]
    assert "unauthorized-once" in [fault["name"] for fault in listed["ready"]]
    assert operator.control("DELETE", "/faults/1") is None
    assert [fault["id"] for fault in operator.control("GET", "/faults")["faults"]] == [2]
    assert operator.control("DELETE", "/faults") is None
    assert operator.control("GET", "/faults")["faults"] == []
    assert get(operator).status_code == 200


@pytest.mark.parametrize("id", ["1", "0", "abc", "-1", "9" * 30])
def test_an_unknown_fault_cannot_be_removed(operator: Operator, id: str) -> None:
    """404."""
    assert operator.http.delete(f"/_emulator/faults/{id}").status_code == 404


def test_a_reset_ends_all_faults(operator: Operator) -> None:
    """A new world begins unbroken."""
    add(operator, name="maintenance")
    operator.control("POST", "/reset")
    assert get(operator).status_code == 200


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({}, "point"),
        ({"name": "no-such-fault"}, "point"),
        ({"point": "http"}, "effect"),
        ({"point": "moon", "effect": {}}, "point"),
        ({"point": "http", "effect": {}}, "effect"),
        ({"point": "http", "effect": {"status": 1}}, "effect.status"),
        ({"point": "http", "effect": {"status": "500"}}, "effect.status"),
        ({"point": "http", "effect": {"delay": -1}}, "effect.delay"),
        ({"point": "http", "effect": {"delay": 1e9}}, "effect.delay"),
        ({"point": "http", "effect": {"delay": {"uniform": [1]}}}, "effect.delay.uniform"),
        ({"point": "http", "effect": {"delay": {"normal": 1}}}, "effect.delay.normal"),
        ({"point": "http", "effect": {"headers": {"A\r\nB": "x"}}}, "effect.headers"),
        ({"point": "http", "effect": {"headers": {"A": "x\r\nB: y"}}}, "effect.headers.A"),
        ({"point": "http", "effect": {"explode": True}}, "effect.explode"),
        ({"point": "http", "match": {"url": "x"}, "effect": {"status": 500}}, "match.url"),
        ({"point": "network", "effect": {"cause": "bad weather"}}, "effect.cause"),
        ({"point": "network", "effect": {}}, "effect.cause"),
        ({"point": "callback", "effect": {"problem": "refused", "status": 1}}, "effect"),
        ({"point": "callback", "effect": {"problem": "refused", "status": 500}}, "effect"),
        ({"point": "callback", "effect": {"phase": "after"}}, "effect.phase"),
        ({"point": "callback", "effect": {"twice": True, "phase": "after"}}, "effect.phase"),
        ({"point": "callback", "effect": {"twice": False}}, "effect.twice"),
        ({"point": "http", "effect": {"phase": "after"}}, "effect.phase"),
        ({"point": "http", "effect": {"phase": "after", "reset": "middle"}}, "effect.phase"),
        ({"point": "http", "effect": {"phase": "later", "delay": 1}}, "effect.phase"),
        ({"name": "maintenance", "probability": 1.5}, "probability"),
        ({"name": "maintenance", "times": 0}, "times"),
        ({"name": "two words", "point": "http", "effect": {"status": 500}}, "name"),
    ],
)
def test_absurd_faults_are_refused(operator: Operator, fault: Any, field: str) -> None:
    """400 names the field, and no fault is added."""
    answer = operator.http.post("/_emulator/faults", json=fault)
    assert answer.status_code == 400
    assert answer.json().get("field", "").startswith(field)
    assert operator.control("GET", "/faults")["faults"] == []


# --------------------------------------------------------------------------------------------- http


def test_a_status_comes_with_the_operators_own_body(operator: Operator) -> None:
    """The request is not carried out; header, journal and count say that a fault struck."""
    add(operator, name="out", point="http", match={"method": "POST", "path": "*/sms"}, effect={"status": 503})
    refused = operator.api("POST", f"/sims/{OFFLINE}/sms", json={"payload": "hello"})
    assert (refused.status_code, refused.json()["error"]) == (503, "Service Unavailable")
    assert refused.headers["x-emulator-fault"] == "out"
    assert operator.get(f"/sims/{OFFLINE}/sms") == []
    assert operator.control("GET", "/faults")["faults"][0]["struck"] == 1
    (struck,) = operator.control("GET", "/journal", params={"fault": "out"})["exchanges"]
    assert (struck["status"], struck["organisation"]) == (503, 4321)


@pytest.mark.parametrize("status", [200, 302, 418, 429, 499, 500, 502, 504, 599])
def test_any_status_can_be_had(operator: Operator, status: int) -> None:
    """Also those that the operator never described."""
    add(operator, point="http", match={"path": "*/sims*"}, effect={"status": status, "headers": {"Retry-After": "7"}})
    struck = get(operator, follow_redirects=False)
    assert (struck.status_code, struck.headers["retry-after"]) == (status, "7")
    assert "x-emulator-contract" not in struck.headers


def test_a_given_body_is_answered(operator: Operator) -> None:
    """JSON, or a text with its own type."""
    add(operator, point="http", match={"path": "*/sims*"}, effect={"body": {"a": 1}}, times=1)
    add(
        operator,
        point="http",
        match={"path": "*/sims*"},
        effect={"body": "<h1>Bad gateway</h1>", "status": 502, "headers": {"Content-Type": "text/html"}},
    )
    given = get(operator)
    assert (given.status_code, given.json()) == (200, {"a": 1})
    html = get(operator)
    assert (html.status_code, html.text, html.headers["content-type"]) == (502, "<h1>Bad gateway</h1>", "text/html")


def test_a_fault_strikes_so_often(operator: Operator) -> None:
    """``times`` counts down; then the next fault has its turn, and then none."""
    add(operator, point="http", match={"path": "*/sims*"}, effect={"status": 500}, times=2)
    add(operator, point="http", match={"path": "*/sims*"}, effect={"status": 503}, times=1)
    assert [get(operator).status_code for _ in range(4)] == [500, 500, 503, 200]


@pytest.mark.parametrize(
    ("match", "struck"),
    [
        ({}, True),
        ({"method": "GET"}, True),
        ({"method": "POST"}, False),
        ({"path": f"/management-api/v1/sims/{ONLINE}"}, True),
        ({"path": "/management-api/v1/sims/*?x=1"}, True),
        ({"path": "/management-api/v1/orders*"}, False),
        ({"operation": "getSimUsingGET"}, True),
        ({"operation": "getSimsUsingGET"}, False),
        ({"organisation": 4321}, True),
        ({"organisation": 5136}, False),
        ({"headers": {"X-Test": "one*"}}, True),
        ({"headers": {"X-Test": "two"}}, False),
        ({"headers": {"X-Other": "*"}}, False),
    ],
)
def test_a_fault_applies_to_matching_requests_only(operator: Operator, match: dict[str, Any], struck: bool) -> None:
    """Method, path with and without query, operation, organisation, headers: all that is given must fit."""
    token = operator.token()
    add(operator, point="http", match=match, effect={"status": 500})
    headers = {"Authorization": f"Bearer {token}", "X-Test": "one two"}
    answer = operator.http.get(f"/management-api/v1/sims/{ONLINE}", params={"x": 1}, headers=headers)
    assert (answer.status_code == 500) is struck


def test_a_stranger_meets_faults_too(operator: Operator) -> None:
    """Maintenance stands in front of everything, the token endpoint and callers without a token included."""
    add(operator, name="maintenance")
    for answer in (operator.http.post("/management-api/oauth/token"), operator.http.get("/management-api/v1/sims")):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "120")


def test_chance_is_drawn_from_the_seed(make_operator: MakeOperator) -> None:
    """The same story goes wrong in the same way twice, and with another seed in another way."""

    def story(seed: int) -> list[int]:
        operator = make_operator(seed=seed)
        operator.token()
        add(operator, point="http", match={"path": "*/sims*"}, effect={"status": 500}, probability=0.3)
        return [get(operator).status_code for _ in range(40)]

    first = story(7)
    assert first == story(7)
    assert first != story(8)
    assert 4 <= first.count(500) <= 20


@pytest.mark.parametrize(("how", "word"), [("revoked", "invalid"), ("expired", "expired")])
def test_a_token_is_really_taken_away(operator: Operator, how: str, word: str) -> None:
    """The same token stays refused after the fault is spent, and a new one works."""
    add(operator, point="http", effect={"token": how}, times=1)
    old = {"Authorization": f"Bearer {operator.token()}"}
    for _ in range(2):
        refused = operator.http.get("/management-api/v1/sims", headers=old)
        assert refused.status_code == 401
        assert word in refused.json()["message"]
    assert get(operator).status_code == 200


@pytest.mark.parametrize(("how", "length"), [("empty", "0"), ("truncated", None), ("malformed", None)])
def test_a_body_arrives_spoiled(operator: Operator, how: str, length: str | None) -> None:
    """The request was carried out; its answer is empty, cut or no JSON, and its length is right."""
    whole = get(operator)
    add(operator, point="http", match={"path": "*/sims*"}, effect={"mangle": how, "content_type": "text/plain"})
    spoiled = get(operator)
    assert (spoiled.status_code, spoiled.headers["content-type"]) == (200, "text/plain")
    assert spoiled.headers["content-length"] == (length or str(len(spoiled.content)))
    assert spoiled.content != whole.content
    with pytest.raises(ValueError, match=r"Expecting|Extra|Unterminated"):
        spoiled.json()


WITHOUT_AN_ANSWER = [
    ("POST", f"/sims/{OFFLINE}/sms", {"payload": "x"}),
    ("PUT", f"/sims/{OFFLINE}", {"label": "new"}),
    ("POST", f"/sims/{OFFLINE}/reset", None),
]


def send(operator: Operator, token: str, method: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return operator.http.request(method, f"/management-api/v1{path}", json=body, headers=headers)


@pytest.mark.parametrize(("when", "sent"), [("before", 0), ("after", 1), ("head", 1), ("middle", 1)])
def test_a_connection_is_reset(operator: Operator, when: str, sent: int) -> None:
    """Before the request is carried out, or after: before, in the head or in the body of its answer, which is empty."""
    token = operator.token()
    add(operator, point="http", match={"method": "POST"}, effect={"reset": when}, times=1)
    with pytest.raises(ConnectionResetError):
        send(operator, token, "POST", f"/sims/{OFFLINE}/sms", {"payload": "x"})
    assert len(operator.get(f"/sims/{OFFLINE}/sms")) == sent
    (lost,) = operator.control("GET", "/journal", params={"method": "POST", "path": "*/sms"})["exchanges"]
    assert (lost["status"], lost["problem"]) == (None, "a fault reset the connection")


@pytest.mark.parametrize(("method", "path", "body"), WITHOUT_AN_ANSWER)
@pytest.mark.parametrize("effect", [{"mangle": "empty"}, {"mangle": "truncated"}, {"rate": 10}, {"headers": {}}])
def test_a_fault_that_finds_nothing_to_spoil_does_not_strike(
    operator: Operator, method: str, path: str, body: Any, effect: Any
) -> None:
    """An answer without a body stays as it is: nothing names the fault, and it strikes as often as before."""
    token = operator.token()
    fault = add(operator, name="spoiler", point="http", match={"method": method}, effect=effect, times=2)
    answer = send(operator, token, method, path, body)
    assert answer.status_code < 300
    assert "x-emulator-fault" not in answer.headers
    assert operator.control("GET", "/journal", params={"fault": "*"})["exchanges"] == []
    (listed,) = operator.control("GET", "/faults")["faults"]
    assert listed == {**fault, "considered": 1}


@pytest.mark.parametrize(
    ("effect", "status"), [({"status": 503}, 503), ({"body": "lost"}, 200), ({"delay": 1e-9}, 201)]
)
@pytest.mark.parametrize(("phase", "sent"), [("before", 0), ("after", 1)])
def test_a_fault_strikes_before_or_after_the_request_is_carried_out(
    operator: Operator, effect: dict[str, Any], status: int, phase: str, sent: int
) -> None:
    """After it, the request has its effect, and its own answer is lost; a delay alone loses nothing."""
    token = operator.token()
    add(operator, point="http", match={"method": "POST"}, effect={**effect, "phase": phase}, times=1)
    answer = send(operator, token, "POST", f"/sims/{OFFLINE}/sms", {"payload": "x"})
    assert (answer.status_code, answer.headers["x-emulator-fault"]) == (status, "fault-1")
    assert len(operator.get(f"/sims/{OFFLINE}/sms")) == (1 if "delay" in effect else sent)


def test_a_fault_after_a_refusal_takes_the_place_of_its_answer(operator: Operator) -> None:
    """A request that is refused has been carried out, as far as faults are concerned."""
    add(operator, point="http", match={"path": "*/sims/*"}, effect={"status": 502, "phase": "after"})
    assert get(operator, f"/sims/{FOREIGN}").status_code == 502


@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_status_without_a_body_comes_without_one(operator: Operator, status: int) -> None:
    """Whatever the operator would say with it (RFC 9110)."""
    add(operator, point="http", match={"path": "*/sims*"}, effect={"status": status})
    answer = get(operator)
    assert (answer.status_code, answer.content, answer.headers["x-emulator-fault"]) == (status, b"", "fault-1")


@pytest.mark.parametrize("name", ["unauthorized-once", "rate-limited", "maintenance", "network-down", "customer-down"])
def test_a_name_alone_arms_a_ready_made_fault(operator: Operator, name: str) -> None:
    """And it strikes."""
    token = operator.token()
    add(operator, name=name)
    operator.http.get("/management-api/v1/sims", headers={"Authorization": f"Bearer {token}"})
    operator.control("POST", f"/sims/{ONLINE}/mo", json={"payload": "x"})
    operator.control("DELETE", "/faults") if name in ("rate-limited", "maintenance") else None
    operator.send_mt(ONLINE, "x")
    operator.advance(1)
    struck = operator.control("GET", "/faults")["faults"]
    assert all(fault["struck"] for fault in struck)


# --------------------------------------------------------------------------------------------- network


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        ("absent subscriber", 3),
        ("memory capacity exceeded", 3),
        ("call barred", 5),
        ("teleservice not provisioned", 5),
    ],
)
def test_the_network_fails(operator: Operator, cause: str, status: int) -> None:
    """A temporary cause buffers the message, a permanent one fails it, however well the device is reached."""
    add(operator, point="network", match={"iccid": "*0001"}, effect={"cause": cause})
    id = operator.send_mt(ONLINE, "hello")
    operator.advance(10)
    assert operator.sms(ONLINE, id)["status"]["id"] == status


def test_the_network_fails_so_often(operator: Operator) -> None:
    """After the fault is spent, the retry delivers."""
    add(operator, point="network", effect={"cause": "absent subscriber"}, times=1)
    id = operator.send_mt(ONLINE, "hello")
    operator.advance(10)
    assert operator.sms(ONLINE, id)["status"]["id"] == 3
    operator.advance(3601)
    assert operator.sms(ONLINE, id)["status"]["id"] == 4


def test_other_messages_arrive(operator: Operator) -> None:
    """A fault concerns the SIM, organisation, payload or source address that it matches."""
    for match in ({"iccid": OFFLINE}, {"organisation": 1}, {"payload": "x*"}, {"source_address": "1"}):
        add(operator, point="network", match=match, effect={"cause": "call barred"})
    id = operator.send_mt(ONLINE, "hello")
    operator.advance(10)
    assert operator.sms(ONLINE, id)["status"]["id"] == 4


@pytest.mark.parametrize(
    ("address", "soon", "later", "at_last"),
    [
        ("emu-fail", 5, 5, 5),
        ("emu-expire", 6, 6, 6),
        ("emu-buffer", 3, 3, 6),
        ("emu-late", 3, 4, 4),
        ("other", 4, 4, 4),
    ],
)
def test_a_source_address_decides(operator: Operator, address: str, soon: int, later: int, at_last: int) -> None:
    """Who can touch nothing but the own request has outcomes on demand: at once, after the retry, after a day."""
    id = operator.send_mt(ONLINE, "hello", source_address=address, source_address_type={"id": 208})
    for seconds, status in ((10, soon), (3600, later), (86400, at_last)):
        operator.advance(seconds)
        assert operator.sms(ONLINE, id)["status"]["id"] == status


def test_source_addresses_can_mean_nothing(make_operator: MakeOperator) -> None:
    """As with the operator: one setting turns the magic off."""
    operator = make_operator(policy={"magic_addresses": False})
    ids = [operator.send_mt(ONLINE, "x", source_address=address) for address in ("emu-fail", "emu-expire")]
    operator.advance(10)
    assert [operator.sms(ONLINE, id)["status"]["id"] for id in ids] == [4, 4]


# --------------------------------------------------------------------------------------------- callback


@pytest.mark.parametrize(
    ("effect", "status", "problem"),
    [
        ({"problem": "refused"}, None, "connection refused"),
        ({"problem": "timeout"}, None, "no answer in time"),
        ({"status": 500}, 500, None),
    ],
)
def test_a_callback_fails(operator: Operator, effect: dict[str, Any], status: int | None, problem: str | None) -> None:
    """The customer's endpoint is not called; the retry reaches it."""
    match = {"url": "*customer.test*", "event": "mo-received", "iccid": ONLINE, "organisation": 4321}
    add(operator, name="down", point="callback", match=match, effect=effect, times=1)
    operator.send_mo(ONLINE, "hello")
    operator.advance(1)
    assert operator.customer.received == []
    (failed,) = operator.control("GET", "/journal", params={"direction": "outbound"})["exchanges"]
    assert (failed["status"], failed["problem"], failed["fault"]) == (status, problem, "down")
    operator.advance(120)
    assert operator.customer.methods == ["POST"]


@pytest.mark.parametrize("effect", [{"problem": "timeout"}, {"status": 500}])
def test_a_callback_arrives_and_its_answer_is_lost(operator: Operator, effect: dict[str, Any]) -> None:
    """The customer has taken it and gets it again: whoever receives callbacks must bear that."""
    add(operator, point="callback", effect={**effect, "phase": "after"}, times=1)
    operator.send_mo(ONLINE, "hello")
    operator.advance(1)
    assert operator.customer.methods == ["POST"]
    operator.advance(120)
    assert operator.customer.methods == ["POST", "POST"]
    assert operator.customer.bodies[0] == operator.customer.bodies[1]
    (callback,) = operator.control("GET", "/callbacks")["callbacks"]
    assert ([one["status"] for one in callback["tries"]], callback["fate"]) == ([effect.get("status"), 200], "taken")


def test_a_callback_arrives_twice(operator: Operator) -> None:
    """At once, in one attempt; the journal has both requests, and the second answer counts."""
    operator.customer.answers = [500, 200]
    add(operator, name="twice", point="callback", effect={"twice": True}, times=1)
    operator.send_mo(ONLINE, "hello")
    operator.advance(1)
    assert operator.customer.methods == ["POST", "POST"]
    (callback,) = operator.control("GET", "/callbacks")["callbacks"]
    assert ([one["status"] for one in callback["tries"]], callback["fate"]) == ([200], "taken")
    exchanges = operator.control("GET", "/journal", params={"fault": "twice"})["exchanges"]
    assert [exchange["status"] for exchange in exchanges] == [500, 200]


# --------------------------------------------------------------------------------------------- rate limits


def test_limits_are_off_at_first(operator: Operator) -> None:
    """Thirty requests in one instant pass."""
    assert operator.control("GET", "/limits") == {"limits": []}
    headers = {"Authorization": f"Bearer {operator.token()}"}
    answers = [operator.http.get("/management-api/v1/sims", headers=headers) for _ in range(30)]
    assert {answer.status_code for answer in answers} == {200}


def burst(operator: Operator, count: int, user: str = "demo") -> list[int]:
    headers = {"Authorization": f"Bearer {operator.token(user, user)}"}
    return [operator.http.get("/management-api/v1/sims", headers=headers).status_code for _ in range(count)]


def test_the_eleventh_request_of_a_second_is_refused(operator: Operator) -> None:
    """The operator's limit: ten a second for an organisation; the bucket fills as the clock is advanced."""
    operator.control("PUT", "/limits", json={"limits": "operator"})
    assert burst(operator, 12) == [200] * 10 + [429] * 2
    assert burst(operator, 1, "other") == [200]
    refused = get(operator)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert refused.json() == {"message": "Too Many Requests"}
    operator.advance(0.25)
    assert burst(operator, 3) == [200, 200, 429]
    operator.advance(3600)
    assert burst(operator, 11) == [200] * 10 + [429]


def test_limits_are_switched_on_by_a_setting(make_operator: MakeOperator) -> None:
    """And off again by an empty list."""
    operator = make_operator(policy={"rate_limits": True})
    assert [limit["name"] for limit in operator.control("GET", "/limits")["limits"]][:2] == ["sims", "oauth"]
    assert burst(operator, 11)[-1] == 429
    assert operator.control("PUT", "/limits", json={"limits": []}) == {"limits": []}
    assert burst(operator, 11)[-1] == 200


def test_the_token_endpoint_is_limited_by_address(operator: Operator) -> None:
    """600 a minute; who is refused is told how long to wait."""
    operator.control("PUT", "/limits", json={"limits": "operator"})
    for _ in range(600):
        operator.token()
    refused = operator.http.post("/management-api/oauth/token", auth=("demo", "demo"))
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")


def test_own_limits_are_set(operator: Operator) -> None:
    """Any path pattern, shared by organisation or address; a longer wait is told in whole seconds."""
    own = {"name": "sms", "path": "*/sms", "per": "organisation", "requests": 1, "seconds": 90}
    assert operator.control("PUT", "/limits", json={"limits": [own]}) == {"limits": [own]}
    operator.send_mt(OFFLINE, "one")
    refused = operator.api("POST", f"/sims/{OFFLINE}/sms", json={"payload": "two"})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "90")
    assert operator.api("GET", f"/sims/{FOREIGN}/sms", user="other").status_code == 200
    assert operator.http.get(f"/management-api/v1/sims/{OFFLINE}/sms").status_code == 401
    assert get(operator).status_code == 200


@pytest.mark.parametrize(
    ("limits", "field"),
    [
        ("off", "limits"),
        (None, "limits"),
        ([{"name": "x"}], "limits[0]."),
        ([{"name": "x", "path": "*", "per": "sim", "requests": 1, "seconds": 1}], "limits[0].per"),
        ([{"name": "x", "path": "*", "per": "address", "requests": 0, "seconds": 1}], "limits[0].requests"),
        ([{"name": "x", "path": "*", "per": "address", "requests": 1, "seconds": 0}], "limits[0].seconds"),
        ([{"name": "x", "path": "*", "per": "address", "requests": 1, "seconds": 1}] * 2, "limits"),
    ],
)
def test_absurd_limits_are_refused(operator: Operator, limits: Any, field: str) -> None:
    """400 names the field, and none is set."""
    answer = operator.http.put("/_emulator/limits", json={"limits": limits})
    assert answer.status_code == 400
    assert answer.json()["field"].startswith(field)
    assert operator.control("GET", "/limits") == {"limits": []}
