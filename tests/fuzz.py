"""Fuzz: requests over every operation of every surface, and raw octets, over a real socket. No answer may be a 5xx but
503 and 504, which are described.

``python -m tests.fuzz --requests 10000 --seed 1`` prints each status with its count, and failures. The same
seed asks the same again.
"""

import argparse
import json
import random
import re
import socket
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from operator_emulator import resources
from operator_emulator.app import create_app
from operator_emulator.portal.context import BASE
from operator_emulator.settings import Settings
from operator_emulator.testing.server import Server
from operator_emulator.web.openapi import METHODS, follow, read_yaml
from tests.conftest import Customer

MANAGEMENT: Final = "/management-api"
CONTROL: Final = "/_emulator"
LOG_IN: Final = f"{MANAGEMENT}/oauth/token"
PORTAL_LOG_IN: Final = "/auth/realms/default/protocol/openid-connect/token"
BASIC: Final = "Basic " + b64encode(b"demo:demo").decode()
FORM: Final = "application/x-www-form-urlencoded"
DOCUMENTED: Final = frozenset({503, 504})
BATCH: Final = 200  # requests, after which the world begins again
PATIENCE: Final = 30.0  # real seconds, after which a request hangs
STREAMS: Final = re.compile(rf"{CONTROL}/changes|/horizon/")  # they answer once something happens, which may be never
STREAM_PATIENCE: Final = 0.05

PAGES: Final = (
    "/",
    "/explorer",
    "/explorer/",
    "/explorer/explorer.js",
    "/explorer/swagger-ui/swagger-ui.css",
    "/nowhere",
    f"{CONTROL}/ui",
    f"{CONTROL}/ui/",
    f"{CONTROL}/ui/console.js",
    f"{CONTROL}/ui/views/sim.js",
    f"{CONTROL}/openapi.json",
    f"{CONTROL}/ui/nowhere.js",
    f"{CONTROL}/ui/%00",
    f"{CONTROL}/ui/%2e%2e/surface.py",
    f"{CONTROL}/ui/%ff%fe",
    f"{CONTROL}/ui/" + "x" * 3000,
    "/explorer/%00",
    "/explorer/swagger-ui/%00",
    "/explorer/swagger-ui/" + "x" * 3000,
    "/%c0%af",
)
KNOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "iccid": ("8988228066600000001", "8988228066600000003", "8988228066680000001", "8949020000000000011"),
    "partnerID": ("100013",),
    "id": ("1", "2", "4321"),
    "eventType": ("simaction.v1",),
    "transactionId": ("1002946614",),
    "service": ("data", "smsMT"),
}
TEXTS: Final = (
    "",
    " ",
    "x",
    "0",
    "-1",
    "1",
    "true",
    "null",
    "None",
    "*",
    "%",
    "'",
    '"',
    "../..",
    "a\0b",
    "a\r\nb: c",
    "é",
    "\ud83d",
    "😀",
    "٣",
    "9" * 400,
    "x" * 3000,
    "1e999",
    "NaN",
    "2026-02-30",
    "2026-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00-23:59",
    "2026-01-01T00:00:00+99:99",
    "http://[::1",
    "https://customer.test/sms",
    "26201",
    "NB-IoT",
    "050003010201",
    "id,asc",
    "status:Enabled",
)
VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2.5,
    7.0,
    255,
    65536,
    2**31,
    2**63,
    -(2**63) - 1,
    10**30,
    1e300,
    [],
    [None],
    [[[]]],
    {},
    {"": None},
    {"a": {"b": [1]}},
)
BODIES: Final = (
    b"",
    b" ",
    b"{",
    b"[",
    b'{"a":1,}',
    b"{}x",
    b'{"a":NaN}',
    b'{"a":1e999}',
    b"\xef\xbb\xbf{}",
    b'{"a":"\xff"}',
    b'{"a":"\\ud800"}',
    b"[" * 800,
    b'{"a":' * 700 + b"1" + b"}" * 700,
    b"[" * 50_000,
    b"grant_type=client_credentials",
    b"a: &a [*a]",
    bytes(range(256)),
)
TYPES: Final = (
    "application/json",
    "application/json;charset=UTF-8",
    FORM,
    "text/plain",
    "application/yaml",
    "",
    "\xff",
    "a/b;c",
)
HEADERS: Final = (
    ("Accept", "text/event-stream"),
    ("Accept", "\x00"),
    ("Last-Event-ID", "1-1"),
    ("Last-Event-ID", "é"),
    ("Host", ""),
    ("Origin", "null"),
    ("Expect", "100-continue"),
    ("Upgrade", "h2c"),
    ("X-Forwarded-For", "x"),
    ("Range", "bytes=5-1"),
    ("If-Modified-Since", "x"),
    ("Accept-Encoding", "gzip;q=x"),
    ("X-Emulator-Token", "é"),
    ("Cookie", "a=b;;="),
    ("X-" + "y" * 900, "z"),
)
NOISE: Final = (
    b"",
    b"\r\n",
    b"GET",
    b"GET /\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"\x16\x03\x01\x00\xa5",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST /_emulator/reset HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /\xff\xfe?\xff=\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET http://[::1/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /management-api/v1/sims HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n{",
)


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    queries: tuple[str, ...] = ()
    examples: tuple[Any, ...] = ()


