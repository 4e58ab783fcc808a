"""Connection: what our own server can do with a connection beyond ASGI; see serving.py."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.types import Scope

EXTENSION: Final = "operator_emulator.connection"


@dataclass(frozen=True, slots=True)
class Connection:
    write: Callable[[bytes], None]  # octets as they are
    reset: Callable[[], None]  # the client sees "connection reset by peer"
    closing: asyncio.Event  # the server is about to stop


def connection_of(scope: Scope) -> Connection | None:
    """None without a server underneath, or with another one."""
    connection: Connection | None = scope.get("extensions", {}).get(EXTENSION)
    return connection
