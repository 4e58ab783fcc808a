"""Refusals on resources (D§3): shapes, statuses, headers, and that nothing falls over."""

import json
import re
from typing import Any

import pytest

from tests.conftest import OFFLINE, ONLINE, MakeOperator, Operator

V1 = "/management-api/v1"
SECURITY = {
    "cache-control": "no-cache, no-store, max-age=0, must-revalidate",
    "pragma": "no-cache",
    "expires": "0",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-xss-protection": "1; mode=block",
}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


# --------------------------------------------------------------------------------------------- 401


@pytest.mark.parametrize("path", ["/sims", f"/sims/{ONLINE}"])
def test_a_garbage_token_gets_the_recorded_401(operator: Operator, path: str) -> None:
    """Word for word but for the time, with the operator's internal path, on list and single routes (D§3.1)."""
    answer = operator.http.get(V1 + path, headers=bearer("gar bage"))
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert answer.text == (
        '{"timestamp":"2026-01-01T00:00:00.000+0000","status":401,"error":"Unauthorized",'
        '"message":"The token is invalid: Illegal base64 character 20",'
        f'"path":"/internal-global-api/v1{path}"}}'
    )


def test_a_missing_token_is_asked_for(operator: Operator) -> None:
    """401 in the same shape (assumed)."""
    answer = operator.http.get(V1 + "/sims")
    assert (answer.status_code, answer.json()["message"]) == (
        401,
        "Full authentication is required to access this resource",
    )


def test_an_unknown_caller_learns_nothing(operator: Operator) -> None:
    """Routes that are none, and wrong methods, are 401 without a token."""
    for method, path in (("GET", "/nothing"), ("PATCH", "/sims"), ("GET", "/")):
        assert operator.http.request(method, V1 + path).status_code == 401


@pytest.mark.parametrize("edition", ["1nce-2019", "bsc-2019", "easyconnect"])
def test_2019_refuses_tokens_as_spring_oauth_does(make_operator: MakeOperator, edition: str) -> None:
    """A challenge and the OAuth body, for garbage, missing and expired tokens (D§3.1)."""
    operator = make_operator(edition=edition)
    token = operator.token()
    operator.advance(3600)
    for headers, error, description in (
        (bearer('x"y'), "invalid_token", 'Invalid access token: x"y'),
        (bearer(token), "invalid_token", f"Access token expired: {token}"),
        ({}, "unauthorized", "Full authentication is required to access this resource"),
    ):
        answer = operator.http.get(V1 + "/sims", headers=headers)
        assert answer.status_code == 401
        assert answer.json() == {"error": error, "error_description": description}
        challenge = answer.headers["www-authenticate"]
        assert re.fullmatch(rf'Bearer realm="oauth2-resource", error="{error}", error_description="[^"\\]*"', challenge)


def test_trap_7_token_errors_and_resource_errors_have_different_shapes(operator: Operator) -> None:
    """statusCode/errorCode/message there, timestamp/status/error/message/path here."""
    there = operator.http.post("/management-api/oauth/token", auth=("demo", "wrong"), data={"grant_type": "x"})
    here = operator.http.get(V1 + "/sims")
    assert set(there.json()) == {"statusCode", "errorCode", "message"}
    assert set(here.json()) == {"timestamp", "status", "error", "message", "path"}


# --------------------------------------------------------------------------------------------- other statuses