def operations() -> list[Operation]:
    """Those of all descriptions, and the pages of the console and the explorer."""
    found = [Operation("GET", page) for page in PAGES]
    for name, base in (
        ("management.yaml", MANAGEMENT),
        ("management-v2.yaml", MANAGEMENT),
        ("portal.yaml", BASE),
        ("portal-events.yaml", ""),
        ("control.yaml", CONTROL),
    ):
        source = read_yaml(resources.spec(name))
        found += described(source, base)
    return found


def described(source: dict[str, Any], base: str) -> Iterator[Operation]:
    for path, item in source.get("paths", {}).items():
        for method in set(METHODS) & item.keys():
            queries = []
            for owner in (("paths", path), ("paths", path, method)):
                _, node = follow(source, owner)
                for index in range(len(node.get("parameters", ()))):
                    _, parameter = follow(source, (*owner, "parameters", str(index)))
                    if parameter["in"] == "query":
                        queries.append(parameter["name"])
            prefix = "" if path.startswith("/auth") else base
            examples = tuple(examples_of(source, ("paths", path, method)))
            yield Operation(method.upper(), prefix + path, tuple(queries), examples)


def examples_of(source: dict[str, Any], pointer: tuple[str, ...]) -> Iterator[Any]:
    _, operation = follow(source, pointer)
    if "requestBody" not in operation:
        return
    where, body = follow(source, (*pointer, "requestBody"))
    for media, content in body["content"].items():
        if "example" in content:
            yield content["example"]
        for name in content.get("examples", ()):
            yield follow(source, (*where, "content", media, "examples", name))[1]["value"]


# --------------------------------------------------------------------------------------------- making requests


