"""What nobody should send: it is refused in the words of whom it was sent to, nothing changes, and the server lives.

All of it goes to the demo world, which the examples of our descriptions are about.
"""

import json
import socket
import threading
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import pytest
import uvicorn

from operator_emulator import resources
from operator_emulator.app import create_app
from operator_emulator.portal.context import BASE
from operator_emulator.serving import Protocol
from operator_emulator.settings import Settings
from operator_emulator.web.openapi import METHODS, follow, json_media, read_yaml
from operator_emulator.web.receive import BODY_LIMIT
from tests.conftest import Customer
from tests.direct import Answer, Direct, Headers

SIM = "8988228066600000001"
MANAGEMENT = "/management-api"
TOKEN = MANAGEMENT + "/oauth/token"
PORTAL_TOKEN = "/auth/realms/default/protocol/openid-connect/token"
CONTROL = "/_emulator"
BASIC = b"Basic " + b64encode(b"demo:demo")
FORM = b"application/x-www-form-urlencoded"

# How the body of a refusal begins, by how the path does.
SHAPES: Final[Mapping[str, tuple[str, ...]]] = {
    TOKEN: ("statusCode", "timestamp"),
    MANAGEMENT + "/v2": ("error_code", "message"),
    MANAGEMENT: ("timestamp", "message"),
    CONTROL: ("error",),
    PORTAL_TOKEN: ("error",),
    BASE: ("status", "message"),
    "/horizon": ("type", "message"),
}


@dataclass(frozen=True)
class Operation:
    """One operation of ours that takes JSON: where it is in the demo world, and the richest example of its body."""

    method: str
    target: str
    example: Any

    def __str__(self) -> str:
        return f"{self.method} {self.target}"


def operations(name: str, base: str, known: Mapping[str, str]) -> Iterator[Operation]:
    """The operations of a document whose bodies are JSON."""
    source = read_yaml(resources.spec(name))
    for path, item in source["paths"].items():
        for method in METHODS:
            if "requestBody" not in item.get(method, {}):
                continue
            where, body = follow(source, ("paths", path, method, "requestBody"))
            media = json_media(body)
            if media is not None:
                content = body["content"][media]
                names = content.get("examples", ())
                examples = [follow(source, (*where, "content", media, "examples", one))[1]["value"] for one in names]
                example = max([*examples, content.get("example", {})], key=lambda one: len(str(one)))
                yield Operation(method.upper(), base + path.format_map(known), example)


OPERATIONS: Final = [
    *operations("management.yaml", MANAGEMENT, {"iccid": SIM}),
    *operations("management-v2.yaml", MANAGEMENT, {"iccid": SIM}),
    *operations(
        "portal.yaml", BASE, {"partnerID": "100013", "iccid": "8949020000000000011", "transactionId": "1002946614"}
    ),
    *operations("control.yaml", CONTROL, {"iccid": SIM, "id": "4321"}),
]
takes_json = pytest.mark.parametrize("operation", OPERATIONS, ids=str)

# --------------------------------------------------------------------------------------------- the server


