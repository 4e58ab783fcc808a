"""Journal: what went over HTTP, both ways; the newest so many, in memory, with a count of what was let go."""

import json
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from operator_emulator.core.tester.matching import like, within
from operator_emulator.runtime import redaction
from operator_emulator.runtime.tally import Tally, client_of
from operator_emulator.store.bell import Bell

KEPT = 1000
ROOM = 64 * 1024 * 1024  # octets of bodies in all
SHORT = 200  # characters of a body in a sentence
BODY_LIMIT = 64 * 1024  # octets of a body that the journal keeps


@dataclass(slots=True)
class Exchange:
    """One request with its response. *inbound*: a customer asked us; *outbound*: we called a customer's URL."""

    direction: Literal["inbound", "outbound"]
    method: str
    path: str
    at: datetime  # virtual
    real: datetime
    id: int = 0
    operation: str | None = None
    route: tuple[str, str] | None = None  # method, and path as in the description
    organisation: int | None = None
    raw_request_headers: Iterable[tuple[bytes, bytes]] = ()
    request_body: bytes = b""
    status: int | None = None
    raw_response_headers: Iterable[tuple[bytes, bytes]] = ()
    response_body: bytes = b""
    milliseconds: float = 0.0
    problem: str | None = None  # why there is no response
    findings: list[str] = field(default_factory=list)  # where it breaks the contract
    fault: str | None = None
    callback: int | None = None  # the notification that an outbound request carried

    @property
    def octets(self) -> int:
        return len(self.request_body) + len(self.response_body)

    @property
    def request_headers(self) -> list[tuple[str, str]]:
        return [redaction.header(name, value) for name, value in self.raw_request_headers]

    @property
    def response_headers(self) -> list[tuple[str, str]]:
        return [redaction.header(name, value) for name, value in self.raw_response_headers]

    @property
    def request_text(self) -> str:
        return redaction.body(self.request_body)

    @property
    def response_text(self) -> str:
        return redaction.body(self.response_body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Which exchanges are meant; what is None does not matter. Texts may hold ``*`` for anything.

    *path* is held against the path with and without its query, and of a callback also against the whole URL.
    *status* is a number, or a class of them such as "4xx". *body* is found in the request, *answer* in the
    response: texts as patterns, all else as JSON in which it must be contained.
    """

    direction: str | None = None
    method: str | None = None
    path: str | None = None
    status: int | str | None = None
    organisation: int | None = None
    operation: str | None = None
    fault: str | None = None
    headers: Mapping[str, str] | None = None
    body: Any = None
    answer: Any = None
    callback: int | None = None  # the id of the callback
    since: int | None = None  # exchanges with a greater id
    before: int | None = None  # exchanges with a smaller id

    def differences(self, exchange: Exchange) -> list[str]:
        """Why *exchange* is not meant; nothing if it is."""
        return [
            *self._of_names(exchange),
            *self._of_path_and_status(exchange),
            *self._of_headers(exchange),
            *self._of_bodies(exchange),
            *self._of_ids(exchange),
        ]

    def _of_names(self, exchange: Exchange) -> Iterator[str]:
        for name in ("direction", "method", "operation", "fault"):
            wanted, value = getattr(self, name), getattr(exchange, name)
            if wanted is not None and (value is None or not like(wanted.lower(), value.lower())):
                yield f"{name} is {value or 'none'}, not {wanted}"

    def _of_path_and_status(self, exchange: Exchange) -> Iterator[str]:
        if self.path is not None and not any(like(self.path, path) for path in paths(exchange.path)):
            yield f"path is {exchange.path}, not {self.path}"
        if self.status is not None and not has_status(exchange.status, self.status):
            yield f"status is {exchange.status or 'none'}, not {self.status}"

    def _of_headers(self, exchange: Exchange) -> Iterator[str]:
        sent = dict(exchange.request_headers) if self.headers else {}
        for name, wanted in (self.headers or {}).items():
            value = sent.get(name.lower())
            if value is None or not like(wanted, value):
                yield f"header {name} is {value or 'none'}, not {wanted}"

    def _of_bodies(self, exchange: Exchange) -> Iterator[str]:
        if self.body is not None and not holds(exchange.request_text, self.body):
            yield f"body is {short(exchange.request_text)}, not {short(self.body)}"
        if self.answer is not None and not holds(exchange.response_text, self.answer):
            yield f"answer is {short(exchange.response_text)}, not {short(self.answer)}"

    def _of_ids(self, exchange: Exchange) -> Iterator[str]:
        for name in ("organisation", "callback"):
            wanted, value = getattr(self, name), getattr(exchange, name)
            if wanted is not None and value != wanted:
                yield f"{name} is {value or 'none'}, not {wanted}"
        if self.since is not None and exchange.id <= self.since:
            yield f"id is {exchange.id}, not after {self.since}"
        if self.before is not None and exchange.id >= self.before:
            yield f"id is {exchange.id}, not before {self.before}"


def paths(path: str) -> set[str]:
    """A path as patterns may mean it: with its query, without, and without the address of a callback."""
    parts = urlsplit(path)
    bare = parts.path
    return {path, path.partition("?")[0], bare, f"{bare}?{parts.query}" if parts.query else bare}


def has_status(status: int | None, wanted: int | str) -> bool:
    if status is None:
        return False
    return str(status) == str(wanted) or f"{status // 100}xx" == str(wanted).lower()


def holds(text: str, wanted: Any) -> bool:
    """Is *wanted* in a body: a text as a pattern, all else as part of its JSON?"""
    if isinstance(wanted, str) and like(wanted, text):
        return True
    try:
        return within(wanted, json.loads(text))
    except (ValueError, RecursionError):
        return False


def short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"


Counted = Counter[tuple[str, str | None, int | None]]
"""How many exchanges there were, by direction, operation and status."""


class Journal:
    """The newest *limit* exchanges, oldest first, and of their bodies *room* octets at most."""

    def __init__(self, limit: int = KEPT, room: int = ROOM) -> None:
        self._kept: deque[Exchange] = deque()
        self._limit = limit
        self._room = room
        self._octets = 0
        self._last = 0
        self.tally = Tally()
        self.counted: Counted = Counter()  # of this process: no reset turns it back
        self.bell = Bell()

    def add(self, exchange: Exchange) -> Exchange:
        self._last += 1
        exchange.id = self._last
        self.counted[exchange.direction, exchange.operation, exchange.status] += 1
        self._kept.append(exchange)
        self._octets += exchange.octets
        if exchange.organisation is not None and exchange.route is not None:
            self.tally.add(exchange.organisation, exchange.route, client_of(exchange.raw_request_headers), exchange.at)
        self._make_room()
        self.bell.ring()
        return exchange

    def grow(self, exchange: Exchange, chunk: bytes) -> None:
        """More of an answer that was added already and is still going on."""
        chunk = chunk[: max(0, BODY_LIMIT - len(exchange.response_body))]
        exchange.response_body += chunk
        if self._keeps(exchange):
            self._octets += len(chunk)
            self._make_room()
        self.bell.ring()

    def _keeps(self, exchange: Exchange) -> bool:
        place = exchange.id - self._kept[0].id if self._kept else -1
        return 0 <= place < len(self._kept) and self._kept[place] is exchange

    def _make_room(self) -> None:
        while len(self._kept) > self._limit or self._octets > self._room:
            self._octets -= self._kept.popleft().octets

    def __iter__(self) -> Iterator[Exchange]:
        return iter(tuple(self._kept))

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def last(self) -> int:
        """The id of the newest exchange there ever was, or 0."""
        return self._last

    @property
    def let_go(self) -> int:
        """How many are no longer kept."""
        return self._last - len(self._kept)

    def forget(self) -> None:
        """Drop what is kept. Numbers go on, so that whoever follows the journal misses nothing."""
        self._kept.clear()
        self._octets = 0

    def clear(self) -> None:
        """Forget everything, the tally too; numbering begins at 1 again."""
        self.forget()
        self.tally.clear()
        self._last = 0
