"""The token endpoint (D§2): who may ask, in which encodings, and what comes back."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import MakeOperator, Operator

URL = "/management-api/oauth/token"
GRANT = {"grant_type": "client_credentials"}
DEMO = ("demo", "demo")


def basic(text: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


def inner(token: str) -> dict[str, Any]:
    """The claims of the JWT inside the long token."""
    jwt = json.loads(base64.b64decode(token))["idtoken"]
    header, claims, signature = (base64.urlsafe_b64decode(part + "==") for part in jwt.split("."))
    assert json.loads(header) == {"alg": "RS256", "typ": "JWT"}
    assert len(signature) == 256
    read: dict[str, Any] = json.loads(claims)
    return read


# --------------------------------------------------------------------------------------------- encodings


@pytest.mark.parametrize(
    "how",
    [
        {"data": GRANT},
        {"json": GRANT},
        {"json": {**GRANT, "unknown": [1, None]}},
        {"params": GRANT},
        {"params": GRANT, "json": GRANT},
        {"params": GRANT, "content": b"\xff not read at all", "headers": {"Content-Type": "text/plain"}},
        {"content": b"grant_type=client_credentials"},
        {"content": json.dumps(GRANT), "headers": {"Content-Type": "application/json;charset=UTF-8"}},
        {
            "content": b"grant_type=client_credentials",
            "headers": {"Content-Type": "APPLICATION/X-WWW-FORM-URLENCODED; charset=UTF-8"},
        },
    ],
)
def test_the_grant_comes_as_form_json_or_query(operator: Operator, how: Mapping[str, Any]) -> None:
    """Every encoding that clients were seen to use (D§2.2)."""
    answer = operator.http.post(URL, auth=DEMO, **how)
    assert answer.status_code == 200, answer.text
    assert answer.json()["expires_in"] == 3600


@pytest.mark.parametrize(
    "header",
    ["Basic ZGVtbzpkZW1v", "basic ZGVtbzpkZW1v", "BASIC  ZGVt bzpk ZW1v ", " Basic ZGVtbzpkZW1v"],
)
def test_the_basic_header_may_be_untidy(operator: Operator, header: str) -> None:
    """Any case of the scheme, stray white space in the base64 (D§2.2, PHP20)."""
    answer = operator.http.post(URL, data=GRANT, headers={"aUTHORIZATION": header})
    assert answer.status_code == 200, answer.text


def test_credentials_may_be_latin_1_or_hold_colons(make_operator: MakeOperator) -> None:
    """The first colon separates; octets that are no UTF-8 are read as Latin-1."""
    operator = make_operator("""
        version: 1
        organisations:
          - {id: 1, name: One, users: [{username: "8101_rü", password: "a:b:c"}], sims: []}
    """)
    for octets in ("8101_rü:a:b:c".encode(), "8101_rü:a:b:c".encode("latin-1")):
        header = f"Basic {base64.b64encode(octets).decode()}"
        answer = operator.http.post(URL, data=GRANT, headers={"Authorization": header})
        assert answer.status_code == 200, answer.text


# --------------------------------------------------------------------------------------------- success


def test_todays_body_is_pretty_printed_in_the_recorded_order(operator: Operator) -> None:
    """D§2.3: two spaces, status_code first, userId and scope (C20); the token is base64 of JSON with a JWT in it."""
    answer = operator.http.post(URL, auth=DEMO, data=GRANT)
    body = answer.json()
    assert list(body) == ["status_code", "access_token", "token_type", "expires_in", "userId", "scope"]
    assert answer.text == json.dumps(body, indent=2)
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert {**body, "access_token": ""} == {
        "status_code": 200,
        "access_token": "",
        "token_type": "bearer",
        "expires_in": 3600,
        "userId": "user",
        "scope": "all",
    }
    assert len(body["access_token"]) == 3000
    assert set(body["access_token"]) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")


def test_clients_can_decode_the_expiry_from_the_token(operator: Operator) -> None:
    """D§2.3: some compute it from ``exp`` and not from ``expires_in``."""
    claims = inner(operator.token())
    now = datetime.fromisoformat(operator.control("GET", "/clock")["now"]).astimezone(UTC)
    assert claims["exp"] == now.timestamp() + 3600
    assert claims["iat"] == now.timestamp()


def test_the_token_has_its_length_whatever_the_user_name(make_operator: MakeOperator) -> None:
    """One claim fills it up to 3,000 characters, also behind the longest name that a fixture takes."""
    name = "ü" * 255
    operator = make_operator(f"""
        version: 1
        organisations:
          - {{id: 1, name: One, users: [{{username: "{name}", password: "p"}}], sims: []}}
    """)
    credentials = base64.b64encode(f"{name}:p".encode()).decode()
    answer = operator.http.post(URL, data=GRANT, headers={"Authorization": f"Basic {credentials}"})
    token = answer.json()["access_token"]
    assert len(token) == 3000
    assert inner(token)["username"] == name


@pytest.mark.parametrize("edition", ["1nce-2019", "bsc-2019", "easyconnect"])
def test_the_body_of_2019(make_operator: MakeOperator, edition: str) -> None:
    """D§2.3: a UUID of 36 characters, the platform's own token, numbers for user and organisation, 3599 seconds."""
    operator = make_operator(edition=edition)
    answer = operator.http.post(URL, auth=DEMO, data=GRANT)
    body = answer.json()
    assert UUID(body["access_token"]).version == 4
    assert len(body["access_token"]) == 36
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("bearer", 3599, "all")
    assert body["orgId"] == 4321
    assert isinstance(body["userId"], int)
    assert body["appToken"].count(".") == 2
    assert "status_code" not in body
    assert "\n" not in answer.text
    assert operator.get("/sims")