class Maker:
    """Makes requests; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._operations = sorted(operations(), key=lambda one: (one.path, one.method))

    def request(self, number: int, tokens: Mapping[str, str]) -> tuple[str, str, bytes]:
        """Method, target and octets of the request with this number: each operation in its turn."""
        operation = self._operations[number % len(self._operations)]
        chance = self._random.random
        method = (
            operation.method
            if chance() < 0.93
            else self._random.choice(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"])
        )
        target = self._path(operation.path) + self._query(operation)
        body = self._body(operation) if operation.examples or chance() < 0.1 else b""
        headers = [("Host", "localhost"), ("Connection", "close"), *self._authorization(target, tokens)]
        if body or chance() < 0.1:
            wanted = FORM if target.endswith("/token") else TYPES[0]
            headers.append(("Content-Type", wanted if chance() < 0.85 else self._random.choice(TYPES)))
            headers.append(("Content-Length", str(len(body))))
        if chance() < 0.15:
            headers.append(self._random.choice(HEADERS))
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        return method, target, "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + body

    def noise(self) -> bytes:
        """Octets that are hardly HTTP: known oddities, mutilated requests, and chance."""
        kind = self._random.randrange(3)
        if kind == 0:
            return self._random.choice(NOISE)
        if kind == 1:
            return self._random.randbytes(self._random.randrange(1, 300))
        whole = bytearray(self.request(self._random.randrange(10_000), {})[2])
        for _ in range(self._random.randrange(1, 6)):
            whole[self._random.randrange(len(whole))] = self._random.randrange(256)
        return bytes(whole)

    def _path(self, path: str) -> str:
        parts = []
        for part in path.split("/"):
            if part.startswith("{"):
                known = KNOWN.get(part[1:-1], ("1", "demo", "x"))
                part = self._random.choice(known if self._random.random() < 0.75 else TEXTS)
            parts.append(quote(part.encode("utf-8", "replace"), safe="*'" if self._random.random() < 0.9 else "/%"))
        return "/".join(parts)

    def _query(self, operation: Operation) -> str:
        names = [name for name in operation.queries if self._random.random() < 0.3]
        if self._random.random() < 0.05:
            names += [self._random.choice(["unknown", "page", "access_token", "jwt", "", "a[b]", *names])]
        pairs = [(name, self._random.choice(TEXTS)) for name in names]
        if operation.path == LOG_IN:
            pairs.append(("grant_type", "client_credentials"))
        return "?" + urlencode(pairs, errors="replace") if pairs else ""

    def _body(self, operation: Operation) -> bytes:
        if self._random.random() < 0.12 or not operation.examples:
            return self._random.choice(BODIES)
        body = self._random.choice(operation.examples)
        for _ in range(self._random.choice((0, 1, 1, 1, 2, 3))):
            body = self._with_another_value(body)
        if isinstance(body, dict) and operation.path.endswith("/token"):
            return urlencode(body, errors="replace").encode()
        return body.encode("utf-8", "replace") if isinstance(body, str) else json.dumps(body).encode()

    def _with_another_value(self, body: Any) -> Any:
        """The same JSON with something else in one place."""
        inside = isinstance(body, dict | list) and body and self._random.random() < 0.9
        if not inside:
            return self._random.choice(self._random.choice((TEXTS, VALUES)))
        copy: Any = dict(body) if isinstance(body, dict) else list(body)
        place = self._random.choice(list(copy) if isinstance(copy, dict) else range(len(copy)))
        if isinstance(copy, dict) and self._random.random() < 0.1:
            del copy[place]
        else:
            copy[place] = self._with_another_value(copy[place])
        return copy

    def _authorization(self, target: str, tokens: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        chance = self._random.random()
        if target.startswith(LOG_IN) and chance < 0.9:
            yield "Authorization", BASIC
        elif chance < 0.9:
            token = next((token for base, token in tokens.items() if target.startswith(base)), None)
            if token is not None:
                yield "Authorization", f"Bearer {token}"
        elif chance < 0.97:
            yield (
                "Authorization",
                self._random.choice(("", "Bearer", "Bearer x", "Bearer a.b.c", "Basic é", "Basic Og==", "\t")),
            )


# --------------------------------------------------------------------------------------------- asking


@dataclass
class Report:
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    silent: int = 0  # streams that had nothing to say, and octets that were no request
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        listed = ", ".join(f"{count} × {status}" for status, count in sorted(self.statuses.items()))
        lines = [f"{self.requests} requests: {listed}; {self.silent} without an answer, as expected"]
        return "\n".join([*lines, *self.failures, f"{len(self.failures)} failures"])


class Fuzzer:
    """Asks an emulator with the demo world, in manual time, whose callbacks go nowhere."""

    def __init__(self, url: str, seed: int) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 0)
        self._maker = Maker(seed)
        self.report = Report()

    def run(self, requests: int, progress: Callable[[int], None] = lambda _: None) -> Report:
        for number in range(requests):
            if number % BATCH == 0:
                progress(number)
                self._begin()
            if number % 10 == 9:
                self._send_noise(self._maker.noise())
            else:
                self._ask(*self._maker.request(number, self._tokens))
        self._begin()
        self.report.requests = requests
        return self.report

    def _begin(self) -> None:
        """The world as at its beginning, and tokens."""
        self._plain("DELETE", f"{CONTROL}/faults")
        self._plain("POST", f"{CONTROL}/reset")
        management = self._plain("POST", f"{LOG_IN}?grant_type=client_credentials", f"Authorization: {BASIC}\r\n")
        form = "grant_type=client_credentials&client_id=portal-demo&client_secret=portal-demo"
        portal = self._plain("POST", PORTAL_LOG_IN, f"Content-Type: {FORM}\r\n", form)
        tokens = {MANAGEMENT: management["access_token"], BASE: portal["access_token"]}
        self._tokens = {**tokens, "/horizon": portal["access_token"]}

    def _plain(self, method: str, target: str, headers: str = "", body: str = "") -> Any:
        head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
        answer, octets = self._exchange(f"{head}{headers}\r\n{body}".encode(), PATIENCE, method)
        assert answer.status < 300, f"{method} {target}: {answer.status} {octets!r}"
        return json.loads(octets) if octets else None

    def _ask(self, method: str, target: str, octets: bytes) -> None:
        stream = STREAMS.match(target) is not None
        try:
            answer, body = self._exchange(octets, STREAM_PATIENCE if stream else PATIENCE, method)
        except (OSError, HTTPException) as error:
            if stream:
                self.report.silent += 1
            else:
                self._fail(octets, repr(error))
            return
        self.report.statuses[answer.status] += 1
        struck = answer.getheader("X-Emulator-Fault") is not None
        if answer.status >= 500 and answer.status not in DOCUMENTED and not struck:
            self._fail(octets, f"{answer.status} {body[:300]!r}")
        if target.startswith(CONTROL) and method not in ("GET", "HEAD") and answer.status < 300:
            self._keep_going(target)

    def _keep_going(self, target: str) -> None:
        """Another world, faults and a clock that runs would be the reason for answers that come later."""
        if re.match(rf"{CONTROL}/(reset|fixture|snapshots|organisations/)", target):
            self._begin()
        elif target.startswith(f"{CONTROL}/faults"):
            self._plain("DELETE", f"{CONTROL}/faults")
        elif target.startswith(f"{CONTROL}/clock"):
            self._plain("PUT", f"{CONTROL}/clock", "Content-Type: application/json\r\n", '{"mode": "manual"}')

    def _send_noise(self, octets: bytes) -> None:
        """Whatever it is, it is refused or ignored; no answer is needed."""
        try:
            answer, body = self._exchange(octets, STREAM_PATIENCE, "GET")
        except (OSError, HTTPException):
            self.report.silent += 1
            return
        self.report.statuses[answer.status] += 1
        if answer.status >= 500 and answer.status not in DOCUMENTED:
            self._fail(octets, f"{answer.status} {body[:300]!r}")

    def _exchange(self, octets: bytes, patience: float, method: str) -> tuple[HTTPResponse, bytes]:
        with socket.create_connection(self._address, timeout=patience) as connection:
            connection.sendall(octets)
            answer = HTTPResponse(connection, method=method)
            answer.begin()
            endless = (answer.getheader("Content-Type") or "").startswith(("text/event-stream", "application/stream"))
            return answer, b"" if endless else answer.read()

    def _fail(self, octets: bytes, why: str) -> None:
        self.report.failures.append(f"{why}\n    to {octets[:1000]!r}")


def fuzz(requests: int, seed: int, progress: Callable[[int], None] = lambda _: None) -> Report:
    with Server(lambda: create_app(Settings(clock="manual"), Customer())) as server:
        return Fuzzer(server.url, seed).run(requests, progress)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description="Ask the emulator what nobody should ask."
    )
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    report = fuzz(options.requests, options.seed, lambda number: print(f"{number} …", file=sys.stderr))
    print(report)
    sys.exit(1 if report.failures else 0)


if __name__ == "__main__":
    main()
