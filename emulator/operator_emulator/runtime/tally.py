"""Tally: how often customers called which operation, with which client. It outlives the exchanges of the journal."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

CLIENTS_MAX: Final = 50  # of one operation and organisation; further ones are counted together
OTHERS: Final = "(others)"
NAME_MAX: Final = 200  # characters of a User-Agent


@dataclass(frozen=True, slots=True)
class Calls:
    """How often it was, and when the last time was by the world's clock."""

    count: int
    last: datetime


Route = tuple[str, str]  # method, and path as in the description
Clients = dict[str, Calls]  # by User-Agent


class Tally:
    def __init__(self) -> None:
        self._calls: defaultdict[int, defaultdict[Route, Clients]] = defaultdict(lambda: defaultdict(dict))

    def add(self, organisation: int, route: Route, client: str, at: datetime) -> None:
        clients = self._calls[organisation][route]
        if client not in clients and len(clients) >= CLIENTS_MAX:
            client = OTHERS
        before = clients.get(client)
        clients[client] = Calls(1 if before is None else before.count + 1, at)

    def of(self, organisation: int) -> dict[Route, Clients]:
        """The calls of an organisation, by operation and client."""
        return {route: dict(clients) for route, clients in self._calls.get(organisation, {}).items()}

    def clear(self) -> None:
        self._calls.clear()


def client_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The User-Agent of a request; nothing if it has none."""
    for name, value in headers:
        if name == b"user-agent":
            return value[:NAME_MAX].decode("latin-1")
    return ""