@pytest.mark.parametrize(("edition", "left"), [("1nce", 3560), ("1nce-2019", 3559)])
def test_trap_8_expires_in_shrinks_when_the_live_token_is_handed_out_again(
    make_operator: MakeOperator, edition: str, left: int
) -> None:
    """The same text with what is left of it; clients that cache by it rely on that."""
    operator = make_operator(edition=edition)
    first = operator.http.post(URL, auth=DEMO, data=GRANT).json()
    operator.advance(40)
    second = operator.http.post(URL, auth=DEMO, data=GRANT).json()
    assert second == {**first, "expires_in": left}


def test_a_fresh_token_each_time_is_a_setting(make_operator: MakeOperator) -> None:
    """C2: since October 2021 every request made a new one, and the old ones lived on."""
    operator = make_operator(policy={"fresh_token_each_time": True})
    first, second = operator.token(), operator.token()
    assert first != second
    for token in (first, second):
        answer = operator.http.get("/management-api/v1/sims", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200


def test_tokens_are_the_same_in_the_same_world_and_differ_by_seed(make_operator: MakeOperator) -> None:
    """Nothing is left to chance; the seed alone changes them."""
    assert make_operator(seed=1).token() == make_operator(seed=1).token()
    assert make_operator(seed=1).token() != make_operator(seed=2).token()


# --------------------------------------------------------------------------------------------- refusals, today

REFUSALS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"headers": basic("demo:"), "data": GRANT},
        "AuthValidationError",
        "Auth header validation error: Missing attributes 'password'",
    ),
    (
        {"headers": basic("demo"), "data": GRANT},
        "AuthValidationError",
        "Auth header validation error: Missing attributes 'password'",
    ),
    (
        {"headers": basic(":demo"), "data": GRANT},
        "AuthValidationError",
        "Auth header validation error: Missing attributes 'username'",
    ),
    *(
        (
            {"headers": header, "data": GRANT},
            "AuthValidationError",
            "Auth header validation error: Missing attributes 'username', 'password'",
        )
        for header in ({}, {"Authorization": "Basic"}, {"Authorization": "Basic !"}, {"Authorization": "Bearer x"})
    ),
    ({"auth": DEMO}, "BodyValidationError", "Request body validation error: Missing attributes 'grant_type'"),
    (
        {"auth": DEMO, "json": {}},
        "BodyValidationError",
        "Request body validation error: Missing attributes 'grant_type'",
    ),
    (
        {"auth": DEMO, "json": {"grant_type": None}},
        "BodyValidationError",
        "Request body validation error: Missing attributes 'grant_type'",
    ),
    (
        {"auth": DEMO, "data": {"grant_type": "password"}},
        "BodyValidationError",
        "Request body validation error: 'grant_type' must be 'client_credentials'",
    ),
    (
        {"auth": DEMO, "json": {"grant_type": ["client_credentials"]}},
        "BodyValidationError",
        "Request body validation error: 'grant_type' must be 'client_credentials'",
    ),
    ({"auth": DEMO, "json": []}, "BodyValidationError", "Request body validation error: must be an object"),
    ({"auth": ("nobody", "demo"), "data": GRANT}, "BadCredentials", "User does not exist."),
    ({"auth": ("demo", "wrong"), "data": GRANT}, "BadCredentials", "Incorrect username or password."),
    (
        {"auth": DEMO, "content": b"<a/>", "headers": {"Content-Type": "text/xml"}},
        "UnsupportedContentTypeError",
        "Content-Type not supported",
    ),
]


@pytest.mark.parametrize(("how", "code", "message"), REFUSALS)
def test_trap_7_token_refusals_are_400_in_a_shape_of_their_own(
    operator: Operator, how: dict[str, Any], code: str, message: str
) -> None:
    """D§2.5: bad credentials and wrong media types are 400 too, never 401 or 415."""
    answer = operator.http.post(URL, **how)
    assert answer.status_code == 400
    assert answer.json() == {"statusCode": 400, "errorCode": code, "message": message}
    assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"", b'"' * 3, b"[" * 100_000])