def test_an_unknown_route_is_404_in_the_general_shape(operator: Operator) -> None:
    """``No message available``, as Spring Boot says (assumed)."""
    answer = operator.api("GET", "/nothing/at/all")
    assert (answer.status_code, answer.json()) == (
        404,
        {
            "timestamp": "2026-01-01T00:00:00.000+0000",
            "status": 404,
            "error": "Not Found",
            "message": "No message available",
            "path": "/internal-global-api/v1/nothing/at/all",
        },
    )


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/sims", "GET, POST"),
        ("PATCH", f"/sims/{ONLINE}", "GET, PUT"),
        ("GET", "/sims/topup", "POST"),
        ("PUT", "/sims/limits", "GET, POST"),
    ],
)
def test_a_wrong_method_is_405_and_names_the_right_ones(operator: Operator, method: str, path: str, allow: str) -> None:
    """Assumed; trap 13: the fixed paths are no ICCIDs, so GET /sims/topup is no SIM."""
    answer = operator.api(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    assert answer.json()["message"] == f"Request method '{method}' not supported"
    assert answer.json()["error"] == "Method Not Allowed"


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml;charset=UTF-8", "application/jsonx", "", "/"])
def test_a_body_that_is_not_json_is_415(operator: Operator, content_type: str) -> None:
    """Assumed, on PUT and POST."""
    for method, path in (("PUT", f"/sims/{ONLINE}"), ("POST", f"/sims/{ONLINE}/sms")):
        answer = operator.api(method, path, content=b'{"payload":"x"}', headers={"Content-Type": content_type})
        assert answer.status_code == 415
        assert answer.json()["message"] == f"Content type '{content_type}' not supported"


@pytest.mark.parametrize("content_type", ["application/json;charset=UTF-8", "APPLICATION/JSON", "application/hal+json"])
def test_near_miss_a_charset_is_no_other_media_type(operator: Operator, content_type: str) -> None:
    """Clients send ``application/json;charset=UTF-8``."""
    answer = operator.api(
        "POST", f"/sims/{ONLINE}/sms", content=b'{"payload":"x"}', headers={"Content-Type": content_type}
    )
    assert answer.status_code == 201


BROKEN = [
    b"",
    b"{",
    b"nul",
    b'{"payload":}',
    b"\xff\xfe{}",
    b'{"payload":"\xff"}',
    b"[" * 200_000,
    b'{"payload":"\\ud800"}',
]


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
def test_broken_json_is_400_and_changes_nothing(operator: Operator, body: bytes) -> None:
    """Bad UTF-8, half a surrogate, nesting without end: the error shape, and the server lives."""
    for method, path in (("PUT", f"/sims/{ONLINE}"), ("POST", f"/sims/{OFFLINE}/sms"), ("POST", "/sims/topup")):
        answer = operator.api(method, path, content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["error"]) == (400, "Bad Request")
    assert operator.get(f"/sims/{OFFLINE}/sms") == []


def test_a_body_of_20_mb_is_413(operator: Operator) -> None:
    """Refused by its length, or while it comes; nothing is kept."""
    long = json.dumps({"payload": "x" * 20_000_000}).encode()
    json_type = {"Content-Type": "application/json"}

    def chunks() -> Any:
        for start in range(0, len(long), 65536):
            yield long[start : start + 65536]

    for how in ({"content": long}, {"content": chunks()}):
        answer = operator.api("POST", f"/sims/{OFFLINE}/sms", headers=json_type, **how)
        assert (answer.status_code, answer.json()["error"]) == (413, "Payload Too Large")
    answer = operator.http.post("/management-api/oauth/token", auth=("demo", "demo"), content=long)
    assert answer.status_code == 413
    assert operator.get(f"/sims/{OFFLINE}/sms") == []


@pytest.mark.parametrize("query", ["page=0", "pageSize=-1", "page=x", "page=99999999999999999999", "pageSize=1e3"])
@pytest.mark.parametrize("path", ["/sims", f"/sims/{ONLINE}/sms", f"/sims/{ONLINE}/events", "/orders", "/support"])
def test_absurd_paging_is_400_everywhere(operator: Operator, path: str, query: str) -> None:
    """D§5."""
    answer = operator.api("GET", f"{path}?{query}")
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(("page: must be", "pageSize: must be"))


def test_a_very_late_page_is_an_empty_one(operator: Operator) -> None:
    """The largest page number there is."""
    assert operator.get("/sims?page=2147483647&pageSize=100") == []


def test_strict_paging_and_sorting_are_settings(make_operator: MakeOperator) -> None:
    """400 for a size beyond the maximum and for keys that are none (D§5)."""
    operator = make_operator(policy={"paging": "strict", "sorting": "strict"})
    assert operator.api("GET", "/sims?pageSize=101").status_code == 400
    assert operator.api("GET", "/sims?sort=label").status_code == 400
    assert operator.api("GET", "/sims?q=label:x").status_code == 400
    assert operator.api("GET", "/sims?pageSize=100&sort=-imei&q=imei:1").status_code == 200


def test_a_full_disk_is_503_and_then_over(operator: Operator, caplog: pytest.LogCaptureFixture) -> None:
    """The answer says what is wrong, in the operator's shape: client and keeper are the same person here."""
    store = operator.http.app.engine.store.connection  # type: ignore[attr-defined]
    (pages,) = store.execute("PRAGMA page_count").fetchone()
    store.execute(f"PRAGMA max_page_count = {pages}")
    case = {"replyToMail": "m", "senderName": "n", "subject": "s", "text": "x" * 4000}
    opened = 0
    while (answer := operator.api("POST", "/support", json=case)).status_code == 201:
        opened += 1
    assert answer.status_code == 503
    assert answer.json()["error"] == "Service Unavailable"
    assert "free some disk space" in answer.json()["message"]
    assert "free some disk space" in caplog.text
    store.execute("PRAGMA max_page_count = 1073741823")
    assert operator.api("POST", "/support", json=case).status_code == 201
    assert int(operator.api("GET", "/support").headers["x-total-count"]) == opened + 1


# --------------------------------------------------------------------------------------------- headers


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/sims"), ("POST", f"/sims/{ONLINE}/sms"), ("GET", "/nothing"), ("DELETE", "/sims"), ("GET", "/sims/x")],
)
def test_every_answer_has_the_security_headers(operator: Operator, method: str, path: str) -> None:
    """D§3.3, on refusals too; no cookies, no CORS."""
    answer = operator.api(method, path)
    assert {name: answer.headers.get(name) for name in SECURITY} == SECURITY
    assert "set-cookie" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers


def test_cors_is_a_setting(make_operator: MakeOperator) -> None:
    """Off, as at the operator; on, a browser may ask first and read the headers it needs (D§1)."""
    origin = {"Origin": "http://app.test"}
    preflight = {**origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    closed, opened = make_operator(), make_operator(policy={"cors": True})
    assert "access-control-allow-origin" not in closed.api("GET", "/sims", headers=origin).headers
    assert closed.http.options(V1 + "/sims", headers=preflight).status_code == 401
    answer = opened.api("GET", "/sims", headers=origin)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-expose-headers"] == "*"
    assert opened.http.options(V1 + "/sims", headers=preflight).status_code == 200


def test_bodies_are_compact_and_in_utf_8(operator: Operator) -> None:
    """No spaces but in the token body (D§6)."""
    operator.api("PUT", f"/sims/{ONLINE}", json={"label": "Straße"})
    answer = operator.api("GET", f"/sims/{ONLINE}")
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert answer.content == json.dumps(answer.json(), separators=(",", ":"), ensure_ascii=False).encode()