class Server:
    """The emulator with its demo world, and those who may ask it."""

    def __init__(self, direct: Direct) -> None:
        self.direct = direct
        self.touched = True  # is the world as at its beginning?

    def begin(self) -> None:
        """The world as at its beginning, and tokens."""
        if not self.touched:
            return
        assert self.direct.ask("POST", CONTROL + "/reset").status == 200
        management = self.direct.ask(
            "POST", TOKEN + "?grant_type=client_credentials", headers=[(b"authorization", BASIC)]
        )
        form = b"grant_type=client_credentials&client_id=portal-demo&client_secret=portal-demo"
        portal = self.direct.ask("POST", PORTAL_TOKEN, headers=[(b"content-type", FORM)], body=form)
        self.tokens = {MANAGEMENT: management.json()["access_token"], BASE: portal.json()["access_token"]}
        self.touched = False

    def ask(self, method: str, target: str | bytes, *, headers: Headers = (), **how: Any) -> Answer:
        """As somebody who may; what is refused has changed nothing, and is said as it is said there."""
        path = (target if isinstance(target, str) else target.decode("latin-1")).partition("?")[0]
        token = next((token for base, token in self.tokens.items() if path.startswith(base + "/")), None)
        if any(name == b"authorization" for name, _ in headers):
            token = None
        elif path == TOKEN:
            headers, token = [(b"authorization", BASIC), *headers], None
        before = self.state()
        answer = self.direct.ask(method, target, headers=headers, token=token, **how)
        assert answer.status < 500, answer.text
        if answer.status >= 400:
            assert self.state() == before
            if method != "HEAD":
                self.require_shape(path, answer)
        elif method not in ("GET", "HEAD"):
            self.touched = True
        return answer

    def require_shape(self, path: str, answer: Answer) -> None:
        shapes = next((shapes for base, shapes in SHAPES.items() if path.startswith(base)), None)
        if shapes is None:
            return  # of no surface: Starlette's own
        assert "json" in answer.headers["content-type"]
        assert next(iter(answer.json())) in shapes, answer.text

    def state(self) -> dict[str, list[Any]]:
        return self.direct.everything(but=["api_usage"])  # counts what was asked, refused or not (P§3.2)

    def send(self, operation: Operation, body: Any, content_type: bytes = b"application/json") -> Answer:
        octets = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask(operation.method, operation.target, headers=[(b"content-type", content_type)], body=octets)

    def live_on(self) -> None:
        """Whatever was accepted: the days to come can be lived through, and all of it be looked at."""
        if not self.touched:
            return
        self.direct.ask("DELETE", CONTROL + "/faults")
        self.direct.ask("PUT", CONTROL + "/clock", json={"mode": "manual"})
        assert self.direct.ask("POST", CONTROL + "/clock/advance", json={"seconds": 3 * 86400}).status == 200
        for path in ("journal", "callbacks", "messages", "sims", "faults", "fixture", "jobs"):
            assert self.direct.ask("GET", f"{CONTROL}/{path}").status == 200


@pytest.fixture(scope="module")
def demo() -> Iterator[Server]:
    with Direct(Settings(clock="manual", raise_violations=True), Customer()) as direct:
        yield Server(direct)


@pytest.fixture
def server(demo: Server) -> Iterator[Server]:
    """The demo world as at its beginning; at the end of the test it can go on."""
    demo.begin()
    yield demo
    demo.live_on()


# --------------------------------------------------------------------------------------------- bodies

NO_JSON: Final = {
    "nothing": b"",
    "white space": b" \n\t ",
    "a word": b"hello",
    "half an object": b'{"iccid":',
    "half a list": b"[",
    "half a string": b'{"a":"',
    "a trailing comma": b'{"a":1,}',
    "single quotes": b"{'a':1}",
    "something after its end": b"{}x",
    "two objects": b"{}{}",
    "NaN": b'{"a":NaN}',
    "a number too large": b'{"a":1e999}',
    "a number too long": b'{"a":' + b"9" * 5000 + b"}",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": "{}".encode("utf-16"),
    "UTF-32": "{}".encode("utf-32"),
    "invalid UTF-8": b'{"a":"\xff\xfe"}',
    "an overlong slash": b'{"a":"\xc0\xaf"}',
    "an encoded surrogate": b'{"a":"\xed\xa0\x80"}',
    "half a surrogate pair": b'{"a":"\\ud800"}',
    "a raw NUL": b'{"a":"\0"}',
    "a raw line break": b'{"a":"\n"}',
    "a NUL after it": b"{}\0",
    "an unknown escape": b'{"a":"\\x41"}',
    "depth": b"[" * 100_000,
    "depth that ends": b'{"a":' * 30_000 + b"1" + b"}" * 30_000,
    "a form": b"grant_type=client_credentials",
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>',
    "YAML": b"a: 1",
    "random octets": bytes(range(256)),
}


@takes_json
def test_a_body_that_is_no_json_is_refused(server: Server, operation: Operation) -> None:
    """Whatever is wrong with it, the answer is 400 (or 404 where an id comes first), never a crash."""
    for what, body in NO_JSON.items():
        answer = server.send(operation, body)
        assert answer.status in (400, 403, 404), what


WRONG: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    0,
    -1,
    1.0,
    2.5,
    2**31,
    2**63,
    -(2**63) - 1,
    10**30,
    1e300,
    "",
    " ",
    "x",
    "0",
    "\0",
    "a\r\nb: c",
    "\u202e\ufffe\U0010ffff",
    "😀" * 2000,
    "9" * 5000,
    "2026-02-30",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "http://[::1",
    [],
    [None],
    [[[]]],
    {},
    {"": None},
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where anything is in some JSON, the whole included."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inner:
        yield from places(one, (*path, step))