def test_broken_json_is_a_body_validation_error(operator: Operator, body: bytes) -> None:
    """Whatever the octets, the answer has the endpoint's own shape and the server lives."""
    answer = operator.http.post(URL, auth=DEMO, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["errorCode"] == "BodyValidationError"
    assert operator.token()


def test_no_token_route_but_post(operator: Operator) -> None:
    """A GET is 405 and names POST; a neighbour is 404; neither asks for a token."""
    answer = operator.http.get(URL)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert operator.http.post("/management-api/oauth/revoke").status_code == 404


# --------------------------------------------------------------------------------------------- refusals, 2019


@pytest.mark.parametrize("edition", ["1nce-2019", "bsc-2019", "easyconnect"])
@pytest.mark.parametrize(
    ("how", "status", "error", "description"),
    [
        ({"auth": ("demo", "wrong"), "data": GRANT}, 401, "unauthorized", "Bad credentials"),
        ({"auth": ("nobody", "demo"), "data": GRANT}, 401, "unauthorized", "Bad credentials"),
        (
            {"data": GRANT},
            401,
            "unauthorized",
            "Full authentication is required to access this resource",
        ),
        (
            {"auth": DEMO, "data": {"grant_type": "password"}},
            400,
            "unsupported_grant_type",
            "Unsupported grant type: password",
        ),
        ({"auth": DEMO}, 400, "invalid_request", "Missing grant type"),
        (
            {"auth": DEMO, "content": b"{", "headers": {"Content-Type": "application/json"}},
            400,
            "invalid_request",
            "Missing grant type",
        ),
        (
            {"auth": DEMO, "content": b"x", "headers": {"Content-Type": "text/plain"}},
            400,
            "invalid_request",
            "Missing grant type",
        ),
    ],
)
def test_2019_refuses_as_spring_oauth_does(
    make_operator: MakeOperator, edition: str, how: dict[str, Any], status: int, error: str, description: str
) -> None:
    """C3: bad credentials are 401 with a challenge, another grant is 400 (D§2.5)."""
    answer = make_operator(edition=edition).http.post(URL, **how)
    assert answer.status_code == status
    assert answer.json() == {"error": error, "error_description": description}
    assert answer.headers.get("www-authenticate", "").startswith("Basic realm=") == (status == 401)


def test_2019_answers_404_and_405_like_any_route(make_operator: MakeOperator) -> None:
    """What is no matter of tokens has Spring Boot's shape in every edition."""
    answer = make_operator(edition="bsc-2019").http.get(URL)
    assert answer.status_code == 405
    assert answer.json()["message"] == "Request method 'GET' not supported"


# --------------------------------------------------------------------------------------------- using the token


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(operator: Operator, scheme: str) -> None:
    """D§2.6: clients send it in lower case."""
    headers = {"Authorization": f"{scheme} {operator.token()}"}
    assert operator.http.get("/management-api/v1/sims", headers=headers).status_code == 200


def test_the_token_may_come_in_the_query_alone_or_besides(operator: Operator) -> None:
    """PHP20 sends both; the query is an alternative and never a 400."""
    token = operator.token()
    url = "/management-api/v1/sims"
    assert operator.http.get(url, params={"access_token": token}).status_code == 200
    headers = {"Authorization": f"Bearer {token}"}
    assert operator.http.get(url, params={"access_token": token}, headers=headers).status_code == 200
    assert operator.http.get(url, params={"access_token": "wrong"}, headers=headers).status_code == 200


def test_a_bare_token_without_a_scheme_is_refused(operator: Operator) -> None:
    """D§2.6: one client sends it so, and gets 401."""
    headers = {"Authorization": operator.token()}
    assert operator.http.get("/management-api/v1/sims", headers=headers).status_code == 401


def test_a_token_expires_by_the_virtual_clock(operator: Operator) -> None:
    """An hour of the world's time, and not a second more (C1: not 240 minutes)."""
    headers = {"Authorization": f"Bearer {operator.token()}"}
    operator.advance(3599)
    assert operator.http.get("/management-api/v1/sims", headers=headers).status_code == 200
    for more in (1, 2 * 86400):  # neither forgotten after a midnight or two
        operator.advance(more)
        answer = operator.http.get("/management-api/v1/sims", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["message"] == "The token is invalid: The token has expired"


def test_a_user_without_api_access_gets_a_token_that_every_route_refuses(make_operator: MakeOperator) -> None:
    """D§3.2: 403 for the role; with login_roles=any everybody may (C19)."""
    answer = make_operator().api("GET", "/sims", user="viewer")
    assert answer.status_code == 403
    assert answer.json()["message"] == "Access is denied"
    assert make_operator(policy={"login_roles": "any"}).api("GET", "/sims", user="viewer").status_code == 200
