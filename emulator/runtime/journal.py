"""Journal: what went over HTTP, both ways; the newest so many, in memory, with a count of what was let go."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

KEPT = 1000
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
    organisation: int | None = None
    request_headers: list[tuple[str, str]] = field(default_factory=list)
    request_body: bytes = b""
    status: int | None = None
    response_headers: list[tuple[str, str]] = field(default_factory=list)
    response_body: bytes = b""
    milliseconds: float = 0.0
    problem: str | None = None  # why there is no response
    findings: list[str] = field(default_factory=list)  # where it breaks the contract
    fault: str | None = None


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