def with_value(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The same JSON with something else in one place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = with_value(value[path[0]], path[1:], new)
    return copy


@takes_json
def test_every_field_may_be_of_any_type(server: Server, operation: Operation) -> None:
    """Each field in turn is each of these; what is taken all the same does no harm later."""
    for place in places(operation.example):
        for wrong in WRONG:
            answer = server.send(operation, with_value(operation.example, place, wrong))
            if answer.status < 400 and operation.target.startswith(CONTROL):
                server.begin()  # it may have changed the rules for all that follows


@takes_json
def test_unknown_fields_are_ignored_by_operators_and_refused_by_the_control_plane(
    server: Server, operation: Operation
) -> None:
    """The operator takes more than it documents (D§7.2); a tester's typing error must not pass."""
    if not isinstance(operation.example, dict):
        return
    plain = server.send(operation, operation.example).status
    server.begin()
    odd = server.send(operation, {**operation.example, "unknown": {"__proto__": [1]}, "": None})
    if operation.target.startswith(CONTROL):
        assert odd.status == 400
        assert "unknown" in odd.text or '""' in odd.text or "field" in odd.json()
    else:
        assert odd.status == plain


def endless() -> Iterator[bytes]:
    """More than anybody may send, without a length; it counts what is taken of it."""
    for endless.taken in range(20):  # type: ignore[attr-defined]
        yield b" " * 2**20


@takes_json
def test_a_body_of_20_mb_is_refused_before_it_is_read(server: Server, operation: Operation) -> None:
    """With its length told it is not even listened to; in chunks, no more than the limit is taken in."""
    declared = [(b"content-type", b"application/json"), (b"content-length", str(20 * 2**20).encode())]
    answer = server.ask(operation.method, operation.target, headers=declared, body=endless())
    assert answer.status == 413
    chunked = [(b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")]
    answer = server.ask(operation.method, operation.target, headers=chunked, body=endless())
    assert answer.status == 413
    assert endless.taken * 2**20 <= BODY_LIMIT + 2**20  # type: ignore[attr-defined]


@pytest.mark.parametrize("target", [TOKEN, PORTAL_TOKEN])
def test_a_form_of_20_mb_is_refused(server: Server, target: str) -> None:
    """The token issuers read forms, and no more of them than others of JSON."""
    answer = server.ask("POST", target, headers=[(b"content-type", FORM)], body=endless())
    assert answer.status == 413


@pytest.mark.parametrize("length", [b"-1", b"", b"abc", b"1e3", "²".encode(), b"9" * 5000, b"0x10"])
def test_an_invalid_content_length_does_not_matter(server: Server, length: bytes) -> None:
    """What cannot be a length is none; one beyond all numbers is too large."""
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    answer = server.ask("PUT", f"{MANAGEMENT}/v1/sims/{SIM}", headers=headers, body=b"{}")
    assert answer.status == (413 if len(length) > 1000 else 200)


NO_JSON_TYPE: Final = (
    b"", b"text/plain", b"text/xml", b"multipart/form-data", b"json", b"application/json2", b"\xff", b"/" * 5000, b"\0",
)  # fmt: skip


@takes_json
def test_another_media_type_is_refused(server: Server, operation: Operation) -> None:
    """415 in the words of the surface; but the token endpoint says 400 (D§2.5)."""
    for content_type in NO_JSON_TYPE:
        answer = server.send(operation, operation.example, content_type)
        reads_form = operation.target == TOKEN and not content_type
        assert answer.status == (400 if operation.target == TOKEN else 415) or reads_form, content_type


@pytest.mark.parametrize(
    "content_type", [b"application/json; charset=latin-1", b"APPLICATION/JSON", b"application/json;;;", b"a/b+json"]
)
def test_json_by_another_spelling_is_json(server: Server, content_type: bytes) -> None:
    """Case and parameters do not matter."""
    headers = [(b"content-type", content_type)]
    assert server.ask("PUT", f"{MANAGEMENT}/v1/sims/{SIM}", headers=headers, body=b"{}").status == 200


# --------------------------------------------------------------------------------------------- queries and paths

PAGED: Final = {
    f"{MANAGEMENT}/v1/sims": ("page", "pageSize"),
    f"{MANAGEMENT}/v1/orders": ("page", "pageSize"),
    f"{MANAGEMENT}/v1/support": ("page", "pageSize"),
    f"{MANAGEMENT}/v1/sims/{SIM}/sms": ("page", "pageSize"),
    f"{MANAGEMENT}/v1/sims/{SIM}/events": ("page", "pageSize"),
    f"{MANAGEMENT}/v2/sims": ("page", "pageSize"),
    f"{MANAGEMENT}/v2/orders": ("page", "pageSize"),
    f"{MANAGEMENT}/v2/sims/{SIM}/sms": ("page", "per_page"),
    f"{MANAGEMENT}/v2/sims/{SIM}/events": ("page", "pageSize"),
    f"{BASE}/partners/100013/sims": ("page", "size"),
    f"{BASE}/partners/100013/sims/actions": ("page", "size"),
    f"{CONTROL}/journal": ("since", "limit"),
    f"{CONTROL}/sims": ("limit", "limit"),
    f"{CONTROL}/callbacks": ("sms", "limit"),
    f"{CONTROL}/messages": ("organisation", "limit"),
    f"{CONTROL}/jobs": ("limit", "limit"),
}
NO_COUNT: Final = (
    "-1", "-0", "1e9", "1.0", "0x10", "1_0", "+1", "%201", "1%20", "%D9%A3", "one", "NaN", "null", "1%00", "1;2",
    "9999999999", "9" * 30, "9" * 5000, "%", "%ff", "%ed%a0%80", "[]", "1,2",
)  # fmt: skip


@pytest.mark.parametrize("target", PAGED)
def test_absurd_pages_are_refused(server: Server, target: str) -> None:
    """What is no whole number from 1 is a 400 (or 0, where pages or ids begin there), and breaks nothing."""
    for name in PAGED[target]:
        for text in NO_COUNT:
            answer = server.ask("GET", f"{target}?{name}={text}")
            assert answer.status == 400 or text in ("+1", "-0", "-1", "%201", "1%20", "9999999999"), text
        for text in ("0", "1", "1000000000", "2147483647", ""):
            assert server.ask("GET", f"{target}?{name}={text}").status in (200, 400), text


@pytest.mark.parametrize("target", PAGED)
def test_odd_queries_break_nothing(server: Server, target: str) -> None:
    """Repeated, nameless, endless, in no encoding."""
    name = PAGED[target][0].encode()
    for query in (
        name + b"=1&" + name + b"=2",
        name + b"[]=1",
        b"=",
        b"&" * 10_000,
        b"%",
        b"%00=%00",
        b"\xff\xfe=\x80",
        b"%ff%fe=%80",
        b"a=" + b"x" * 100_000,
        b"&".join(b"p%d=%d" % (n, n) for n in range(5_000)),
        b"sort=" + b"-," * 5_000 + b"imei&q=" + b":," * 5_000,
        b"sort=--imei&q=imei:'%20OR%201=1--",
        b"q=ip_address:%00&sort=%F0%9F%98%80",
        b"access_token=x&jwt=y",
    ):
        assert server.ask("GET", target.encode() + b"?" + query).status in (200, 400, 401)


IDS: Final = (
    b"%00", b"%0d%0aSet-Cookie:%20a=b", b"%2e%2e", b"..", b".", b"%2f", b"%252f", b"..%2f..%2f", b"\xff", b"%ff%fe",
    b"%ed%a0%80", b"%F0%9F%98%80", b"a;b=c", b"%20", b"+", b"*", b"'", b"\"", b"{iccid}", b"-1", b"0", b"1e3", b"1_0",
    b"9" * 30, b"9" * 5_000, b"x" * 100_000, b"%D9%A3", b"8988228066600000001%00", b"8988228066600000001%20",
)  # fmt: skip


@pytest.mark.parametrize(
    "target",
    [
        f"{MANAGEMENT}/v1/sims/%s",
        f"{MANAGEMENT}/v1/sims/%s/status",
        f"{MANAGEMENT}/v1/sims/{SIM}/sms/%s",
        f"{MANAGEMENT}/v1/sims/%s/limits",
        f"{MANAGEMENT}/v1/orders/%s",
        f"{MANAGEMENT}/v2/sims/%s/status",
        f"{MANAGEMENT}/v2/sims/{SIM}/sms/%s",
        f"{MANAGEMENT}/v2/orders/%s",
        f"{BASE}/partners/%s",
        f"{BASE}/partners/100013/sims/%s",
        f"{BASE}/partners/100013/sims/actions/%s",
        f"{BASE}/partners/100013/sims/actions/simtransfer/%s",
        "/horizon/sse/v1/%s/x",
        "/horizon/sse/v1/simaction.v1/%s",
        f"{CONTROL}/sims/%s",
        f"{CONTROL}/organisations/%s",
        f"{CONTROL}/snapshots/%s",
        "/%s",
    ],
)
def test_odd_ids_are_of_nothing(server: Server, target: str) -> None:
    """Whatever stands where an id should, it is 400, 403 or 404 (or a known path, or the wrong method for it)."""
    before, after = target.encode().split(b"%s")
    for id in IDS:
        for method in ("GET", "DELETE"):
            answer = server.ask(method, before + id + after)
            assert answer.status in (400, 401, 403, 404, 405), (method, id)


def test_a_path_of_a_megabyte_and_ten_thousand_segments_is_not_found(server: Server) -> None:
    """It is compared with nothing that grows with it."""
    for path in (b"/x" * 10_000, b"/" * 10_000, b"/management-api/v1" + b"/sims" * 10_000, b"/" + b"x" * 2**20):
        assert server.ask("GET", path).status == 404


# --------------------------------------------------------------------------------------------- heads

TARGETS: Final = (
    *(operation.target for operation in OPERATIONS[::7]),
    *PAGED,
    f"{CONTROL}/health",
    "/",
)


@pytest.mark.parametrize("target", sorted(set(TARGETS)))
def test_methods_that_nobody_knows_are_not_allowed(server: Server, target: str) -> None:
    """405 with the methods that there are, whatever the word."""
    for method in ("BREW", "get", "PROPFIND", "TRACE", "CONNECT", "X" * 1000):
        answer = server.ask(method, target)
        assert answer.status == 405, method
        assert answer.headers["allow"], method


@pytest.mark.parametrize(
    "target", [*PAGED, f"{MANAGEMENT}/v1/sims/{SIM}", f"{CONTROL}/health", f"{MANAGEMENT}/v1/sims/x"]
)
def test_head_is_get_without_a_body(server: Server, target: str) -> None:
    """The same status and headers; servers leave the body out."""
    head, get = server.ask("HEAD", target), server.ask("GET", target)
    assert (head.status, head.headers.keys()) == (get.status, get.headers.keys())
    assert server.ask("OPTIONS", target).status in (200, 204, 405)


@pytest.mark.parametrize(
    "host", [b"", b"a\r\nset-cookie: b=c", b"a b", b"\xff", b"<script>", b"x" * 10_000, b"[::1", b"a/b", b"a@b"]
)
def test_a_host_that_is_none_breaks_no_header(server: Server, host: bytes) -> None:
    """It comes back in Location and in links, but only if it can be a host."""
    headers = [(b"host", host), (b"authorization", b"Bearer " + server.tokens[MANAGEMENT].encode())]
    answer = server.direct.ask("POST", f"{MANAGEMENT}/v1/sims/{SIM}/sms", headers=headers, json={"payload": "x"})
    assert answer.status in (201, 400)
    if answer.status == 201:
        where = answer.headers["location"]
        assert where.endswith(f"{MANAGEMENT}/v1/sims/{SIM}/sms/" + where.rpartition("/")[2])
        assert host.decode("latin-1") not in where or not host


AUTHORIZATIONS: Final = (
    b"", b"Bearer", b"Bearer ", b"Bearer  ", b"bearer x", b"Basic", b"Basic !", b"Basic ZGVtbw==", b"Digest a=b",
    b"Bearer \xff\xfe", b"Bearer a b", b"Bearer " + b"x" * 100_000, b"Basic " + b"QUJD" * 50_000, b"\0",
    b"Basic " + b64encode(b"\xff:\xff"), b"Basic " + b64encode(b"de\0mo:demo"), b"Basic " + b64encode(b":"),
    b"Bearer a\"b\\c, error=\"d\"",
)  # fmt: skip


@pytest.mark.parametrize("target", [f"{MANAGEMENT}/v1/sims", f"{BASE}/partners/100013", TOKEN, PORTAL_TOKEN])
def test_credentials_that_are_none_are_refused(server: Server, target: str) -> None:
    """400 or 401 in the words of the surface."""
    method = "POST" if "token" in target else "GET"
    for authorization in AUTHORIZATIONS:
        headers = [(b"authorization", authorization), (b"content-type", FORM)]
        answer = server.ask(method, target, headers=headers, body=b"grant_type=client_credentials" * (method == "POST"))
        assert answer.status in (400, 401), authorization


def part(value: Any) -> str:
    octets = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(octets).decode().rstrip("=")


@pytest.mark.parametrize(
    "header",
    [
        {"alg": []},
        {"alg": {}},
        {"alg": None},
        {"alg": "none"},
        {"alg": "RS256", "typ": []},
        {"alg": "RS256", "kid": {}},
        {"alg": "RS256", "kid": "../../etc/passwd"},
        [],
        None,
        b"",
        b"\xff",
        b"[" * 50_000,
    ],
    ids=lambda header: str(header)[:30],
)
def test_a_jwt_that_is_none_is_refused(server: Server, header: Any) -> None:
    """Whatever its header is, the gateway says 401 or 403."""
    odd: tuple[Any, ...] = ({}, [], {"exp": []}, {"iss": [], "clientId": {}}, b"{", {"exp": 1e300})
    for claims in odd:
        token = f"{part(header)}.{part(claims)}.{part(b'x')}"
        headers = [(b"authorization", b"Bearer " + token.encode())]
        assert server.ask("GET", f"{BASE}/partners/100013", headers=headers).status in (401, 403)


def test_ten_thousand_headers_are_just_headers(server: Server) -> None:
    """And one of a megabyte, too."""
    many = [(b"x-%d" % number, b"y") for number in range(10_000)]
    assert server.ask("GET", f"{MANAGEMENT}/v1/sims", headers=many).status == 200
    assert server.ask("GET", f"{MANAGEMENT}/v1/sims", headers=[(b"x", b"y" * 2**20)]).status == 200


# --------------------------------------------------------------------------------------------- what is looked at later


def test_the_journal_of_all_this_can_be_read_and_searched(server: Server) -> None:
    """Bodies that are no text, no JSON or far too deep are shown, and are found or not, but never break a search."""
    for body in NO_JSON.values():
        server.send(OPERATIONS[2], body)
    exchanges = server.ask("GET", f"{CONTROL}/journal").json()["exchanges"]
    assert len(exchanges) >= len(NO_JSON)
    for match in ({"body": {"a": 1}}, {"body": [1]}, {"answer": {"status": 400}}, {"body": "*\\xff*"}):
        found = server.ask("POST", f"{CONTROL}/journal/verify", json={"match": match, "min": 0})
        assert found.status == 200
        waited = server.ask("POST", f"{CONTROL}/wait", json={"for": "exchanges", "match": match, "count": 0})
        assert waited.status == 200


def test_four_point_nought_is_four(server: Server) -> None:
    """To JSON Schema it is a whole number, and so it must be to whoever keeps it: a row could not be read again."""
    device = {"status": "ONLINE", "lac": 3.0, "cell": 4.0}
    moved = server.ask("POST", f"{CONTROL}/sims/{SIM}/device", json=device).json()
    assert (type(moved["lac"]), type(moved["cell"])) == (int, int)
    assert server.ask("POST", f"{CONTROL}/sims/{SIM}/mo", json={"payload": "4142", "dcs": 4.0}).status == 201
    assert server.ask("POST", f"{CONTROL}/organisations", json={"sims": 2.0}).status == 201
    card = {"iccid": "8988228066600000905", "sms": [{"payload": "4142", "dcs": 4.0, "source_address_type": 145.0}]}
    world = {"version": 1.0, "seed": 7.0, "organisations": [{"id": 7.0, "sims": [card], "generate": {"sims": 2.0}}]}
    assert server.ask("POST", f"{CONTROL}/fixture", json=world).json()["sims"] == 3
    for method, path in (("PUT", "/snapshots/now"), ("POST", "/snapshots/now/restore")):  # reads every row anew
        assert server.ask(method, CONTROL + path).status < 300
    assert server.ask("GET", f"{CONTROL}/messages?iccid={card['iccid']}").json()["messages"][0]["dcs"] == 4


@pytest.mark.parametrize("name", ["organisation", "sms", "limit"])
def test_a_number_of_more_than_64_bits_is_refused(server: Server, name: str) -> None:
    """No table could hold it, nor be asked for it."""
    for number in (2**63, -(2**63), 10**30):
        answer = server.ask("GET", f"{CONTROL}/callbacks?{name}={number}")
        assert answer.status == 400
        assert answer.json()["field"] == name
    waiting = {"for": "callbacks", "match": {"organisation": 10**30}}
    assert server.ask("POST", f"{CONTROL}/wait", json=waiting).json()["field"] == "match.organisation"


def test_a_parameter_may_not_be_given_twice_to_the_control_plane(server: Server) -> None:
    """Which of them would be meant?"""
    answer = server.ask("GET", f"{CONTROL}/messages?iccid=1&iccid=2")
    assert (answer.status, answer.json()) == (400, {"error": "iccid: is given twice", "field": "iccid"})


NO_URL: Final = (
    "x", "//host/path", "http://", "http:///path", "https://:80", "ftp://host/", "javascript:alert(1)", "file:///etc/passwd",
    "http://[::1", "http://host:99999/", "http://host:port/", "http://host:0/", "http://a b/", "http://host/a b",
    "http://host/\r\nX: y", "http://host/\0", " http://host/", "http://host/\u202e", "\ud83d\ude00",
)  # fmt: skip


@pytest.mark.parametrize("url", NO_URL)
def test_a_webhook_that_is_no_url_is_refused(server: Server, url: str) -> None:
    """When an organisation is made, when it is changed, and in a fixture."""
    for method, path, body in (
        ("POST", "/organisations", {"forwarder": url}),
        ("PATCH", "/organisations/4321", {"forwarder": url}),
        (
            "POST",
            "/fixture",
            {"version": 1, "organisations": [{"id": 7, "users": [], "sms_forwarder": {"url": url}}]},
        ),
    ):
        answer = server.ask(method, CONTROL + path, json=body)
        assert answer.status == 400, answer.text
        assert "forwarder" in answer.text


# --------------------------------------------------------------------------------------------- over a socket


class Listener:
    """The emulator behind a real socket of this machine, and the clients that it has."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address

    def connect(self, *octets: bytes) -> socket.socket:
        connection = socket.create_connection(self.address, timeout=PATIENCE)
        for some in octets:
            connection.sendall(some)
        return connection

    def ask(self, *octets: bytes) -> bytes:
        """Everything that comes back until the server hangs up, or nothing if it does so at once."""
        with self.connect() as connection, suppress(ConnectionError):
            for some in octets:
                connection.sendall(some)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(partial(connection.recv, 65536), b""))
        return b""

    def require_alive(self) -> None:
        assert self.ask(HEALTH).startswith(b"HTTP/1.1 200 ")


PATIENCE = 20.0  # real seconds, after which the server is given up
HEALTH = b"GET /_emulator/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
HEAD = b"PUT /management-api/v1/sims/8988228066600000001 HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    app = create_app(Settings(clock="manual", raise_violations=True))
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    server = uvicorn.Server(uvicorn.Config(app, http=Protocol, log_config=None, lifespan="on"))
    serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    serving.start()
    yield Listener(listening.getsockname())
    server.should_exit = True
    serving.join()


GARBAGE: Final = {
    "nothing": b"",
    "a line break": b"\r\n",
    "ten thousand line breaks": b"\r\n" * 10_000,
    "random octets": bytes(range(256)) * 64,
    "NULs": bytes(10_000),
    "a TLS hello": bytes.fromhex("16030100c8010000c40303") + bytes(200),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an SSH banner": b"SSH-2.0-OpenSSH_9.6\r\n",
    "half a word": b"GE",
    "no version": b"GET /_emulator/health\r\n\r\n",
    "another version": b"GET / HTTP/9.9\r\n\r\n",
    "no path": b"GET  HTTP/1.1\r\n\r\n",
    "a path with a space": b"GET /a b HTTP/1.1\r\n\r\n",
    "a path with NUL": b"GET /\0 HTTP/1.1\r\n\r\n",
    "a path in Latin-1": b"GET /management-api/v1/\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
    "another server": b"GET http://other.test/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "a star": b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "a tunnel": b"CONNECT localhost:22 HTTP/1.1\r\nHost: a\r\n\r\n",
    "an unknown method": b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
    "no host": b"GET /_emulator/health HTTP/1.1\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\n: a\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: a\n\n",
    "bare carriage returns": b"GET / HTTP/1.1\rHost: a\r\r",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "a length and chunks": HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "a length beyond all numbers": HEAD + b"Content-Length: " + b"9" * 100 + b"\r\n\r\n",
    "a chunk beyond all numbers": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 100 + b"\r\n",
    "a chunk of no size": HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "an unknown encoding": HEAD + b"Transfer-Encoding: gzip\r\n\r\n",
    "half a head": HEAD,
    "half a body": HEAD + b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    "half of some chunks": HEAD + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "a web socket": b"GET /_emulator/health HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n",
    "another protocol": b"GET /_emulator/health HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "a request line of a megabyte": b"GET /" + b"x" * 2**20 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "a header of a megabyte": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 2**20 + b"\r\n\r\n",
    "ten thousand headers": b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
    "a thousand requests at once": b"GET /_emulator/health HTTP/1.1\r\nHost: a\r\n\r\n" * 1000,
}


@pytest.mark.parametrize("octets", GARBAGE.values(), ids=GARBAGE)
def test_garbage_on_the_wire_is_answered_or_hung_up_on(
    listener: Listener, octets: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Refused, or answered as far as it is HTTP, but never with a 500; and the next one is served."""
    answer = listener.ask(octets)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
    assert b"HTTP/1.1 5" not in answer
    listener.require_alive()
    assert [record for record in caplog.records if record.exc_info] == []


def test_a_client_that_hangs_up_is_no_error_of_ours(listener: Listener, caplog: pytest.LogCaptureFixture) -> None:
    """The journal says so, and no traceback looks like a bug."""
    head = b"POST /management-api/oauth/token HTTP/1.1\r\nHost: a\r\nAuthorization: " + BASIC + b"\r\n"
    with listener.connect(head + b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"):
        pass
    journal = b"GET /_emulator/journal HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    for _ in range(1000):
        if b'"problem":"the client hung up"' in listener.ask(journal):
            break
    else:
        pytest.fail("nobody has noticed")
    assert [record for record in caplog.records if record.exc_info] == []


def test_who_hangs_up_has_changed_nothing(listener: Listener) -> None:
    """A request counts once it is there wholly: half a body that would be a whole one is none."""
    head = b"POST /_emulator/clock/advance HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    with listener.connect(head + b"Content-Length: 100\r\n\r\n" + b'{"seconds": 3600}'):
        pass
    with listener.connect(head + b"Transfer-Encoding: chunked\r\n\r\n" + b'11\r\n{"seconds": 3600}\r\n'):
        pass
    clock = listener.ask(b"GET /_emulator/clock HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert b'"now":"2026-01-01T00:00:00Z"' in clock


def test_a_slow_client_holds_up_nobody(listener: Listener) -> None:
    """One octet at a time, and another client's whole request between any two."""
    with listener.connect() as slow:
        for octet in HEALTH:
            slow.sendall(bytes([octet]))
            listener.require_alive()
        assert slow.recv(12) == b"HTTP/1.1 200"


def test_a_client_that_does_not_read_holds_up_nobody(listener: Listener) -> None:
    """Many large answers are asked for and never fetched."""
    asks = b"GET /_emulator/fixture HTTP/1.1\r\nHost: a\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(listener.connect(asks * 100))
        listener.require_alive()
    listener.require_alive()


def test_a_thousand_connections_are_all_served(listener: Listener) -> None:
    """Each has sent half a request when the last one comes; then all get their answers."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 2500:
        if hard != resource.RLIM_INFINITY and hard < 2500:
            pytest.skip("this machine allows too few open files")
        resource.setrlimit(resource.RLIMIT_NOFILE, (2500, hard))
    half = len(HEALTH) // 2
    with ExitStack() as stack:
        waiting = [stack.enter_context(listener.connect(HEALTH[:half])) for _ in range(1000)]
        listener.require_alive()
        for connection in waiting:
            connection.sendall(HEALTH[half:])
        for connection in waiting:
            assert connection.recv(12) == b"HTTP/1.1 200"
    listener.require_alive()
