"""Journal: what went over HTTP, both ways; the newest so many, in memory, with a count of what was let go."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

KEPT = 1000
BODY_LIMIT = 64 * 1024  # octets of a body that the journal keeps

BLANKED = "***"
SECRET_HEADERS = frozenset({b"authorization", b"cookie", b"set-cookie", b"x-emulator-token"})
SECRETS = "access_token|id_token|refresh_token|appToken|client_secret|password|assertion"
SECRET_IN_JSON = re.compile(rf'("(?:{SECRETS})"\s*:\s*")(?:[^"\\]|\\.)*("|$)')
SECRET_IN_FORM = re.compile(rf"((?:^|&)(?:{SECRETS})=)[^&\s]*")


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

    @property
    def request_headers(self) -> list[tuple[str, str]]:
        return [printable(name, value) for name, value in self.raw_request_headers]

    @property
    def response_headers(self) -> list[tuple[str, str]]:
        return [printable(name, value) for name, value in self.raw_response_headers]

    @property
    def request_text(self) -> str:
        return without_secrets(self.request_body)

    @property
    def response_text(self) -> str:
        return without_secrets(self.response_body)


def printable(name: bytes, value: bytes) -> tuple[str, str]:
    """A header as the journal shows it."""
    lower = name.lower()
    return lower.decode("latin-1"), BLANKED if lower in SECRET_HEADERS else value.decode("latin-1")


def without_secrets(body: bytes) -> str:
    """A body as the journal shows it: tokens, passwords and client secrets blanked, in JSON and in forms."""
    text = body.decode("utf-8", "backslashreplace")
    return SECRET_IN_FORM.sub(rf"\1{BLANKED}", SECRET_IN_JSON.sub(rf"\1{BLANKED}\2", text))


class Journal:
    """The newest *limit* exchanges, oldest first."""

    def __init__(self, limit: int = KEPT) -> None:
        self._kept: deque[Exchange] = deque(maxlen=limit)
        self._last = 0
        self.listeners: list[Callable[[], None]] = []

    def add(self, exchange: Exchange) -> Exchange:
        self._last += 1
        exchange.id = self._last
        self._kept.append(exchange)
        for heard in self.listeners:
            heard()
        return exchange

    def __iter__(self) -> Iterator[Exchange]:
        return iter(tuple(self._kept))

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def let_go(self) -> int:
        """How many were pushed out by newer ones."""
        return self._last - len(self._kept)

    def clear(self) -> None:
        """Forget everything; numbering begins at 1 again."""
        self._kept.clear()
        self._last = 0
